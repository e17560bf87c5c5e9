"""Population, memberships and costs of one quarter become one frozen result.

Everything here is a pure function of plain values: no clock, no network, no files.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from pipeline.calculation.allocation import Part, largest_remainder
from pipeline.calculation.findings import Finding, Subject
from pipeline.calculation.membership import RulesInForce, check_coverage, counted_population
from pipeline.calculation.population import Population
from pipeline.errors import AllocationError
from schemas.quarter import Quarter
from schemas.records import (
    COPENHAGEN,
    COPENHAGEN_TOTAL,
    Area,
    Basis,
    Cluster,
    Cost,
    District,
    Membership,
)


@dataclass(frozen=True)
class Member:
    """A municipality in a cluster.

    Args:
        membership: The rule by which it counts.
        name: Its name.
        population: People that the rule starts from.
        counted_population: People after the rule, exact.
        share: Its part of the cluster's counted population, exact; 0 where that is 0.
        estimated: Whether the figures rest on estimated districts.
    """

    membership: Membership
    name: str
    population: int
    counted_population: Fraction
    share: Fraction
    estimated: bool


@dataclass(frozen=True)
class Allocation:
    """A cost and its parts, by municipality code or, for a shared fund, by cluster id."""

    cost: Cost
    parts: Mapping[str, Part]


@dataclass(frozen=True)
class ClusterResult:
    """A cluster's key (the shares of its members) and the allocation of each of its costs."""

    cluster: Cluster
    members: tuple[Member, ...]
    counted_population: Fraction
    allocations: tuple[Allocation, ...]

    @property
    def estimated(self) -> bool:
        """Whether any of its figures rests on an estimate."""
        return any(member.estimated for member in self.members)


@dataclass(frozen=True)
class QuarterResult:
    """All keys and allocations of a quarter: a result a cluster in force, and the shared funds.

    The quarter is that of the population; the rules are those of another one in a back-cast.
    """

    quarter: Quarter
    rules: RulesInForce
    population: Population
    clusters: tuple[ClusterResult, ...]
    shared_funds: tuple[Allocation, ...]
    findings: tuple[Finding, ...]


def calculate_quarter(
    population: Population,
    rules: RulesInForce,
    areas: Mapping[str, Area],
    districts: Mapping[str, District],
) -> QuarterResult:
    """Apply the rules to a population.

    Raises:
        RuleError: A municipality counts more than once.
        AllocationError: A cost meets a cluster, or clusters, without counted population.
    """
    findings = (*_population_findings(population), *check_coverage(rules, areas, districts))
    clusters = tuple(_cluster(cluster, rules, population, areas) for cluster in rules.clusters)
    weights: dict[str, dict[str, Fraction]] = {key: {} for key in rules.structures}
    for row in clusters:
        weights[row.cluster.structure][row.cluster.cluster_id] = row.counted_population
    shared_funds = tuple(
        _allocate(cost, weights[cost.structure], cost.scope)
        for cost in rules.costs
        if cost.structure
    )
    return QuarterResult(population.quarter, rules, population, clusters, shared_funds, findings)


def _population_findings(population: Population) -> Iterator[Finding]:
    if population.districts_from is not None:
        quarter, known = str(population.quarter), str(population.districts_from)
        yield Finding.of(Subject.DISTRICTS_ESTIMATED, quarter=quarter, known=known)
        return
    if not population.by_district:
        return
    city, districts = population.by_area[COPENHAGEN], population.by_district[COPENHAGEN_TOTAL]
    if city != districts:
        difference = abs(city - districts)
        yield Finding.of(
            Subject.CITY_TOTALS_DIFFER, folk1a=city, kkbef1=districts, difference=difference
        )


def _cluster(
    cluster: Cluster, rules: RulesInForce, population: Population, areas: Mapping[str, Area]
) -> ClusterResult:
    counted = [
        (row, *counted_population(row, population)) for row in rules.memberships[cluster.cluster_id]
    ]
    total = sum((people_counted for _, _, people_counted in counted), Fraction(0))
    members = tuple(
        Member(
            row,
            areas[row.municipality_code].name,
            people,
            people_counted,
            people_counted / total if total else Fraction(0),
            population.districts_estimated and row.basis is Basis.DISTRICTS,
        )
        for row, people, people_counted in counted
    )
    weights = {row.municipality_code: people_counted for row, _, people_counted in counted}
    costs = [cost for cost in rules.costs if cost.scope == cluster.cluster_id]
    allocations = tuple(_allocate(cost, weights, cluster.name) for cost in costs)
    return ClusterResult(cluster, members, total, allocations)


def _allocate(cost: Cost, weights: Mapping[str, Fraction], to: str) -> Allocation:
    try:
        parts = largest_remainder(cost.amount_dkk, weights)
    except AllocationError as error:
        raise error.reworded(f"{cost.cost_id} to {to}: {error.message}") from None
    return Allocation(cost, {part.code: part for part in parts})
