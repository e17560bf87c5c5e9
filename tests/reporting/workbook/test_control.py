"""The control tells the truth: LibreOffice recalculates edited workbooks; each edit is named."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping

import pytest
from openpyxl.workbook import Workbook

from tests.office import Texts, calculated, needs_libreoffice
from tests.reporting.workbook.cells import changed, grid, on_cover, opened

pytestmark = [needs_libreoffice, pytest.mark.slow]

Edits = dict[str, dict[str, int | str | None]]
"""What stands in input cells instead, by sheet and cell; None where the cell was emptied."""

EDITS_WANTED, EDITS_A_COPY = 300, 60
SYD, OVERVIEW = "Sundhedsklynge Syd", "Oversigt over klynger"
TYPED: list[int | str | None] = [0, 1, 5_000, 10**6, "35.651 ", "ca. 12", "", None]


def input_cells(book: Workbook) -> list[tuple[str, str]]:
    """Return sheet and cell of all that can be edited."""
    return [
        (sheet.title, cell.coordinate)
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if not cell.protection.locked
    ]


def cell_of(book: Workbook, sheet: str, heading: str, name: str = "") -> str:
    """Return the input cell of a municipality, or the amount above the table."""
    table = grid(book[sheet])
    row = next((row for row in table.rows if book[sheet].cell(row, 2).value == name), 0)
    return f"{table.letter(heading)}{row or table.header - 1}"


def random_edits(chance: random.Random, book: Workbook) -> Edits:
    """Return edits of single cells, and what a column pasted over another leaves behind."""
    edits: Edits = {}
    cells = chance.sample(input_cells(book), EDITS_A_COPY)
    pasted = grid(book[SYD])
    column = pasted.letter("Brøkens nævner")
    cells += [(SYD, f"{column}{row}") for row in pasted.rows]
    for sheet, cell in cells:
        value = chance.choice(TYPED)
        issued = book[sheet][cell].value
        edits.setdefault(sheet, {})[cell] = value if value != issued else 7
    return edits


def named_edits(book: Workbook) -> dict[str, Edits]:
    """Return the edits that a controller tried first."""
    brondby, dragor = (cell_of(book, SYD, "Folketal", name) for name in ("Brøndby", "Dragør"))
    moved = {brondby: 35_651 - 5_000, dragor: 14_640 + 5_000}
    half = cell_of(book, SYD, "Brøkens nævner", "Rødovre")
    return {
        "moved": {SYD: dict(moved)},
        "text": {SYD: {brondby: "35.651 "}},
        "denominator": {SYD: {half: None}},
    }


@pytest.fixture(scope="module")
def edited(national: bytes, all_shared: bytes, syd: bytes) -> dict[str, tuple[bytes, Edits]]:
    """Workbooks with their edits by name; the last but the random ones is a cluster's own."""
    book, chance = opened(all_shared), random.Random(20220101)
    cases = {name: (national, edits) for name, edits in named_edits(opened(national)).items()}
    cases["own"] = (syd, {SYD: {cell_of(opened(syd), SYD, "Uafrundet"): 371_000}})
    cases |= {
        f"random{number}": (all_shared, random_edits(chance, book))
        for number in range(EDITS_WANTED // EDITS_A_COPY)
    }
    return {name: (changed(file, edits), edits) for name, (file, edits) in cases.items()}


@pytest.fixture(scope="module")
def recalculated(
    edited: dict[str, tuple[bytes, Edits]], tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, Texts]:
    """The workbooks by name as LibreOffice, started once, calculated them."""
    files = {name: file for name, (file, _) in edited.items()}
    return calculated(files, tmp_path_factory.mktemp("edited"))


def test_every_edited_cell_is_named_and_no_other(
    edited: dict[str, tuple[bytes, Edits]], recalculated: Mapping[str, Texts]
) -> None:
    """Amounts, people, fractions, texts, blanks and pasted columns: the control names exactly the
    cells that were edited, and the cover says no."""
    count = 0
    for name, (file, edits) in edited.items():
        cells, table = recalculated[name], grid(opened(file)["Kontrol"])
        notes = [cells["Kontrol", f"G{row}"] for row in table.rows]
        said = " ".join(note for note in notes if note.startswith("Ændret siden"))
        found = set(re.findall(r"'([^']+)'!([A-Z]+\d+)", said))
        wanted = {(sheet, cell) for sheet, cells in edits.items() for cell in cells}
        assert found == wanted, name
        statuses = {cells["Kontrol", f"F{row}"] for row in table.rows}
        assert statuses <= {"OK", "FORKLARET", "AFVIGER"}
        assert on_cover(cells, "Alle kontroller er i orden").startswith("NEJ"), name
        count += len(wanted)
    assert count >= EDITS_WANTED


def test_a_difference_of_half_a_person_is_not_shown_as_one(national: bytes) -> None:
    """Where people count by halves after an edit, cells show a decimal."""
    sheet = opened(national)["Kontrol"]
    table = grid(sheet)
    halves = {
        str(area.sqref).split(":")[0][0]
        for area in sheet.conditional_formatting
        for rule in area.rules
        if rule.dxf.numFmt.formatCode.startswith("#,##0.0;")
    }
    assert {table.letter(name) for name in ("Beregnet", "Forventet", "Forskel")} <= halves


def test_unedited_every_row_is_ok_or_explained(national: bytes, syd: bytes) -> None:
    """Nothing is always red, and no row tells that nothing is nothing."""
    for file in (national, syd):
        sheet = opened(file, values=True)["Kontrol"]
        rows = [[cell.value for cell in sheet[row]] for row in grid(sheet).rows]
        assert {row[5] for row in rows} == {"OK", "FORKLARET"}
        assert not [row for row in rows if "summer til beløbet" in row[0] and not row[3]]


def test_bad_input_is_a_difference_on_the_sheet_too(
    recalculated: Mapping[str, Texts], national: bytes
) -> None:
    """Where a text, or a denominator that was deleted, makes an error, the sheet says AFVIGER."""
    layout = opened(national)[SYD]
    control = f"{grid(layout).letter('Rang')}{grid(layout).header - 1}"
    cells = recalculated["denominator"]
    assert cells[SYD, control] == "AFVIGER"
    overview = grid(opened(national)[OVERVIEW])
    said = {cells[OVERVIEW, f"A{row}"]: cells[OVERVIEW, f"G{row}"] for row in overview.rows}
    assert said["Sundhedsklynge Syd"] == "AFVIGER"
