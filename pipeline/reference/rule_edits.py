"""Edits of the rules: a cost is added, a membership begins or ends.

Each takes a row as it is written, with names or codes, and gives the rows that a file would have.
Without a last quarter the rule ends with its cluster, or with the last one of its structure.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.errors import Remedy, UsageError
from pipeline.reference import names
from pipeline.reference.files import Row
from schemas.quarter import Quarter
from schemas.records import ALL_CLUSTERS, Basis, Cluster, Reference


def add_cost(
    row: Row, last: Quarter | None, reference: Reference, rows: Sequence[Row]
) -> list[Row]:
    """Return the rows of costs.csv with a cost added.

    Raises:
        UsageError: The scope is not known, or ends before the first quarter.
    """
    clusters = _in_force(reference, Quarter.parse(row["first_quarter"]))
    scope = row["scope"]
    if scope.endswith(ALL_CLUSTERS):
        in_scope = [other for other in clusters if other.structure + ALL_CLUSTERS == scope]
    else:
        scope = names.find("cluster", scope, names.clusters(clusters)).code
        in_scope = [other for other in clusters if other.cluster_id == scope]
    return [*rows, {**row, "scope": scope, "last_quarter": _last(last, in_scope)}]


def add_membership(
    row: Row, last: Quarter | None, reference: Reference, rows: Sequence[Row]
) -> list[Row]:
    """Return the rows of memberships.csv with a membership added.

    Raises:
        UsageError: Cluster or municipality is not known.
    """
    clusters = _in_force(reference, Quarter.parse(row["first_quarter"]))
    key = _key(reference, clusters, row)
    whole = Basis.FRACTION if row["fraction"] else Basis.WHOLE
    basis = Basis.DISTRICTS if row["districts"] else whole
    joined = [other for other in clusters if other.cluster_id == key["cluster_id"]]
    added = {**row, **key, "basis": basis.value, "last_quarter": _last(last, joined)}
    return [*rows, added]


def end_membership(row: Row, last: Quarter, reference: Reference, rows: Sequence[Row]) -> list[Row]:
    """Return the rows of memberships.csv with a membership ended.

    Raises:
        UsageError: Cluster or municipality is not known, or it is no member in that quarter.
    """
    key = _key(reference, _in_force(reference, last), row)
    ending = [other for other in rows if key.items() <= other.items() and is_due(other, last)]
    if not ending:
        cluster_id, code = key.values()
        raise UsageError(
            f"{reference.areas[code].name} ({code}) does not belong to {cluster_id} in {last}.",
            remedy=Remedy.LIST_CLUSTERS,
            quarter=last,
        )
    return [{**row, "last_quarter": str(last)} if row in ending else row for row in rows]


def is_due(row: Row, quarter: Quarter) -> bool:
    """Return whether a row of a dated table is in force in a quarter; a blank last never ends."""
    return row["first_quarter"] <= str(quarter) <= (row["last_quarter"] or str(quarter))


def _in_force(reference: Reference, quarter: Quarter) -> list[Cluster]:
    return [row for row in reference.clusters if quarter in row.period]


def _key(reference: Reference, clusters: Sequence[Cluster], row: Row) -> Row:
    """Return the id of the cluster and the code of the municipality that a row names."""
    municipalities = names.municipalities(reference.areas.values())
    written = row["municipality_code"]
    return {
        "cluster_id": names.find("cluster", row["cluster_id"], names.clusters(clusters)).code,
        "municipality_code": names.find("municipality", written, municipalities).code,
    }


def _last(given: Quarter | None, clusters: Sequence[Cluster]) -> str:
    """Return the last quarter as text: as given, or as of the clusters; blank never ends."""
    if given or not clusters or any(row.period.last is None for row in clusters):
        return str(given or "")
    return str(max(row.period.last for row in clusters if row.period.last))
