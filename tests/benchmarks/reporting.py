"""The time of writing a report, against plain XlsxWriter calls that write the same cells.

Ours are the national workbook, the 22 cluster workbooks, the CSV files and the page; plain are the
cells of those 23 workbooks with their values and formats, and nothing else: no table, chart, width,
page set-up or protection. Both in this process, in turns, after one round to warm up, in seconds of
the processor: neither waits for anything.
"""

from __future__ import annotations

import gc
import io
import json
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import xlsxwriter
from openpyxl import load_workbook

from pipeline.calculation.calculate import Calculation
from pipeline.reporting.content import Content
from pipeline.reporting.page import page
from pipeline.reporting.rows import figure_files
from pipeline.reporting.workbook.books import workbooks
from tests.report_of import FIRST, calculation_of

RATIO = 1.5
RUNS = 9

PlainCell = tuple[int, int, str, Any, Any, int]
"""Row and column from 0, kind of cell, what it holds, the value of a formula, and its format."""

Look = dict[str, Any]


@dataclass(frozen=True)
class PlainBook:
    """The cells of a workbook by sheet, and its formats."""

    sheets: dict[str, list[PlainCell]]
    looks: dict[int, Look]


def ours(calculation: Calculation) -> dict[str, bytes]:
    """Write everything that people read, as a revision holds it."""
    content = Content(calculation, 1, FIRST)
    html = {f"fordeling-{content.label}.html": page(content)}
    return {**figure_files(calculation), **html, **workbooks(content)}


def plain(books: list[PlainBook]) -> list[bytes]:
    """Write the cells by plain calls."""
    return [_plain_workbook(book) for book in books]


def _plain_workbook(plain_book: PlainBook) -> bytes:
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    formats = {key: book.add_format(look) for key, look in plain_book.looks.items()}
    for name, cells in plain_book.sheets.items():
        sheet = book.add_worksheet(name)
        for row, column, kind, held, value, look in cells:
            if kind == "formula":
                sheet.write_formula(row, column, held, formats[look], value)
            elif kind == "number":
                sheet.write_number(row, column, held, formats[look])
            else:
                sheet.write_string(row, column, held, formats[look])
    book.close()
    return target.getvalue()


def plain_book_of(workbook: bytes) -> PlainBook:
    """Return the cells and formats of a workbook."""
    formulas, values = (
        load_workbook(io.BytesIO(workbook), data_only=only) for only in (False, True)
    )
    looks: dict[int, Look] = {}
    sheets = {sheet.title: list(_cells(sheet, values[sheet.title], looks)) for sheet in formulas}
    return PlainBook(sheets, looks)


def plain_books(calculation: Calculation) -> dict[str, PlainBook]:
    """Return the cells and formats of all workbooks by file name."""
    files = ours(calculation).items()
    return {name: plain_book_of(content) for name, content in files if name.endswith(".xlsx")}


def record(path: Path) -> None:
    """Write the cells and formats of all workbooks of 2022K1 as JSON, for `plain.py`."""
    books = plain_books(calculation_of()).items()
    path.write_text(json.dumps({name: asdict(book) for name, book in books}), encoding="utf-8")


def _cells(sheet: Any, values: Any, looks: dict[int, Look]) -> Iterator[PlainCell]:
    for cell in (cell for row in sheet.iter_rows() for cell in row if cell.value is not None):
        value = values[cell.coordinate].value
        kind = "number" if isinstance(value, (int, float)) else "text"
        if cell.data_type == "f":
            kind = "formula"
        looks.setdefault(cell.style_id, _look(cell))
        yield cell.row - 1, cell.column - 1, kind, cell.value, value, cell.style_id


def _look(cell: Any) -> Look:
    font, fill = cell.font, cell.fill.fgColor.rgb
    return {
        "font_name": font.name,
        "font_size": font.sz,
        "bold": font.b,
        "num_format": cell.number_format,
        "text_wrap": bool(cell.alignment.wrap_text),
        "valign": cell.alignment.vertical or "bottom",
        "locked": cell.protection.locked,
        **({"bg_color": f"#{fill[2:]}"} if cell.fill.fill_type else {}),
        **({"bottom": 4} if cell.border.bottom.style else {}),
    }


def seconds_of(write: Callable[[], object]) -> float:
    """Return how long a call takes of the processor."""
    gc.collect()
    start = time.process_time()
    write()
    return time.process_time() - start


def measure(runs: int = RUNS) -> tuple[float, float]:
    """Return the median seconds of ours and of plain calls."""
    calculation = calculation_of()
    books = list(plain_books(calculation).values())
    plain(books)
    pairs = [
        (seconds_of(lambda: ours(calculation)), seconds_of(lambda: plain(books)))
        for _ in range(runs)
    ]
    first, second = (statistics.median(side) for side in zip(*pairs, strict=True))
    return first, second
