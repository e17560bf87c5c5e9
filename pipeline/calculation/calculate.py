"""The second of the three calls: from inputs to one frozen result, without reading anything."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from pipeline.calculation.findings import Finding
from pipeline.calculation.inputs import Inputs
from pipeline.calculation.membership import rules_in_force
from pipeline.calculation.plausibility import check_moves
from pipeline.calculation.population import Population, estimate_districts, names_of_parts
from pipeline.calculation.quarter import QuarterResult, calculate_quarter
from schemas.quarter import Quarter
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
        InvalidData: A population moved implausibly, and it was not accepted.
    """
    report, reference = inputs.parameters.report, inputs.reference
    rules = rules_in_force(report.rules, reference.clusters, reference.memberships, reference.costs)
    moved = tuple(_moves(inputs))
    result = calculate_quarter(_population(inputs), rules, reference.areas, reference.districts)
    log.info("calculated %s: %d clusters", report.label, len(result.clusters))
    return Calculation(inputs, replace(result, findings=(*result.findings, *moved)))


def _moves(inputs: Inputs) -> Iterator[Finding]:
    """Yield what moved notably since the figures compared with."""
    for source, figures in zip(SOURCE_TABLES, (inputs.areas, inputs.districts), strict=True):
        names = names_of_parts(source, inputs.reference)
        accepted = {*inputs.parameters.accept_jumps, *figures.snapshot.accepted_jumps}
        for before in inputs.compared_with:
            if before.snapshot.table == source.table:
                yield from check_moves(
                    before.quarter, before.people, figures.quarter, figures.people, names, accepted
                )


def _population(inputs: Inputs) -> Population:
    areas, districts = inputs.areas, inputs.districts
    if districts.quarter == areas.quarter:
        return Population(areas.quarter, areas.people, districts.people)
    estimated = estimate_districts(areas.people, districts.people)
    return Population(areas.quarter, areas.people, estimated, districts.quarter)
