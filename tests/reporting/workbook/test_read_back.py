"""Other programs read the workbook as it is meant."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
from openpyxl.styles.numbers import FORMAT_GENERAL
from python_calamine import CalamineWorkbook

from pipeline.analysis.published import read_tables
from pipeline.calculation.audit import methods_of
from tests.reporting.workbook.cells import figures, grid, opened, parts

BOOKS = ["national", "syd", "english"]


@pytest.fixture(params=BOOKS)
def book(request: pytest.FixtureRequest) -> bytes:
    """Each kind of workbook."""
    return request.getfixturevalue(request.param)  # type: ignore[no-any-return]


def test_the_package_is_whole_and_well_formed(book: bytes) -> None:
    """Every part is there with its checksum, and each XML part can be parsed."""
    with zipfile.ZipFile(io.BytesIO(book)) as package:
        assert package.testzip() is None
    for name, content in parts(book):
        assert name.endswith((".xml", ".rels"))
        ElementTree.fromstring(content)


def test_every_sheet_has_one_table_with_a_name_of_its_own(book: bytes) -> None:
    """Screen readers and formulas find each table by name, and its header holds what it says."""
    workbook = opened(book, values=True)
    names = [grid(sheet).name for sheet in workbook]
    assert len({name.casefold() for name in names}) == len(names)
    for sheet in workbook:
        table = grid(sheet)
        header = [cell.value for cell in sheet[table.header]][: len(table.letters)]
        assert header == list(table.letters)
        assert all(isinstance(heading, str) and heading.strip() for heading in header)


def test_no_cell_holds_an_error(book: bytes) -> None:
    """Neither the values that we wrote nor the formulas hold #N/A, #REF! or their like."""
    for values in (True, False):
        for place, value in figures(opened(book, values=values)).items():
            assert not (isinstance(value, str) and value.startswith("#")), place


def test_codes_are_text_and_figures_are_numbers(national: bytes) -> None:
    """A municipality code keeps its leading zeros, and kroner can be added up."""
    for sheet in opened(national, values=True):
        table = grid(sheet)
        for heading, letter in table.letters.items():
            column = [sheet[f"{letter}{row}"] for row in table.rows]
            if heading == "Kommunekode":
                assert all(isinstance(cell.value, str) and len(cell.value) == 3 for cell in column)
            if heading.endswith("(kr.)") and "klynge" not in heading:
                assert all(isinstance(cell.value, (int, float)) for cell in column)
                assert all(cell.number_format != FORMAT_GENERAL for cell in column)


def test_two_readers_see_the_same(book: bytes) -> None:
    """openpyxl and calamine, which share no code, read the same values."""
    seen = opened(book, values=True)
    other = CalamineWorkbook.from_filelike(io.BytesIO(book))
    assert other.sheet_names == seen.sheetnames
    for name in other.sheet_names:
        rows = other.get_sheet_by_name(name).to_python(skip_empty_area=False)
        for expected, found in zip(seen[name].iter_rows(values_only=True), rows, strict=False):
            assert [_plain(cell) for cell in expected[: len(found)]] == [
                _plain(cell) for cell in found
            ]


def _plain(value: object) -> object:
    return float(value) if isinstance(value, (int, float)) else value or ""


def test_an_audit_finds_the_table_of_municipalities(book: bytes, tmp_path: Path) -> None:
    """Not the overview of clusters before it, nor the shared funds; no sheet has to be named."""
    path = tmp_path / "fordeling.xlsx"
    path.write_bytes(book)
    for table in read_tables(path).values():
        assert len(table.names) == 11
        assert {"Rødovre", "Tårnby"} < {*table.names}
        assert methods_of(table)
