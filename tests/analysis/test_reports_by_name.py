"""Every report that was written is taken by every command that takes one."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from pipeline.analysis.scenario import Scenario, read_set, read_toml
from schemas.quarter import Quarter
from schemas.records import Language
from schemas.report_name import ReportName
from tests.conftest import Klynge
from tests.processes import contents

SCENARIO = "2022K1-scenario-hoejere"
WRITTEN = {
    "2022K1": ("run", "2022K1"),
    "2022K1-en": ("run", "2022K1", "--language", "en"),
    "2019K1-rules-2022K1": ("run", "2019K1", "--rules", "2022K1"),
    SCENARIO: ("scenario", "hoejere", "2022K1", "--set", "halvt-aarsvaerk.amount_dkk=400000"),
}


@pytest.fixture
def written(klynge: Klynge) -> Klynge:
    """The command line, with a report of each kind written."""
    for arguments in WRITTEN.values():
        ended = klynge(*arguments)
        assert ended.exit_code == 0, ended.err
    return klynge


def test_every_report_can_be_explained_compared_and_delivered(
    written: Klynge, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A quarter's, one in English, a back-cast and a scenario, and each revision of them."""
    (tmp_path / "delivered").mkdir()
    monkeypatch.setenv("KLYNGE_DELIVERY_FOLDER", str(tmp_path / "delivered"))
    for label in WRITTEN:
        revisions = [label] if label == SCENARIO else [label, f"{label}:r1"]
        for name in revisions:
            ended = written("explain", name, "amager-hvidovre", "rødovre")
            assert (ended.exit_code, ended.err) == (0, "")
            assert "all equal" in ended.out
            ended = written("compare", name, "2022K1")
            assert (ended.exit_code, ended.err) == (0, "")
        ended = written("deliver", label)
        assert (ended.exit_code, ended.err) == (0, "")
        assert (tmp_path / "delivered" / label).is_dir()


def test_a_scenario_is_explained_by_its_own_amount(written: Klynge) -> None:
    """What it allocates is what it wrote, and the real report beside it says otherwise."""
    assert "400,000 x 20,691" in written("explain", SCENARIO, "amager-hvidovre", "rødovre").out
    assert "370,000 x" in written("explain", "2022K1", "amager-hvidovre", "rødovre").out


def test_a_replayed_revision_knows_its_clusters_by_their_hospitals(written: Klynge) -> None:
    """A hospital's name finds the cluster in a revision as it does in the rules of today."""
    for name in ("2022K1", "2022K1:r1"):
        ended = written("explain", name, "Hillerød", "Hillerød")
        assert (ended.exit_code, ended.err) == (0, "")


@pytest.mark.parametrize("there_already", [False, True])
def test_a_broken_snapshot_that_is_only_shown_stops_the_run(
    klynge: Klynge, data_dir: Path, reports_dir: Path, there_already: bool
) -> None:
    """No krone of 2022K1 rests on 2016K1, and still a first run and a rerun end alike."""
    if there_already:
        assert klynge("run", "2022K1").exit_code == 0
    before = contents(reports_dir)
    answer = next((data_dir / "snapshots" / "FOLK1A" / "2016K1").glob("*.csv"))
    answer.write_bytes(answer.read_bytes() + b"\n")
    ended = klynge("run", "2022K1")
    assert (ended.exit_code, ended.out) == (50, "")
    assert "FOLK1A/2016K1" in ended.err
    assert contents(reports_dir) == before


def test_a_name_of_two_lines_survives_in_the_scenario_file(
    klynge: Klynge, reports_dir: Path
) -> None:
    """What --set was given is what the written file gives back, whatever stands in it."""
    override = "halvt-aarsvaerk.name_da=a\nb"
    assert klynge("scenario", "linjer", "2022K1", "--set", override).exit_code == 0
    file = reports_dir / "scenarios" / "linjer" / "scenario.toml"
    found = Scenario("linjer", tuple(read_toml(file.read_bytes(), str(file))))
    assert found == Scenario("linjer", (read_set(override),))


def test_a_report_of_an_earlier_version_is_read_and_continued(
    klynge: Klynge, reports_dir: Path
) -> None:
    """Columns and times that were not recorded yet are no change, and the revision replays."""
    assert klynge("run", "2022K1").exit_code == 0
    folder = reports_dir / "2022K1" / "r1"
    inputs = json.loads((folder / "inputs.json").read_text("utf-8"))
    for table in inputs.values():
        for row in table.values():
            for column in ("hospital", "region_code", "municipality_code", "cluster_ids"):
                row.pop(column, None)
    content = json.dumps(inputs, ensure_ascii=False, indent=1).encode()
    (folder / "inputs.json").write_bytes(content)
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    for snapshot in manifest["history"]:
        del snapshot["retrieved_at"]
    del manifest["previous"], manifest["sha256"]
    (recorded,) = (row for row in manifest["outputs"] if row["file"] == "inputs.json")
    recorded.update(bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    assert "Unchanged" in klynge("run", "2022K1").out
    assert klynge("explain", "2022K1:r1", "amager-hvidovre", "rødovre").exit_code == 0


@pytest.mark.parametrize("label", [*WRITTEN, "2019K1-rules-2022K1-scenario-a-b-en"])
def test_a_name_reads_back_as_it_is_printed(label: str) -> None:
    """The name of a report, and of a revision of it, is the same printed and parsed."""
    for text in (label, f"{label}:r12"):
        assert str(ReportName.parse(text)) == text


def test_rules_of_its_own_quarter_are_no_back_cast() -> None:
    """A report by its own quarter's rules is that quarter's report, however it is asked for."""
    assert str(ReportName(Quarter(2022, 1), Quarter(2022, 1), language=Language.ENGLISH)) == (
        "2022K1-en"
    )
