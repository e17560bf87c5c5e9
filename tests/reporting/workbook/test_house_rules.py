"""The house rules, from the UK guidance on statistics in spreadsheets."""

from __future__ import annotations

import re
import zipfile
from datetime import datetime
from io import BytesIO

import pytest
from openpyxl.utils import column_index_from_string, range_boundaries
from openpyxl.utils.cell import coordinate_from_string

from pipeline.reporting.content import Content
from pipeline.reporting.texts import Catalogue
from schemas.records import Language
from tests.reporting.workbook.cells import grid, opened, parts

BOOKS = ["national", "syd", "english", "later"]
CATALOGUES = [Catalogue(language) for language in Language]
LEAST_POINTS = 10


@pytest.fixture(params=BOOKS)
def book(request: pytest.FixtureRequest) -> bytes:
    """Each kind of workbook."""
    return request.getfixturevalue(request.param)  # type: ignore[no-any-return]


def test_one_table_a_sheet_from_column_a_with_nothing_below(book: bytes) -> None:
    """A reader who moves down from the title meets one table and then the end."""
    for sheet in opened(book):
        (table,) = sheet.tables.values()
        left, _, _, last = range_boundaries(table.ref)
        assert left == 1
        assert sheet.max_row == last
        assert sheet["A1"].value
        assert not sheet.merged_cells.ranges


def test_no_cell_of_a_table_is_empty(book: bytes) -> None:
    """Nobody has to guess whether a blank means nothing or nothing known."""
    for sheet in opened(book):
        table = grid(sheet)
        for row in table.rows:
            for letter in table.letters.values():
                assert sheet[f"{letter}{row}"].value not in (None, ""), (sheet.title, letter, row)


def test_headings_of_figures_name_their_unit(book: bytes) -> None:
    """Every column of kroner, people, percent or points says so in its heading."""
    for sheet in opened(book, values=True):
        table = grid(sheet)
        for heading, letter in table.letters.items():
            number_format = sheet[f"{letter}{table.first}"].number_format
            if "%" in number_format:
                assert re.search("procent|percent", heading)
            if "pp." in number_format:
                assert "pp." in heading


def test_input_cells_are_marked_in_words_and_the_rest_is_protected(book: bytes) -> None:
    """A cell can be changed exactly if the words above it say input; no password is needed."""
    for sheet in opened(book):
        assert sheet.protection.sheet
        assert sheet.protection.password is None
        table = grid(sheet)
        for row in sheet.iter_rows(max_col=len(table.letters)):
            for cell in row:
                if cell.protection.locked:
                    continue
                above = table.header - 2 if cell.row < table.header else table.header
                assert "input" in str(sheet.cell(above, cell.column).value)
                assert cell.fill.fgColor.rgb == "FFFFF4CC"
    marked = [
        heading
        for sheet in opened(book)
        for heading, letter in grid(sheet).letters.items()
        if "input" in heading and sheet[f"{letter}{grid(sheet).first}"].protection.locked
    ]
    assert not marked


def test_paper_gets_a4_landscape_with_header_page_and_revision(book: bytes) -> None:
    """A printed page shows its columns' headings, its number, and what it is a page of."""
    for sheet in opened(book):
        assert sheet.page_setup.paperSize == 9
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.page_setup.fitToWidth in (None, 1)
        header = grid(sheet).header
        assert sheet.print_title_rows in (f"${header}:${header}", f"{header}:{header}")
        assert re.fullmatch("202[23]K1(-en)? r1", sheet.oddFooter.left.text)
        assert re.fullmatch(r"(Side|Page) &P (af|of) &N", sheet.oddFooter.right.text)


def test_the_header_row_stays_in_view(book: bytes) -> None:
    """Rows below the header scroll, the header does not, nor the columns that say what a row is
    about; at most six rows are frozen, so that a small screen can scroll too."""
    names = ("municipality_code", "municipality_name")
    headings = {text(f"column.{name}") for text in CATALOGUES for name in names}
    for sheet in opened(book):
        table = grid(sheet)
        column, row = coordinate_from_string(sheet.freeze_panes)
        assert row == (table.first if table.header <= 6 else 1)
        assert table.header <= 6 or len(table.rows) < 6, sheet.title
        named = [heading in headings for heading in table.letters]
        stay = column_index_from_string(column) - 1
        assert stay >= 1
        assert not any(named[stay:])


def test_text_is_large_enough_and_columns_are_wide_enough(book: bytes) -> None:
    """No text is smaller than ten points, and no number is wider than its column."""
    for sheet in opened(book, values=True):
        widths = {
            column: group.width
            for group in sheet.column_dimensions.values()
            for column in range(group.min, group.max + 1)
        }
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.value is None or cell.font.sz >= LEAST_POINTS
        for row in sheet.iter_rows(min_row=grid(sheet).first):
            for cell in row:
                if isinstance(cell.value, (int, float)):
                    decimals = 4 if "0.0000" in cell.number_format else 1
                    shown = f"{cell.value:,.{decimals if '.' in cell.number_format else 0}f}"
                    assert len(shown) < widths[cell.column], (sheet.title, cell.coordinate)


def test_it_opens_on_the_cover_at_a1(book: bytes) -> None:
    """Whoever opens the file sees the cover first, from its upper left corner."""
    workbook = opened(book)
    assert workbook.active.title == workbook.sheetnames[0] in ("Forside", "Cover")
    view = workbook.active.sheet_view
    assert view.topLeftCell is None
    assert all(
        selection.activeCell in (None, "A1") for selection in view.selection if not selection.pane
    )


@pytest.mark.parametrize(("name", "language"), [("national", "da-DK"), ("english", "en-GB")])
def test_title_language_and_time_are_set(
    name: str, language: str, content: Content, request: pytest.FixtureRequest
) -> None:
    """The document says its title and language, and as its time that of the newest retrieval."""
    book = request.getfixturevalue(name)
    properties = opened(book).properties
    assert properties.language == language
    assert properties.title
    retrieved = datetime.fromisoformat(content.calculation.inputs.retrieved_at).replace(tzinfo=None)
    assert properties.created == retrieved


def test_links_of_the_cover_lead_to_every_other_sheet(book: bytes) -> None:
    """The cover lists all sheets, and each link has its sheet."""
    workbook = opened(book)
    cover = workbook[workbook.sheetnames[0]]
    linked = [
        cell.hyperlink.location.rpartition("!")[0].strip("'")
        for row in cover.iter_rows()
        for cell in row
        if cell.hyperlink
    ]
    assert linked == workbook.sheetnames[1:]


def test_notes_that_are_referred_to_exist(national: bytes) -> None:
    """Every [note n] on any sheet stands in the notes under that number."""
    workbook = opened(national)
    notes = workbook["Noter"]
    known = {str(cell.value) for cell in notes["A"]}
    marks = {
        mark
        for sheet in workbook
        for row in sheet.iter_rows(values_only=True)
        for value in row
        for mark in re.findall(r"\[note \d+\]", str(value))
    }
    assert len(marks) > 10
    assert marks <= known


def test_every_chart_has_alternative_text(book: bytes) -> None:
    """A chart says in words what it shows, in both kinds of workbook."""
    drawings = [
        xml for name, xml in parts(book) if re.fullmatch(r"xl/drawings/drawing\d+\.xml", name)
    ]
    described = re.findall(r'descr="([^"]+)"', b"".join(drawings).decode())
    charts = [name for name, _ in parts(book) if name.startswith("xl/charts/chart")]
    assert len(described) == len(charts)
    shown = {"Udvikling", "Development"} & set(opened(book).sheetnames)
    assert bool(charts) is bool(shown)
    assert all(len(text) > 40 for text in described)


def test_it_is_a_zip_without_dates_of_today(book: bytes) -> None:
    """Nothing in the package tells when it was packed."""
    with zipfile.ZipFile(BytesIO(book)) as package:
        assert {info.date_time for info in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}
