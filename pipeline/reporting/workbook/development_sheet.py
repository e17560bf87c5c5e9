"""The development: a row a quarter of each cluster or member, and charts beside the table.

The rows of one line stand together, so that a chart can name them as one range.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from pipeline.calculation.development import Point, Series
from pipeline.calculation.quarter import ClusterResult
from pipeline.reporting.content import Content
from pipeline.reporting.texts import Catalogue
from pipeline.reporting.workbook.book import Book, Cell, Column, Sheet, fitting
from pipeline.reporting.workbook.charts import (
    Caption,
    ChartSeries,
    Pages,
    Place,
    bar_chart,
    chart_series,
    line_chart,
)
from pipeline.reporting.workbook.overview import Range
from pipeline.reporting.workbook.plan import Plan

NOT_HELD = "[x]"
"""The UK guidance's shorthand for a figure that is not available."""

_CHART_COLUMN = 7
_LAST_COLUMN = 16
_PIXELS_A_CHARACTER, _PADDING_PIXELS, _HEADER_PIXELS = 7, 5, 62
_QUARTER_COLUMN, _SHARE_COLUMN = 1, 3


@dataclass(frozen=True)
class Line:
    """One line: its name, the cluster that it is or is in, and its quarters."""

    name: str
    result: ClusterResult
    points: Series


def clusters_development(book: Book, plan: Plan, clusters: Range) -> None:
    """Write the development of all clusters, with a chart of shares a region and one of amounts."""
    text, series = book.text, plan.content.development.clusters
    lines = [
        Line(result.cluster.name, result, series[result.cluster.cluster_id])
        for result in plan.clusters
    ]
    columns = _columns(text, lines, text("column.cluster_name"), text("development.share_of_all"))
    sheet = _sheet(book, lines)
    sheet.table("Udvikling", columns, _rows(book.content, lines))
    pages = _pages(sheet, columns)
    bars = [
        _overview_series(clusters, column)
        for column, funds in ((4, False), (5, True))
        if bool(plan.pools) is funds or not funds
    ]
    caption = Caption(
        text("development.amounts_title"),
        text("column.amount_dkk"),
        text("development.amounts_alt", quarter=plan.content.issue),
    )
    bar_chart(sheet, pages, caption, bars)
    for region in dict.fromkeys(line.result.cluster.region for line in lines):
        members = [line for line in lines if line.result.cluster.region == region]
        series_of = [_line_series(sheet, lines, line) for line in members]
        line_chart(sheet, pages, _shares(book, region, members), series_of)
    _print(sheet, lines, pages)


def cluster_development(book: Book, plan: Plan, result: ClusterResult) -> None:
    """Write the development of a cluster's members, with charts of their shares and amounts."""
    text, cluster = book.text, result.cluster
    series = plan.content.development.members[cluster.cluster_id]
    names = {member.membership.municipality_code: member.name for member in result.members}
    lines = [Line(names[code], result, points) for code, points in series.items()]
    columns = _columns(text, lines, text("column.municipality_name"), text("development.share"))
    sheet = _sheet(book, lines)
    sheet.table("Udvikling", columns, _rows(book.content, lines))
    pages = _pages(sheet, columns)
    series_of = [_line_series(sheet, lines, line) for line in lines]
    line_chart(sheet, pages, _shares(book, cluster.name, lines), series_of)
    caption = Caption(
        text("development.amounts_title"),
        text("column.amount_dkk"),
        text("development.member_amounts_alt", cluster=cluster.name, quarter=plan.content.issue),
    )
    bars = _amount_series(plan, cluster.cluster_id)
    bar_chart(sheet, pages, caption, bars)
    _print(sheet, lines, pages)


def _sheet(book: Book, lines: Sequence[Line]) -> Sheet:
    text, points = book.text, lines[0].points
    first, last = str(points[0].quarter), str(points[-1].quarter)
    held = text("development.line", first=first, last=last, count=len(points))
    explained = [held, text("development.not_held", mark=NOT_HELD)]
    return Sheet(book, text("sheet.development"), text("development.title"), explained)


def _columns(text: Catalogue, lines: Sequence[Line], who: str, share: str) -> list[Column]:
    estimated = any(line.result.estimated for line in lines)
    return [
        Column(who, "text", fitting(who, (line.name for line in lines), 60)),
        Column(text("column.quarter"), "text", 18 if estimated else 10),
        Column(text("live.counted"), "counted", 13, "number_header"),
        Column(share, "percent", 13, "number_header"),
        Column(text("development.since_quarter"), "points", 15, "number_header"),
        Column(text("development.since_year"), "points", 15, "number_header"),
    ]


def _pages(sheet: Sheet, columns: Sequence[Column]) -> Pages:
    widths = [column.width for column in columns]
    table_pixels = round(sum(_PIXELS_A_CHARACTER * width + _PADDING_PIXELS for width in widths))
    return Pages(_CHART_COLUMN, table_pixels, sheet.next_row, _HEADER_PIXELS)


def _rows(content: Content, lines: Sequence[Line]) -> list[list[Cell]]:
    return [_cells(content, line, point) for line in lines for point in line.points]


def _cells(content: Content, line: Line, point: Point) -> list[Cell]:
    return [
        line.name,
        content.quarter_of(point, line.result),
        float(point.counted_population),
        float(point.share),
        _points(point.since_quarter),
        _points(point.since_year),
    ]


def _points(change: Fraction | None) -> Cell:
    return NOT_HELD if change is None else round(100 * float(change), 2) + 0.0  # no -0,00


def _line_series(sheet: Sheet, lines: Sequence[Line], line: Line) -> ChartSeries:
    count = len(line.points)
    top = sheet.next_row + lines.index(line) * count
    name = sheet.worksheet.get_name()

    def cells(column: int) -> Place:
        return (name, top, column, top + count - 1, column)

    return chart_series((name, top, 0), cells(_QUARTER_COLUMN), cells(_SHARE_COLUMN))


def _overview_series(clusters: Range, column: int) -> ChartSeries:
    name, first, last = clusters.sheet, clusters.first - 1, clusters.last - 1
    places: list[Place] = [(name, first, at, last, at) for at in (0, column)]
    return chart_series((name, first - 1, column), *places)


def _amount_series(plan: Plan, cluster_id: str) -> list[ChartSeries]:
    layout = plan.live[cluster_id].layout
    name, first, last = layout.sheet, layout.first - 1, layout.last - 1
    series = []
    for cost in range(len(layout.amounts)):
        column = layout.columns.index(f"kroner{cost}")
        series.append(
            chart_series(
                (name, layout.header_row - 1, column),
                (name, first, 1, last, 1),
                (name, first, column, last, column),
            )
        )
    return series


def _shares(book: Book, group: str, lines: Sequence[Line]) -> Caption:
    text, points = book.text, lines[0].points
    return Caption(
        text("development.shares_title", group=group),
        text("development.shares_axis"),
        text(
            "development.shares_alt",
            group=group,
            first=str(points[0].quarter),
            last=str(points[-1].quarter),
            names=", ".join(line.name for line in lines),
        ),
    )


def _print(sheet: Sheet, lines: Sequence[Line], pages: Pages) -> None:
    """Print the charts with the table: all that stands to the end of both."""
    end_of_table = sheet.next_row + sum(len(line.points) for line in lines)
    sheet.worksheet.set_column(_CHART_COLUMN - 1, _CHART_COLUMN - 1, 3)
    sheet.worksheet.print_area(0, 0, max(end_of_table, pages.last_row), _LAST_COLUMN)
