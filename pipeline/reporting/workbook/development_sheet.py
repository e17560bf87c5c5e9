"""The development: a row a cluster, its shares quarter by quarter, and charts below."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.calculation.development import Series
from pipeline.reporting.content import Content
from pipeline.reporting.workbook import charts
from pipeline.reporting.workbook.book import Book, Cell, Column, Sheet, fitting
from schemas.quarter import QUARTERS_PER_YEAR, Quarter

_MOST_QUARTERS: Final = 20
"""Newest quarters shown: five years, as many columns as can be read on one page."""

_FIRST_QUARTER: Final = 2
"""Column of the first quarter, from 0."""

_CHANGES: Final = {"since_quarter": 1, "since_year": QUARTERS_PER_YEAR}


@dataclass(frozen=True)
class Line:
    """One line: the chart that it is drawn in, its name, and its shares."""

    group: str
    name: str
    series: Series


def clusters_development(book: Book, content: Content) -> None:
    """Write the development of all clusters, with a chart a region."""
    text, series = book.text, content.development.clusters
    lines = [
        Line(
            result.cluster.region,
            content.cluster_name(result),
            series[result.cluster.cluster_id],
        )
        for result in content.result.clusters
    ]
    who, share = text("column.cluster_name"), text("development.share_of_all")
    newest = lines[0].series
    quarters = newest.quarters[-_MOST_QUARTERS:]
    stored = {"first": str(quarters[0]), "last": str(quarters[-1])}
    told = text("development.line", share=share, count=len(quarters), **stored)
    sheet = Sheet(book, text("sheet.development"), text("development.title"), [told])
    changes = {  # without those that none is stored to compare with
        name: back for name, back in _CHANGES.items() if newest.since(back) is not None
    }
    columns = [
        Column(who, "text", fitting((line.name for line in lines), 60)),
        Column(text("live.counted"), "counted", 13, "number_header"),
        *(Column(str(quarter), "share", 9, "number_header") for quarter in quarters),
        *(Column(text(f"development.{name}"), "points", 15, "number_header") for name in changes),
    ]
    sheet.table("Udvikling", columns, [_cells(line, changes.values()) for line in lines])
    groups = list(dict.fromkeys(line.group for line in lines))
    for number, group in enumerate(groups):
        _chart(sheet, number, group, lines, quarters)
    charts.print_with_charts(sheet, len(groups), columns)


def _cells(line: Line, changes: Iterable[int]) -> list[Cell]:
    series = line.series
    points = [round(100 * float(series.since(back) or 0), 2) + 0.0 for back in changes]  # no -0,00
    shares = [100 * share for share in series.shares()[-_MOST_QUARTERS:]]
    return [line.name, series.people()[-1], *shares, *points]


def _chart(
    sheet: Sheet, number: int, group: str, lines: Sequence[Line], quarters: Sequence[Quarter]
) -> None:
    name, series = sheet.worksheet.get_name(), []
    header = sheet.last_row - len(lines) - 1
    first, last = _FIRST_QUARTER, _FIRST_QUARTER + len(quarters) - 1
    for row, line in enumerate(lines, start=header + 1):
        if line.group == group:
            cells = {"categories": header, "values": row}
            ranges = {key: [name, at, first, at, last] for key, at in cells.items()}
            series.append({"name": [name, row, 0], **ranges})
    text = sheet.book.text
    told = text(
        "development.shares_alt",
        group=group,
        first=str(quarters[0]),
        last=str(quarters[-1]),
        names=", ".join(line.name for line in lines if line.group == group),
    )
    charts.line_chart(sheet, number, text("development.shares_title", group=group), told, series)
