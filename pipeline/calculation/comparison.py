"""Two allocations compared: what changed to the krone, and what each part of the change comes from.

Method: the state before is turned into the state after in four steps, in this order, and after each
step the amount is allocated in whole kroner by largest remainder:

1. own population: the municipality's own population is replaced, everyone else's is as before;
2. others' population: everyone's population is that after;
3. rules: clusters and memberships are those after;
4. amount: the amount to allocate is that after.

What a step changes is its contribution, so the four add up to the change exactly. Another order
would give other contributions. A municipality that joins or leaves a cluster does so in step 3; a
cost that is new or gone has no amount before or after, and changes in step 4. A shared fund is
compared in the same way, by cluster. Where one structure replaces another, the amounts of each
municipality are added up over its clusters, and so are the contributions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Final

from pipeline.calculation.allocation import largest_remainder
from pipeline.calculation.membership import RulesInForce, counted_population
from pipeline.calculation.population import Population
from pipeline.calculation.quarter import QuarterResult
from schemas.records import ALL_CLUSTERS, Cost

ORDER: Final = ("own population", "others' population", "rules", "amount")
"""The steps, in the order in which the change is attributed to them."""

Weights = Mapping[str, Fraction]


@dataclass(frozen=True)
class Change:
    """The change of one part of a cost; its four contributions add up to it.

    Args:
        code: Municipality code; cluster id in a shared fund.
        before_dkk: Whole kroner before.
        after_dkk: Whole kroner after.
        share_before: Share of the counted population before, exact; 0 if it had none.
        share_after: Share of it after, exact.
        own_population_dkk: Kroner of the change that come from its own population.
        others_population_dkk: From the population of the others.
        rules_dkk: From clusters and memberships.
        amount_dkk: From the amount.
    """

    code: str
    before_dkk: int
    after_dkk: int
    share_before: Fraction
    share_after: Fraction
    own_population_dkk: int
    others_population_dkk: int
    rules_dkk: int
    amount_dkk: int

    @property
    def change_dkk(self) -> int:
        """The change in whole kroner."""
        return self.after_dkk - self.before_dkk


@dataclass(frozen=True)
class ScopeChange:
    """The changes of one cost of one cluster, or of one shared fund.

    Args:
        scope: Cluster id, or such as `sundhedsklynge:*`.
        cost_id: The cost; empty for the key of a cluster without one, whose amounts are all 0.
        before_dkk: Its amount before; 0 if it was not there.
        after_dkk: Its amount after; 0 if it is gone.
        changes: By municipality, or by cluster, in order of the code.
    """

    scope: str
    cost_id: str
    before_dkk: int
    after_dkk: int
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class MunicipalityChange:
    """All costs of a municipality before and after a change of structure.

    Args:
        change: The sums; its shares are 0, since they are of different clusters.
        clusters_before: Ids of its clusters before.
        clusters_after: Ids of its clusters after.
    """

    change: Change
    clusters_before: tuple[str, ...]
    clusters_after: tuple[str, ...]


@dataclass(frozen=True)
class Comparison:
    """Everything that changed between two results.

    Args:
        before: The result before.
        after: The result after.
        scopes: A cluster and cost each, clusters before shared funds; then clusters without a cost.
    """

    before: QuarterResult
    after: QuarterResult
    scopes: tuple[ScopeChange, ...]

    @property
    def structure_changed(self) -> bool:
        """Whether other structures are in force, so that no cluster has a counterpart."""
        return set(self.before.rules.structures).isdisjoint(self.after.rules.structures)

    def by_municipality(self) -> list[MunicipalityChange]:
        """Return all municipalities, each with the sums over its clusters; shared funds aside."""
        clusters = [_clusters_by_municipality(result.rules) for result in (self.before, self.after)]
        changes: dict[str, list[Change]] = {code: [] for part in clusters for code in part}
        for scope in self.scopes:
            if not scope.scope.endswith(ALL_CLUSTERS):
                for change in scope.changes:
                    changes[change.code].append(change)
        return [
            MunicipalityChange(
                _added(code, changes[code]),
                *(tuple(part.get(code, ())) for part in clusters),
            )
            for code in sorted(changes)
        ]


def compare(before: QuarterResult, after: QuarterResult) -> Comparison:
    """Return what changed from one result to another, with its contributions."""
    codes = (before.population, after.population)
    population_before, population_after = (_with_all_codes(part, codes) for part in codes)
    costs_before, costs_after = (_costs(result.rules) for result in (before, after))

    def scope_change(cost_id: str, scope: str) -> ScopeChange:
        amounts = [costs.get((cost_id, scope), 0) for costs in (costs_before, costs_after)]
        weights = (
            _weights(scope, before.rules, population_before),
            _weights(scope, before.rules, population_after),
            _weights(scope, after.rules, population_after),
        )
        changes = _changes(amounts[0], amounts[1], *weights)
        return ScopeChange(scope, cost_id, amounts[0], amounts[1], changes)

    costs = sorted({**costs_before, **costs_after}, key=lambda key: key[1].endswith(ALL_CLUSTERS))
    with_cost = {scope for _, scope in costs}
    keys = [("", scope) for scope in _cluster_ids(before, after) if scope not in with_cost]
    return Comparison(before, after, tuple(scope_change(*key) for key in [*costs, *keys]))


def _changes(
    amount_before: int, amount_after: int, start: Weights, moved: Weights, ruled: Weights
) -> tuple[Change, ...]:
    """Return the changes of one cost; the weights are those of the start and of steps 2 and 3."""
    codes = sorted({**start, **ruled})
    start, moved, ruled = (
        {code: weights.get(code, Fraction(0)) for code in codes}
        for weights in (start, moved, ruled)
    )
    first = _allocated(amount_before, start)
    own = {
        code: _allocated(amount_before, {**start, code: moved[code]})[code]
        if moved[code] != start[code]
        else first[code]
        for code in codes
    }
    steps = (
        first,
        own,
        _allocated(amount_before, moved),
        _allocated(amount_before, ruled),
        _allocated(amount_after, ruled),
    )
    before, after = _shares(start), _shares(ruled)
    return tuple(
        _change(code, [step[code] for step in steps], before[code], after[code]) for code in codes
    )


def _change(code: str, steps: Sequence[int], before: Fraction, after: Fraction) -> Change:
    """Return the change of one part, given its kroner at the start and after each step."""
    own, others, rules, amount = (later - earlier for earlier, later in pairwise(steps))
    return Change(code, steps[0], steps[-1], before, after, own, others, rules, amount)


def _allocated(amount_dkk: int, weights: Weights) -> dict[str, int]:
    """Return whole kroner by code; nothing where there is nobody to allocate to."""
    if not amount_dkk or not any(weights.values()):
        return dict.fromkeys(weights, 0)
    return {part.code: part.amount for part in largest_remainder(amount_dkk, weights)}


def _shares(weights: Weights) -> dict[str, Fraction]:
    total = sum(weights.values())
    return {code: weight / total if total else Fraction(0) for code, weight in weights.items()}


def _weights(scope: str, rules: RulesInForce, population: Population) -> dict[str, Fraction]:
    """Return the counted population that a scope is allocated by; none if it is not in force."""
    if not scope.endswith(ALL_CLUSTERS):
        return {
            row.municipality_code: counted_population(row, population)[1]
            for row in rules.memberships.get(scope, ())
        }
    structure = scope.removesuffix(ALL_CLUSTERS)
    return {
        cluster.cluster_id: sum(
            _weights(cluster.cluster_id, rules, population).values(), Fraction(0)
        )
        for cluster in rules.clusters
        if cluster.structure == structure
    }


def _costs(rules: RulesInForce) -> dict[tuple[str, str], int]:
    """Return the amounts of the costs that meet a cluster in force, by id and scope."""
    return {
        (cost.cost_id, cost.scope): cost.amount_dkk for cost in rules.costs if _applies(cost, rules)
    }


def _applies(cost: Cost, rules: RulesInForce) -> bool:
    return cost.scope in rules.memberships or cost.structure in rules.structures


def _cluster_ids(*results: QuarterResult) -> dict[str, None]:
    return dict.fromkeys(row.cluster_id for result in results for row in result.rules.clusters)


def _with_all_codes(population: Population, others: Iterable[Population]) -> Population:
    """Return the population with nobody in the codes that only another one has."""
    areas = dict.fromkeys((code for other in others for code in other.by_area), 0)
    districts = dict.fromkeys((code for other in others for code in other.by_district), 0)
    return Population(
        population.quarter,
        {**areas, **population.by_area},
        {**districts, **population.by_district},
        population.districts_from,
    )


def _clusters_by_municipality(rules: RulesInForce) -> dict[str, list[str]]:
    clusters: dict[str, list[str]] = {}
    for cluster_id, rows in rules.memberships.items():
        for row in rows:
            clusters.setdefault(row.municipality_code, []).append(cluster_id)
    return clusters


def _added(code: str, changes: Iterable[Change]) -> Change:
    changes = tuple(changes)
    return Change(
        code,
        sum(change.before_dkk for change in changes),
        sum(change.after_dkk for change in changes),
        Fraction(0),
        Fraction(0),
        sum(change.own_population_dkk for change in changes),
        sum(change.others_population_dkk for change in changes),
        sum(change.rules_dkk for change in changes),
        sum(change.amount_dkk for change in changes),
    )
