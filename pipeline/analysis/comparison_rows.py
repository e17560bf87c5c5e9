"""A comparison as plain rows, for CSV and JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from pipeline.calculation.comparison import Change, Comparison, ScopeChange
from pipeline.reporting.numbers import rounded
from pipeline.reporting.rows import SHARE_DECIMALS

Row = dict[str, Any]
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
