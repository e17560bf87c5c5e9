"""The time of writing a report, against plain XlsxWriter calls that write the same cells.

Ours are the national workbook, the 22 cluster workbooks, the CSV files and the page; plain are the
cells of those 23 workbooks, with their values and three number formats, and nothing else: no table,
chart, width, page set-up or protection. Both in this process, in turns, after one round to warm up.
"""

from __future__ import annotations

import gc
import io
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import xlsxwriter
from openpyxl import load_workbook

from pipeline.calculation import Calculation
from pipeline.reporting.content import Content
from pipeline.reporting.outputs import figure_files, readable_files
from tests.report_of import FIRST, calculation_of

RATIO = 1.5
RUNS = 9

PlainCell = tuple[int, int, str, Any, Any]
"""Row and column from 0, the kind of the cell, what it holds, and the value of a formula."""


def ours(calculation: Calculation) -> dict[str, bytes]:
    """Write everything that people read, as a revision holds it."""
    return {**figure_files(calculation), **readable_files(Content(calculation, 1, FIRST))}


def plain(workbooks: list[dict[str, list[PlainCell]]]) -> list[bytes]:
    """Write the cells by plain calls."""
    return [_plain_workbook(sheets) for sheets in workbooks]


def _plain_workbook(sheets: dict[str, list[PlainCell]]) -> bytes:
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    text, number, bold = (
        book.add_format(look) for look in ({}, {"num_format": "#,##0"}, {"bold": True})
    )
    for name, cells in sheets.items():
        sheet = book.add_worksheet(name)
        for row, column, kind, held, value in cells:
            if kind == "formula":
                sheet.write_formula(row, column, held, bold, value)
            elif kind == "number":
                sheet.write_number(row, column, held, number)
            else:
                sheet.write_string(row, column, held, text)
    book.close()
    return target.getvalue()


def cells_of(workbook: bytes) -> dict[str, list[PlainCell]]:
    """Return the cells of a workbook by sheet."""
    formulas, values = (
        load_workbook(io.BytesIO(workbook), data_only=only) for only in (False, True)
    )
    return {sheet.title: list(_cells(sheet, values[sheet.title])) for sheet in formulas}


def _cells(sheet: Any, values: Any) -> Iterator[PlainCell]:
    for row in sheet.iter_rows():
        for cell in row:
            if cell.value is None:
                continue
            value = values[cell.coordinate].value
            if cell.data_type == "f":
                kind = "formula"
            else:
                kind = "number" if isinstance(value, (int, float)) else "text"
            yield cell.row - 1, cell.column - 1, kind, cell.value, value


def seconds_of(write: Callable[[], object]) -> float:
    """Return how long a call takes."""
    gc.collect()
    start = time.perf_counter()
    write()
    return time.perf_counter() - start


def measure(runs: int = RUNS) -> tuple[float, float]:
    """Return the median seconds of ours and of plain calls."""
    calculation = calculation_of()
    workbooks = [
        cells_of(content) for name, content in ours(calculation).items() if name.endswith(".xlsx")
    ]
    plain(workbooks)
    pairs = [
        (seconds_of(lambda: ours(calculation)), seconds_of(lambda: plain(workbooks)))
        for _ in range(runs)
    ]
    first, second = (statistics.median(side) for side in zip(*pairs, strict=True))
    return first, second


def main() -> None:
    """Print the pair and its ratio."""
    first, second = measure()
    verdict = "holds" if first <= RATIO * second else "BROKEN"
    print(
        f"report of a quarter / plain XlsxWriter calls: {first:.3f} s / {second:.3f} s ="
        f" {first / second:.2f} times, at most {RATIO} ({verdict})"
    )


if __name__ == "__main__":
    main()
