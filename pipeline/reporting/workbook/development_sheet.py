"""The development: a row a cluster, its shares quarter by quarter, and a chart a region below.

Charts are native, with alternative text; lines differ by marker and dash, not by colour alone.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Any, Final

from pipeline.calculation.development import Series
from pipeline.plain_text import plain
from pipeline.reporting.content import Content
from pipeline.reporting.workbook.book import Book, Cell, Column, Sheet, fitting
from pipeline.reporting.workbook.document import DARK
from schemas.quarter import QUARTERS_PER_YEAR, Quarter

_MOST_QUARTERS: Final = 20
"""Newest quarters shown: five years, as many columns as can be read on one page."""

_FIRST_QUARTER: Final = 2
"""Column of the first quarter, from 0."""

_CHANGES: Final = {"since_quarter": 1, "since_year": QUARTERS_PER_YEAR}

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


def clusters_development(book: Book, content: Content) -> None:
    """Write the development of all clusters, with a chart a region."""
    text, results = book.text, content.result.clusters
    names = [content.cluster_name(row) for row in results]
    series = [content.development.clusters[row.cluster.cluster_id] for row in results]
    who, share = text("column.cluster_name"), text("development.share_of_all")
    quarters = series[0].quarters[-_MOST_QUARTERS:]
    stored = {"first": str(quarters[0]), "last": str(quarters[-1])}
    told = text("development.line", share=share, count=len(quarters), **stored)
    sheet = Sheet(book, text("sheet.development"), text("development.title"), [told])
    changes = {  # without those that none is stored to compare with
        name: back for name, back in _CHANGES.items() if series[0].since(back) is not None
    }
    columns = [
        Column(who, "text", fitting(names, 60)),
        Column(text("live.counted"), "counted", 13),
        *(Column(str(quarter), "share", 9) for quarter in quarters),
        *(Column(text(f"development.{name}"), "points", 15) for name in changes),
    ]
    figures = (_figures(row, changes.values()) for row in series)
    rows = [[name, *cells] for name, cells in zip(names, figures, strict=True)]
    sheet.table("Udvikling", columns, rows)
    regions = list(dict.fromkeys(row.cluster.region for row in results))
    for number, region in enumerate(regions):
        _chart(sheet, number, region, quarters)
    _print_with_charts(sheet, len(regions), columns)


def _figures(series: Series, changes: Iterable[int]) -> list[Cell]:
    points = [round(100 * float(series.since(back) or 0), 2) + 0.0 for back in changes]  # no -0,00
    shares = [100 * share for share in series.shares()[-_MOST_QUARTERS:]]
    return [series.people()[-1], *shares, *points]


def _chart(sheet: Sheet, number: int, region: str, quarters: Sequence[Quarter]) -> None:
    """Insert the chart of a region below the table, three side by side."""
    text, content = sheet.book.text, sheet.book.content
    header = sheet.last_row - len(content.result.clusters) - 1
    rows = enumerate(content.result.clusters, start=header + 1)
    drawn = {at: row for at, row in rows if row.cluster.region == region}
    chart = _line_chart(sheet, header, list(drawn), len(quarters))
    title = plain(text("development.shares_title", group=region))
    literal = title.replace("!", "")  # XlsxWriter takes `text!A1` for a reference
    chart.set_title({"name": literal, "name_font": _TITLE_FONT, "overlay": False})
    told = text(
        "development.shares_alt",
        group=region,
        first=str(quarters[0]),
        last=str(quarters[-1]),
        names=", ".join(map(content.cluster_name, drawn.values())),
    )
    down, right = divmod(number, _ACROSS)
    options = {"x_offset": right * (_WIDTH + _GAP), "object_position": 2}
    row = sheet.last_row + 1 + down * _ROWS
    sheet.worksheet.insert_chart(row, 0, chart, {**options, "description": plain(told)})


def _line_chart(sheet: Sheet, header: int, rows: Sequence[int], quarters: int) -> Any:
    """Return a chart of so many quarters of some rows; header and rows count from 0."""
    name, chart = sheet.worksheet.get_name(), sheet.book.document.add_chart({"type": "line"})
    first, last = _FIRST_QUARTER, _FIRST_QUARTER + quarters - 1
    for place, row in enumerate(rows):
        ranges = {"categories": header, "values": row}
        series = {key: [name, at, first, at, last] for key, at in ranges.items()}
        chart.add_series({"name": [name, row, 0], **series, **_look(place)})
    chart.set_x_axis({"num_font": _FONT})
    chart.set_y_axis(
        {
            "name": sheet.book.text("development.shares_axis"),
            "name_font": {**_FONT, "bold": False},
            "num_font": _FONT,
            "num_format": "0",
            "major_gridlines": {"visible": True, "line": {"color": "#D9D9D9"}},
            "min": 0,
        }
    )
    chart.set_legend({"position": "bottom", "font": _FONT})
    chart.set_size({"width": _WIDTH, "height": _HEIGHT})
    return chart


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


def _print_with_charts(sheet: Sheet, count: int, columns: Sequence[Column]) -> None:
    """Print the table and the charts below it on one page."""
    rows = -(-count // _ACROSS) * _ROWS
    table = sum(7 * column.width + 5 for column in columns)  # pixels
    beside = min(count, _ACROSS) * (_WIDTH + _GAP) - table
    last_column = len(columns) - 1 + max(0, math.ceil(beside / 64))
    sheet.worksheet.print_area(0, 0, sheet.last_row + rows, last_column)
    sheet.worksheet.fit_to_pages(1, 1)
