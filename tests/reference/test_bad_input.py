"""Each kind of bad input ends with its exit code, one message that names the place, no report."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Klynge
from tests.processes import contents
from tests.reference.broken import Case, cells, in_every_row, reference
from tests.reference.reference_cases import REFERENCE
from tests.reference.snapshot_cases import SNAPSHOTS


def one_line(text: str) -> str:
    """Return text without the line breaks and frame of a message that was fitted to a terminal."""
    return " ".join(text.replace("│", " ").split())


@pytest.mark.parametrize("case", [*REFERENCE, *SNAPSHOTS], ids=lambda case: case.id)
def test_bad_data(klynge: Klynge, data_dir: Path, reports_dir: Path, case: Case) -> None:
    """The message names file, row as Excel shows it, column, rule and value."""
    case.edit(data_dir)
    ended = klynge("run", "2022K1")
    assert (ended.exit_code, ended.out) == (case.exit_code, ""), ended.err
    assert ended.err.startswith("klynge: ")
    assert ended.err.count("klynge: ") == 1
    for fragment in case.fragments:
        assert fragment in ended.err
    assert not reports_dir.exists()


ARGUMENTS = [
    ("run 2022", 2, ["'2022' is not a quarter; write it like 2022K1 (K1 to K4)"]),
    ("run 2022K5", 2, ["'2022K5' is not a quarter"]),
    ("run 2022K1 --rules now", 2, ["--rules", "'now' is not a quarter"]),
    ("clusters --quarter 2027", 2, ["--quarter", "'2027' is not a quarter"]),
    ("run 2022K1 --cluster syd", 2, ["'syd' fits 2 of the cluster names", "amager-hvidovre"]),
    ("run 2022K1 --accept-jump rødovre", 2, ["'rødovre' is not a code", "147"]),
    ("fetch --from 2023K1 --to 2022K1", 2, ["2022K1 lies before 2023K1"]),
    ("run 2022K1 --cluster syd --quiet", 2, ["'syd' fits 2 of the cluster names"]),
    ("run 2022K1 --cluster syd --format json", 2, ["'syd' fits 2 of the cluster names"]),
    ("run 2022K1 --speed", 2, ["No such option"]),
    ("calculate", 2, ["No such command"]),
    (
        "run 2027K1 --offline --cluster amager-hvidovre",
        2,
        ["No cluster is called 'amager-hvidovre'", "Each quarter has its own: klynge clusters"],
    ),
    ("audit nowhere.csv", 51, ["nowhere.csv: ", "Look at how its name is written"]),
    (
        "run 2019K1",
        40,
        [
            "No cluster is in force in 2019K1",
            "sundhedsklynge 2022K1 to 2026K4",
            "klynge run 2019K1 --rules 2022K1",
        ],
    ),
    (
        "run 2023K1 --rules 2020K1",
        40,
        ["No cluster is in force in 2020K1", "klynge run 2023K1 --rules 2022K1"],
    ),
    (
        "clusters --quarter 2019K1",
        40,
        ["No cluster is in force in 2019K1", "sundhedsraad 2027K1 to further notice"],
    ),
]


@pytest.mark.parametrize(
    ("arguments", "exit_code", "fragments"), ARGUMENTS, ids=[row[0] for row in ARGUMENTS]
)
def test_bad_arguments(
    klynge: Klynge, reports_dir: Path, arguments: str, exit_code: int, fragments: list[str]
) -> None:
    """A wrong option or argument names itself and what would be right."""
    ended = klynge(*arguments.split())
    assert (ended.exit_code, ended.out) == (exit_code, ""), ended.err
    for fragment in fragments:
        assert fragment in one_line(ended.err)
    assert not reports_dir.exists()


@pytest.mark.parametrize(
    "arguments",
    [["run", "2022K1"], ["run", "2022K1", "--offline"], ["clusters", "--quarter", "2022K1"]],
    ids=" ".join,
)
def test_a_data_folder_that_is_not_there(
    klynge: Klynge, tmp_path: Path, arguments: list[str]
) -> None:
    """The message names the folder and the option that sets it."""
    ended = klynge(*arguments, "--data-dir", str(tmp_path / "nowhere"))
    assert ended.exit_code in (2, 20)
    assert str(tmp_path / "nowhere") in ended.err
    assert "--data-dir" in ended.err


def test_a_quote_that_is_not_closed_is_told_by_line(klynge: Klynge, data_dir: Path) -> None:
    """What a reader of CSV trips over is told with the line at which it did."""
    reference("costs", lambda text: text + '"abc"d,\n')(data_dir)
    assert "line 5: is not a CSV file: " in klynge("run", "2022K1").err


def test_all_bad_files_are_told_at_once(klynge: Klynge, data_dir: Path) -> None:
    """Each with its own lines, whether their form or their values are wrong."""
    for name in ("costs", "sources"):
        reference(name, lambda text: text.replace(",", "\t"))(data_dir)
    told = klynge("run", "2022K1").err
    assert [f"{name}.csv has 1 problem" in told for name in ("costs", "sources")] == [True, True]


def test_wrong_values_of_all_files_are_told_at_once(klynge: Klynge, data_dir: Path) -> None:
    """At most ten lines each."""
    reference("costs", cells(2, amount_dkk="370.000"))(data_dir)
    reference("memberships", in_every_row("source_id", "hearsay"))(data_dir)
    told = klynge("run", "2022K1").err
    assert "costs.csv has 1 problem:" in told
    assert "memberships.csv has 198 problems:" in told
    assert len(told.splitlines()) == 1 + 1 + 1 + 11 + 1


@pytest.mark.parametrize("period", ["9999K4", "0000K1", "2022K１"])
def test_a_quarter_beyond_the_calendar_is_none(klynge: Klynge, period: str) -> None:
    """It is refused where it is read, and not where somebody counts on from it."""
    for arguments in (["run", period], ["fetch", period], ["clusters", "--quarter", period]):
        ended = klynge(*arguments)
        assert (ended.exit_code, "is not a quarter" in ended.err) == (2, True)


def test_an_earlier_revision_stays_as_it_is(
    klynge: Klynge, data_dir: Path, reports_dir: Path
) -> None:
    """Bad input beside a written report changes nothing in the reports folder."""
    assert klynge("run", "2022K1").exit_code == 0
    before = contents(reports_dir)
    reference("costs", cells(2, amount_dkk="370.000"))(data_dir)
    assert klynge("run", "2022K1").exit_code == 20
    assert contents(reports_dir) == before
