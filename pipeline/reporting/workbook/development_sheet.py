"""The development: a row a cluster, its shares quarter by quarter, and charts below."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.calculation.development import Series
from pipeline.reporting.content import Content
from pipeline.reporting.workbook import charts
from pipeline.reporting.workbook.book import Book, Cell, Column, Sheet, fitting
from schemas.quarter import QUARTERS_PER_YEAR

_MOST_QUARTERS: Final = 20
"""Newest quarters shown: five years, as many columns as can be read on one page."""

_FIRST_QUARTER: Final = 2
"""Column of the first quarter, from 0."""

_CHANGES: Final = {"since_quarter": 1, "since_year": QUARTERS_PER_YEAR}


@dataclass(frozen=True)
class Line:
    """One line: the chart that it is drawn in, its name, and its quarters."""

    group: str
    name: str
    points: Series


def clusters_development(book: Book, content: Content) -> None:
    """Write the development of all clusters, with a chart a region."""
    text, series = book.text, content.development.clusters
    lines = [
        Line(
            result.cluster.region,
            content.cluster_name(result),
            series[result.cluster.cluster_id][-_MOST_QUARTERS:],
        )
        for result in content.result.clusters
    ]
    who, share = text("column.cluster_name"), text("development.share_of_all")
    points = lines[0].points
    stored = {"first": str(points[0].quarter), "last": str(points[-1].quarter)}
    told = text("development.line", share=share, count=len(points), **stored)
    sheet = Sheet(book, text("sheet.development"), text("development.title"), [told])
    changes = {  # without those that none is stored to compare with
        name: back for name, back in _CHANGES.items() if points[-1].since(back) is not None
    }
    columns = [
        Column(who, "text", fitting((line.name for line in lines), 60)),
        Column(text("live.counted"), "counted", 13, "number_header"),
        *(Column(str(point.quarter), "share", 9, "number_header") for point in points),
        *(Column(text(f"development.{name}"), "points", 15, "number_header") for name in changes),
    ]
    sheet.table("Udvikling", columns, [_cells(line, changes.values()) for line in lines])
    groups = list(dict.fromkeys(line.group for line in lines))
    for number, group in enumerate(groups):
        _chart(sheet, number, group, lines)
    charts.print_with_charts(sheet, len(groups), columns)


def _cells(line: Line, changes: Iterable[int]) -> list[Cell]:
    newest = line.points[-1]
    points = [round(100 * float(newest.since(back) or 0), 2) + 0.0 for back in changes]  # no -0,00
    shares = [100 * float(point.share) for point in line.points]
    return [line.name, float(newest.counted_population), *shares, *points]


def _chart(sheet: Sheet, number: int, group: str, lines: Sequence[Line]) -> None:
    name, points, series = sheet.worksheet.get_name(), lines[0].points, []
    header = sheet.last_row - len(lines) - 1
    first, last = _FIRST_QUARTER, _FIRST_QUARTER + len(points) - 1
    for row, line in enumerate(lines, start=header + 1):
        if line.group == group:
            cells = {"categories": header, "values": row}
            ranges = {key: [name, at, first, at, last] for key, at in cells.items()}
            series.append({"name": [name, row, 0], **ranges})
    text = sheet.book.text
    told = text(
        "development.shares_alt",
        group=group,
        first=str(points[0].quarter),
        last=str(points[-1].quarter),
        names=", ".join(line.name for line in lines if line.group == group),
    )
    charts.line_chart(sheet, number, text("development.shares_title", group=group), told, series)
