"""Native charts with alternative text; lines differ by marker and dash, not by colour alone."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pipeline.plain_text import plain
from pipeline.reporting.workbook.book import Column, Sheet
from pipeline.reporting.workbook.document import DARK

Series = Mapping[str, Sequence[str | int]]
"""A series as XlsxWriter takes it: where its name, its categories and its values stand."""

_COLOURS: Final = (
    "#1F3A5F", "#C05A00", "#00796B", "#8E24AA", "#5D6D1E", "#B3261E", "#0277BD", "#6D4C41",
)  # fmt: skip
_MARKERS: Final = ("circle", "square", "triangle", "diamond", "x", "star", "plus", "short_dash")
_DASHES: Final = ("solid", "dash", "long_dash_dot", "round_dot")
_FONT: Final = {"name": "Calibri", "size": 10}
_TITLE_FONT: Final = {"name": "Calibri", "size": 12, "bold": True, "color": DARK}
_ACROSS: Final = 3
_WIDTH, _HEIGHT, _GAP = 540, 380, 20
_ROWS: Final = (_HEIGHT + _GAP) // 20
"""Rows of the usual height that a chart and the gap below it take."""


def line_chart(sheet: Sheet, number: int, title: str, told: str, lines: Sequence[Series]) -> None:
    """Insert a line chart of shares below the table, three side by side.

    Args:
        sheet: The sheet, whose table has been written.
        number: Its place among the charts of the sheet, from 0.
        title: Its title.
        told: Its alternative text.
        lines: Its lines.
    """
    text, chart = sheet.book.text, sheet.book.document.add_chart({"type": "line"})
    for place, line in enumerate(lines):
        chart.add_series({**line, **_look(place)})
    literal = plain(title).replace("!", "")  # XlsxWriter takes `text!A1` for a reference
    chart.set_title({"name": literal, "name_font": _TITLE_FONT, "overlay": False})
    chart.set_x_axis({"num_font": _FONT})
    chart.set_y_axis(
        {
            "name": text("development.shares_axis"),
            "name_font": {**_FONT, "bold": False},
            "num_font": _FONT,
            "num_format": "0",
            "major_gridlines": {"visible": True, "line": {"color": "#D9D9D9"}},
            "min": 0,
        }
    )
    chart.set_legend({"position": "bottom", "font": _FONT})
    chart.set_size({"width": _WIDTH, "height": _HEIGHT})
    down, right = divmod(number, _ACROSS)
    options = {"x_offset": right * (_WIDTH + _GAP), "object_position": 2}
    row = sheet.last_row + 1 + down * _ROWS
    sheet.worksheet.insert_chart(row, 0, chart, {**options, "description": plain(told)})


def _look(number: int) -> dict[str, Any]:
    colour = _COLOURS[number % len(_COLOURS)]
    dash = _DASHES[number // len(_COLOURS) % len(_DASHES)]
    marker = {
        "type": _MARKERS[number % len(_MARKERS)],
        "size": 6,
        "border": {"color": colour},
        "fill": {"color": colour},
    }
    return {"line": {"color": colour, "width": 1.75, "dash_type": dash}, "marker": marker}


def print_with_charts(sheet: Sheet, count: int, columns: Sequence[Column]) -> None:
    """Print the table and the charts below it on one page.

    Args:
        sheet: The sheet.
        count: How many charts it has.
        columns: The columns of the table.
    """
    rows = -(-count // _ACROSS) * _ROWS
    table = sum(7 * column.width + 5 for column in columns)  # pixels
    beside = min(count, _ACROSS) * (_WIDTH + _GAP) - table
    last_column = len(columns) - 1 + max(0, math.ceil(beside / 64))
    sheet.worksheet.print_area(0, 0, sheet.last_row + rows, last_column)
    sheet.worksheet.fit_to_pages(1, 1)
