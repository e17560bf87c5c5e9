"""Figures as tidy rows, exact numbers as text; and rows as CSV, for machines and for Excel."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from pipeline.calculation.calculate import Calculation
from pipeline.calculation.comparison import Comparison, Kroner, ScopeChange
from pipeline.calculation.quarter import Allocation, ClusterResult, QuarterResult
from pipeline.errors import AllocationError
from pipeline.plain_text import csv_field
from pipeline.reporting.texts import Catalogue, exact, rounded
from schemas.records import Cost, Language, Per

Row = dict[str, Any]

SHARE_DECIMALS: Final = 10
ALLOCATION_COLUMNS: Final = (
    "quarter", "structure", "cluster_id", "cluster_name", "cost_id", "municipality_code",
    "municipality_name", "basis", "population", "counted_population", "share", "amount_dkk",
    "estimated",
)  # fmt: skip
FUND_COLUMNS: Final = (
    "quarter", "structure", "cost_id", "cluster_id", "cluster_name", "counted_population",
    "share", "amount_dkk",
)  # fmt: skip


def allocation_rows(result: QuarterResult) -> list[Row]:
    """Return the allocation: a row a cluster, cost and municipality.

    A cluster without a cost has one row a municipality with no cost and no amount. `population`
    is what the basis starts from, `counted_population` is exact (`20690.5`), `share` has ten
    decimals, `amount_dkk` is whole kroner.

    Raises:
        AllocationError: The kroner of a cost do not add up to it; a fault of the calculation.
    """
    return [
        row
        for cluster in result.sections
        for allocation in cluster.allocations or (None,)
        for row in _member_rows(str(result.quarter), cluster, allocation)
    ]


def _member_rows(
    quarter: str, result: ClusterResult, allocation: Allocation | None
) -> Iterator[Row]:
    cluster, cost_id = result.cluster, ""
    amounts: dict[str, int] = {}
    if allocation:
        cost_id, amount_dkk = allocation.cost.cost_id, allocation.cost.amount_dkk
        amounts = {row.code: allocation.parts[row.code].amount for row in result.members}
        if sum(amounts.values()) != amount_dkk:
            said = f"The kroner of {cost_id} in {cluster.cluster_id} do not add up to {amount_dkk}."
            raise AllocationError(said)
    for member in result.members:
        yield {
            "quarter": quarter,
            "structure": cluster.structure,
            "cluster_id": cluster.cluster_id,
            "cluster_name": cluster.name,
            "cost_id": cost_id,
            "municipality_code": member.code,
            "municipality_name": member.name,
            "basis": member.membership.basis.value,
            "population": member.population,
            "counted_population": exact(member.counted_population),
            "share": rounded(member.share, SHARE_DECIMALS),
            "amount_dkk": amounts.get(member.code),
            "estimated": "true" if member.estimated else "false",
            "key_id": result.key.key_id,
        }


def fund_rows(result: QuarterResult) -> list[Row]:
    """Return the shared funds: a row a fund and cluster, with none where there is none."""
    rows: list[Row] = []
    for fund in result.shared_funds:
        clusters = [row for row in result.clusters if row.cluster.cluster_id in fund.parts]
        total = sum(row.counted_population for row in clusters)
        rows += [
            {
                "quarter": str(result.quarter),
                "structure": row.cluster.structure,
                "cost_id": fund.cost.cost_id,
                "cluster_id": row.cluster.cluster_id,
                "cluster_name": row.cluster.name,
                "counted_population": exact(row.counted_population),
                "share": rounded(row.counted_population / total, SHARE_DECIMALS),
                "amount_dkk": fund.parts[row.cluster.cluster_id].amount,
            }
            for row in clusters
        ]
    return rows


def figure_tables(
    results: Sequence[QuarterResult],
) -> Iterator[tuple[str, Sequence[str], list[Row]]]:
    """Yield name, columns and rows of the tables of results: allocation, and shared funds.

    The allocation has the key where any cost is shared by one.
    """
    key = ["key_id"] if any(result.rules.keys for result in results) else []
    allocated = [row for result in results for row in allocation_rows(result)]
    yield "fordeling", (*ALLOCATION_COLUMNS, *key), allocated
    yield "puljer", FUND_COLUMNS, [row for result in results for row in fund_rows(result)]


def invoice_rows(calculation: Calculation, result: ClusterResult, text: Catalogue) -> list[Row]:
    """Return what the co-chair of a cluster collects: a row a cost and municipality, in words."""
    reference, accounts = calculation.inputs.reference, calculation.inputs.reference.accounts
    payee, quarter = result.cluster.co_chair, calculation.report.quarter
    return [
        {
            "quarter": str(quarter),
            "cluster_name": result.cluster.name,
            "cost_name": text.cost_name(allocation.cost),
            "per": f"{text(f'value.{allocation.cost.per}')}, {period}",
            "municipality_code": code,
            "municipality_name": member.name,
            "ean": accounts[code].ean if code in accounts else "",
            "payee": reference.areas[payee].name if payee else "",
            "account": accounts[payee].account if payee in accounts else "",
            "amount_dkk": allocation.parts[code].amount,
            "collected": text("invoices.own") if code == payee else collected,
        }
        for allocation in result.allocations
        for collected in [_collected(calculation, allocation.cost, text)]
        for period in [quarter if allocation.cost.per is Per.QUARTER else quarter.year]
        for member in result.members
        for code in [member.code]
    ]


def _collected(calculation: Calculation, cost: Cost, text: Catalogue) -> str:
    """Return whether a cost is collected by this report, or by the population of which quarter."""
    report = calculation.report
    if report.scenario or report.rules_quarter:
        return text("invoices.not_in_force")
    settled = cost.settled_in(report.quarter)
    if settled and settled != report.quarter:
        return text("invoices.settled", quarter=str(settled))
    return text("value.true") if settled else text("invoices.open")


Rows = Sequence[Mapping[str, Any]]

_BYTE_ORDER_MARK: Final = "\ufeff"
_EXACT_COLUMNS: Final = ("counted_population", "share")
_WORDED_COLUMNS: Final = ("basis", "estimated")


def machine_csv(rows: Rows, columns: Sequence[str] = ()) -> str:
    """Return rows as CSV for machines: comma, decimal point, LF; the first row names the columns.

    Text that a spreadsheet would take for a formula is guarded.
    """
    columns = columns or (list(rows[0]) if rows else [])
    return _csv(columns, ([row[name] for name in columns] for row in rows), ",", "\n")


def excel_csv(rows: Rows, columns: Sequence[str], text: Catalogue) -> bytes:
    """Return rows as Excel opens them: with a byte order mark, CRLF and the list separator."""
    separator, point = (";", ",") if text.language is Language.DANISH else (",", ".")

    def localized(column: str, cell: Any) -> Any:
        if column in _WORDED_COLUMNS:
            return text(f"value.{cell}")
        return cell.replace(".", point) if column in _EXACT_COLUMNS else cell

    named = {"share": text("memo.share_by_key")} if "key_id" in columns else {}
    headings = [named.get(column) or text(f"column.{column}") for column in columns]
    cells = ([localized(column, row[column]) for column in columns] for row in rows)
    return (_BYTE_ORDER_MARK + _csv(headings, cells, separator, "\r\n")).encode()


def _csv(
    headings: Sequence[str], rows: Iterable[Sequence[Any]], delimiter: str, line_end: str
) -> str:
    target = io.StringIO()
    writer = csv.writer(target, delimiter=delimiter, lineterminator=line_end)
    if headings:
        writer.writerow(headings)
    for cells in rows:
        writer.writerow(csv_field(cell) if isinstance(cell, str) else cell for cell in cells)
    return target.getvalue()


def scope_rows(
    scopes: Iterable[ScopeChange], titles: tuple[str, str], names: Mapping[str, str]
) -> list[Row]:
    """Return a row a cluster, cost and municipality; a shared fund has one a cluster.

    The titles are what is before and after; the names are those of municipalities and clusters.
    """
    return [
        {
            "before": titles[0],
            "after": titles[1],
            "scope": scope.scope,
            "cost_id": scope.cost_id,
            "code": change.code,
            "name": names[change.code],
            **(change.kroner._asdict() if scope.cost_id else dict.fromkeys(Kroner._fields)),
            "share_before": rounded(change.share_before, SHARE_DECIMALS),
            "share_after": rounded(change.share_after, SHARE_DECIMALS),
        }
        for scope in scopes
        for change in scope.changes
    ]


def municipality_rows(comparison: Comparison, titles: tuple[str, str]) -> list[Row]:
    """Return a row a municipality with the sums over its clusters, before and after."""
    return [
        {
            "before": titles[0],
            "after": titles[1],
            "municipality_code": row.code,
            "municipality_name": comparison.names[row.code],
            "clusters_before": " ".join(row.clusters_before),
            "clusters_after": " ".join(row.clusters_after),
            **row.kroner._asdict(),
        }
        for row in comparison.by_municipality()
    ]


def figure_files(calculation: Calculation) -> dict[str, bytes]:
    """Return the figures as CSV; they tell whether a calculation changed.

    A scenario stands in each row.

    Raises:
        AllocationError: The figures are not what they must be; a fault of the calculation.
    """
    report, result = calculation.report, calculation.result
    text = Catalogue(report.language, calculation.inputs.reference.structures.values())
    mark = {"scenario": report.scenario} if report.scenario else {}
    invoices = [mark | row for of in result.sections for row in invoice_rows(calculation, of, text)]
    files = {}
    if invoices:
        collected = excel_csv(invoices, list(invoices[0]), text)
        files[f"opkraevning-{report.label}-excel.csv"] = collected
    for name, columns, rows in figure_tables([result]):
        marked, headed = [mark | row for row in rows], (*mark, *columns)
        files[f"{name}-{report.label}.csv"] = machine_csv(marked, headed).encode()
        files[f"{name}-{report.label}-excel.csv"] = excel_csv(marked, headed, text)
    return files
