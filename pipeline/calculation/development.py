"""How counted population and shares developed over the quarters stored, under the report's rules.

A cluster's share is its part of all clusters of its structure, a member's share its part of the
cluster.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from pipeline.calculation.calculate import Calculation
from pipeline.calculation.membership import counted_population
from schemas.quarter import Quarter


@dataclass(frozen=True, slots=True)
class Point:
    """One quarter of a cluster or member: its exact share of the whole, 0 where that is 0."""

    quarter: Quarter
    counted_population: Fraction
    share: Fraction
    shares: Mapping[Quarter, Fraction] = field(repr=False)

    def since(self, quarters: int) -> Fraction | None:
        """Return how the share has changed since so many quarters before; None if not stored."""
        before = self.shares.get(self.quarter + -quarters)
        return None if before is None else self.share - before


Series = tuple[Point, ...]


@dataclass(frozen=True)
class Development:
    """The series by cluster id, and by cluster id and municipality code."""

    clusters: Mapping[str, Series]
    members: Mapping[str, Mapping[str, Series]]


def development_of(calculation: Calculation) -> Development:
    """Return the development up to the report's quarter."""
    rules, populations = calculation.result.rules, calculation.populations()
    counted = {
        cluster_id: {
            row.municipality_code: [
                counted_population(row, population)[1] for population in populations.values()
            ]
            for row in rows
        }
        for cluster_id, rows in rules.members.items()
    }
    totals = {cluster_id: _sum(members.values()) for cluster_id, members in counted.items()}
    country = {
        structure: _sum(
            totals[row.cluster_id] for row in rules.clusters if row.structure == structure
        )
        for structure in rules.structures
    }
    return Development(
        {
            row.cluster_id: _series(populations, totals[row.cluster_id], country[row.structure])
            for row in rules.clusters
        },
        {
            cluster_id: {
                code: _series(populations, people, totals[cluster_id])
                for code, people in members.items()
            }
            for cluster_id, members in counted.items()
        },
    )


def _sum(rows: Iterable[list[Fraction]]) -> list[Fraction]:
    return [sum(people, Fraction(0)) for people in zip(*rows, strict=True)]


def _series(quarters: Iterable[Quarter], people: list[Fraction], whole: list[Fraction]) -> Series:
    counted = list(zip(quarters, people, whole, strict=True))
    shares = {row: part / total if total else Fraction(0) for row, part, total in counted}
    return tuple(Point(row, part, shares[row], shares) for row, part, _ in counted)
