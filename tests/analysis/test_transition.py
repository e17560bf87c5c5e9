"""From clusters to councils on the real figures of 2026K1, and how far uncertain rules move it."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from pipeline.analysis.transition_report import TransitionReport, write_transition
from pipeline.calculation.allocation import largest_remainder
from pipeline.settings import Settings
from pipeline.snapshots.acquisition import Acquisition
from schemas.quarter import Quarter
from schemas.records import LARGEST_AMOUNT_DKK, Language
from tests.conftest import REPOSITORY, Klynge

BEFORE, AFTER = Quarter(2026, 4), Quarter(2027, 1)
AMOUNT = 370_000


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> TransitionReport:
    """The transition on the newest figures bundled, in Danish."""
    settings = Settings(REPOSITORY / "data", tmp_path_factory.mktemp("transition"))
    acquisition = Acquisition.offline(settings)
    return write_transition(BEFORE, AFTER, None, None, Language.DANISH, acquisition)


@pytest.fixture(scope="module")
def people() -> dict[str, int]:
    """Population of 2026K1 by code, municipalities and districts, read from the snapshots."""
    files = (REPOSITORY / "data" / "snapshots").glob("*/2026K1/*.csv")
    lines = [line for path in files for line in path.read_text("utf-8-sig").splitlines()[1:]]
    return {line.split(";")[0]: int(line.rpartition(";")[2]) for line in lines}


def row_of(written: TransitionReport, code: str) -> dict[str, Any]:
    return next(dict(row) for row in written.rows if row["municipality_code"] == code)


def part(code: str, weights: Mapping[str, int | Fraction]) -> int:
    """Return the whole kroner of one by these weights."""
    exact = {key: Fraction(weight) for key, weight in weights.items()}
    return next(row.amount for row in largest_remainder(AMOUNT, exact) if row.code == code)


SYD = ["153", "155", "161", "165", "167", "169", "183", "185", "187"]
MIDT = ["151", "157", "159", "163", "173", "190", "230", "240"]
CITY = ("1004", "1005", "1009", "1010")
TOWN = ("1001", "1002", "1003", "1006", "1007", "1008", "1099")


def test_koebenhavn_roedovre_billund_and_middelfart(
    written: TransitionReport, people: dict[str, int]
) -> None:
    """The four that are uncertain or in two clusters, worked out once more from the snapshots."""

    def of(codes: list[str]) -> dict[str, int | Fraction]:
        return {code: people[code] for code in codes}

    half = Fraction(people["175"], 2)
    syd = {**of(SYD), "101": sum(people[code] for code in CITY), "175": half}
    byen = {"101": sum(people[code] for code in TOWN), "147": people["147"]}
    midt = {**of(MIDT), "175": half}
    east = {"530": people["530"], **of(["607", "621", "630"])}
    expected = {
        "101": (part("101", syd) + part("101", byen), part("101", of(["101", "147", "400"]))),
        "175": (part("175", syd) + part("175", midt), part("175", of([*MIDT, "175"]))),
        "530": (part("530", of(["530", "561", "563", "573", "575"])), part("530", east)),
        "410": (part("410", of(["410", "607", "621", "630"])), 29_473),
    }
    rows = {code: row_of(written, code) for code in expected}
    found = {code: (row["before_dkk"], row["after_dkk"]) for code, row in rows.items()}
    assert found == expected
    assert found == {
        "101": (463_394, 304_374),
        "175": (31_134, 34_574),
        "530": (42_359, 33_591),
        "410": (48_019, 29_473),
    }


def test_the_ranges_that_can_be_quoted(written: TransitionReport) -> None:
    """Billund and Middelfart in their other cluster, Rødovre without a second, 1099 elsewhere."""
    ranges = {
        code: (row["before_least_dkk"], row["before_most_dkk"])
        for code in ("101", "175", "530", "410")
        for row in [row_of(written, code)]
    }
    assert ranges == {
        "101": (449_554, 463_841),
        "175": (12_926, 31_134),
        "530": (29_580, 42_359),
        "410": (29_473, 48_019),
    }
    assert all(row["after_least_dkk"] == row["after_most_dkk"] for row in written.rows)


def test_the_contributions_add_up_to_the_krone(written: TransitionReport) -> None:
    """Of each municipality, and of all: 22 clusters before, 17 councils after."""
    for row in written.rows:
        steps = row["one_cluster_dkk"] + row["whole_dkk"] + row["members_dkk"]
        assert steps == row["change_dkk"] == row["after_dkk"] - row["before_dkk"]
    assert sum(row["before_dkk"] for row in written.rows) == 22 * AMOUNT
    assert sum(row["after_dkk"] for row in written.rows) == 17 * AMOUNT
    assert len(written.rows) == 98


def test_each_alternative_moves_nothing_in_all(written: TransitionReport) -> None:
    """What one municipality pays more, others pay less; each rule says how sure it is."""
    moved: dict[str, int] = {}
    for row in written.effects:
        moved[row["alternative"]] = moved.get(row["alternative"], 0) + row["moved_before_dkk"]
    assert set(moved.values()) == {0}
    assert len(moved) == 6
    assert {row["confidence"] for row in written.effects} == {"lav", "middel"}


def test_sheet_page_and_csv_say_the_same(written: TransitionReport) -> None:
    """Every row stands in the CSV and the workbook, and every amount of København on the page."""
    label = written.folder.name
    text = (written.folder / f"overgang-{label}.csv").read_text("utf-8")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["municipality_code"] for row in rows] == [
        row["municipality_code"] for row in written.rows
    ]
    book = openpyxl.load_workbook(written.folder / f"overgang-{label}.xlsx")
    assert book["Overgang"]["A1"].value == "Overgang fra 2026K4 til 2027K1, folketal 2026K1"
    cells = [row for row in book["Overgang"].iter_rows(values_only=True) if row[0] == "101"]
    assert [cell for cell in cells[0] if isinstance(cell, int)] == [
        value for value in row_of(written, "101").values() if isinstance(value, int)
    ]
    page = (written.folder / f"overgang-{label}.html").read_text("utf-8")
    assert "<h1>Overgang fra 2026K4 til 2027K1, folketal 2026K1</h1>" in page
    assert all(amount in page for amount in ("463.394", "304.374", "−159.020"))


def test_the_command(klynge: Klynge, reports_dir: Path) -> None:
    """It prints what changes and how far, as a table, CSV and JSON, and names the folder."""
    ended = klynge("transition", "2026K4", "2027K1", "--amount", "370000")
    assert ended.exit_code == 0, ended.err
    assert "-159,020" in ended.out
    assert "transitions/2026K4-2027K1-on-2026K1" in ended.out
    rows = csv.DictReader(klynge("transition", "2026K4", "2027K1", "--format=csv").out.splitlines())
    assert sum(int(row["before_dkk"]) for row in rows) == 22 * AMOUNT
    assert (reports_dir / "transitions" / "2026K4-2027K1-on-2026K1").is_dir()


@pytest.mark.parametrize("amount", ["1000000000001", "370.000", "370000,00", "370 000", "-1"])
def test_an_amount_is_whole_kroner_and_at_most_that_of_a_cost(klynge: Klynge, amount: str) -> None:
    """More is a slip, and `370.000` is never 370: exit 2, and the largest that is taken."""
    ended = klynge("transition", "2026K4", "2027K1", f"--amount={amount}")
    assert ended.exit_code == 2
    assert "less than or equal to 1000000000000" in ended.err


def test_no_column_is_too_narrow_for_its_kroner(tmp_path: Path) -> None:
    """The largest amount there may be is shown in the workbook, and no ##### in its place."""
    settings = Settings(REPOSITORY / "data", tmp_path)
    most = LARGEST_AMOUNT_DKK, Language.DANISH, Acquisition.offline(settings)
    written = write_transition(BEFORE, AFTER, None, *most)
    (path,) = written.folder.glob("*.xlsx")
    for sheet in openpyxl.load_workbook(path):
        for row in sheet.iter_rows():
            for cell in (cell for cell in row if isinstance(cell.value, int)):
                groups = sheet.column_dimensions.values()
                (width,) = (row.width for row in groups if row.min <= cell.column <= row.max)
                assert len(f"{cell.value:,}") < width, (sheet.title, cell.coordinate)


def test_different_amounts_must_be_named(klynge: Klynge) -> None:
    """Without a cost of one amount the amount must be given: exit 2, and how."""
    ended = klynge("transition", "2027K1", "2026K4")
    assert ended.exit_code == 2
    assert "0 amounts" in ended.err
    assert "--amount" in ended.err


def test_back_again_each_pays_what_it_did(klynge: Klynge) -> None:
    """From councils to clusters the districts count as they do the other way."""
    there, back = (
        klynge("transition", *quarters, "--amount", "370000", "--format", "csv").out
        for quarters in (("2026K4", "2027K1"), ("2027K1", "2026K4"))
    )
    paid = [
        [(row["municipality_code"], row[which]) for row in csv.DictReader(io.StringIO(text))]
        for text, which in ((there, "before_dkk"), (back, "after_dkk"))
    ]
    assert len(paid[0]) == 98
    assert paid[0] == paid[1]


@pytest.mark.parametrize("certain", [True, False])
def test_nothing_uncertain_moves_anything(klynge: Klynge, data_dir: Path, certain: bool) -> None:
    """Where no rule is uncertain, or nothing is shared, the report has no table of effects."""
    if certain:
        path = data_dir / "reference" / "alternatives.csv"
        path.write_text(path.read_text("utf-8").partition("\n")[0] + "\n", encoding="utf-8")
    ended = klynge("transition", "2026K4", "2027K1", *([] if certain else ["--amount", "0"]))
    assert (ended.exit_code, ended.err) == (0, "")
    (folder,) = (Path(line[9:]) for line in ended.out.splitlines() if line.startswith("Written: "))
    (workbook,) = folder.glob("*.xlsx")
    assert len(openpyxl.load_workbook(workbook).sheetnames) == 1
