"""From everything that a report rests on, as frozen values, to one frozen result."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final

from pipeline.calculation.findings import Finding
from pipeline.calculation.membership import rules_in_force
from pipeline.calculation.population import (
    Population,
    check_jumps,
    estimate_districts,
    names_of_parts,
)
from pipeline.calculation.quarter import QuarterResult, calculate_quarter
from schemas.quarter import Quarter
from schemas.records import Reference
from schemas.report_name import ReportName
from schemas.source_tables import SOURCE_TABLES

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Calculation:
    """Keys, allocations and findings, and the inputs that they follow from."""

    inputs: Inputs
    result: QuarterResult

    @property
    def report(self) -> ReportName:
        """Name of the report, such as `2022K1`."""
        return self.inputs.parameters.report

    def populations(self) -> Mapping[Quarter, Population]:
        """Return the population of each earlier quarter that is stored, and then of this one."""
        history = {
            areas.quarter: Population(areas.quarter, areas.people, districts.people)
            for areas, districts in self.inputs.history
        }
        return {**history, self.result.quarter: self.result.population}


def calculate(inputs: Inputs) -> Calculation:
    """Calculate a report.

    Raises:
        RuleError: The rules are incomplete or contradict each other.
        AllocationError: There is nothing to allocate by.
        InvalidData: A population jumped implausibly, and it was not accepted.
    """
    report, reference = inputs.parameters.report, inputs.reference
    rules = rules_in_force(reference, report.rules)
    jumps = tuple(_jumps(inputs))
    result = calculate_quarter(_population(inputs), rules, reference.areas, reference.districts)
    log.info("calculated %s: %d clusters", report.label, len(result.clusters))
    return Calculation(inputs, replace(result, findings=(*result.findings, *jumps)))


def _jumps(inputs: Inputs) -> Iterator[Finding]:
    """Yield what jumped notably since the figures compared with."""
    for source, figures in zip(SOURCE_TABLES, (inputs.areas, inputs.districts), strict=True):
        names = names_of_parts(source, inputs.reference)
        accepted = {*inputs.parameters.accept_jumps, *figures.snapshot.accepted_jumps}
        for before in inputs.compared_with:
            if before.snapshot.table == source.table:
                yield from check_jumps(
                    before.quarter, before.people, figures.quarter, figures.people, names, accepted
                )


def _population(inputs: Inputs) -> Population:
    areas, districts = inputs.areas, inputs.districts
    if districts.quarter == areas.quarter:
        return Population(areas.quarter, areas.people, districts.people)
    estimated = estimate_districts(areas.people, districts.people)
    return Population(areas.quarter, areas.people, estimated, districts.quarter)


FETCHED: Final = "fetched"
TRANSCRIBED: Final = "transcribed"


@dataclass(frozen=True)
class Parameters:
    """What a report is about.

    Args:
        report: Its name: quarter, rules, scenario and language.
        estimate_districts: Whether missing districts may be carried forward.
        accept_jumps: Codes whose implausible change an analyst accepts.
        contact: Who answers questions about the report, as its cover names them.
    """

    report: ReportName
    estimate_districts: bool = False
    accept_jumps: tuple[str, ...] = ()
    contact: str = ""


@dataclass(frozen=True)
class Snapshot:
    """The sidecar of an answer, and where it lies.

    Args:
        table: Table id, such as `FOLK1A`.
        bank: Bank on the API, empty for Statistics Denmark's own.
        quarter: The quarter whose figures it holds, such as `2022K1`.
        origin: `fetched` from the API, or `transcribed` from published figures.
        source: Publisher and table, to cite.
        licence: Licence of the figures.
        url: Where the query is sent.
        query: The query, as sent or as it would be.
        retrieved_at: When it was fetched or transcribed, UTC, such as `2026-11-11T07:15:00Z`.
        updated: When the table was updated, as the StatBank says it (local time); None if unknown.
        request_id: The API's id of the request; None if there was none.
        response: Record of the whole answer where it held more quarters than this one.
        accepted_jumps: Codes whose implausible change an analyst accepted.
        sha256: Of the answer, hexadecimal.
        bytes: Size of the answer.
        path: The answer below the data folder.
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
    response: Mapping[str, Any] | None
    accepted_jumps: tuple[str, ...]
    sha256: str
    bytes: int
    path: str

    @property
    def transcribed(self) -> bool:
        """Whether the figures were transcribed rather than fetched."""
        return self.origin == TRANSCRIBED


@dataclass(frozen=True)
class Figures:
    """People by code, and the snapshot in which they stand."""

    snapshot: Snapshot
    people: Mapping[str, int] = field(repr=False)

    @property
    def quarter(self) -> Quarter:
        """The quarter whose first day they were counted on."""
        return Quarter.parse(self.snapshot.quarter)


@dataclass(frozen=True)
class Inputs:
    """What one report rests on.

    Args:
        parameters: What was asked for.
        reference: The reference tables; of the rules, those in force.
        areas: FOLK1A of the quarter.
        districts: KKBEF1 of the quarter, or of an earlier one to estimate by.
        compared_with: The newest stored figures before `areas` and before `districts`.
        history: FOLK1A and KKBEF1 of every earlier quarter of which both are stored, in order. No
            krone rests on them.
    """

    parameters: Parameters
    reference: Reference
    areas: Figures
    districts: Figures
    compared_with: tuple[Figures, ...]
    history: tuple[tuple[Figures, Figures], ...]

    @property
    def snapshots(self) -> tuple[Snapshot, Snapshot]:
        """The snapshots that the kroner rest on."""
        return self.areas.snapshot, self.districts.snapshot

    @cached_property
    def retrieved_at(self) -> str:
        """When the newer of them was retrieved, UTC: the report's only clock."""
        return max(snapshot.retrieved_at for snapshot in self.snapshots)
