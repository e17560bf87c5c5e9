"""From one structure to another on the same people: what each municipality pays, and with whom.

Method: every cluster shares one and the same amount, before and after, on the population of one
quarter, so that nothing but the structure differs. What a municipality pays before is turned into
what it pays after in three steps, each allocated in whole kroner by largest remainder:

1. one cluster: it pays in one of its clusters only, that in which it counts with most people;
2. whole: it counts there with its whole population, the other members as before;
3. members: the others are those of its cluster after.

What a step changes is its contribution, so the three add up to the change exactly.

The rules that are uncertain have alternatives. The range is the least and the most over all
combinations of them; alternatives to the same membership exclude each other.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import groupby, product
from operator import attrgetter
from typing import Any

from pipeline.calculation.comparison import allocated
from pipeline.calculation.membership import weights_of
from pipeline.calculation.population import Population
from schemas.records import Basis, Membership, Reference
from schemas.sharing import Alternative

Paid = tuple[Counter[str], Counter[str]]
"""Whole kroner by municipality, before and after."""


@dataclass(frozen=True)
class Transition:
    """Two structures on the same people, each cluster with the same amount."""

    before: Reference
    after: Reference
    population: Population
    amount_dkk: int
    alternatives: tuple[Alternative, ...]

    def moves(self) -> list[dict[str, Any]]:
        """Return a row a municipality, in order of their code, with the contributions of the steps.

        What it pays, and the change, stand with the least and the most that uncertain rules allow;
        clusters, and the members that it shares with, stand by name.
        """
        combined = [self._paid(*chosen) for chosen in self._combinations()]
        return [self._move(code, combined) for code in sorted({*combined[0][0], *combined[0][1]})]

    def effects(self) -> Iterator[tuple[Alternative, Paid]]:
        """Yield each alternative to a rule of either structure, and what it alone would move."""
        in_force, real = {*self.before.members, *self.after.members}, self._paid()
        for row in self.alternatives:
            if row.from_cluster_id in in_force:
                before, after = self._paid(row)
                before.subtract(real[0])
                after.subtract(real[1])
                yield row, (before, after)

    def _combinations(self) -> Iterator[tuple[Alternative, ...]]:
        """Yield every choice of at most one alternative a membership; the first is none at all."""
        instead_of = attrgetter("from_cluster_id", "municipality_code", "districts")
        groups = groupby(sorted(self.alternatives, key=instead_of), instead_of)
        for chosen in product(*((None, *rows) for _, rows in groups)):
            yield tuple(row for row in chosen if row)

    def _paid(self, *chosen: Alternative) -> Paid:
        paid: Paid = (Counter(), Counter())
        for kroner, rules in zip(paid, (self.before, self.after), strict=True):
            changed = _changed(rules, chosen)
            for cluster in rules.clusters:
                weights = weights_of(cluster.cluster_id, changed, self.population)
                kroner.update(allocated(self.amount_dkk, weights))
        return paid

    def _move(self, code: str, combined: Sequence[Paid]) -> dict[str, Any]:
        befores, afters = ([side[code] for side in sides] for sides in zip(*combined, strict=True))
        changes = [after - before for before, after in zip(befores, afters, strict=True)]
        one, whole = self._steps(code)
        clusters_before, members_before = _with_whom(self.before, code)
        clusters_after, members_after = _with_whom(self.after, code)
        return {
            "municipality_code": code,
            "municipality_name": {**self.before.areas, **self.after.areas}[code].name,
            "clusters_before": clusters_before,
            "before_dkk": befores[0],
            "before_least_dkk": min(befores),
            "before_most_dkk": max(befores),
            "clusters_after": clusters_after,
            "after_dkk": afters[0],
            "after_least_dkk": min(afters),
            "after_most_dkk": max(afters),
            "change_dkk": changes[0],
            "change_least_dkk": min(changes),
            "change_most_dkk": max(changes),
            "one_cluster_dkk": one - befores[0],
            "whole_dkk": whole - one,
            "members_dkk": afters[0] - whole,
            "members_before": members_before,
            "members_after": members_after,
        }

    def _steps(self, code: str) -> tuple[int, int]:
        """Return what it would pay in one cluster only, and counting whole there."""
        all_weights = (weights_of(key, self.before, self.population) for key in self.before.members)
        mine = [weights for weights in all_weights if code in weights]
        if not mine:
            return 0, 0
        main = max(mine, key=lambda weights: weights[code])
        whole = {**main, code: Fraction(self.population.by_area[code])}
        return allocated(self.amount_dkk, main)[code], allocated(self.amount_dkk, whole)[code]


def _changed(rules: Reference, alternatives: Iterable[Alternative]) -> Reference:
    """Return the rules with uncertain memberships moved."""
    rows = {(row.cluster_id, row.municipality_code): row for row in rules.memberships}
    for row in alternatives:
        here = row.from_cluster_id, row.municipality_code
        left = rows.pop(here, None)
        if left is None:
            continue
        stays = tuple(code for code in left.districts if code not in row.districts)
        if row.districts and stays:
            rows[here] = replace(left, districts=stays)
            left = replace(left, districts=row.districts)
        if row.to_cluster_id in rules.members:
            there = row.to_cluster_id, row.municipality_code
            rows[there] = _joined(rows.get(there), replace(left, cluster_id=row.to_cluster_id))
    return replace(rules, memberships=tuple(rows.values()))


def _joined(there: Membership | None, more: Membership) -> Membership:
    if there is None:
        return more
    if there.basis is Basis.DISTRICTS:
        return replace(there, districts=(*there.districts, *more.districts))
    return replace(there, fraction=there.fraction + more.fraction)


def _with_whom(rules: Reference, code: str) -> tuple[str, str]:
    """Return the names of the clusters of a municipality, and of their other members."""
    members = {key: {row.municipality_code for row in of} for key, of in rules.members.items()}
    mine = [row for row in rules.clusters if code in members[row.cluster_id]]
    others = sorted({other for row in mine for other in members[row.cluster_id]} - {code})
    names = "; ".join(rules.areas[other].name for other in others)
    return "; ".join(row.name for row in mine), names
