"""Scenarios: another rule or amount, held to the same rules, marked, and never a revision."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
from pathlib import Path

import openpyxl
import pytest

from pipeline.analysis.scenario import Override, Scenario, read_set, read_toml, write_toml
from pipeline.errors import UsageError
from schemas.quarter import Quarter
from tests.analysis.quarters import add_quarter
from tests.conftest import Klynge
from tests.processes import contents

AMOUNT = ("--set", "halvt-aarsvaerk.amount_dkk=400000")
THIRD = ("--set", "roedovre@amager-hvidovre.fraction=1/3")
TOML = """
[halvt-aarsvaerk]
amount_dkk = 400000

["roedovre@amager-hvidovre"]
fraction = "1/3"
"""


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((folder / name).read_text("utf-8"))))


def test_a_scenario_allocates_by_its_rules(klynge: Klynge, reports_dir: Path) -> None:
    """Amount and fraction are those of the scenario, to the krone, and the difference is shown."""
    ended = klynge("scenario", "prøve".replace("ø", "oe"), "2022K1", *AMOUNT, *THIRD)
    assert (ended.exit_code, ended.err) == (0, "")
    folder = reports_dir / "scenarios" / "proeve"
    label = "2022K1-scenario-proeve"
    table = [row for row in rows(folder, f"fordeling-{label}.csv") if row["cost_id"]]
    assert sum(int(row["amount_dkk"]) for row in table) == 400_000
    roedovre = next(row for row in table if row["municipality_code"] == "175")
    assert (roedovre["counted_population"], roedovre["amount_dkk"]) == ("13794", "9334")
    difference = rows(folder, f"forskel-{label}.csv")
    assert {(row["before"], row["after"]) for row in difference} == {("2022K1", label)}
    syd = [row for row in difference if row["scope"] == "amager-hvidovre"]
    assert sum(int(row["amount_dkk"]) for row in syd) == 30_000
    assert sum(int(row["rules_dkk"]) for row in syd) == 0
    assert "Rødovre         12,801    9,334   -3,467" in ended.out


@pytest.mark.workbooks
def test_every_page_is_marked(klynge: Klynge, reports_dir: Path) -> None:
    """Each file names the scenario, each row of a table too, and each sheet of the workbook."""
    klynge("scenario", "proeve", "2022K1", *AMOUNT)
    folder = reports_dir / "scenarios" / "proeve"
    for name in ("fordeling", "puljer"):
        table = rows(folder, f"{name}-2022K1-scenario-proeve.csv")
        assert {row["scenario"] for row in table} == {"proeve"}
    mark = "SCENARIE proeve: ikke den gældende fordeling"
    books = sorted(folder.rglob("*.xlsx"))
    assert len(books) == 2
    for path in books:
        book = openpyxl.load_workbook(path)
        for sheet in book.worksheets:
            assert mark in str(sheet.oddHeader.center.text)
            assert "2022K1-scenario-proeve" in str(sheet.oddFooter.left.text)
            assert any(mark in str(cell.value) for row in sheet["A1:A6"] for cell in row)
        cover = " ".join(str(cell.value) for row in book.worksheets[0] for cell in row)
        assert "halvt-aarsvaerk.amount_dkk=400000" in cover
    page = (folder / "fordeling-2022K1-scenario-proeve.html").read_text("utf-8")
    assert mark in page
    assert "r0" not in page


def test_a_scenario_is_never_a_revision(klynge: Klynge, reports_dir: Path, data_dir: Path) -> None:
    """Neither the reference files nor the reports of the quarter are touched."""
    klynge("run", "2022K1")
    before = contents(reports_dir), contents(data_dir)
    klynge("scenario", "proeve", "2022K1", *AMOUNT)
    written = contents(reports_dir)
    kept = {name: file for name, file in written.items() if not name.startswith("scenarios/")}
    kept = {name: file for name, file in kept.items() if not name.endswith(".lock")}
    assert (kept, contents(data_dir)) == before


@pytest.mark.page
def test_a_file_says_the_same_as_options(klynge: Klynge, reports_dir: Path, tmp_path: Path) -> None:
    """TOML and --set give the same bytes, and so does the scenario.toml that was written."""
    klynge("scenario", "proeve", "2022K1", *AMOUNT, *THIRD)
    folder = reports_dir / "scenarios" / "proeve"
    by_options = contents(folder)
    file = tmp_path / "other.toml"
    for text in (TOML, by_options["scenario.toml"].decode()):
        file.write_text(text, "utf-8")
        assert klynge("scenario", "proeve", "2022K1", "--file", str(file)).exit_code == 0
        assert contents(folder) == by_options


def test_members_and_costs_can_be_tried(klynge: Klynge) -> None:
    """A municipality joins a cluster and leaves another, and a cost is new, all by name."""
    ended = klynge(
        "scenario", "flytning", "2022K1", "--format=json",
        "--set", "Viborg@randers.basis=whole", "--set", "Viborg@viborg=none",
        "--set", "nyt.scope=Midtklyngen", "--set", "nyt.amount_dkk=1000",
    )  # fmt: skip
    difference = json.loads(ended.out)["difference"]
    assert (ended.exit_code, ended.err) == (0, "")
    new = {row["name"]: row["after_dkk"] for row in difference if row["cost_id"] == "nyt"}
    assert new["Viborg"] == 0
    assert sum(new.values()) == 1000
    viborg = next(row for row in difference if (row["scope"], row["code"]) == ("randers", "791"))
    assert viborg["share_before"] == "0.0000000000" < viborg["share_after"]


def test_a_cluster_that_is_asked_for_and_does_not_change(klynge: Klynge) -> None:
    """It is shown with its cost, or without one, and that nothing changes."""
    fund = ("--set", "faelles-midler-kommuner.amount_dkk=1000000")
    chosen = ("--cluster", "amager-hvidovre", "--cluster", "randers")
    ended = klynge("scenario", "fond", "2022K1", *fund, *chosen)
    assert (ended.exit_code, ended.err) == (0, "")
    assert "370,000 kr. to 370,000 kr.\nNothing changes.\n" in ended.out
    assert ": no cost\nNothing changes.\n" in ended.out


def test_who_is_left_out_counts_in_the_total(klynge: Klynge) -> None:
    """A krone more changes one municipality; the total is that of the cost, and says how many."""
    ended = klynge("scenario", "krone", "2022K1", "--set", "halvt-aarsvaerk.amount_dkk=370001")
    rows = [line.split() for line in ended.out.splitlines()]
    assert ["Rødovre", "12,801", "12,802", "+1", "+1", "3.5%", "3.5%"] in rows
    assert ["Total,", "10", "unchanged", "370,000", "370,001", "+1", "+1"] in rows


def test_only_one_cluster_of_a_cost_can_be_meant(klynge: Klynge) -> None:
    """COST@CLUSTER overrides the amount of that cluster alone."""
    ended = klynge(
        "scenario", "en", "2022K1", "--format=json",
        "--set", "halvt-aarsvaerk@Sundhedsklynge Syd.amount_dkk=1",
    )  # fmt: skip
    after = [row["after_dkk"] for row in json.loads(ended.out)["difference"]
             if row["cost_id"] == "halvt-aarsvaerk"]  # fmt: skip
    assert sum(after) == 1


@pytest.mark.parametrize(
    ("overrides", "exit_code", "message"),
    [
        (["roedovre@amager-hvidovre.fraction=2/3"], 40, "Rødovre (175) counts 7/6 times"),
        (["roedovre@amager-hvidovre.fraction=4/3"], 20, "must be p/q with 0 < p/q <= 1"),
        (["roedovre@amager-hvidovre.basis=half"], 20, "must be one of whole, fraction"),
        (["greve@amager-hvidovre.basis=whole"], 40, "Greve (253) counts 2 times"),
        (["greve@amager-hvidovre.districts=1001"], 20, "only København (101) can count by"),
        (["koebenhavn@amager-hvidovre.districts=1001"], 40, "counts district 1001 more than"),
        (["koebenhavn@amager-hvidovre.districts=1011"], 20, "must be codes of districts.csv"),
        (["bornholm@bornholm=none"], 40, "no municipality belongs to bornholm"),
        (["halvt-aarsvaerk.amount_dkk=3.5"], 20, "must be whole kroner"),
        (["halvt-aarsvaerk.amount_dkk=-1"], 20, "must be whole kroner"),
        (["halvt-aarsvaerk.amount_dkk="], 20, "must be whole kroner"),
    ],
)
def test_a_scenario_that_breaks_a_rule_says_so(
    klynge: Klynge, reports_dir: Path, overrides: list[str], exit_code: int, message: str
) -> None:
    """The same validation with the same messages and exit codes; nothing is written."""
    sets = [part for override in overrides for part in ("--set", override)]
    ended = klynge("scenario", "proeve", "2022K1", *sets)
    assert ended.exit_code == exit_code
    assert "The scenario proeve breaks a rule" in ended.err
    assert message in ended.err
    assert overrides[0] in ended.err
    assert "klynge end-" not in ended.err  # which would change the rules in force
    assert not reports_dir.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "overrides nothing"),
        (("--set", "halvt-aarsvaerk=400000"), "is not an override"),
        (("--set", "halvt-aarsvaerk.amount=400000"), "there is no amount to override"),
        (("--set", "halvt.amount_dkk=1"), "no cost halvt is in force in 2022K1"),
        (("--set", "rødovre@syd.fraction=1/3"), "fits 2 of the cluster names"),
        (("--set", "rodevre@amager.fraction=1/3"), "Did you mean Rødovre (175)"),
        (("--set", "greve@amager-hvidovre=none"), "there is no such membership in 2022K1"),
        ((*AMOUNT, *AMOUNT), "overrides halvt-aarsvaerk twice"),
        ((*THIRD, "--set", "roedovre@amager-hvidovre=none"), "twice"),
        (("--file", "nowhere.toml"), "nowhere.toml"),
    ],
)
def test_what_is_no_scenario(klynge: Klynge, arguments: tuple[str, ...], message: str) -> None:
    """A mistake in writing is told from a broken rule, and names what was written."""
    ended = klynge("scenario", "proeve", "2022K1", *arguments)
    assert ended.exit_code in (2, 51)
    assert message in ended.err


@pytest.mark.parametrize("content", [b"[a]\nb = '\xf8'", b"a = " + 9_000 * b"["])
def test_a_file_that_is_no_toml_at_all(klynge: Klynge, tmp_path: Path, content: bytes) -> None:
    """Another encoding, or brackets without an end, is told as any other slip."""
    path = tmp_path / "overrides.toml"
    path.write_bytes(content)
    ended = klynge("scenario", "proeve", "2022K1", "--file", str(path))
    assert ended.exit_code == 2
    assert f"{path} is not TOML" in ended.err


@pytest.mark.parametrize("name", ["../x", "Stor", "", "a/b", ".hidden", "æ"])
def test_a_name_stays_in_its_folder(klynge: Klynge, tmp_path: Path, name: str) -> None:
    """A name is letters, digits and hyphens, so that it cannot lead anywhere else."""
    before = contents(tmp_path)
    assert klynge("scenario", name, "2022K1", *AMOUNT).exit_code == 2
    assert contents(tmp_path) == before


@pytest.mark.parametrize(
    "text", ["[a", "[a]\nb = 1.5", "[a]\nb = true", "a = 1", "[a]\nb = 2022-01-01"]
)
def test_toml_that_is_no_scenario(text: str) -> None:
    """Text, whole numbers and lists of codes are values; nothing is converted silently."""
    with pytest.raises(UsageError):
        read_toml(text.encode(), "x.toml")


def test_overrides_survive_writing() -> None:
    """What is written as TOML reads back as the same overrides, whatever the names hold."""
    overrides = (
        Override("a@b", "", "none"),
        Override('say "x"', "name_da", "back\\slash"),
        Override("københavn@Nykøbing F. Sygehus", "districts", "1001 1002"),
    )
    written = write_toml(Scenario("x", overrides))
    assert tuple(read_toml(written.encode(), "x.toml")) == overrides


def test_a_key_may_hold_points() -> None:
    """The last point separates the column, so that a name may hold others."""
    override = read_set("guldborgsund@Nykøbing F. Sygehus.fraction=1/2")
    assert override == Override("guldborgsund@Nykøbing F. Sygehus", "fraction", "1/2")


def test_what_was_accepted_for_the_report_is_accepted(klynge: Klynge, data_dir: Path) -> None:
    """A quarter written with an accepted jump is tried and compared as it was written."""
    add_quarter(data_dir, Quarter(2022, 2), {"167": 25_000})
    assert klynge("scenario", "proeve", "2022K2", *AMOUNT).exit_code == 20
    assert klynge("run", "2022K2", "--accept-jump", "167").exit_code == 0
    assert klynge("scenario", "proeve", "2022K2", *AMOUNT).exit_code == 0
    assert klynge("compare", "2022K1", "2022K2").exit_code == 0
    assert klynge("compare", "2022K1", "2022K2:r1").exit_code == 0


def test_another_scenario_of_the_name_is_refused(klynge: Klynge, reports_dir: Path) -> None:
    """What was written is left alone unless --replace asks for it; the same again is no other."""
    one, other = (f"halvt-aarsvaerk.amount_dkk={amount}" for amount in (400_000, 500_000))
    assert klynge("scenario", "prisen", "2022K1", "--set", one).exit_code == 0
    assert klynge("scenario", "prisen", "2022K1", "--set", one).exit_code == 0
    before = contents(reports_dir)
    refused = klynge("scenario", "prisen", "2022K1", "--set", other)
    assert refused.exit_code == 2
    assert "--replace" in refused.err
    assert contents(reports_dir) == before
    assert klynge("scenario", "prisen", "2022K1", "--set", other, "--replace").exit_code == 0
    assert b"500000" in (reports_dir / "scenarios/prisen/scenario.toml").read_bytes()


def test_a_full_disk_leaves_the_scenario_that_is_there(
    klynge: Klynge, reports_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be written takes the place of nothing, however often it is tried."""
    one, other = (f"halvt-aarsvaerk.amount_dkk={amount}" for amount in (400_000, 500_000))
    assert klynge("scenario", "prisen", "2022K1", "--set", one).exit_code == 0
    before = contents(reports_dir)

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    for _ in range(2):
        ended = klynge("scenario", "prisen", "2022K1", "--set", other, "--replace")
        assert ended.exit_code == 51
        assert contents(reports_dir) == before
