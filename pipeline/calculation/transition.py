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

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import groupby, product

from pipeline.calculation.comparison import allocated, weights_of
from pipeline.calculation.membership import RulesInForce
from pipeline.calculation.population import Population
from schemas.records import Basis, Membership
from schemas.structures import Alternative

Paid = dict[str, dict[str, int]]
"""Whole kroner by municipality and cluster."""


@dataclass(frozen=True)
class Move:
    """A municipality before and after, with the least and the most that uncertain rules allow.

    Clusters are names, members the codes of those that it shares with; amounts are whole kroner.
    The last three are the contributions of the steps and add up to the change.
    """

    municipality_code: str
    clusters_before: tuple[str, ...]
    before_dkk: int
    before_least_dkk: int
    before_most_dkk: int
    clusters_after: tuple[str, ...]
    after_dkk: int
    after_least_dkk: int
    after_most_dkk: int
    change_dkk: int
    change_least_dkk: int
    change_most_dkk: int
    one_cluster_dkk: int
    whole_dkk: int
    members_dkk: int
    members_before: tuple[str, ...]
    members_after: tuple[str, ...]


@dataclass(frozen=True)
class Effect:
    """What one alternative alone would move: kroner by municipality, before and after."""

    alternative: Alternative
    before_dkk: Mapping[str, int]
    after_dkk: Mapping[str, int]


@dataclass(frozen=True)
class Transition:
    """Two structures on the same people, each cluster with the same amount.

    Args:
        before: The rules before.
        after: The rules after.
        population: The people.
        amount_dkk: What each cluster shares, whole kroner.
        alternatives: What may be true instead of uncertain memberships.
    """

    before: RulesInForce
    after: RulesInForce
    population: Population
    amount_dkk: int
    alternatives: tuple[Alternative, ...]

    def moves(self) -> list[Move]:
        """Return all municipalities in order of their code."""
        real, combined = self._paid(), [self._paid(*row) for row in self._combinations()]
        return [self._move(code, real, combined) for code in sorted({*real[0], *real[1]})]

    def effects(self) -> list[Effect]:
        """Return what each alternative to a rule of either structure moves."""
        in_force = {*self.before.memberships, *self.after.memberships}
        rows = [row for row in self.alternatives if row.from_cluster_id in in_force]
        return [Effect(row, *map(_moved, self._paid(), self._paid(row))) for row in rows]

    def _combinations(self) -> Iterator[tuple[Alternative, ...]]:
        """Yield every choice of at most one alternative a membership; the first is none at all."""
        groups = groupby(sorted(self.alternatives, key=_instead_of), _instead_of)
        for chosen in product(*((None, *rows) for _, rows in groups)):
            yield tuple(row for row in chosen if row)

    def _paid(self, *chosen: Alternative) -> tuple[Paid, Paid]:
        before: Paid = {}
        after: Paid = {}
        for paid, rules in ((before, self.before), (after, self.after)):
            changed = _changed(rules, chosen)
            for cluster in rules.clusters:
                weights = weights_of(cluster.cluster_id, changed, self.population)
                for code, amount in allocated(self.amount_dkk, weights).items():
                    paid.setdefault(code, {})[cluster.cluster_id] = amount
        return before, after

    def _move(
        self, code: str, real: tuple[Paid, Paid], combined: Sequence[tuple[Paid, Paid]]
    ) -> Move:
        totals = [(_total(before, code), _total(after, code)) for before, after in combined]
        (before, least, most), (after, after_least, after_most) = (
            (amounts[0], min(amounts), max(amounts)) for amounts in zip(*totals, strict=True)
        )
        changes = [after - before for before, after in totals]
        one, whole = self._steps(code, real[0])
        clusters, members = _with_whom(self.before, code)
        clusters_after, members_after = _with_whom(self.after, code)
        return Move(
            code,
            *(clusters, before, least, most),
            *(clusters_after, after, after_least, after_most),
            *(after - before, min(changes), max(changes)),
            *(one - before, whole - one, after - whole),
            members,
            members_after,
        )

    def _steps(self, code: str, paid: Paid) -> tuple[int, int]:
        """Return what it would pay in one cluster only, and counting whole there."""
        mine = paid.get(code, {})
        weights = {key: weights_of(key, self.before, self.population) for key in sorted(mine)}
        if not weights:
            return 0, 0
        main = max(weights, key=lambda key: weights[key][code])
        whole = {**weights[main], code: Fraction(self.population.by_area[code])}
        return mine[main], allocated(self.amount_dkk, whole)[code]


def _instead_of(row: Alternative) -> tuple[str, str, tuple[str, ...]]:
    return row.from_cluster_id, row.municipality_code, row.districts


def _changed(rules: RulesInForce, alternatives: Iterable[Alternative]) -> RulesInForce:
    """Return the rules with uncertain memberships moved."""
    rows = {
        key: {row.municipality_code: row for row in of} for key, of in rules.memberships.items()
    }
    for row in alternatives:
        left = rows.get(row.from_cluster_id, {}).pop(row.municipality_code, None)
        if left is None:
            continue
        stays = tuple(code for code in left.districts if code not in row.districts)
        if row.districts and stays:
            rows[row.from_cluster_id][row.municipality_code] = replace(left, districts=stays)
            left = replace(left, districts=row.districts)
        if row.to_cluster_id in rows:
            there = rows[row.to_cluster_id]
            there[row.municipality_code] = _joined(there.get(row.municipality_code), left)
    return replace(rules, memberships={key: tuple(of.values()) for key, of in rows.items()})


def _joined(there: Membership | None, more: Membership) -> Membership:
    if there is None:
        return more
    if there.basis is Basis.DISTRICTS:
        return replace(there, districts=(*there.districts, *more.districts))
    return replace(there, fraction=there.fraction + more.fraction)


def _total(paid: Paid, code: str) -> int:
    return sum(paid.get(code, {}).values())


def _moved(real: Paid, other: Paid) -> dict[str, int]:
    moved = {code: _total(other, code) - _total(real, code) for code in sorted({*real, *other})}
    return {code: amount for code, amount in moved.items() if amount}


def _with_whom(rules: RulesInForce, code: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of the clusters of a municipality, and the codes of their other members."""
    members = {key: {row.municipality_code for row in of} for key, of in rules.memberships.items()}
    mine = [row for row in rules.clusters if code in members[row.cluster_id]]
    others = {other for row in mine for other in members[row.cluster_id]} - {code}
    return tuple(row.name for row in mine), tuple(sorted(others))
