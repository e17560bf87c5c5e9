"""How counted population and shares developed over the quarters stored, under the report's rules.

A cluster's share is its part of all clusters of its structure, a member's share its part of the
cluster. A change is the difference of two shares; it is None where the earlier quarter is not
stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from pipeline.calculation.calculate import Calculation
from pipeline.calculation.membership import counted_population
from pipeline.calculation.quarter import QuarterResult
from schemas.quarter import QUARTERS_PER_YEAR, Quarter


@dataclass(frozen=True, slots=True)
class Point:
    """One quarter of a cluster or member.

    Args:
        quarter: The quarter.
        counted_population: People counted, exact.
        share: Part of the whole, exact; 0 where the whole is 0.
        since_quarter: Change of the share since the quarter before.
        since_year: Change of the share since the same quarter a year before.
    """

    quarter: Quarter
    counted_population: Fraction
    share: Fraction
    since_quarter: Fraction | None
    since_year: Fraction | None


Series = tuple[Point, ...]


@dataclass(frozen=True)
class Development:
    """The series by cluster id, and by cluster id and municipality code."""

    clusters: Mapping[str, Series]
    members: Mapping[str, Mapping[str, Series]]


def development_of(calculation: Calculation) -> Development:
    """Return the development up to the report's quarter."""
    result, populations = calculation.result, calculation.populations()
    quarters = tuple(populations)
    counted = {
        cluster_id: {
            rule.municipality_code: [
                counted_population(rule, population)[1] for population in populations.values()
            ]
            for rule in rules
        }
        for cluster_id, rules in result.rules.memberships.items()
    }
    totals = {cluster_id: _sum(rows.values()) for cluster_id, rows in counted.items()}
    return Development(
        _cluster_series(result, quarters, totals),
        {
            cluster_id: {
                code: _series(quarters, people, totals[cluster_id]) for code, people in rows.items()
            }
            for cluster_id, rows in counted.items()
        },
    )


def _cluster_series(
    result: QuarterResult, quarters: tuple[Quarter, ...], totals: Mapping[str, list[Fraction]]
) -> dict[str, Series]:
    structures = {
        structure: _sum(
            totals[cluster.cluster_id]
            for cluster in result.rules.clusters
            if cluster.structure == structure
        )
        for structure in result.rules.structures
    }
    return {
        cluster.cluster_id: _series(
            quarters, totals[cluster.cluster_id], structures[cluster.structure]
        )
        for cluster in result.rules.clusters
    }


def _sum(rows: Iterable[list[Fraction]]) -> list[Fraction]:
    return [sum(people, Fraction(0)) for people in zip(*rows, strict=True)]


def _series(quarters: tuple[Quarter, ...], people: list[Fraction], whole: list[Fraction]) -> Series:
    shares = {
        quarter: part / total if total else Fraction(0)
        for quarter, part, total in zip(quarters, people, whole, strict=True)
    }

    def since(quarter: Quarter, quarters_back: int) -> Fraction | None:
        before = shares.get(quarter + -quarters_back)
        return None if before is None else shares[quarter] - before

    return tuple(
        Point(quarter, part, shares[quarter], since(quarter, 1), since(quarter, QUARTERS_PER_YEAR))
        for quarter, part in zip(quarters, people, strict=True)
    )
