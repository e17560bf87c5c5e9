"""How counted population and shares developed over the quarters stored, under the report's rules.

A cluster's share is its part of all clusters of its structure, a member's share its part of the
cluster.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial

from pipeline.calculation.calculate import Calculation, population_of
from pipeline.calculation.membership import people_of
from schemas.quarter import Quarter


@dataclass(frozen=True, slots=True)
class Series:
    """The quarters of a cluster or member, in order; places count from 0, the newest is -1.

    Its counted population in each, and the whole that it is a part of, stand times a scale that
    makes each of them a whole number.
    """

    quarters: Sequence[Quarter]
    counted: Sequence[int] = field(repr=False)
    whole: Sequence[int] = field(repr=False)
    scale: int

    def counted_population(self, place: int) -> Fraction:
        """Return the exact counted population of a quarter."""
        return Fraction(self.counted[place], self.scale)

    def share(self, place: int) -> Fraction:
        """Return the exact share of the whole in a quarter, 0 where that is 0."""
        return Fraction(self.counted[place], self.whole[place] or 1)

    def people(self) -> list[float]:
        """Return the counted population of each quarter as it is drawn."""
        return [people / self.scale for people in self.counted]

    def shares(self) -> list[float]:
        """Return the share of each quarter as it is drawn."""
        return [part / (of or 1) for part, of in zip(self.counted, self.whole, strict=True)]

    def since(self, quarters: int) -> Fraction | None:
        """Return how the newest share has changed in so many quarters; None if not stored."""
        before = self.quarters[-1] + -quarters
        if before not in self.quarters:
            return None
        return self.share(-1) - self.share(self.quarters.index(before))


@dataclass(frozen=True)
class Development:
    """The series by cluster id, and by cluster id and municipality code."""

    clusters: Mapping[str, Series]
    members: Mapping[str, Mapping[str, Series]]


def development_of(calculation: Calculation) -> Development:
    """Return the development up to the report's quarter."""
    rules, inputs = calculation.result.rules, calculation.inputs
    earlier = (population_of(*figures) for figures in inputs.history)
    populations = [*earlier, calculation.result.population]
    rows = [row for members in rules.members.values() for row in members]
    scale = math.lcm(*(row.fraction.denominator for row in rows))
    counted = {
        cluster_id: {
            row.municipality_code: [people_of(row, population) * part for population in populations]
            for row in members
            for part in [int(row.fraction * scale)]
        }
        for cluster_id, members in rules.members.items()
    }
    totals = {cluster_id: _sum(members.values()) for cluster_id, members in counted.items()}
    country = {
        structure: _sum(
            totals[row.cluster_id] for row in rules.clusters if row.structure == structure
        )
        for structure in rules.structures
    }
    series = partial(Series, [population.quarter for population in populations], scale=scale)
    structures = {row.cluster_id: row.structure for row in rules.clusters}
    return Development(
        {key: series(people, country[structures[key]]) for key, people in totals.items()},
        {
            key: {code: series(people, totals[key]) for code, people in members.items()}
            for key, members in counted.items()
        },
    )


def _sum(rows: Iterable[list[int]]) -> list[int]:
    return [sum(people) for people in zip(*rows, strict=True)]
