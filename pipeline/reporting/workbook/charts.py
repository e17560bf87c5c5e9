"""Native charts, each with alternative text; lines differ by marker and dash, not by colour alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from pipeline.reporting.plain_text import plain
from pipeline.reporting.workbook.book import Sheet
from pipeline.reporting.workbook.styles import DARK

_COLOURS: Final = (
    "#1F3A5F", "#C05A00", "#00796B", "#8E24AA", "#5D6D1E", "#B3261E", "#0277BD", "#6D4C41",
)  # fmt: skip
_MARKERS: Final = ("circle", "square", "triangle", "diamond", "x", "star", "plus", "short_dash")
_DASHES: Final = ("solid", "dash", "long_dash_dot", "round_dot")
_FONT: Final = {"name": "Calibri", "size": 10}
_TITLE_FONT: Final = {"name": "Calibri", "size": 12, "bold": True, "color": DARK}
_WIDTH_PIXELS: Final = 640

Place = tuple[str, int, int, int, int]
"""Sheet, first row, first column, last row, last column, counted from 0."""


@dataclass(frozen=True, slots=True)
class ChartSeries:
    """A series: where its name, its categories and its values stand."""

    name: tuple[str, int, int]
    categories: Place
    values: Place


@dataclass(frozen=True, slots=True)
class Caption:
    """What a chart says in words.

    Args:
        title: Its title.
        axis: What its values are, with the unit.
        description: Its alternative text.
    """

    title: str
    axis: str
    description: str


def line_chart(
    sheet: Sheet, at: tuple[int, int], caption: Caption, series: Sequence[ChartSeries]
) -> int:
    """Insert a line chart of shares at a cell, and return its height in pixels."""
    chart = sheet.book.document.add_chart({"type": "line"})
    for number, line in enumerate(series):
        chart.add_series(_line(number, line))
    chart.set_y_axis(_value_axis(caption, "0%"))
    chart.set_x_axis({"num_font": _FONT, "interval_unit": max(1, _categories(series) // 12)})
    return _insert(sheet, at, chart, caption, 300 + 16 * max(0, len(series) - 4))


def bar_chart(
    sheet: Sheet, at: tuple[int, int], caption: Caption, series: Sequence[ChartSeries]
) -> int:
    """Insert a chart of horizontal bars, the first on top; return its height in pixels."""
    chart = sheet.book.document.add_chart({"type": "bar", "subtype": "stacked"})
    for number, bars in enumerate(series):
        pattern = {"pattern": "wide_upward_diagonal", "fg_color": _COLOURS[number % 8]}
        look: dict[str, Any] = {"fill": {"color": _COLOURS[0]}} if not number else {"pattern": pattern}
        chart.add_series({**_references(bars), **look, "gap": 40})
    chart.set_x_axis(_value_axis(caption, "#,##0"))
    chart.set_y_axis({"reverse": True, "crossing": "max", "num_font": _FONT, "interval_unit": 1})
    return _insert(sheet, at, chart, caption, 120 + 20 * _categories(series), len(series) > 1)


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
        **_references(line),
        "line": {"color": colour, "width": 1.75, "dash_type": dash},
        "marker": marker,
    }


def _references(series: ChartSeries) -> dict[str, Any]:
    return {
        "name": list(series.name),
        "categories": list(series.categories),
        "values": list(series.values),
    }


def _categories(series: Sequence[ChartSeries]) -> int:
    _, first, _, last, _ = series[0].categories
    return last - first + 1


def _value_axis(caption: Caption, number_format: str) -> dict[str, Any]:
    return {
        "name": caption.axis,
        "name_font": {**_FONT, "bold": False},
        "num_font": _FONT,
        "num_format": number_format,
        "major_gridlines": {"visible": True, "line": {"color": "#D9D9D9"}},
        "min": 0,
    }


def _insert(
    sheet: Sheet,
    at: tuple[int, int],
    chart: Any,
    caption: Caption,
    height: int,
    legend: bool = True,
) -> int:
    chart.set_title({"name": plain(caption.title), "name_font": _TITLE_FONT, "overlay": False})
    chart.set_legend({"position": "right", "font": _FONT} if legend else {"none": True})
    chart.set_size({"width": _WIDTH_PIXELS, "height": height})
    options = {"description": plain(caption.description), "object_position": 2}
    sheet.worksheet.insert_chart(*at, chart, options)
    return height
