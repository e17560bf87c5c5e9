"""Two allocations compared: what changed to the krone, and what each part of the change comes from.

Method: the state before is turned into the state after in four steps, in this order, and after each
step the amount is allocated in whole kroner by largest remainder:

1. own population: the municipality's own population is replaced, everyone else's is as before;
2. others' population: everyone's population is that after;
3. rules: clusters, memberships and the key of the cost are those after;
4. amount: the amount to allocate is that after.

What a step changes is its contribution, so the four add up to the change exactly. Another order
would give other contributions. Where the key counts people of other ages or of another day, all of
that is step 3. Where no rule after counts by districts, nobody asks for their people: those before
stand until step 3. A municipality that joins or leaves a cluster does so in step 3; a cost that is
new or gone has no amount before or after, and changes in step 4. A shared fund is compared in the
same way, by cluster. Where one structure replaces another, the amounts of each municipality are
added up over its clusters, and so are the contributions.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property, partial
from itertools import pairwise
from typing import Final, NamedTuple

from pipeline.calculation.allocation import largest_remainder, shares
from pipeline.calculation.membership import weights_of
from pipeline.calculation.population import Population
from pipeline.calculation.quarter import QuarterResult
from schemas.quarter import QUARTERS_PER_YEAR, Quarter
from schemas.records import ALL_CLUSTERS, Cost, Per, Reference
from schemas.report_name import ReportName

ORDER: Final = ("own population", "others' population", "rules", "amount")
"""The steps, in the order in which the change is attributed to them."""

Weights = Mapping[str, Fraction]
Weigh = Callable[[Weights], Mapping[str, Fraction]]


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

    The key of a cluster without a cost has none, and its kroner are all 0; so is an amount before
    where the cost was not there, and after where it is gone. The cost is as it is after, or was.
    """

    scope: str
    cost: Cost | None
    before_dkk: int
    after_dkk: int
    changes: tuple[Change, ...] = field(repr=False)

    @property
    def cost_id(self) -> str:
        """The id of the cost, empty without one."""
        return self.cost.cost_id if self.cost else ""


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

    @cached_property
    def names(self) -> Mapping[str, str]:
        """The names of municipalities and clusters by code and id, as they are after, or were."""
        sides = (self.before.rules, self.after.rules)
        areas = {code: row.name for rules in sides for code, row in rules.areas.items()}
        return areas | {row.cluster_id: row.name for rules in sides for row in rules.clusters}

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
    people_before, people_after = _people(before.populations), _people(after.populations)
    costs_before, costs_after = (
        {(cost.cost_id, cost.scope): cost for cost in side.rules.costs} for side in (before, after)
    )

    def scope_change(cost_id: str, scope: str) -> ScopeChange:
        old, new = costs_before.get((cost_id, scope)), costs_after.get((cost_id, scope))
        first, last = before.rules.key_of(old or new), after.rules.key_of(new or old)
        start, ruled = people_before[first.key_id], people_after[last.key_id]
        same = (first.ages, first.population_of) == (last.ages, last.population_of)
        districts = ruled.by_district or start.by_district
        moved = replace(ruled, by_district=districts) if same else start
        amounts = (old.amount_dkk if old else 0, new.amount_dkk if new else 0)
        steps = ((before.rules, start), (before.rules, moved), (after.rules, ruled))
        people = [weights_of(scope, rules, counted) for rules, counted in steps]
        by = partial(shares, first, before.rules.members.get(scope, ()))
        by_new = partial(shares, last, after.rules.members.get(scope, ()))
        return ScopeChange(scope, new or old, *amounts, _changes(amounts, people, by, by_new))

    costs = sorted({**costs_before, **costs_after}, key=lambda key: key[1].endswith(ALL_CLUSTERS))
    with_cost = {scope for _, scope in costs}
    clusters = {**before.rules.members, **after.rules.members}
    keys = [("", scope) for scope in clusters if scope not in with_cost]
    return Comparison(before, after, tuple(scope_change(*key) for key in [*costs, *keys]))


def quarter_before(
    report: ReportName, reference: Reference, stored: Iterable[Quarter]
) -> Quarter | None:
    """Return the stored quarter to compare a report with; None if none before it has rules.

    It is the newest or, where a report settles a year, the one that settled the year before.
    """
    quarter, rules = report.quarter, report.rules_quarter
    ruled = [
        row
        for row in stored
        if row < quarter and any((rules or row) in cluster.period for cluster in reference.clusters)
    ]
    yearly = (row for row in reference.costs if row.per is Per.YEAR and report.rules in row.period)
    settled = {row.settled_in(quarter) for row in yearly}
    year_before = quarter + -QUARTERS_PER_YEAR
    return year_before if quarter in settled and year_before in ruled else max(ruled, default=None)


def total(kroner: Iterable[Kroner]) -> Kroner:
    """Return the sums of the kroner of at least one part."""
    return Kroner(*map(sum, zip(*kroner, strict=True)))


def _changes(
    amounts: tuple[int, int], people: Iterable[Weights], by: Weigh, by_new: Weigh
) -> tuple[Change, ...]:
    """Return the changes of one cost, by the people counted at the start and after steps 2 and 3.

    `by` gives the shares of the people until step 2, and `by_new` after it.
    """
    start, moved, ruled = people
    codes = sorted({**start, **ruled})
    start, moved, ruled = (
        {code: weights.get(code, Fraction(0)) for code in codes}
        for weights in (start, moved, ruled)
    )
    (amount, amount_after), before, after = amounts, by(start), by_new(ruled)
    first = allocated(amount, before)
    own = {
        code: allocated(amount, by({**start, code: moved[code]}))[code]
        if moved[code] != start[code]
        else first[code]
        for code in codes
    }
    last = allocated(amount, after), allocated(amount_after, after)
    steps = (first, own, allocated(amount, by(moved)), *last)
    changes = []
    for code in codes:
        dkk = [step[code] for step in steps]
        contributions = (later - earlier for earlier, later in pairwise(dkk))
        kroner = Kroner(dkk[0], dkk[-1], dkk[-1] - dkk[0], *contributions)
        changes.append(Change(code, before[code], after[code], kroner))
    return tuple(changes)


def allocated(amount_dkk: int, weights: Weights) -> dict[str, int]:
    """Return whole kroner by code; nothing where there is nobody to allocate to."""
    if not amount_dkk or not any(weights.values()):
        return dict.fromkeys(weights, 0)
    return {part.code: part.amount for part in largest_remainder(amount_dkk, weights)}


def _people(populations: Mapping[str, Population]) -> dict[str, Population]:
    """Return populations with nobody in the codes that only another quarter has."""
    return {
        key_id: replace(row, by_area=Counter(row.by_area), by_district=Counter(row.by_district))
        for key_id, row in populations.items()
    }


def _clusters_of(code: str, rules: Reference) -> tuple[str, ...]:
    return tuple(row.cluster_id for row in rules.memberships if row.municipality_code == code)
