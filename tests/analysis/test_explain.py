"""Explain: every amount leads back to the StatBank's answer, and a difference is an error."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from pathlib import Path

import pytest

from pipeline.analysis.explain import found_in_revision, trail
from pipeline.calculation.calculate import Calculation
from pipeline.errors import AllocationError
from pipeline.files import json_bytes, record
from pipeline.revisions.store import sealed
from pipeline.run import calculation_of
from pipeline.settings import Settings
from pipeline.snapshots.acquisition import Acquisition
from schemas.quarter import Quarter
from schemas.report_name import ReportName
from tests.analysis.quarters import add_quarter
from tests.conftest import Klynge


def _calculation(data_dir: Path, quarter: str) -> Calculation:
    acquisition = Acquisition.offline(Settings(data_dir, Path("nowhere")))
    return calculation_of(ReportName.parse(quarter), acquisition)


def together(text: str) -> str:
    """Return a text without its blanks: a terminal wraps a long path anywhere."""
    return "".join(text.split())


def test_the_trail_of_every_membership_recomputes(
    written: Klynge, data_dir: Path, reports_dir: Path
) -> None:
    """For all memberships of 2022K1 each number follows from the one before, as the report says."""
    calculation = _calculation(data_dir, "2022K1")
    explained = 0
    for cluster in calculation.result.clusters:
        for member in cluster.members:
            code = member.membership.municipality_code
            found = trail(calculation, cluster.cluster.cluster_id, code)
            stands = found_in_revision(found, ReportName.parse("2022K1:r1"), reports_dir)
            assert stands["cells compared"] == "13, all equal"
            assert list(found.steps())[-1] == "snapshot"
            explained += 1
    assert explained == 100


def test_the_trail_of_a_fraction_names_everything(written: Klynge) -> None:
    """Rødovre's trail shows krone, remainder, rank, share, rule, source, figures and snapshot."""
    ended = written("explain", "2022K1", "amager-hvidovre", "roedovre")
    assert ended.exit_code == 0
    for text in (
        "12,801", "12,801.4387 = 370,000 x 20,691 / 598,032", "5 of 11", "0.4387", "0.0345984830",
        "1/2 of its population", "memberships.csv row", "memo-syd-2022-roedovre", "high",
        "FOLK1A 175 Rødovre", "41,382", "ed50db07da6c59a9ec52c24c4e3ed7f930b1fd99e82c0e57c6",
        "22 November 2026 at 12:00 UTC", "OMRÅDE=(105 codes)", "2022K1/r1", "all equal",
    ):  # fmt: skip
        assert together(text) in together(ended.out), text


def test_districts_lead_to_their_own_table(klynge: Klynge) -> None:
    """København's trail leads to its districts in KKBEF1 and to that table's snapshot."""
    ended = klynge("explain", "2022K1", "amager-hvidovre", "101", "--format=json")
    trail = json.loads(ended.out)["trail"]
    people = [int(value) for key, value in trail["population"].items() if key.startswith("KKBEF1")]
    assert sum(people) == 287_181
    assert trail["snapshot"]["query"]["table"] == "KKBEF1"


def test_without_a_report_the_trail_says_so(klynge: Klynge, reports_dir: Path) -> None:
    """A quarter without a report is explained too, and nothing is written for it."""
    ended = klynge("explain", "2022K1", "viborg", "Skive")
    assert (ended.exit_code, ended.err) == (0, "")
    assert "No report of 2022K1 is written yet" in ended.out
    assert not reports_dir.exists()


def test_csv_holds_the_steps(klynge: Klynge) -> None:
    """--format csv gives a row a step, which reads back."""
    ended = klynge("explain", "2022K1", "viborg", "Skive", "--format=csv")
    rows = list(csv.DictReader(io.StringIO(ended.out)))
    assert {"about": "share", "item": "counted population", "value": "45078"} in rows


def test_a_changed_rule_is_an_error_and_the_revision_still_explains(
    written: Klynge, data_dir: Path
) -> None:
    """After an edit the newest report differs, which is an error; its revision still recomputes."""
    costs = data_dir / "reference" / "costs.csv"
    costs.write_text(costs.read_text("utf-8").replace(",370000,", ",380000,"), "utf-8")
    ended = written("explain", "2022K1", "amager-hvidovre", "167")
    assert ended.exit_code == 50
    assert "amount_dkk: 32956 in the report, 33847 worked out now" in ended.err
    assert "the amount (kr.) changed from 370,000 to 380,000" in ended.err
    again = written("explain", "2022K1:r1", "amager-hvidovre", "167")
    assert again.exit_code == 0
    assert "32,956" in again.out


def test_a_tampered_report_is_an_error(written: Klynge, reports_dir: Path) -> None:
    """A krone changed in the report is found, even where its manifest was changed to match."""
    folder = reports_dir / "2022K1" / "r1"
    figures = folder / "fordeling-2022K1.csv"
    content = figures.read_bytes().replace(b",32956,", b",32957,")
    figures.write_bytes(content)
    assert written("explain", "2022K1", "amager-hvidovre", "167").exit_code == 50
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    for output in manifest["outputs"]:
        if output["file"] == figures.name:
            output.update(dataclasses.asdict(record(figures.name, content)))
    (folder / "manifest.json").write_bytes(json_bytes(sealed(manifest)))
    ended = written("explain", "2022K1", "amager-hvidovre", "167")
    assert ended.exit_code == 50
    assert "32957 in the report, 32956 worked out now" in ended.err


def test_a_wrong_calculation_is_noticed(bundled: dict[str, Calculation]) -> None:
    """A krone too many in the calculation itself does not follow from what it rests on."""
    calculation = bundled["2022K1"]
    cluster = next(row for row in calculation.result.clusters if row.allocations)
    allocation = cluster.allocations[0]
    part = dataclasses.replace(allocation.parts["167"], amount=32_957)
    wrong = dataclasses.replace(allocation, parts={**allocation.parts, "167": part})
    sections = tuple(
        dataclasses.replace(row, allocations=(wrong,)) if row is cluster else row
        for row in calculation.result.sections
    )
    result = dataclasses.replace(calculation.result, sections=sections)
    with pytest.raises(AllocationError, match="does not follow"):
        trail(dataclasses.replace(calculation, result=result), cluster.cluster.cluster_id, "167")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("2022K1", "hobro", "Skive"), "does not belong to Klynge Syd (Hobro)"),
        (("2022K1:r1", "hobro", "Rebild"), "There is no revision r1 of 2022K1"),
        (("2022", "hobro", "Rebild"), "is not a quarter"),
        (("2022K1:x", "hobro", "Rebild"), "is not a report"),
        (("2024K2", "hobro", "Rebild"), "No snapshot of FOLK1A 2024K2 is stored"),
        (("Rebild", "2022K1", "hobro"), "In the right order: klynge explain 2022K1 hobro Rebild"),
        (("2022K1", "Rebild", "hobro"), "In the right order: klynge explain 2022K1 hobro Rebild"),
        (("hobro", "Rebild", "2022K1"), "In the right order: klynge explain 2022K1 hobro Rebild"),
    ],
)
def test_what_cannot_be_explained(klynge: Klynge, arguments: tuple[str, ...], message: str) -> None:
    """A wrong municipality, revision, quarter or order ends with 2, and what is wrong is said."""
    ended = klynge("explain", *arguments)
    assert ended.exit_code == 2
    assert message in ended.err


def test_what_was_accepted_for_the_report_is_accepted(klynge: Klynge, data_dir: Path) -> None:
    """A quarter written with an accepted jump is explained as it was written."""
    add_quarter(data_dir, Quarter(2022, 2), {"167": 25_000})
    arguments = ("2022K2", "amager-hvidovre", "Hvidovre")
    assert klynge("explain", *arguments).exit_code == 20
    assert klynge("run", "2022K2", "--accept-jump", "167").exit_code == 0
    ended = klynge("explain", *arguments)
    assert (ended.exit_code, ended.err) == (0, "")
    assert "all equal" in ended.out
