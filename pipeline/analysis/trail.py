"""Where an amount comes from: the whole trail from the krone back to the StatBank's answer.

Method: the trail is taken from a calculation made on the spot from the verified snapshot and the
rules. Each of its numbers is then worked out once more from the one before it, by the definitions
(a share is a part of a sum; largest remainder rounds down and gives the rest to the largest
remainders). A difference is an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from pipeline.calculation.allocation import Part
from pipeline.calculation.calculate import Calculation, Snapshot
from pipeline.calculation.quarter import Allocation, ClusterResult, Member
from pipeline.errors import AllocationError, UsageError
from pipeline.reporting.rows import SHARE_DECIMALS
from pipeline.reporting.texts import exact, rounded
from schemas.records import Basis, Source
from schemas.source_tables import FOLK1A, KKBEF1

_SHOWN_DECIMALS = 4


@dataclass(frozen=True)
class Figure:
    """A figure of the StatBank: people by table and code."""

    table: str
    code: str
    name: str
    people: int


@dataclass(frozen=True)
class Step:
    """One step of a trail: what it is about, which value, and the value as text."""

    about: str
    item: str
    value: str


@dataclass(frozen=True)
class Trail:
    """What one municipality's part of one cluster rests on.

    Args:
        calculation: The calculation, made on the spot.
        cluster: The cluster's result.
        member: The municipality in it.
        source: Where its membership rule comes from.
        figures: The population that the rule starts from.
        snapshot: The answer in which those figures stand.
    """

    calculation: Calculation
    cluster: ClusterResult
    member: Member
    source: Source
    figures: tuple[Figure, ...]
    snapshot: Snapshot

    @property
    def municipality_code(self) -> str:
        """The municipality."""
        return self.member.membership.municipality_code

    def steps(self) -> Iterator[Step]:
        """Return the trail as text, from the krone back to the answer of the StatBank."""
        for allocation in self.cluster.allocations:
            yield from self._amount(allocation)
        yield from self._share()
        yield from self._rule()
        for figure in self.figures:
            place = f"{figure.table} {figure.code} {figure.name}"
            yield Step("population", place, str(figure.people))
        yield from self._snapshot()

    def _amount(self, allocation: Allocation) -> Iterator[Step]:
        part, cost = allocation.parts[self.municipality_code], allocation.cost
        left = cost.amount_dkk - sum(int(part.exact) for part in allocation.parts.values())
        got = "one" if part.rank <= left else "none"
        about = f"amount of {cost.cost_id}"
        yield Step(about, "whole kroner", str(part.amount))
        yield Step(about, "left for largest remainders", f"{left} kr.; it gets {got}")
        yield Step(about, "rank of its remainder", f"{part.rank} of {len(allocation.parts)}")
        yield Step(about, "remainder", rounded(part.remainder, _SHOWN_DECIMALS))
        counted, total = self.member.counted_population, self.cluster.counted_population
        fraction = f"{cost.amount_dkk} x {exact(counted)} / {exact(total)}"
        due = rounded(part.exact, _SHOWN_DECIMALS)
        yield Step(about, "exact kroner", f"{due} = {fraction}")
        yield Step(about, "amount to allocate", str(cost.amount_dkk))

    def _share(self) -> Iterator[Step]:
        yield Step("share", "share of the cluster", rounded(self.member.share, SHARE_DECIMALS))
        yield Step("share", "counted population", exact(self.member.counted_population))
        yield Step("share", "counted in the cluster", exact(self.cluster.counted_population))

    def _rule(self) -> Iterator[Step]:
        rule = self.member.membership
        yield Step("rule", "counts with", rule_text(self.member))
        if rule.row:
            yield Step("rule", "row", f"memberships.csv row {rule.row}")
        yield Step("rule", "rules of", str(self.calculation.result.rules.quarter))
        yield Step("rule", "source", f"{self.source.source_id}: {self.source.title}")
        if self.source.url:
            yield Step("rule", "address", self.source.url)
        yield Step("rule", "confidence", self.source.confidence)
        if self.source.remark:
            yield Step("rule", "remark", self.source.remark)

    def _snapshot(self) -> Iterator[Step]:
        snapshot = self.snapshot
        if self.member.estimated:
            yield Step(
                "population", "estimated", f"districts carried forward from {snapshot.quarter}"
            )
        yield Step("snapshot", "file", snapshot.path)
        yield Step("snapshot", "sha256", snapshot.sha256)
        yield Step("snapshot", "origin", snapshot.origin)
        yield Step("snapshot", "retrieved at", snapshot.retrieved_at)
        yield Step("snapshot", "address", snapshot.url)
        yield Step("snapshot", "query", query_text(snapshot.query))


def trail(calculation: Calculation, cluster_id: str, municipality_code: str) -> Trail:
    """Return the trail of a municipality in a cluster, each number worked out once more.

    Raises:
        UsageError: The municipality does not belong to the cluster.
        AllocationError: A number does not follow from the one before it; a fault of ours.
    """
    cluster = next(
        row for row in calculation.result.clusters if row.cluster.cluster_id == cluster_id
    )
    members = {member.membership.municipality_code: member for member in cluster.members}
    if municipality_code not in members:
        raise _no_member(calculation, cluster, municipality_code)
    member = members[municipality_code]
    by_district = member.membership.basis is Basis.DISTRICTS
    found = Trail(
        calculation,
        cluster,
        member,
        calculation.inputs.reference.sources[member.membership.source_id],
        tuple(_figures(calculation, member)),
        calculation.inputs.snapshots[1 if by_district else 0],
    )
    _check(found)
    return found


def rule_text(member: Member) -> str:
    """Return how a municipality counts, such as `1/2 of its population`."""
    rule = member.membership
    if rule.basis is Basis.DISTRICTS:
        return f"its districts {' '.join(rule.districts)}"
    return f"{rule.fraction} of its population" if rule.fraction != 1 else "its whole population"


def query_text(query: Mapping[str, Any]) -> str:
    """Return a query in one line: long lists of codes are counted."""
    chosen = [
        f"{row['code']}={row['values'][0]}"
        if len(row["values"]) == 1
        else f"{row['code']}=({len(row['values'])} codes)"
        for row in query["variables"]
    ]
    return f"{query['table']} {' '.join(chosen)}"


def _no_member(
    calculation: Calculation, cluster: ClusterResult, municipality_code: str
) -> UsageError:
    name = calculation.inputs.reference.areas[municipality_code].name
    where = [
        row.cluster.cluster_id
        for row in calculation.result.clusters
        for member in row.members
        if member.membership.municipality_code == municipality_code
    ]
    return UsageError(
        f"{name} ({municipality_code}) does not belong to {cluster.cluster.name} "
        f"({cluster.cluster.cluster_id}) by the rules of {calculation.result.rules.quarter}.",
        f"It belongs to {', '.join(where)}." if where else "It belongs to no cluster.",
    )


def _figures(calculation: Calculation, member: Member) -> Iterator[Figure]:
    rule, population = member.membership, calculation.result.population
    if rule.basis is Basis.DISTRICTS:
        for code in rule.districts:
            name = calculation.inputs.reference.districts[code].name
            yield Figure(KKBEF1.table, code, name, population.by_district[code])
    else:
        people = population.by_area[rule.municipality_code]
        yield Figure(FOLK1A.table, rule.municipality_code, member.name, people)


def _check(found: Trail) -> None:
    """Work each number out from the one before it, by definition."""
    member, cluster = found.member, found.cluster
    people = sum(figure.people for figure in found.figures)
    counted = people * member.membership.fraction
    total = sum((row.counted_population for row in cluster.members), Fraction(0))
    share = counted / total if total else Fraction(0)
    _same("population", people, member.population)
    _same("counted population", counted, member.counted_population)
    _same("share", share, member.share)
    for allocation in cluster.allocations:
        _check_amount(found, allocation, share)


def _check_amount(found: Trail, allocation: Allocation, share: Fraction) -> None:
    amount, code = allocation.cost.amount_dkk, found.municipality_code
    due = {row.membership.municipality_code: amount * row.share for row in found.cluster.members}
    remainders = {other: exact_part % 1 for other, exact_part in due.items()}
    ahead = [
        other
        for other, remainder in remainders.items()
        if (-remainder, other) < (-remainders[code], code)
    ]
    left = amount - sum(int(exact_part) for exact_part in due.values())
    whole = int(amount * share) + (len(ahead) < left)
    expected = Part(code, whole, amount * share, remainders[code], len(ahead) + 1)
    _same(f"amount of {allocation.cost.cost_id}", expected, allocation.parts[code])


def _same(what: str, expected: object, found: object) -> None:
    if expected != found:
        raise AllocationError(
            f"The {what} does not follow from what it rests on: expected {expected}, found {found}."
        )
