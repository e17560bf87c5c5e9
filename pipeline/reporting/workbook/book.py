"""A workbook by the house rules, so that no sheet can forget one.

The rules are those of the UK guidance on statistics in spreadsheets: a title in A1, one table a
sheet from column A, marked and named, one header row with units, no merged cells, nothing below.
Every sheet is protected without a password, so that only input cells change by accident.
"""

import io
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Final

from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell

from pipeline.plain_text import plain
from pipeline.reporting.content import Content
from pipeline.reporting.workbook.document import MARKED, PERCENT, STYLES, Document
from schemas.records import Language

_A4: Final = 9
_LINE_LENGTH: Final = 180
"""Characters of a line above a table; longer ones run over the edge of a landscape page."""

_LOCALES: Final = {Language.DANISH: "da-DK", Language.ENGLISH: "en-GB"}
_FIT: Final = 1.1
"""Letters that fit into the width of a digit, by which columns are measured, on the average."""

_WIDEST: Final = 48
_BOLD: Final = 2.5
"""Width that a bold word takes beyond its letters, with the indent of a number's heading."""

_MOST_FROZEN: Final = 6
"""Rows that may stay in view; more leave a small screen nothing to scroll."""

_LINE_POINTS, _TITLE_POINTS = 15, 26
_TITLE_LETTER, _BESIDE = 1.5, 9

_PROTECTION: Final = {"format_columns": True, "format_rows": True}


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula, the value that programs show which do not calculate, and a style of its own."""

    text: str
    value: int | float | str
    style: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A link to a sheet of the same workbook."""

    sheet: str
    text: str
    style: str = "link"


Cell = str | int | float | Formula | Link


def number_of(cell: Cell) -> int | float:
    """Return the number that a cell holds or shows.

    Raises:
        TypeError: It holds none.
    """
    number = cell.value if isinstance(cell, Formula) else cell
    if isinstance(number, (int, float)):
        return number
    raise TypeError(f"{number!r} is not a number")


def added(formulas: Sequence[Formula], less: Sequence[Formula] = ()) -> Cell:
    """Return the sum of what formulas show, less that of others; 0 of none."""
    terms = "+".join(formula.text.removeprefix("=") for formula in formulas)
    terms += "".join(f"-{formula.text.removeprefix('=')}" for formula in less)
    number = sum(map(number_of, formulas)) - sum(map(number_of, less))
    return Formula(f"={terms}", number) if terms else 0


@dataclass(frozen=True, slots=True)
class Range:
    """The rows of data of a table, counted from 1, as other sheets and charts refer to them."""

    sheet: str
    first: int
    last: int

    def column(self, letter: str) -> str:
        """Return the cells of a column as other sheets refer to them."""
        return f"'{self.sheet}'!${letter}${self.first}:${letter}${self.last}"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its heading with its unit, its style, and the width in characters.

    It is as wide as the longest word of its heading at least, so that none is broken. The heading
    stands where the cells do, unless it has a style of its own.
    """

    heading: str
    style: str
    width: float
    summed: bool = False
    header_style: str = ""

    def __post_init__(self) -> None:
        longest = max(map(len, self.heading.split()), default=0)
        object.__setattr__(self, "width", max(self.width, min(longest, _WIDEST) + _BOLD))
        aligned = "number_header" if "align" in STYLES[self.style] else "header"
        object.__setattr__(self, "header_style", self.header_style or aligned)


def fitting(texts: Iterable[str], widest: int = _WIDEST) -> float:
    """Return the width of a column of texts, in characters."""
    return min(max(map(len, texts), default=0) + 2, widest)


class Book:
    """A workbook being written."""

    def __init__(self, content: Content, title: str) -> None:
        self.content = content
        self.text = content.text
        self.contents: list[Link] = []
        self._target = io.BytesIO()
        self.document = Document(
            self._target,
            {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False},
        )
        retrieved = datetime.fromisoformat(content.calculation.inputs.retrieved_at)
        self.document.set_properties(
            {
                "title": plain(title),
                "author": "klyngefordeling",
                "subject": content.issue,
                "created": retrieved.replace(tzinfo=None),
                "language": _LOCALES[self.text.language],
            }
        )
        self._formats: dict[str, Format] = {}

    def style(self, name: str) -> Format:
        """Return a style, made when it is first used."""
        if name not in self._formats:
            look = dict(STYLES[name])
            if look.get("num_format") == PERCENT:
                look["num_format"] = self.text("value.percent_format")
            self._formats[name] = self.document.add_format(look)
        return self._formats[name]

    def close(self) -> bytes:
        """Return the workbook."""
        self.document.close()
        return self._target.getvalue()


def _words(cell: Cell) -> str:
    return cell if isinstance(cell, str) else cell.text if isinstance(cell, Link) else ""


@cache
def _line_count(text: str, width: int) -> int:
    return len(textwrap.wrap(text, width))


def wrapped(lines: Iterable[str]) -> tuple[str, ...]:
    """Return lines that fit above a table on a page."""
    return tuple(part for line in lines for part in textwrap.wrap(plain(line), _LINE_LENGTH))


class Sheet:
    """A sheet being written; rows are counted from 1, as formulas do."""

    def __init__(self, book: Book, name: str, title: str, lines: Iterable[str] = ()) -> None:
        self.book = book
        self.worksheet = worksheet = book.document.add_worksheet(name)
        worksheet.set_row(0, _TITLE_POINTS)
        book.contents.append(Link(name, title))
        said = filter(None, [title, book.content.edition, book.content.mark])
        heading, below = plain(", ".join(said)), wrapped(lines)
        worksheet.write_string(0, 0, heading, book.style("title"))
        self._above = max(len(heading) * _TITLE_LETTER / _FIT, *map(len, below), 0)
        for row, line in enumerate(below, start=1):
            worksheet.write_string(row, 0, line, book.style("line"))
        self.next_row = len(below) + 2
        self._set_up_page()

    def _set_up_page(self) -> None:
        text, sheet = self.book.text, self.worksheet
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(_A4)
        sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
        sheet.fit_to_pages(1, 0)
        page = text("print.page", page="&P", pages="&N")
        if self.book.content.mark:
            sheet.set_header(f"&C&B{self.book.content.mark}")
            sheet.set_tab_color(MARKED)
        sheet.set_footer(f"&L{self.book.content.issue}&C&A&R{page}")
        sheet.protect("", dict(_PROTECTION))

    def table(
        self, name: str, columns: Sequence[Column], rows: Sequence[Sequence[Cell]], keys: int = 1
    ) -> Range:
        """Write the sheet's table, and return where its data stand.

        So many columns stay in view as are keys: they say what a row is about.
        """
        if any(column.summed for column in columns):
            self._sum_up(columns, rows)
        header, first, worded = self.next_row, self.next_row + 1, []
        self.fit_row(header, [(column.heading, column.width - _BOLD) for column in columns])
        for position, column in enumerate(columns):
            self.worksheet.set_column(position, position, column.width)
            if "text_wrap" in STYLES[column.style]:
                worded.append((position, column.width))
            if column.style == "counted":
                self.show_halves(header, position, header + len(rows) - 1)
        for row, cells in enumerate(rows, start=first):
            for position, cell in enumerate(cells):
                self.write(row, position, cell, columns[position].style)
            self.fit_row(row, [(_words(cells[at]), width) for at, width in worded])
        self._mark(name, columns, header, header + len(rows))
        self.worksheet.freeze_panes(header if header <= _MOST_FROZEN else 0, keys)
        return Range(self.worksheet.get_name(), first, header + len(rows))

    def _sum_up(self, columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> None:
        first = self.next_row + 2
        for position, column in enumerate(columns):
            cell: Cell = "" if position else self.book.text("cluster.total")
            if column.summed:
                letter = xl_col_to_name(position)
                total = sum(number_of(cells[position]) for cells in rows)
                formula = f"=SUM({letter}{first}:{letter}{first + len(rows) - 1})"
                style = "total_change" if column.style == "change" else "total_whole"
                cell = Formula(formula, total, style)
            self.write(self.next_row, position, cell, "total")
        self.next_row += 1

    def _mark(self, name: str, columns: Sequence[Column], header: int, last: int) -> None:
        """Mark the table as one, and repeat its header on each page."""
        marking = {
            "name": name,
            "autofilter": False,
            "style": None,  # LibreOffice shows no table style; the cells have their own
            "columns": [
                {"header": column.heading, "header_format": self.book.style(column.header_style)}
                for column in columns
            ],
        }
        self.last_row = last
        self.worksheet.add_table(header - 1, 0, last - 1, len(columns) - 1, marking)
        self.worksheet.repeat_rows(header - 1)
        beside = max(0, self._above - sum(column.width + 0.7 for column in columns))
        self.worksheet.print_area(0, 0, last - 1, len(columns) - 1 - int(-beside // _BESIDE))

    def fit_row(self, row: int, texts: Sequence[tuple[str, float]]) -> None:
        """Make a row as high as its longest text needs in a column of its width."""
        long = [(text, int(width * _FIT)) for text, width in texts if len(text) > width]
        lines = max((_line_count(text, width) for text, width in long), default=1)
        if lines > 1:
            self.worksheet.set_row(row - 1, lines * _LINE_POINTS + 1)

    def show_halves(self, first: int, column: int, last: int, to: int = 0) -> None:
        """Show a decimal where people are not counted whole, also after a change; 0-based."""
        rule = f"=MOD(ROUND({xl_rowcol_to_cell(first, column)},6),1)<>0"
        look = {"type": "formula", "criteria": rule, "format": self.book.style("halves")}
        self.worksheet.conditional_format(first, column, last, to or column, look)

    def write(self, row: int, column: int, cell: Cell, style: str) -> None:
        """Write one cell; a text is a string whatever it starts with."""
        look = self.book.style((isinstance(cell, Formula | Link) and cell.style) or style)
        if cell == "":
            self.worksheet.write_blank(row - 1, column, None, look)
        elif isinstance(cell, str):
            self.worksheet.write_string(row - 1, column, plain(cell), look)
        elif isinstance(cell, Formula):
            self.worksheet.write_formula(row - 1, column, cell.text, look, cell.value)
        elif isinstance(cell, Link):
            target = f"internal:'{cell.sheet}'!A1"
            self.worksheet.write_url(row - 1, column, target, look, plain(cell.text))
        else:
            self.worksheet.write_number(row - 1, column, cell, look)
