"""What each municipality pays since the report before, and why: the sheet of changes."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.calculation.comparison import ORDER
from pipeline.reporting.content import Content
from pipeline.reporting.workbook.books import workbooks
from schemas.quarter import Quarter
from schemas.records import Language
from tests.analysis.keys import PLAIN, add_keys
from tests.analysis.quarters import add_quarter
from tests.conftest import Klynge
from tests.report_of import content_of
from tests.reporting.workbook.cells import grid, opened

COLUMNS = (
    "before_dkk", "after_dkk", "change_dkk", "own_population_dkk", "others_population_dkk",
    "rules_dkk", "amount_dkk",
)  # fmt: skip
SHEETS = {Language.DANISH: "Ændringer", Language.ENGLISH: "Changes"}


def rows_of(content: Content) -> list[list[Any]]:
    """Return the cells of the sheet, a row a municipality and cost; none without the sheet."""
    book = opened(workbooks(content)[f"fordeling-{content.label}.xlsx"], values=True)
    name = SHEETS[content.text.language]
    if name not in book.sheetnames:
        return []
    sheet = book[name]
    table = grid(sheet)
    columns = list(table.letters.values())
    totals = [sheet[f"{letter}{table.header - 1}"].value for letter in columns[4:]]
    rows = [[sheet[f"{letter}{row}"].value for letter in columns] for row in table.rows]
    assert totals == [sum(row[at] for row in rows) for at in range(4, len(columns))]
    return rows


def compared(klynge: Klynge, before: str, after: str) -> Iterator[dict[str, str]]:
    """Yield the rows of `klynge compare` that have kroner of a municipality."""
    for row in csv.DictReader(io.StringIO(klynge("compare", before, after, "--format=csv").out)):
        code = row.get("municipality_code") or row["code"]
        if (
            len(code) == 3
            and row["before_dkk"]
            and (row["before_dkk"], row["after_dkk"]) != ("0", "0")
        ):
            yield {**row, "code": code}


def check(klynge: Klynge, content: Content, before: str) -> list[list[Any]]:
    """Compare the sheet with `klynge compare`, and return its rows."""
    rows = rows_of(content)
    found = sorted((row[0], *row[4:]) for row in rows)
    told = compared(klynge, before, str(content.result.quarter))
    assert found == sorted((row["code"], *(int(row[name]) for name in COLUMNS)) for row in told)
    assert all(sum(row[7:11]) == row[6] == row[5] - row[4] for row in rows)
    return rows


@pytest.mark.parametrize("language", Language)
def test_the_sheet_says_what_compare_says(klynge: Klynge, language: Language) -> None:
    """To the krone, in the same order and words, and before and after add up to the cost."""
    content = content_of("2023K1", language)
    rows = check(klynge, content, "2022K1")
    assert [sum(row[at] for row in rows) for at in (4, 5, 6)] == [370_000, 370_000, 0]
    words = "{}: {} (kr.)"
    reasons = [content.text(f"changes.{name}") for name in COLUMNS[3:]]
    if language is Language.ENGLISH:
        assert reasons == [words.format("Of it", reason) for reason in ORDER]


@pytest.fixture
def changed(data_dir: Path) -> Path:
    """From 2023K1 on a key counts another day, a municipality has left, an amount is another."""
    add_keys(data_dir, {"aaret": {**PLAIN, "population_of": "year_before"}}, {"aaret": "viborg"})
    reference = data_dir / "reference"
    for name, old, new in (
        ("costs", "370000,year,K1,2022K1,2026K4", "370000,year,K1,2022K1,2022K4"),
        ("memberships", "randers,707,whole,,,2022K1,2026K4", "randers,707,whole,,,2022K1,2022K4"),
    ):
        path = reference / f"{name}.csv"
        text = path.read_text("utf-8")
        assert old in text
        row = next(line for line in text.splitlines() if old in line)
        later = row.replace("2022K1,2026K4", "2023K1,2026K4").replace("370000", "400000")
        kept = text.replace(old, new)
        more = later if name == "costs" else later.replace("randers,", "aarhus,")
        path.write_text(f"{kept}{more}\n", "utf-8")
    return data_dir


def test_each_reason_has_its_column(klynge: Klynge, changed: Path) -> None:
    """A key on another day, another member and another amount: as `klynge compare` has them."""
    rows = check(klynge, content_of("2023K1", data_dir=changed), "2022K1")
    assert sum(row[10] for row in rows if row[3] == "½ årsværk") == 30_000
    assert any(row[3] == "aaret" and row[7] for row in rows)


def test_from_clusters_to_councils_it_is_a_row_a_municipality(
    klynge: Klynge, data_dir: Path
) -> None:
    """With the clusters before and after; whoever paid in neither is left out."""
    add_quarter(data_dir, Quarter(2026, 4), {"167": 100})
    add_quarter(data_dir, Quarter(2027, 1), {"167": 200, "1004": 50})
    rows = check(klynge, content_of("2027K1", data_dir=data_dir), "2026K4")
    (roedovre,) = [row for row in rows if row[0] == "175"]
    assert roedovre[2] == "Sundhedsklynge Syd, Sundhedsklynge Midt"
    assert sum(row[6] for row in rows) == -370_000


def test_a_first_quarter_and_a_scenario_have_no_such_sheet(content: Content) -> None:
    """Before 2022K1 no rule was in force."""
    assert content.calculation.before is None
    assert rows_of(content) == []


def test_earlier_rules_that_do_not_hold_are_told(klynge: Klynge, data_dir: Path) -> None:
    """No sheet, and a note that says so in plain words; the report itself is as it would be."""
    path = data_dir / "reference" / "memberships.csv"
    with path.open("a", encoding="utf-8") as file:
        file.write("hjoerring,751,whole,,,2022K1,2022K4,rn-sundhedsklynger\n")
    ended = klynge("run", "2023K1", "--offline")
    assert ended.exit_code == 0
    assert "The changes since 2022K1 are not shown" in ended.out
    content = content_of("2023K1", data_dir=data_dir)
    assert rows_of(content) == []
    assert any("Ændringerne siden 2022K1 er ikke vist" in note.text for note in content.notes)
