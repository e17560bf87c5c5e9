"""The report as tidy tables: one row a cluster, cost and municipality, exact numbers as text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pandas as pd

from pipeline.calculation.quarter import Allocation, ClusterResult, Member, QuarterResult
from pipeline.errors import AllocationError
from pipeline.reporting.numbers import exact, rounded
from schemas import figures
from schemas.validation import describe, failures

SHARE_DECIMALS: Final = 10


def allocation_table(*results: QuarterResult) -> pd.DataFrame:
    """Return the allocation, validated: a row a quarter, cluster, cost and municipality.

    A cluster without a cost has one row a municipality with no cost and no amount. `population`
    is what the basis starts from, `counted_population` is exact (`20690.5`), `share` has ten
    decimals, `amount_dkk` is whole kroner.

    Raises:
        AllocationError: The table is not what it must be; a fault of the calculation.
    """
    rows = [
        row
        for result in results
        for cluster in result.clusters
        for row in _cluster_rows(result, cluster)
    ]
    table = pd.DataFrame(rows).astype({"amount_dkk": "Int64"})
    amounts = {
        (str(result.quarter), cluster.cluster.cluster_id, allocation.cost.cost_id): (
            allocation.cost.amount_dkk
        )
        for result in results
        for cluster in result.clusters
        for allocation in cluster.allocations
    }
    broken = failures(figures.allocation(amounts), table)
    if broken:
        raise AllocationError(f"The allocation does not hold:\n{describe(broken)}")
    return table


def pool_table(*results: QuarterResult) -> pd.DataFrame:
    """Return the shared funds: a row a quarter, cost and cluster, with none where there is none."""
    columns = (
        "quarter structure cost_id cluster_id cluster_name counted_population share amount_dkk"
    )
    rows = [
        row
        for result in results
        for allocation in result.pools
        for row in _pool_rows(result, allocation)
    ]
    return pd.DataFrame(rows, columns=columns.split())


def _cluster_rows(result: QuarterResult, cluster: ClusterResult) -> Iterator[dict[str, Any]]:
    for allocation in cluster.allocations or (None,):
        for member in cluster.members:
            yield _member_row(result, cluster, member, allocation)


def _member_row(
    result: QuarterResult,
    cluster: ClusterResult,
    member: Member,
    allocation: Allocation | None,
) -> dict[str, Any]:
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


def _pool_rows(result: QuarterResult, allocation: Allocation) -> Iterator[dict[str, Any]]:
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
