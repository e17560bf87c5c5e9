"""Population, memberships and costs of one quarter become one frozen result.

Everything here is a pure function of plain values: no clock, no network, no files.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from pipeline.calculation.allocation import Part, largest_remainder, shares
from pipeline.calculation.findings import Finding
from pipeline.calculation.membership import check_coverage, counted_population, weights_of
from pipeline.calculation.population import Population, differences
from pipeline.errors import AllocationError
from schemas.quarter import Quarter
from schemas.records import Basis, Cluster, Cost, Membership, Reference
from schemas.sharing import EVERYBODY, Key


@dataclass(frozen=True)
class Member:
    """A municipality in a cluster, with the people that its rule starts from, and those after it.

    Its share is its part of the cluster, exact: of the counted population where no key says
    otherwise; 0 where nobody is counted. It is estimated where it rests on estimated districts.
    """

    membership: Membership
    name: str
    population: int
    counted_population: Fraction
    share: Fraction
    estimated: bool

    @property
    def code(self) -> str:
        """Code of the municipality."""
        return self.membership.municipality_code


@dataclass(frozen=True)
class Allocation:
    """A cost and its parts, by municipality code or, for a shared fund, by cluster id."""

    cost: Cost
    parts: Mapping[str, Part]


@dataclass(frozen=True)
class ClusterResult:
    """The shares of a cluster's members by a key, and the allocation of each cost shared by it."""

    cluster: Cluster
    members: tuple[Member, ...]
    counted_population: Fraction
    allocations: tuple[Allocation, ...]
    key: Key = EVERYBODY

    @property
    def section_id(self) -> str:
        """The id of the cluster, and of the key where one shares."""
        return f"{self.cluster.cluster_id}--{self.key.key_id}".rstrip("-")

    def amounts_of(self, code: str) -> list[int]:
        """Return the whole kroner of a member, one a cost."""
        return [row.parts[code].amount for row in self.allocations]

    @property
    def estimated(self) -> bool:
        """Whether any of its figures rests on an estimate."""
        return any(member.estimated for member in self.members)


@dataclass(frozen=True)
class QuarterResult:
    """All keys and allocations of a quarter: a result a cluster in force, and the shared funds.

    The quarter is that of the population; the rules are those of another one in a back-cast. Each
    cluster has a section by counted population, and one more by each key that a cost of it names;
    `populations` are those that the keys count, by their ids.
    """

    quarter: Quarter
    rules: Reference
    population: Population
    sections: tuple[ClusterResult, ...]
    shared_funds: tuple[Allocation, ...]
    findings: tuple[Finding, ...]
    populations: Mapping[str, Population]

    @cached_property
    def clusters(self) -> tuple[ClusterResult, ...]:
        """The results by counted population, one a cluster."""
        return tuple(row for row in self.sections if row.key == EVERYBODY)

    def sections_of(self, cluster: Cluster) -> tuple[ClusterResult, ...]:
        """Return the results of a cluster: by counted population, then by each of its keys."""
        return tuple(row for row in self.sections if row.cluster == cluster)

    def allocations_of(self, cluster: Cluster) -> list[Allocation]:
        """Return the allocations of all costs of a cluster, by whatever key."""
        return [row for section in self.sections_of(cluster) for row in section.allocations]


def calculate_quarter(
    population: Population, rules: Reference, populations: Mapping[str, Population] | None = None
) -> QuarterResult:
    """Apply the rules in force to a population, and to those that their keys count, by key.

    Raises:
        RuleError: A municipality counts more than once.
        AllocationError: A cost meets a cluster, or clusters, without counted population.
    """
    findings = (*differences(population), *check_coverage(rules))
    quarter, counted = population.quarter, {EVERYBODY.key_id: population, **(populations or {})}
    named = {(cost.scope, cost.key_id) for cost in rules.costs}
    sections = tuple(
        _cluster(cluster, key, rules, counted[key.key_id])
        for cluster in rules.clusters
        for key in (EVERYBODY, *rules.keys)
        if key == EVERYBODY or (cluster.cluster_id, key.key_id) in named
    )
    shared_funds = tuple(
        _allocate(cost, weights_of(cost.scope, rules, population), cost.scope)
        for cost in rules.costs
        if cost.structure
    )
    return QuarterResult(quarter, rules, population, sections, shared_funds, findings, counted)


def _cluster(cluster: Cluster, key: Key, rules: Reference, population: Population) -> ClusterResult:
    rows = rules.members[cluster.cluster_id]
    counted = [(row, *counted_population(row, population)) for row in rows]
    by_code = shares(key, rows, {row.municipality_code: people for row, _, people in counted})
    total = sum((people_counted for _, _, people_counted in counted), Fraction(0))
    members = tuple(
        Member(
            row,
            rules.areas[row.municipality_code].name,
            people,
            people_counted,
            by_code[row.municipality_code],
            population.districts_from is not None and row.basis is Basis.DISTRICTS,
        )
        for row, people, people_counted in counted
    )
    here = cluster.cluster_id, key.key_id
    costs = [cost for cost in rules.costs if (cost.scope, cost.key_id) == here]
    allocations = tuple(_allocate(cost, by_code, cluster.name) for cost in costs)
    return ClusterResult(cluster, members, total, allocations, key)


def _allocate(cost: Cost, weights: Mapping[str, Fraction], to: str) -> Allocation:
    try:
        parts = largest_remainder(cost.amount_dkk, weights)
    except AllocationError as error:
        raise error.reworded(f"{cost.cost_id} to {to}: {error.message}") from None
    return Allocation(cost, {part.code: part for part in parts})
