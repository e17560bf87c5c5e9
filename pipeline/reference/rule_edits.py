"""Edits of the rules: a cost is added, a membership begins or ends."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.errors import Remedy, UsageError
from pipeline.reference import names
from pipeline.reference.editing import Change
from pipeline.reference.files import Row
from schemas.quarter import Quarter
from schemas.records import ALL_CLUSTERS, Basis, Cluster, Reference


def add_cost(row: Row, last: Quarter | None) -> Change:
    """Return the edit of costs.csv that adds a cost.

    Args:
        row: Its columns but the last quarter; the scope by id or name, or `sundhedsklynge:*`.
        last: The last quarter in force; None for that of its cluster or structure.

    Raises:
        UsageError: When the edit is made: the scope is not known, or ends before the first quarter.
    """

    def added(reference: Reference, rows: list[Row]) -> Sequence[Row]:
        clusters = _in_force(reference, Quarter.parse(row["first_quarter"]))
        scope = row["scope"]
        if scope.endswith(ALL_CLUSTERS):
            in_scope = [other for other in clusters if other.structure + ALL_CLUSTERS == scope]
        else:
            scope = names.find("cluster", scope, names.clusters(clusters)).code
            in_scope = [other for other in clusters if other.cluster_id == scope]
        return [*rows, {**row, "scope": scope, "last_quarter": _last(last, in_scope)}]

    return added


def add_membership(row: Row, last: Quarter | None) -> Change:
    """Return the edit of memberships.csv that adds a membership.

    Args:
        row: Its columns but basis and last quarter; cluster and municipality by code or name.
        last: The last quarter in force; None for that of its cluster.

    Raises:
        UsageError: When the edit is made: cluster or municipality is not known.
    """

    def added(reference: Reference, rows: list[Row]) -> Sequence[Row]:
        clusters = _in_force(reference, Quarter.parse(row["first_quarter"]))
        cluster_id, code = _named(reference, clusters, row)
        whole = Basis.FRACTION if row["fraction"] else Basis.WHOLE
        return [
            *rows,
            {
                **row,
                "cluster_id": cluster_id,
                "municipality_code": code,
                "basis": (Basis.DISTRICTS if row["districts"] else whole).value,
                "last_quarter": _last(
                    last, [other for other in clusters if other.cluster_id == cluster_id]
                ),
            },
        ]

    return added


def end_membership(row: Row, last: Quarter) -> Change:
    """Return the edit of memberships.csv that ends a membership.

    Args:
        row: Cluster and municipality by code or name.
        last: The last quarter in which it is in force.

    Raises:
        UsageError: When the edit is made: cluster or municipality is not known, or it is no member
            in that quarter.
    """

    def ended(reference: Reference, rows: list[Row]) -> Sequence[Row]:
        cluster_id, code = _named(reference, _in_force(reference, last), row)
        key = {"cluster_id": cluster_id, "municipality_code": code}
        ending = [other for other in rows if key.items() <= other.items() and is_due(other, last)]
        if not ending:
            raise UsageError(
                f"{reference.areas[code].name} ({code}) does not belong to {cluster_id} in {last}.",
                remedy=Remedy.LIST_CLUSTERS,
                quarter=last,
            )
        return [{**row, "last_quarter": str(last)} if row in ending else row for row in rows]

    return ended


def is_due(row: Row, quarter: Quarter) -> bool:
    """Return whether a row of a dated table is in force in a quarter; a blank last never ends."""
    return row["first_quarter"] <= str(quarter) <= (row["last_quarter"] or str(quarter))


def _in_force(reference: Reference, quarter: Quarter) -> list[Cluster]:
    return [row for row in reference.clusters if quarter in row.period]


def _named(reference: Reference, clusters: Sequence[Cluster], row: Row) -> tuple[str, str]:
    """Return the id of the cluster and the code of the municipality that a row names."""
    municipalities = names.municipalities(reference.areas.values())
    return (
        names.find("cluster", row["cluster_id"], names.clusters(clusters)).code,
        names.find("municipality", row["municipality_code"], municipalities).code,
    )


def _last(given: Quarter | None, clusters: Sequence[Cluster]) -> str:
    """Return the last quarter as text: as given, or as of the clusters; blank never ends."""
    if given or not clusters or any(row.period.last is None for row in clusters):
        return str(given or "")
    return str(max(row.period.last for row in clusters if row.period.last))
