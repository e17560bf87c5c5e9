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

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Final, NamedTuple

from pipeline.calculation.allocation import largest_remainder
from pipeline.calculation.membership import RulesInForce, counted_population
from pipeline.calculation.population import Population
from pipeline.calculation.quarter import QuarterResult
from schemas.records import ALL_CLUSTERS

ORDER: Final = ("own population", "others' population", "rules", "amount")
"""The steps, in the order in which the change is attributed to them."""

Weights = Mapping[str, Fraction]


class Kroner(NamedTuple):
    """Whole kroner before and after, the change, and the four contributions that add up to it."""

    before_dkk: int
    after_dkk: int
    change_dkk: int
    own_population_dkk: int
    others_population_dkk: int
    rules_dkk: int
    amount_dkk: int


@dataclass(frozen=True)
class Change:
    """The change of the part of a municipality in a cost, or of a cluster in a shared fund.

    Shares of the counted population are exact, and 0 where there is none.
    """

    code: str
    share_before: Fraction
    share_after: Fraction
    kroner: Kroner


@dataclass(frozen=True)
class ScopeChange:
    """The changes of one cost of one cluster, or of one shared fund, in order of the code.

    The key of a cluster without a cost has no cost id, and its kroner are all 0; so is an amount
    before where the cost was not there, and after where it is gone.
    """

    scope: str
    cost_id: str
    before_dkk: int
    after_dkk: int
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class MunicipalityChange:
    """All costs of a municipality, over its clusters before and after a change of structure."""

    code: str
    clusters_before: tuple[str, ...]
    clusters_after: tuple[str, ...]
    kroner: Kroner


@dataclass(frozen=True)
class Comparison:
    """Everything that changed between two results, by cluster and cost.

    Clusters stand before shared funds, and clusters without a cost at the end.
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
        kroner: dict[str, list[Kroner]] = {}
        for scope in self.scopes:
            if not scope.scope.endswith(ALL_CLUSTERS):
                for change in scope.changes:
                    kroner.setdefault(change.code, []).append(change.kroner)
        return [
            MunicipalityChange(
                code,
                _clusters_of(code, self.before.rules),
                _clusters_of(code, self.after.rules),
                total(kroner[code]),
            )
            for code in sorted(kroner)
        ]


def compare(before: QuarterResult, after: QuarterResult) -> Comparison:
    """Return what changed from one result to another, with its contributions."""
    people_before, people_after = _people(before.population), _people(after.population)
    costs_before, costs_after = (
        {(cost.cost_id, cost.scope): cost.amount_dkk for cost in result.rules.costs}
        for result in (before, after)
    )

    def scope_change(cost_id: str, scope: str) -> ScopeChange:
        amounts = costs_before.get((cost_id, scope), 0), costs_after.get((cost_id, scope), 0)
        weights = (
            weights_of(scope, before.rules, people_before),
            weights_of(scope, before.rules, people_after),
            weights_of(scope, after.rules, people_after),
        )
        return ScopeChange(scope, cost_id, *amounts, _changes(*amounts, *weights))

    costs = sorted({**costs_before, **costs_after}, key=lambda key: key[1].endswith(ALL_CLUSTERS))
    with_cost = {scope for _, scope in costs}
    clusters = {**before.rules.memberships, **after.rules.memberships}
    keys = [("", scope) for scope in clusters if scope not in with_cost]
    return Comparison(before, after, tuple(scope_change(*key) for key in [*costs, *keys]))


def total(kroner: Iterable[Kroner]) -> Kroner:
    """Return the sums of the kroner of at least one part."""
    return Kroner(*map(sum, zip(*kroner, strict=True)))


def _changes(
    amount_before: int, amount_after: int, start: Weights, moved: Weights, ruled: Weights
) -> tuple[Change, ...]:
    """Return the changes of one cost; the weights are those of the start and of steps 2 and 3."""
    codes = sorted({**start, **ruled})
    start, moved, ruled = (
        {code: weights.get(code, Fraction(0)) for code in codes}
        for weights in (start, moved, ruled)
    )
    first = allocated(amount_before, start)
    own = {
        code: allocated(amount_before, {**start, code: moved[code]})[code]
        if moved[code] != start[code]
        else first[code]
        for code in codes
    }
    steps = (
        first,
        own,
        allocated(amount_before, moved),
        allocated(amount_before, ruled),
        allocated(amount_after, ruled),
    )
    before, after = _shares(start), _shares(ruled)
    return tuple(
        Change(code, before[code], after[code], _kroner(*(step[code] for step in steps)))
        for code in codes
    )


def _kroner(start: int, *steps: int) -> Kroner:
    """Return what changed from the start to the last step, and by each step."""
    contributions = (after - before for before, after in pairwise((start, *steps)))
    return Kroner(start, steps[-1], steps[-1] - start, *contributions)


def allocated(amount_dkk: int, weights: Weights) -> dict[str, int]:
    """Return whole kroner by code; nothing where there is nobody to allocate to."""
    if not amount_dkk or not any(weights.values()):
        return dict.fromkeys(weights, 0)
    return {part.code: part.amount for part in largest_remainder(amount_dkk, weights)}


def _shares(weights: Weights) -> dict[str, Fraction]:
    total = sum(weights.values())
    return {code: weight / total if total else Fraction(0) for code, weight in weights.items()}


def weights_of(scope: str, rules: RulesInForce, population: Population) -> dict[str, Fraction]:
    """Return the counted population that a scope is allocated by; none if it is not in force."""
    if not scope.endswith(ALL_CLUSTERS):
        return {
            row.municipality_code: counted_population(row, population)[1]
            for row in rules.memberships.get(scope, ())
        }
    structure = scope.removesuffix(ALL_CLUSTERS)
    return {
        cluster.cluster_id: sum(
            weights_of(cluster.cluster_id, rules, population).values(), Fraction(0)
        )
        for cluster in rules.clusters
        if cluster.structure == structure
    }


def _people(population: Population) -> Population:
    """Return the population with nobody in the codes that only another quarter has."""
    by_area, by_district = Counter(population.by_area), Counter(population.by_district)
    return replace(population, by_area=by_area, by_district=by_district)


def _clusters_of(municipality_code: str, rules: RulesInForce) -> tuple[str, ...]:
    return tuple(
        cluster_id
        for cluster_id, rows in rules.memberships.items()
        if any(row.municipality_code == municipality_code for row in rows)
    )
