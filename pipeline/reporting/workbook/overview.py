"""The overviews: a row a cluster, and a row a municipality with what it pays in all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.calculation.quarter import ClusterResult
from pipeline.reporting.content import Content
from pipeline.reporting.texts import Catalogue
from pipeline.reporting.workbook.book import (
    Book,
    Cell,
    Column,
    Formula,
    Link,
    Range,
    Sheet,
    added,
    fitting,
)
from pipeline.reporting.workbook.live_table import LiveTable
from pipeline.reporting.workbook.plan import Plan, sheet_name
from schemas.records import Area

ABSENT = "–"
"""What a cell says that has nothing to say; a line above the table explains it."""


def clusters_sheet(book: Book, plan: Plan) -> Range:
    """Write a row a cluster: members, counted population, costs, share of the funds, control."""
    text, name = book.text, sheet_name(book.text, "clusters")
    sheet = Sheet(book, name, text("overview.clusters_title"), [text("overview.clusters_line")])
    clusters = [result.cluster for result in plan.clusters]
    folder = "_".join(dict.fromkeys(plan.content.structure(row).folder for row in plan.clusters))
    columns = [
        Column(
            text("overview.cluster"),
            "link",
            fitting(text("overview.cluster"), (cluster.name for cluster in clusters), 60),
        ),
        Column(text("overview.region"), "text", 14),
        Column(text("overview.members"), "whole", 12, "number_header"),
        Column(text("live.counted"), "counted", 14, "number_header"),
        Column(text("overview.cost"), "money", 16, "number_header"),
        Column(text("overview.funds"), "money", 16, "number_header"),
        Column(text("control.result"), "outcome", 11),
    ]
    rows = [list(_cluster_cells(plan, result)) for result in plan.clusters]
    return sheet.table(f"Overblik_{folder}", columns, rows)


def _cluster_cells(plan: Plan, result: ClusterResult) -> Iterator[Cell]:
    live = plan.live[result.cluster.cluster_id]
    costs = range(len(live.amounts))
    yield Link(live.sheet, plan.content.cluster_name(result))
    yield result.cluster.region
    yield len(result.members)
    yield live.seen("counted")
    yield added([live.seen("kroner", cost) for cost in costs])
    key = result.cluster.cluster_id
    yield added([kroner for fund in plan.funds.values() for kroner in fund.kroner_of(key)])
    yes, no = live.words
    tests = ",".join(f'{live.elsewhere("rank", cost)}="{yes}"' for cost in costs)
    holds = all(live.holds(cost) for cost in costs)
    yield Formula(f'=IFERROR(IF(AND({tests}),"{yes}","{no}"),"{no}")', yes if holds else no)


def municipalities_sheet(book: Book, plan: Plan) -> Range:
    """Write a row a municipality: in which clusters it is, and what it pays in each and in all."""
    text, name, content = book.text, book.text("sheet.municipalities"), plan.content
    places = _places(plan)
    most = max(map(len, places.values()), default=1)
    sheet = Sheet(
        book, name, text("overview.municipalities_title"), [text("overview.municipalities_line")]
    )
    areas = content.calculation.inputs.reference.areas
    codes = sorted(content.calculation.inputs.reference.municipality_codes)
    names = [cluster.name for cluster in content.result.rules.clusters]
    columns = [
        Column(text("column.municipality_code"), "text", 14),
        Column(
            text("column.municipality_name"),
            "text",
            fitting(text("column.municipality_name"), (areas[code].name for code in codes)),
        ),
        Column(text("overview.folk1a"), "whole", 12, "number_header"),
        *(column for number in range(1, most + 1) for column in _pair(text, number, names)),
        Column(text("overview.pays_in_all"), "money", 15, "number_header"),
    ]
    rows = [
        list(_municipality_cells(content, areas[code], places.get(code, []), most))
        for code in codes
    ]
    return sheet.table("Overblik_kommuner", columns, rows)


def _pair(text: Catalogue, number: int, names: Sequence[str]) -> Iterator[Column]:
    yield Column(text("overview.cluster_number", number=number), "text", fitting("", names, 40))
    heading = text("overview.pays_number", number=number)
    yield Column(heading, "whole", 15, "number_header")


def _places(plan: Plan) -> dict[str, list[tuple[ClusterResult, LiveTable]]]:
    places: dict[str, list[tuple[ClusterResult, LiveTable]]] = {}
    for result in plan.clusters:
        live = plan.live[result.cluster.cluster_id]
        for code in live.row_of:
            places.setdefault(code, []).append((result, live))
    return places


def _municipality_cells(
    content: Content, area: Area, places: list[tuple[ClusterResult, LiveTable]], most: int
) -> Iterator[Cell]:
    yield area.code
    yield area.name
    yield content.result.population.by_area[area.code]
    kroner = [(result, live.kroner_of(area.code)) for result, live in places]
    for result, here in kroner:
        yield content.cluster_name(result)
        yield added(here)
    yield from [ABSENT] * (2 * (most - len(places)))
    yield added([cell for _, here in kroner for cell in here])
