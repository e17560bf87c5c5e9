"""Content faults of data: honest transport, wrong figures.

Each takes the honest answer and changes one thing in it, as a StatBank gone wrong might. They work
on CSV with codes, area first; refusals are left as they are.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from .answers import Answer
from .faults import Alter, Fault
from .tables import TABLES

BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Sheet:
    """A data answer as lines of cells."""

    header: list[str]
    rows: list[list[str]]

    def row_of(self, area: str) -> int:
        """Find the row of an area."""
        return [row[0] for row in self.rows].index(area)

    def with_row(self, place: int, row: list[str]) -> "Sheet":
        """Replace one row."""
        return Sheet(self.header, [*self.rows[:place], row, *self.rows[place + 1 :]])


def alter_if_ok(edit: Callable[[bytes], bytes]) -> Alter:
    """Change the body of an answer unless it is a refusal."""

    def alter(answer: Answer) -> Answer:
        return replace(answer, body=edit(answer.body)) if answer.status == 200 else answer

    return alter


def edit_body(edit: Callable[[bytes], bytes], name: str = "edited body") -> Fault:
    """Change the bytes of the body."""
    return Fault(name, alter_if_ok(edit))


def edit_sheet(edit: Callable[[Sheet], Sheet], name: str = "edited sheet") -> Fault:
    """Change the header or rows, keeping byte order mark and line ends."""

    def edited(body: bytes) -> bytes:
        mark = BOM if body.startswith(BOM) else b""
        header, *rows = [line.split(";") for line in body.decode("utf-8-sig").splitlines()]
        sheet = edit(Sheet(header, rows))
        lines = [";".join(cells) + "\r\n" for cells in (sheet.header, *sheet.rows)]
        return mark + "".join(lines).encode("utf-8")

    return edit_body(edited, name)


def figure_text(text: str, area: str) -> Fault:
    """Write `text` where the figure of an area stands; `..` means missing or confidential."""
    return _edit_row(area, lambda row: [*row[:-1], text], f"figure {text!r}")


def formula_code(area: str) -> Fault:
    """Write a spreadsheet formula where the code of an area stands."""
    formula = '=HYPERLINK("http://example.invalid")'
    return _edit_row(area, lambda row: [formula, *row[1:]], "formula code")


def _edit_row(area: str, edit: Callable[[list[str]], list[str]], name: str) -> Fault:
    def edited(sheet: Sheet) -> Sheet:
        place = sheet.row_of(area)
        return sheet.with_row(place, edit(sheet.rows[place]))

    return edit_sheet(edited, name)


def wrong_quarter(quarter: str) -> Fault:
    """Give the figures under another quarter than the one asked for."""

    def edit(sheet: Sheet) -> Sheet:
        column = sheet.header.index("TID")
        rows = [[*row[:column], quarter, *row[column + 1 :]] for row in sheet.rows]
        return Sheet(sheet.header, rows)

    return edit_sheet(edit, "wrong quarter")


def missing_row(area: str) -> Fault:
    """Leave the row of an area out."""

    def edit(sheet: Sheet) -> Sheet:
        place = sheet.row_of(area)
        return Sheet(sheet.header, sheet.rows[:place] + sheet.rows[place + 1 :])

    return edit_sheet(edit, "missing row")


def duplicate_row(area: str) -> Fault:
    """Give the row of an area twice."""
    return edit_sheet(lambda sheet: _repeated(sheet, area, 0), "duplicate row")


def conflicting_duplicate(area: str) -> Fault:
    """Give the row of an area twice with different figures."""
    return edit_sheet(lambda sheet: _repeated(sheet, area, 1), "conflicting duplicate")


def _repeated(sheet: Sheet, area: str, more_people: int) -> Sheet:
    *codes, figure = sheet.rows[sheet.row_of(area)]
    return Sheet(sheet.header, [*sheet.rows, [*codes, str(int(figure) + more_people)]])


def new_area_row(area: str = "999", figure: int = 1000) -> Fault:
    """Add a row of an area nobody asked for."""

    def edit(sheet: Sheet) -> Sheet:
        return Sheet(sheet.header, [*sheet.rows, [area, *sheet.rows[-1][1:-1], str(figure)]])

    return edit_sheet(edit, "new area row")


def renamed_column(old: str = "INDHOLD", new: str = "ANTAL") -> Fault:
    """Give a column another name."""

    def edit(sheet: Sheet) -> Sheet:
        return Sheet([new if name == old else name for name in sheet.header], sheet.rows)

    return edit_sheet(edit, "renamed column")


def extra_column(name: str = "CONTENT_TYPE", text: str = "Number") -> Fault:
    """Add a column before the figures."""

    def inserted(cells: list[str], cell: str) -> list[str]:
        return [*cells[:-1], cell, cells[-1]]

    def edit(sheet: Sheet) -> Sheet:
        return Sheet(inserted(sheet.header, name), [inserted(row, text) for row in sheet.rows])

    return edit_sheet(edit, "extra column")


def short_last_row() -> Fault:
    """Leave the last two cells of the last row out."""
    return edit_sheet(lambda sheet: sheet.with_row(len(sheet.rows) - 1, sheet.rows[-1][:-2]))


def latin_1() -> Fault:
    """Send the body in another encoding than the header says."""
    return edit_body(lambda body: body.decode("utf-8-sig").encode("latin-1"), "latin-1")


def broken_identity(more_people: int = 1) -> Fault:
    """Add people to the total row (country or city), and to no part of it."""

    def edit(sheet: Sheet) -> Sheet:
        totals = {table.total for table in TABLES}
        place = next(place for place, row in enumerate(sheet.rows) if row[0] in totals)
        *codes, figure = sheet.rows[place]
        return sheet.with_row(place, [*codes, str(int(figure) + more_people)])

    return edit_sheet(edit, "broken identity")


def jump(area: str, factor: int = 2) -> Fault:
    """Multiply the figure of a base area, and let the areas it lies in follow."""
    follow = set().union(*(table.containing(area) for table in TABLES))

    def edit(sheet: Sheet) -> Sheet:
        added = int(sheet.rows[sheet.row_of(area)][-1]) * (factor - 1)
        rows = [
            [*row[:-1], str(int(row[-1]) + added)] if row[0] in follow else row
            for row in sheet.rows
        ]
        return Sheet(sheet.header, rows)

    return edit_sheet(edit, "jump")
