"""The report as tidy tables: one row a cluster, cost and municipality, exact numbers as text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from pipeline.calculation.quarter import Allocation, ClusterResult, Member, QuarterResult
from pipeline.errors import AllocationError
from pipeline.reporting.numbers import exact, rounded

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
