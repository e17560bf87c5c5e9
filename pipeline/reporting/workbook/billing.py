"""What finance sends on: the memo's table for an agenda, and what the co-chair collects."""

from pipeline.calculation.quarter import ClusterResult
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
    rows_of = {row.key: row for row in live.rows}
    sheet = Sheet(book, plan.memos[key], memo.title, memo.notes)
    labels = [row.label for row in memo.rows]
    columns = [Column(book.text("column.municipality_name"), "label", fitting("", labels, 34))]
    for name, code in zip(memo.members, memo.codes, strict=True):
        name = name if memo.members.count(name) == 1 else f"{name} {code}"
        columns.append(Column(name, "text", max(fitting(name, []), 11), "number_header"))
    cells: list[list[Cell]] = [
        [
            row.label,
            *(
                live.shown(rows_of[code], row.kind, row.cost, KINDS[row.kind].style)
                for code in memo.codes
            ),
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
        plan.live[result.section_id].kroner_of(member.membership.municipality_code)[cost]
        for result in results
        for cost in range(len(result.allocations))
        for member in result.members
    ]
    shown = (
        "municipality_code", "municipality_name", "ean", "payee", "account", "cluster_name",
        "cost_name", "per", "quarter", "collected",
    )  # fmt: skip
    columns = []
    for name in shown:
        heading = text(f"column.{name}")
        columns.append(Column(heading, "text", fitting(heading, (row[name] for row in rows), 34)))
    columns.insert(2, Column(text("column.amount_dkk"), "money", 14, "number_header", True))
    cells: list[list[Cell]] = [[row[name] or ABSENT for name in shown] for row in rows]
    for row, amount in zip(cells, amounts, strict=True):
        row.insert(2, amount)
    sheet.table("Opkraevning", columns, cells, keys=2)
