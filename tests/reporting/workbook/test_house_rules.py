"""The house rules, from the UK guidance on statistics in spreadsheets."""

from __future__ import annotations

import re
import zipfile
from datetime import datetime
from io import BytesIO

import pytest
from openpyxl.cell import Cell
from openpyxl.utils import column_index_from_string, range_boundaries
from openpyxl.utils.cell import coordinate_from_string
from openpyxl.worksheet.worksheet import Worksheet

from pipeline.reporting.content import Content
from pipeline.reporting.texts import Catalogue
from schemas.records import Language
from tests.conftest import REPOSITORY
from tests.reporting.workbook.cells import grid, opened, parts

BOOKS = ["national", "syd", "english", "later", "councils"]
CATALOGUES = [Catalogue(language) for language in Language]
LEAST_POINTS = 10
CONTRAST = 4.5
POINTS = 34
FITTING = 1.3
"""Letters of a proportional font, more or less, in the width of a digit."""


@pytest.fixture(params=BOOKS)
def book(request: pytest.FixtureRequest) -> bytes:
    """Each kind of workbook."""
    return request.getfixturevalue(request.param)  # type: ignore[no-any-return]


def width(sheet: Worksheet, cell: Cell) -> float:
    """Return the width of the column of a cell, in digits."""
    (group,) = (
        row for row in sheet.column_dimensions.values() if row.min <= cell.column <= row.max
    )
    return float(group.width)


def test_one_table_a_sheet_from_column_a_with_nothing_below(book: bytes) -> None:
    """A reader who moves down from the title meets one table and then the end."""
    for sheet in opened(book):
        (table,) = sheet.tables.values()
        left, _, right, last = range_boundaries(table.ref)
        assert (left, right) == (1, len(grid(sheet).letters))  # each heading once
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
        assert re.fullmatch("(202[23]K1(-en)?|2026K1-rules-2027K1) r1", sheet.oddFooter.left.text)
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
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.value is None or cell.font.sz >= LEAST_POINTS
        for row in sheet.iter_rows(min_row=grid(sheet).first):
            for cell in row:
                if isinstance(cell.value, (int, float)):
                    decimals = 4 if "0.0000" in cell.number_format else 1
                    shown = f"{cell.value:,.{decimals if '.' in cell.number_format else 0}f}"
                    assert len(shown) < width(sheet, cell), (sheet.title, cell.coordinate)


def test_long_texts_are_wrapped(book: bytes) -> None:
    """A text of a table that is wider than its column is wrapped, so that none is hidden."""
    for sheet in opened(book, values=True):
        table = grid(sheet)
        for row in sheet.iter_rows(min_row=table.header, max_col=len(table.letters)):
            for cell in row:
                if isinstance(cell.value, str) and len(cell.value) > FITTING * width(sheet, cell):
                    assert cell.alignment.wrap_text, (sheet.title, cell.coordinate)


def test_nothing_is_hidden_or_floats(book: bytes) -> None:
    """No sheet, row or column is hidden or filtered, no text is italic, centred or raised, nothing
    but charts floats, and there is no macro."""
    for sheet in opened(book):
        assert sheet.sheet_state == "visible"
        dimensions = (*sheet.row_dimensions.values(), *sheet.column_dimensions.values())
        assert not any(row.hidden for row in dimensions)
        assert all(table.autoFilter is None for table in sheet.tables.values())
        for row in sheet.iter_rows():
            for cell in row:
                assert not cell.font.i
                assert not cell.font.vertAlign
                assert cell.alignment.horizontal in (None, "general", "left", "right")
    odd = ("vbaProject", "xl/media/", "comments", "vmlDrawing", "ctrlProps")
    assert not [name for name, _ in parts(book) if any(part in name for part in odd)]
    assert not [name for name, xml in parts(book) if b"<xdr:sp>" in xml or b"<xdr:sp " in xml]


def luminance(colour: str) -> float:
    """Return how light a colour such as `FF1F3A5F` is, by WCAG."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (2, 4, 6)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return sum(part * weight for part, weight in zip(linear, (0.2126, 0.7152, 0.0722), strict=True))


def test_texts_have_contrast(book: bytes) -> None:
    """Every text is told from what it stands on, by 4.5 to 1 at least."""
    pairs = set()
    for sheet in opened(book):
        for row in sheet.iter_rows():
            for cell in row:
                filled = cell.fill.fill_type == "solid"
                ground = str(cell.fill.fgColor.rgb) if filled else "FFFFFFFF"
                known = cell.font.color is not None and cell.font.color.type == "rgb"
                pairs.add((str(cell.font.color.rgb) if known else "FF000000", ground))
    assert len(pairs) > 3
    for text, ground in pairs:
        light, dark = sorted((luminance(text), luminance(ground)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= CONTRAST, (text, ground)


def test_the_checklist_is_gone_through() -> None:
    """Each of its points names a test here that proves it, or why it is broken on purpose."""
    text = (REPOSITORY / "docs" / "accessibility.md").read_text("utf-8")
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    proofs = [row[-1].strip("`* ") for row in rows[1:]]
    reasons = re.findall(r"^- \*\*(.+)\.\*\*", text, re.MULTILINE)
    assert len(proofs) == POINTS
    assert {row for row in proofs if row not in globals()} == set(reasons)


CALIBRI_BOLD = {
    478: "'", 503: "il", 523: "j", 528: ",’", 546: "I", 547: ".", 565: ":;", 627: "-", 638: "()",
    648: "f", 678: "J", 710: "t", 728: "r", 814: "z", 817: "s", 857: "c", 866: "L", 880: "/",
    891: "“”", 940: "F", 941: "x", 968: "S", 969: "v", 970: "y", 971: "g", 979: "Z", 983: "k",
    999: "E", 1011: "aå", 1014: "T", 1020: "–+−*", 1031: "e", 1038: "0123456789", 1064: "Y",
    1084: "C", 1090: "P", 1099: "bdhnpqu", 1101: "o", 1114: "ø", 1120: "K", 1128: "X", 1148: "B",
    1153: "R", 1211: "V", 1241: "AÅ", 1291: "D", 1292: "H", 1305: "G", 1337: "U", 1349: "N",
    1385: "O", 1394: "Ø", 1405: "Q", 1415: "½", 1493: "%", 1526: "w", 1587: "æ", 1588: "Æ",
    1666: "m", 1790: "M", 1856: "W",
}  # fmt: skip
"""Signs by their width in 2048ths of the size, from Carlito, which is as wide as Calibri."""

WIDTHS = {sign: units / 2048 for units, signs in CALIBRI_BOLD.items() for sign in signs}
PIXELS_A_POINT, PIXELS_A_DIGIT, PADDING, INDENT = 96 / 72, 7, 5, 9
BLANK, LINE_POINTS = 463 / 2048, 15
REGULAR, STANDARD_PIXELS = 0.965, 64
"""Width of regular letters in those of bold ones, and of a column that has none of its own."""


def test_no_heading_breaks_inside_a_word(book: bytes) -> None:
    """Each word of a heading fits into its column in Excel, in Calibri, its lines into the row."""
    for sheet in opened(book, values=True):
        for cell in sheet[grid(sheet).header][: len(grid(sheet).letters)]:
            room = width(sheet, cell) * PIXELS_A_DIGIT - PADDING - INDENT * cell.alignment.indent
            size, lines, left = cell.font.sz * PIXELS_A_POINT, 0, 0.0
            for word in re.split(r"(?<=-)|\s", str(cell.value)):
                long = sum(WIDTHS[sign] for sign in word) * size
                assert long <= room, (sheet.title, word)
                lines, left = (lines, left - long) if long <= left else (lines + 1, room - long)
                left -= BLANK * size
            high = sheet.row_dimensions[cell.row].height or LINE_POINTS
            assert lines * LINE_POINTS <= high, (sheet.title, cell.value)


def test_what_stands_above_a_table_is_printed(book: bytes) -> None:
    """A title or line that is wider than its table is not cut on paper, in Calibri."""
    for sheet in opened(book, values=True):
        _, _, last, _ = range_boundaries(sheet.print_area.rpartition("!")[2])
        groups = [row for row in sheet.column_dimensions.values() if row.min <= last]
        wide = sum(row.width * (min(row.max, last) - row.min + 1) for row in groups)
        beside = max(0, last - max(row.max for row in groups)) * STANDARD_PIXELS
        for row in sheet.iter_rows(max_row=grid(sheet).header - 2, max_col=1):
            size = row[0].font.sz * PIXELS_A_POINT * (1 if row[0].font.b else REGULAR)
            long = sum(WIDTHS.get(sign, 0.5) for sign in str(row[0].value or "")) * size
            assert long <= wide * PIXELS_A_DIGIT + beside, (sheet.title, row[0].value)


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


@pytest.mark.parametrize(("kind", "notes"), [("national", "Noter"), ("syd", "Forside")])
def test_notes_that_are_referred_to_exist(
    kind: str, notes: str, request: pytest.FixtureRequest
) -> None:
    """Every [note n] on any sheet stands in the notes, or on a cluster's cover, by that number."""
    workbook = opened(request.getfixturevalue(kind))
    known = {f"[{str(cell.value).rpartition('[')[2]}" for cell in workbook[notes]["A"]}
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
