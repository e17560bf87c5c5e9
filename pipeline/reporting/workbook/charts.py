"""Native charts with alternative text; lines differ by marker and dash, not by colour alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from pipeline.plain_text import plain
from pipeline.reporting.workbook.book import ChartSeries, Sheet
from pipeline.reporting.workbook.document import DARK

_COLOURS: Final = (
    "#1F3A5F", "#C05A00", "#00796B", "#8E24AA", "#5D6D1E", "#B3261E", "#0277BD", "#6D4C41",
)  # fmt: skip
_BARS: Final = (DARK, "#E8A33D", "#7FA99B", "#B9A0C9")
"""From dark to light, so that they differ in black and white too."""

_MARKERS: Final = ("circle", "square", "triangle", "diamond", "x", "star", "plus", "short_dash")
_DASHES: Final = ("solid", "dash", "long_dash_dot", "round_dot")
_FONT: Final = {"name": "Calibri", "size": 10}
_TITLE_FONT: Final = {"name": "Calibri", "size": 12, "bold": True, "color": DARK}
CHART_PIXELS: Final = 640

_ROW_PIXELS: Final = 20
_PAGE_HEIGHT_TO_WIDTH: Final = (0.64, 0.72)
"""Least and most of a landscape A4 page within its margins; programs round the scale down."""


Words = tuple[str, str]
"""The title of a chart, and its alternative text."""


class Pages:
    """Places charts under each other beside a table, none across the end of a page.

    Args:
        column: Column of their left edge, counted from 0.
        table_pixels: Width of the columns before it.
        header_row: Row of the table's header, counted from 1.
        header_pixels: Height of the header.
    """

    def __init__(self, column: int, table_pixels: int, header_row: int, header_pixels: int) -> None:
        self.column = column
        width = table_pixels + CHART_PIXELS
        heights = [int(width * ratio) - header_pixels for ratio in _PAGE_HEIGHT_TO_WIDTH]
        self._rows_on_page = [height // _ROW_PIXELS for height in heights]
        self._header_row = header_row
        self._taken = 0

    def place(self, height_pixels: int) -> int:
        """Return the row, counted from 0, for a chart of this height, and take the space."""
        rows = height_pixels // _ROW_PIXELS + 1
        least, most = (height - self._header_row for height in self._rows_on_page)
        while most <= self._taken:
            least, most = (
                end + height for end, height in zip((least, most), self._rows_on_page, strict=True)
            )
        if self._taken + rows > least and rows <= self._rows_on_page[0]:
            self._taken = most
        row = self._header_row + self._taken
        self._taken += rows + 1
        return row

    @property
    def last_row(self) -> int:
        """The row below the last chart, counted from 0."""
        return self._header_row + self._taken


def line_chart(
    sheet: Sheet, pages: Pages, words: Words, axis: str, series: Sequence[ChartSeries]
) -> None:
    """Insert a line chart of shares where it fits on a page."""
    chart = sheet.book.document.add_chart({"type": "line"})
    for number, line in enumerate(series):
        chart.add_series(_line(number, line))
    chart.set_y_axis(_value_axis(axis, "0%"))
    chart.set_x_axis({"num_font": _FONT, "interval_unit": max(1, _categories(series) // 12)})
    _insert(sheet, pages, chart, words, 320 + 12 * len(series))


def bar_chart(
    sheet: Sheet, pages: Pages, words: Words, axis: str, series: Sequence[ChartSeries]
) -> None:
    """Insert a chart of horizontal bars, the first on top, where it fits on a page."""
    chart = sheet.book.document.add_chart({"type": "bar", "subtype": "stacked"})
    for number, bars in enumerate(series):
        fill = {"fill": {"color": _BARS[number % len(_BARS)]}}
        chart.add_series({**bars, **fill, "gap": 40})
    chart.set_x_axis(_value_axis(axis, "#,##0"))
    chart.set_y_axis({"reverse": True, "crossing": "max", "num_font": _FONT, "interval_unit": 1})
    _insert(sheet, pages, chart, words, 140 + 20 * _categories(series), len(series) > 1)


def _line(number: int, line: ChartSeries) -> dict[str, Any]:
    colour = _COLOURS[number % len(_COLOURS)]
    dash = _DASHES[number // len(_COLOURS) % len(_DASHES)]
    marker = {
        "type": _MARKERS[number % len(_MARKERS)],
        "size": 6,
        "border": {"color": colour},
        "fill": {"color": colour},
    }
    return {
        **line,
        "line": {"color": colour, "width": 1.75, "dash_type": dash},
        "marker": marker,
    }


def _categories(series: Sequence[ChartSeries]) -> int:
    _, first, _, last, _ = series[0]["categories"]
    return int(last) - int(first) + 1


def _value_axis(axis: str, number_format: str) -> dict[str, Any]:
    return {
        "name": axis,
        "name_font": {**_FONT, "bold": False},
        "num_font": _FONT,
        "num_format": number_format,
        "major_gridlines": {"visible": True, "line": {"color": "#D9D9D9"}},
        "min": 0,
    }


def _insert(
    sheet: Sheet,
    pages: Pages,
    chart: Any,
    words: Words,
    height: int,
    legend: bool = True,
) -> None:
    title = plain(words[0]).replace("!", "")  # XlsxWriter takes `text!A1` for a reference
    chart.set_title({"name": title, "name_font": _TITLE_FONT, "overlay": False})
    chart.set_legend({"position": "bottom", "font": _FONT} if legend else {"none": True})
    chart.set_size({"width": CHART_PIXELS, "height": height})
    options = {"description": plain(words[1]), "object_position": 2}
    sheet.worksheet.insert_chart(pages.place(height), pages.column, chart, options)
