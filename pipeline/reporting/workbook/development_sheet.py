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
from pipeline.reporting.workbook.book import Book, Cell, ChartSeries, Column, Range, Sheet, fitting
from pipeline.reporting.workbook.charts import Pages, bar_chart, line_chart
from pipeline.reporting.workbook.plan import Plan

NOT_STORED = "[x]"
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
    sheet, pages = _table(book, lines, columns)
    kroner = [4, 5] if plan.funds else [4]
    bars = [clusters.series((clusters.first - 2, column), 0, column) for column in kroner]
    told = text("development.amounts_alt", quarter=plan.content.issue)
    _amounts_chart(sheet, pages, bars, told)
    for region in dict.fromkeys(line.result.cluster.region for line in lines):
        members = [line for line in lines if line.result.cluster.region == region]
        _shares_chart(sheet, pages, lines, members, region)
    _print(sheet, lines, pages)


def cluster_development(book: Book, plan: Plan, result: ClusterResult) -> None:
    """Write the development of a cluster's members, with charts of their shares and amounts."""
    text, name, live = book.text, result.cluster.name, plan.live[result.cluster.cluster_id]
    series = plan.content.development.members[result.cluster.cluster_id]
    names = {member.membership.municipality_code: member.name for member in result.members}
    lines = [Line(names[code], result, points) for code, points in series.items()]
    columns = _columns(text, lines, text("column.municipality_name"), text("development.share"))
    sheet, pages = _table(book, lines, columns)
    _shares_chart(sheet, pages, lines, lines, name)
    kroner = [at for at, (kind, _) in enumerate(live.columns) if kind == "kroner"]
    bars = [live.data.series((live.data.first - 2, at), 1, at) for at in kroner]
    told = text("development.member_amounts_alt", cluster=name, quarter=plan.content.issue)
    _amounts_chart(sheet, pages, bars, told)
    _print(sheet, lines, pages)


def _table(book: Book, lines: Sequence[Line], columns: Sequence[Column]) -> tuple[Sheet, Pages]:
    text, points = book.text, lines[0].points
    first, last = str(points[0].quarter), str(points[-1].quarter)
    stored = text("development.line", first=first, last=last, count=len(points))
    explained = [stored, text("development.not_stored", mark=NOT_STORED)]
    sheet = Sheet(book, text("sheet.development"), text("development.title"), explained)
    rows = [_cells(book.content, line, point) for line in lines for point in line.points]
    sheet.table("Udvikling", columns, rows)
    widths = [_PIXELS_A_CHARACTER * column.width + _PADDING_PIXELS for column in columns]
    return sheet, Pages(_CHART_COLUMN, round(sum(widths)), sheet.next_row, _HEADER_PIXELS)


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
    return NOT_STORED if change is None else round(100 * float(change), 2) + 0.0  # no -0,00


def _line_series(sheet: Sheet, lines: Sequence[Line], line: Line) -> ChartSeries:
    count = len(line.points)
    top = sheet.next_row + lines.index(line) * count
    cells = Range(sheet.worksheet.get_name(), top + 1, top + count)
    return cells.series((top, 0), _QUARTER_COLUMN, _SHARE_COLUMN)


def _amounts_chart(sheet: Sheet, pages: Pages, bars: Sequence[ChartSeries], told: str) -> None:
    text = sheet.book.text
    words = text("development.amounts_title"), told
    bar_chart(sheet, pages, words, text("column.amount_dkk"), bars)


def _shares_chart(
    sheet: Sheet, pages: Pages, lines: Sequence[Line], shown: Sequence[Line], group: str
) -> None:
    text, points = sheet.book.text, lines[0].points
    told = text(
        "development.shares_alt",
        group=group,
        first=str(points[0].quarter),
        last=str(points[-1].quarter),
        names=", ".join(line.name for line in shown),
    )
    words = text("development.shares_title", group=group), told
    series = [_line_series(sheet, lines, line) for line in shown]
    line_chart(sheet, pages, words, text("development.shares_axis"), series)


def _print(sheet: Sheet, lines: Sequence[Line], pages: Pages) -> None:
    """Print the charts with the table: all that stands to the end of both."""
    end_of_table = sheet.next_row + sum(len(line.points) for line in lines)
    sheet.worksheet.set_column(_CHART_COLUMN - 1, _CHART_COLUMN - 1, 3)
    sheet.worksheet.print_area(0, 0, max(end_of_table, pages.last_row), _LAST_COLUMN)
