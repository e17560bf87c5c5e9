"""What finance sends on: the memo's table, what the co-chair collects, and what changed."""

from collections.abc import Iterator

from pipeline.calculation.comparison import Comparison, Kroner, compare
from pipeline.calculation.quarter import ClusterResult
from pipeline.reporting.content import Content
from pipeline.reporting.memo import memo_of
from pipeline.reporting.rows import invoice_rows
from pipeline.reporting.workbook.book import Book, Cell, Column, Sheet, fitting
from pipeline.reporting.workbook.live_columns import KINDS
from pipeline.reporting.workbook.overview import ABSENT
from pipeline.reporting.workbook.plan import Plan


def memo_sheet(book: Book, plan: Plan, result: ClusterResult) -> None:
    """Write the memo's table of a cluster, a column a municipality; it follows the live table."""
    key = result.section_id
    memo, live = memo_of(plan.content, result), plan.live[key]
    sheet = Sheet(book, plan.memos[key], memo.title, memo.notes)
    labels = [row.label for row in memo.rows]
    columns = [Column(book.text("column.municipality_name"), "label", fitting(labels, 34))]
    for name, code in zip(memo.members, memo.codes, strict=True):
        name = name if memo.members.count(name) == 1 else f"{name} {code}"
        columns.append(Column(name, "whole", 11))
    cells: list[list[Cell]] = [
        [
            row.label,
            *(live.shown(code, row.kind, row.cost, KINDS[row.kind].style) for code in memo.codes),
        ]
        for row in memo.rows
    ]
    data = sheet.table(f"Bilag_{key.replace('-', '_')}", columns, cells)
    sheet.show_halves(data.first - 1, 1, data.first - 1, len(memo.codes))


def invoices_sheet(book: Book, plan: Plan) -> None:
    """Write what the co-chairs collect: a row a cost and municipality, that follows its amount."""
    text, results, calculation = book.text, plan.sections, plan.content.calculation
    lines = [text("invoices.line")]
    if not all(result.cluster.co_chair for result in results):
        lines.append(text("invoices.no_payee"))
    sheet = Sheet(book, text("sheet.invoices"), text("invoices.title"), lines)
    rows = [row for result in results for row in invoice_rows(calculation, result, text)]
    amounts = [
        plan.live[result.section_id].kroner_of(member.code)[cost]
        for result in results
        for cost in range(len(result.allocations))
        for member in result.members
    ]
    shown = (
        "municipality_code", "municipality_name", "amount_dkk", "ean", "payee", "account",
        "cluster_name", "cost_name", "per", "quarter", "collected",
    )  # fmt: skip
    columns = [
        Column(text(f"column.{name}"), "text", fitting((str(row[name]) for row in rows), 34))
        for name in shown
    ]
    columns[shown.index("amount_dkk")] = Column(text("column.amount_dkk"), "money", 14, True)
    cells: list[list[Cell]] = [
        [amount if name == "amount_dkk" else row[name] or ABSENT for name in shown]
        for row, amount in zip(rows, amounts, strict=True)
    ]
    sheet.table("Opkraevning", columns, cells, keys=2)


def changes_sheet(book: Book, content: Content) -> None:
    """Write what each municipality pays, what it was in the report before, and why it changed.

    There is no sheet without a report before, or where nobody paid then or pays now.
    """
    if not (before := content.calculation.before):
        return
    text, comparison = book.text, compare(before, content.result)
    rows = [[*words, *kroner] for words, kroner in _changes(content, comparison)]
    if not rows:
        return
    title = text("changes.title", quarter=content.quarter_words(before.quarter))
    lines = [text("changes.line"), text("changes.reasons")]
    sheet = Sheet(book, text("sheet.changes"), title, lines)
    placed = ("before", "after") if comparison.structure_changed else ("cluster", "cost")
    headings = [text("column.municipality_name"), *(text(f"changes.{name}") for name in placed)]
    columns = [Column(text("column.municipality_code"), "text", 14)]
    for heading, texts in zip(headings, list(zip(*rows, strict=True))[1:4], strict=True):
        columns.append(Column(heading, "text", fitting(map(str, texts), 40)))
    quarters = {"before": str(before.quarter), "after": str(content.result.quarter)}
    for place, name in enumerate(Kroner._fields):
        style = "money" if place < 2 else "change"
        heading = text(f"changes.{name}", **quarters)
        columns.append(Column(heading, style, 14, summed=True))
    sheet.table("Aendringer", columns, rows, keys=2)


def _changes(content: Content, comparison: Comparison) -> Iterator[tuple[list[Cell], Kroner]]:
    """Yield whom and what a change is about, and its kroner; shared funds have no municipality."""
    names = comparison.names
    if comparison.structure_changed:
        for row in comparison.by_municipality():
            if row.kroner.before_dkk or row.kroner.after_dkk:
                ids = (row.clusters_before, row.clusters_after)
                places = (", ".join(map(names.__getitem__, listed)) for listed in ids)
                yield [row.code, names[row.code], *places], row.kroner
        return
    for scope in comparison.scopes:
        if scope.cost and not scope.cost.structure:
            named = [names[scope.scope], content.text.cost_name(scope.cost)]
            for change in scope.changes:
                yield [change.code, names[change.code], *named], change.kroner
