"""Figures as tidy rows, exact numbers as text; and rows as CSV, for machines and for Excel."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from pipeline.calculation.calculate import Calculation
from pipeline.calculation.comparison import Change, Comparison, ScopeChange
from pipeline.calculation.quarter import Allocation, ClusterResult, Member, QuarterResult
from pipeline.errors import AllocationError
from pipeline.plain_text import csv_field
from pipeline.reporting.texts import Catalogue, exact, rounded
from schemas.records import Language

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
        _member_row(result, cluster, member, allocation)
        for cluster in result.clusters
        for allocation in cluster.allocations or (None,)
        for member in _adding_up(cluster, allocation)
    ]


def _adding_up(cluster: ClusterResult, allocation: Allocation | None) -> tuple[Member, ...]:
    codes = [member.membership.municipality_code for member in cluster.members]
    if allocation and sum(allocation.parts[code].amount for code in codes) != (
        allocation.cost.amount_dkk
    ):
        raise AllocationError(
            f"The kroner of {allocation.cost.cost_id} in {cluster.cluster.cluster_id} do not add "
            f"up to {allocation.cost.amount_dkk}.",
        )
    return cluster.members


def _member_row(
    result: QuarterResult, cluster: ClusterResult, member: Member, allocation: Allocation | None
) -> Row:
    code = member.membership.municipality_code
    return {
        "quarter": str(result.quarter),
        "structure": cluster.cluster.structure,
        "cluster_id": cluster.cluster.cluster_id,
        "cluster_name": cluster.cluster.name,
        "cost_id": allocation.cost.cost_id if allocation else "",
        "municipality_code": code,
        "municipality_name": member.name,
        "basis": member.membership.basis.value,
        "population": member.population,
        "counted_population": exact(member.counted_population),
        "share": rounded(member.share, SHARE_DECIMALS),
        "amount_dkk": allocation.parts[code].amount if allocation else None,
        "estimated": "true" if member.estimated else "false",
    }


def fund_rows(result: QuarterResult) -> list[Row]:
    """Return the shared funds: a row a fund and cluster, with none where there is none."""
    return [row for allocation in result.pools for row in _fund_rows(result, allocation)]


def _fund_rows(result: QuarterResult, allocation: Allocation) -> Iterator[Row]:
    clusters = [
        cluster for cluster in result.clusters if cluster.cluster.cluster_id in allocation.parts
    ]
    total = sum(cluster.counted_population for cluster in clusters)
    for cluster in clusters:
        yield {
            "quarter": str(result.quarter),
            "structure": cluster.cluster.structure,
            "cost_id": allocation.cost.cost_id,
            "cluster_id": cluster.cluster.cluster_id,
            "cluster_name": cluster.cluster.name,
            "counted_population": exact(cluster.counted_population),
            "share": rounded(cluster.counted_population / total, SHARE_DECIMALS),
            "amount_dkk": allocation.parts[cluster.cluster.cluster_id].amount,
        }


Rows = Sequence[Mapping[str, Any]]

_BYTE_ORDER_MARK: Final = "\ufeff"
_EXACT_COLUMNS: Final = ("counted_population", "share")
_WORDED_COLUMNS: Final = ("basis", "estimated")


def machine_csv(rows: Rows, columns: Sequence[str] = ()) -> str:
    """Return rows as CSV for machines: comma, decimal point, LF.

    Text that a spreadsheet would take for a formula is guarded.

    Args:
        rows: The rows; the first names the columns.
        columns: The columns, where there may be no row.
    """
    return _csv(rows, columns or list(rows[0]) if rows or columns else [], ",", "\n")


def excel_csv(rows: Rows, columns: Sequence[str], text: Catalogue) -> bytes:
    """Return rows as Excel opens them: with a byte order mark, CRLF and the list separator."""
    danish = text.language is Language.DANISH
    headings = {column: text(f"column.{column}") for column in columns}
    localized = [
        {heading: _localized(column, row[column], text) for column, heading in headings.items()}
        for row in rows
    ]
    content = _csv(localized, list(headings.values()), ";" if danish else ",", "\r\n")
    return (_BYTE_ORDER_MARK + content).encode()


def _localized(column: str, value: Any, text: Catalogue) -> Any:
    if column in _WORDED_COLUMNS:
        return text(f"value.{value}")
    if column in _EXACT_COLUMNS and text.language is Language.DANISH:
        return value.replace(".", ",")
    return value


def _csv(rows: Rows, columns: Sequence[str], delimiter: str, line_end: str) -> str:
    target = io.StringIO()
    writer = csv.writer(target, delimiter=delimiter, lineterminator=line_end)
    if columns:
        writer.writerow(columns)
    writer.writerows([_guarded(row[column]) for column in columns] for row in rows)
    return target.getvalue()


def _guarded(value: Any) -> Any:
    return csv_field(value) if isinstance(value, str) else value


Titles = tuple[str, str]


def scope_rows(
    scopes: Iterable[ScopeChange], titles: Titles, name: Callable[[str], str]
) -> list[Row]:
    """Return a row a cluster, cost and municipality; a shared fund has one a cluster.

    Args:
        scopes: The clusters and costs.
        titles: What is before and after, such as `2022K1` and `2023K1`.
        name: Gives the name of a municipality or cluster by its code.
    """
    return [
        {
            "before": titles[0],
            "after": titles[1],
            "scope": scope.scope,
            "cost_id": scope.cost_id,
            "code": change.code,
            "name": name(change.code),
            **(amounts(change) if scope.cost_id else dict.fromkeys(amounts(change))),
            "share_before": rounded(change.share_before, SHARE_DECIMALS),
            "share_after": rounded(change.share_after, SHARE_DECIMALS),
        }
        for scope in scopes
        for change in scope.changes
    ]


def municipality_rows(
    comparison: Comparison, titles: Titles, name: Callable[[str], str]
) -> list[Row]:
    """Return a row a municipality with the sums over its clusters, before and after."""
    return [
        {
            "before": titles[0],
            "after": titles[1],
            "municipality_code": row.change.code,
            "municipality_name": name(row.change.code),
            "clusters_before": " ".join(row.clusters_before),
            "clusters_after": " ".join(row.clusters_after),
            **amounts(row.change),
        }
        for row in comparison.by_municipality()
    ]


def amounts(change: Change) -> dict[str, int]:
    """Return the amounts of a change and where it comes from, in whole kroner."""
    return {
        "before_dkk": change.before_dkk,
        "after_dkk": change.after_dkk,
        "change_dkk": change.change_dkk,
        "own_population_dkk": change.own_population_dkk,
        "others_population_dkk": change.others_population_dkk,
        "rules_dkk": change.rules_dkk,
        "amount_dkk": change.amount_dkk,
    }


def figure_files(calculation: Calculation) -> dict[str, bytes]:
    """Return the figures as CSV; they tell whether a calculation changed.

    A scenario stands in each row.

    Raises:
        AllocationError: The figures are not what they must be; a fault of the calculation.
    """
    report, label = calculation.report, calculation.report.label
    marked = {"scenario": report.scenario} if report.scenario else {}
    rows = [{**marked, **row} for row in allocation_rows(calculation.result)]
    funds = [{**marked, **row} for row in fund_rows(calculation.result)]
    columns = (*marked, *ALLOCATION_COLUMNS)
    return {
        f"fordeling-{label}.csv": machine_csv(rows, columns).encode(),
        f"fordeling-{label}-excel.csv": excel_csv(rows, columns, Catalogue(report.language)),
        f"puljer-{label}.csv": machine_csv(funds, (*marked, *FUND_COLUMNS)).encode(),
    }
