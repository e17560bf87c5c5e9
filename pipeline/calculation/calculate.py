"""From everything that a report rests on, as frozen values, to one frozen result."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from typing import Any, Final

from pipeline.calculation.findings import Finding, Subject
from pipeline.calculation.membership import in_force
from pipeline.calculation.plausibility import AcceptedJump, Change, Jump, registers_jump
from pipeline.calculation.population import Population, check_identities, estimate_districts
from pipeline.calculation.quarter import QuarterResult, calculate_quarter
from pipeline.errors import AllocationError, RuleError
from schemas.quarter import Quarter
from schemas.records import Cost, Reference
from schemas.report_name import ReportName
from schemas.sharing import Day, Key
from schemas.source_tables import FOLK1A, KKBEF1, SourceTable, source_of

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Calculation:
    """Keys, allocations and findings, and the inputs that they follow from.

    `before` is the result of the report before; None where there is none.
    """

    inputs: Inputs
    result: QuarterResult
    before: QuarterResult | None = None

    @property
    def report(self) -> ReportName:
        """Name of the report, such as `2022K1`."""
        return self.inputs.parameters.report


def calculate(inputs: Inputs) -> Calculation:
    """Calculate a report.

    Raises:
        RuleError: The rules are incomplete or contradict each other.
        AllocationError: There is nothing to allocate by.
    """
    reference, result, before = inputs.reference, _result(inputs), None
    with suppress(RuleError, AllocationError):  # its rules may not hold
        before = _result(inputs.before) if inputs.before else None
    log.info("calculated %s: %d clusters", inputs.parameters.report.label, len(result.clusters))
    areas, others = inputs.figures[0], (*inputs.compared_with, inputs.figures[0])
    found = [odd(row, others, reference) for row in inputs.figures]
    codes = check_identities(FOLK1A, reference, areas.people, areas.snapshot.path)
    findings = (*_costs(inputs), *codes, *result.findings, *chain.from_iterable(found))
    if inputs.before and not before:
        quarter = str(inputs.before.parameters.report.quarter)
        findings = (*findings, Finding.of(Subject.NOT_COMPARED, quarter=quarter))
    return Calculation(inputs, replace(result, findings=findings), before)


def _result(inputs: Inputs) -> QuarterResult:
    population = population_of(*inputs.figures)
    rules = in_force(inputs.reference, inputs.parameters.report)
    by_key = {key.key_id: population_of(*inputs.figures_of(key)) for key in rules.keys}
    return calculate_quarter(population, rules, by_key)


def _costs(inputs: Inputs) -> Iterator[Finding]:
    """Yield that there is nothing to allocate, or that another quarter settles it."""
    reference, report = inputs.reference, inputs.parameters.report
    if reference.costs_ended:
        last = str(reference.costs_ended)
        yield Finding.of(Subject.COSTS_ENDED, quarter=str(report.rules), last=last)
    elif not reference.costs:
        yield Finding.of(Subject.NO_COST, quarter=str(report.rules))
    if not report.rules_quarter:
        where = {row.cluster_id: f", {row.name}" for row in reference.clusters}
        for cost in reference.costs:
            yield from _settlement(cost, where.get(cost.scope, ""), report.quarter)


def _settlement(cost: Cost, where: str, quarter: Quarter) -> Iterator[Finding]:
    """Yield which other quarter settles a cost, or that it is open."""
    settled = cost.settled_in(quarter)
    values: dict[str, str | int] = {"cluster_id": cost.scope} if where else {}
    values |= {"name_da": f"{cost.name_da}{where}", "name_en": f"{cost.name_en}{where}"}
    values |= {"amount": cost.amount_dkk, "quarter": str(quarter), "settled": str(settled or "")}
    if settled is None:
        yield Finding.of(Subject.SETTLEMENT_OPEN, **values)
    elif settled != quarter:
        subject = Subject.SETTLED_BEFORE if settled < quarter else Subject.SETTLED_LATER
        yield Finding.of(subject, **values)


def odd(figures: Figures, others: Sequence[Figures], reference: Reference) -> Iterator[Finding]:
    """Yield what is odd about figures that passed every check, beside others."""
    yield from (jump.finding for jump in jumps_since(figures, others, reference))
    for change in _changes(figures, others, reference):
        yield from change.exchanged()
    snapshot = figures.snapshot
    if snapshot.clock_said:
        table, quarter, later = snapshot.table, snapshot.quarter, snapshot.clock_said
        at = snapshot.retrieved_at
        yield Finding.of(Subject.CLOCK_BEHIND, table=table, quarter=quarter, at=at, later=later)


def jumps_since(
    figures: Figures, others: Sequence[Figures], reference: Reference
) -> Iterator[Jump]:
    """Yield how figures jumped since those of an earlier quarter, or from the other register.

    They are compared with others of the same table, and those of the city with the same quarter in
    the other register; the reference tables tell which places count.
    """
    for change in _changes(figures, others, reference):
        yield from change.jumps()
    for other in others:
        if (figures.source, other.source) == (KKBEF1, FOLK1A) and other.quarter == figures.quarter:
            yield from registers_jump(other.people, figures.people)


def _changes(figures: Figures, others: Sequence[Figures], reference: Reference) -> Iterator[Change]:
    after = figures.quarter, figures.people
    for other in others:
        if other.source is figures.source and other.quarter < figures.quarter:
            yield Change(figures.source, reference, other.quarter, other.people, *after)


def population_of(areas: Figures, districts: Figures | None = None) -> Population:
    """Return the population of figures, its districts estimated where they are old."""
    if districts is None or districts.quarter == areas.quarter:
        return Population(areas.quarter, areas.people, districts.people if districts else {})
    estimated = estimate_districts(areas.people, districts.people)
    return Population(areas.quarter, areas.people, estimated, districts.quarter)


FETCHED: Final = "fetched"
TRANSCRIBED: Final = "transcribed"


@dataclass(frozen=True)
class Parameters:
    """What a report is about, whether missing districts may be carried forward, and whom to ask."""

    report: ReportName
    estimate_districts: bool = False
    contact: str = ""

    def districts_of(self, there: Collection[Quarter]) -> Quarter:
        """Return the quarter whose districts to use: an earlier one if they are estimated."""
        quarter = self.report.quarter
        if quarter in there or not self.estimate_districts:
            return quarter
        return max((other for other in there if other < quarter), default=quarter)


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """The sidecar of an answer, and where it lies.

    Args:
        bank: Bank on the API, empty for Statistics Denmark's own.
        quarter: The quarter whose figures it holds, such as `2022K1`.
        origin: `fetched` from the API, or `transcribed` from published figures.
        source: Publisher and table, to cite.
        query: As sent to the address, or as it would be.
        retrieved_at: When it was fetched or transcribed, UTC, such as `2026-11-11T07:15:00Z`.
        updated: When the table was updated, as the StatBank says it (local time); None if unknown.
        request_id: The API's id of the request; None if there was none.
        response: Record of the whole answer where it held more quarters than this one.
        sha256: Of the answer, hexadecimal, as its size in bytes is.
        sequence: Place among the retrievals of the quarter; 0 if that was not recorded.
        path: The answer below the data folder.
        clock_said: When the retrieval before it was made, if the clock said that it was later.
        derived: Codes whose figures were not transcribed but are sums of others.
    """

    table: str
    bank: str
    quarter: str
    origin: str
    source: str
    licence: str
    url: str
    query: Mapping[str, Any]
    retrieved_at: str
    updated: str | None
    request_id: str | None
    response: Mapping[str, Any] | None = None
    accepted_jumps: tuple[AcceptedJump, ...] = ()
    sha256: str
    bytes: int
    sequence: int = 0
    path: str = ""
    clock_said: str = ""
    derived: tuple[str, ...] = ()

    @property
    def codes(self) -> tuple[str, ...]:
        """The area codes that were asked for: the first variable of a query."""
        return tuple(self.query["variables"][0]["values"])


@dataclass(frozen=True)
class Figures:
    """People by code, and the snapshot in which they stand."""

    snapshot: Snapshot
    people: Mapping[str, int] = field(repr=False)

    @property
    def quarter(self) -> Quarter:
        """The quarter whose first day they were counted on."""
        return Quarter.parse(self.snapshot.quarter)

    @property
    def source(self) -> SourceTable:
        """The table that they come from."""
        return source_of(self.snapshot.table)


@dataclass(frozen=True)
class Inputs:
    """What one report rests on.

    Args:
        reference: The reference tables; of the rules, those in force.
        figures: FOLK1A of the quarter and, where a rule counts by districts, KKBEF1 of it, or of an
            earlier one to estimate by.
        compared_with: The newest stored figures before each of them.
        history: The same tables of every earlier quarter that is stored and has the places of the
            rules, in order. No krone rests on them.
        keyed: The same tables by each further day and ages that a key counts.
        before: What the report rests on that this one is compared with; None if there is none.
    """

    parameters: Parameters
    reference: Reference
    figures: tuple[Figures, ...]
    compared_with: tuple[Figures, ...]
    history: tuple[tuple[Figures, ...], ...]
    keyed: Mapping[Day, tuple[Figures, ...]]
    before: Inputs | None = None

    @property
    def snapshots(self) -> tuple[Snapshot, ...]:
        """The snapshots that the kroner rest on, each once."""
        rows = chain(self.figures, *self.keyed.values())
        return tuple({row.snapshot.path: row.snapshot for row in rows}.values())

    def figures_of(self, key: Key) -> tuple[Figures, ...]:
        """Return what a key counts."""
        return self.keyed.get(key.day(self.parameters.report.quarter)) or self.figures

    @cached_property
    def retrieved_at(self) -> str:
        """When the newer of them was retrieved, UTC: the report's only clock."""
        return max(snapshot.retrieved_at for snapshot in self.snapshots)
