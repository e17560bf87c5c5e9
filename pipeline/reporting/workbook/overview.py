"""The overviews: a row a cluster, a row a municipality, and the keys of clusters without a cost."""

from collections.abc import Iterator
from itertools import islice

from pipeline.calculation.quarter import ClusterResult
from pipeline.reporting import notes
from pipeline.reporting.workbook.book import Book, Cell, Column, Link, Range, Sheet, added, fitting
from pipeline.reporting.workbook.plan import Plan, control, sheet_name

ABSENT = "–"
"""What a cell says that has nothing to say; a line above the table explains it."""


def clusters_sheet(book: Book, plan: Plan) -> None:
    """Write a row a cluster: members, counted population, costs, share of the funds, control."""
    text = book.text
    name, title = sheet_name(text, "clusters"), text("overview.clusters_title")
    said = (f"{book.content.money_text}.", text("overview.clusters_line"))
    sheet = Sheet(book, name, title, said)
    clusters = [result.cluster for result in plan.clusters]
    folder = "_".join(dict.fromkeys(plan.content.structure(row).folder for row in plan.clusters))
    columns = [
        Column(text("overview.cluster"), "link", fitting((row.name for row in clusters), 60)),
        Column(text("overview.region"), "text", 14),
        Column(text("overview.members"), "whole", 13),
        Column(text("live.counted"), "counted", 14, summed=True),
        Column(text("overview.cost"), "money", 18, summed=True),
        Column(text("overview.funds"), "money", 16, summed=True),
        Column(text("control.result"), "outcome", 11),
    ]
    rows = [list(_cluster_cells(plan, result)) for result in plan.clusters]
    sheet.table(f"Overblik_{folder}", columns, rows)


def _cluster_cells(plan: Plan, result: ClusterResult) -> Iterator[Cell]:
    text, key = plan.content.text, result.cluster.cluster_id
    live, costs = plan.live.get(key), plan.costs(result)
    sheet = costs[0][0].sheet if costs else text("sheet.keys")
    yield Link(sheet, plan.content.cluster_name(result))
    yield result.cluster.region
    yield len(result.members)
    yield live.seen("counted") if live else float(result.counted_population)
    yield added([table.seen("kroner", cost) for table, cost in costs])
    yield added([kroner for fund in plan.funds.values() for kroner in fund.kroner_of(key)])
    yield control(costs) if costs else ABSENT


def municipalities_sheet(book: Book, plan: Plan) -> Range:
    """Write a row a municipality: in which clusters it is, and what it pays in each and in all."""
    text, name, reference = book.text, book.text("sheet.municipalities"), book.content.reference
    places: dict[str, list[ClusterResult]] = {code: [] for code in reference.municipality_codes}
    for result in plan.clusters:
        for member in result.members:
            places[member.code].append(result)
    most = max(map(len, places.values()))
    sheet = Sheet(
        book, name, text("overview.municipalities_title"), [text("overview.municipalities_line")]
    )
    who, names = text("column.municipality_name"), [row.cluster.name for row in plan.clusters]
    columns = [
        Column(text("column.municipality_code"), "text", 14),
        Column(who, "text", fitting(reference.areas[code].name for code in places)),
        Column(text("overview.folk1a"), "whole", 13, summed=True),
    ]
    for number in range(1, most + 1):
        heading, width = text("overview.cluster_number", number=number), fitting(names, 40)
        pays = text("overview.pays_number", number=number)
        columns += [Column(heading, "text", width), Column(pays, "whole", 15)]
    columns.append(Column(text("overview.pays_in_all"), "money", 15, summed=True))
    if any(result.cluster.co_chair for result in plan.clusters):
        columns.append(Column(text("overview.net"), "money", 27, summed=True))
    cells = (_municipality_cells(plan, code, places[code], most) for code in sorted(places))
    rows = [list(islice(row, len(columns))) for row in cells]
    return sheet.table("Overblik_kommuner", columns, rows, keys=2)


def _municipality_cells(
    plan: Plan, code: str, places: list[ClusterResult], most: int
) -> Iterator[Cell]:
    yield code
    yield plan.content.reference.areas[code].name
    yield plan.content.result.population.by_area[code]
    kroner = []
    for result in places:
        here = [cell for table in plan.of(result) for cell in table.kroner_of(code)]
        kroner += here
        yield plan.content.cluster_name(result)
        yield added(here)
    yield from [ABSENT] * (2 * (most - len(places)))
    yield added(kroner)
    chaired = [row for row in plan.clusters if row.cluster.co_chair == code]
    paid = [table.seen("kroner", cost) for row in chaired for table, cost in plan.costs(row)]
    yield added(kroner, less=paid)


def keys_sheet(book: Book, plan: Plan) -> None:
    """Write the keys of the clusters in which nothing is allocated: a row a cluster and member."""
    text, name = book.text, book.text("sheet.keys")
    sheet = Sheet(book, name, text("overview.keys_title"), [text("overview.keys_line")])
    names = (row.cluster.name for row in plan.keys)
    members = [(result, member) for result in plan.keys for member in result.members]
    columns = [
        Column(text("overview.cluster"), "text", fitting(names, 60)),
        Column(text("column.municipality_code"), "text", 14),
        Column(text("column.municipality_name"), "text", fitting(row.name for _, row in members)),
        Column(text("column.basis"), "text", 30),
        Column(text("overview.population"), "whole", 13),
        Column(text("live.counted"), "counted", 14),
        Column(text("live.share"), "percent", 17),
    ]
    rows: list[list[Cell]] = [
        [
            plan.content.cluster_name(result),
            member.code,
            member.name,
            notes.basis_text(member, text),
            member.population,
            float(member.counted_population),
            float(member.share),
        ]
        for result, member in members
    ]
    sheet.table("Noegler", columns, rows, keys=3)
