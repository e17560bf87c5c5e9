"""Edits of the rules: a cost is added, a membership begins or ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.errors import UsageError
from pipeline.reference import names
from pipeline.reference.files import Row
from schemas.codes import ALL_CLUSTERS
from schemas.quarter import Quarter
from schemas.records import Basis, Cluster, Reference


@dataclass(frozen=True)
class NewCost:
    """A cost to add.

    Args:
        cost_id: Its id.
        scope: A cluster, by id or name, or such as `sundhedsklynge:*`.
        amount_dkk: Whole kroner, as text.
        name_da: Its name in Danish.
        name_en: Its name in English.
        first: First quarter in force.
        last: Last one; None for that of its cluster or structure.
        source_id: A source of sources.csv.
    """

    cost_id: str
    scope: str
    amount_dkk: str
    name_da: str
    name_en: str
    first: Quarter
    last: Quarter | None
    source_id: str

    def added(self, reference: Reference, rows: list[Row]) -> Sequence[Row]:
        """Return the rows of costs.csv with the cost.

        Raises:
            UsageError: The scope is not known, or ends before the first quarter.
        """
        clusters = [row for row in reference.clusters if self.first in row.period]
        if self.scope.endswith(ALL_CLUSTERS):
            scope = self.scope
            in_scope = [row for row in clusters if row.structure + ALL_CLUSTERS == scope]
        else:
            scope = names.find("cluster", self.scope, names.clusters(clusters)).code
            in_scope = [row for row in clusters if row.cluster_id == scope]
        return [
            *rows,
            {
                "cost_id": self.cost_id,
                "name_da": self.name_da,
                "name_en": self.name_en,
                "scope": scope,
                "amount_dkk": self.amount_dkk,
                "first_quarter": str(self.first),
                "last_quarter": _last(self.last, in_scope),
                "source_id": self.source_id,
            },
        ]


@dataclass(frozen=True)
class NewMembership:
    """A membership to add; it counts the whole population unless a fraction or districts are given.

    Args:
        cluster: The cluster, by id or name.
        municipality: The municipality, by code or name.
        first: First quarter in force.
        last: Last one; None for that of the cluster.
        fraction: Such as `1/2`, or empty.
        districts: Codes with a space between, or empty.
        source_id: A source of sources.csv.
    """

    cluster: str
    municipality: str
    first: Quarter
    last: Quarter | None
    fraction: str
    districts: str
    source_id: str

    def added(self, reference: Reference, rows: list[Row]) -> Sequence[Row]:
        """Return the rows of memberships.csv with the membership.

        Raises:
            UsageError: Cluster or municipality is not known.
        """
        clusters = [row for row in reference.clusters if self.first in row.period]
        cluster_id = names.find("cluster", self.cluster, names.clusters(clusters)).code
        basis = Basis.FRACTION if self.fraction else Basis.WHOLE
        return [
            *rows,
            {
                "cluster_id": cluster_id,
                "municipality_code": _municipality(reference, self.municipality),
                "basis": Basis.DISTRICTS if self.districts else basis,
                "fraction": self.fraction,
                "districts": self.districts,
                "first_quarter": str(self.first),
                "last_quarter": _last(
                    self.last, [row for row in clusters if row.cluster_id == cluster_id]
                ),
                "source_id": self.source_id,
            },
        ]


@dataclass(frozen=True)
class EndedMembership:
    """A membership that ends.

    Args:
        cluster: The cluster, by id or name.
        municipality: The municipality, by code or name.
        last: The last quarter in which it is in force.
    """

    cluster: str
    municipality: str
    last: Quarter

    def ended(self, reference: Reference, rows: list[Row]) -> Sequence[Row]:
        """Return the rows of memberships.csv with the membership's last quarter.

        Raises:
            UsageError: Cluster or municipality is not known, or it is no member in that quarter.
        """
        clusters = names.clusters(row for row in reference.clusters if self.last in row.period)
        cluster_id = names.find("cluster", self.cluster, clusters).code
        code = _municipality(reference, self.municipality)
        ending = [row for row in rows if self._is_meant(row, cluster_id, code)]
        if not ending:
            raise UsageError(
                f"{reference.areas[code].name} ({code}) does not belong to {cluster_id} in "
                f"{self.last}.",
                f"klynge clusters --quarter {self.last} lists who does.",
            )
        return [{**row, "last_quarter": str(self.last)} if row in ending else row for row in rows]

    def _is_meant(self, row: Row, cluster_id: str, code: str) -> bool:
        last = str(self.last)
        in_force = row["first_quarter"] <= last <= (row["last_quarter"] or last)
        return in_force and (row["cluster_id"], row["municipality_code"]) == (cluster_id, code)


def _municipality(reference: Reference, written: str) -> str:
    known = names.municipalities(reference.areas.values())
    return names.find("municipality", written, known).code


def _last(given: Quarter | None, clusters: Sequence[Cluster]) -> str:
    """Return the last quarter as text: as given, or as of the clusters; blank never ends."""
    if given or not clusters or any(row.period.last is None for row in clusters):
        return str(given or "")
    return str(max(row.period.last for row in clusters if row.period.last))
