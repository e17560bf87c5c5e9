"""The second of the three calls: read what is held, and calculate."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from pipeline import plausibility
from pipeline.figures import names_of, parts_of, read_snapshot
from pipeline.findings import Finding
from pipeline.membership import rules_in_force
from pipeline.population import Population, estimate_districts
from pipeline.quarter_result import QuarterResult, calculate_quarter
from pipeline.reference import Reference, load_reference
from pipeline.snapshots import Snapshot, SnapshotStore
from schemas.quarter import Quarter
from schemas.source_tables import FOLK1A, KKBEF1, SourceTable

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Parameters:
    """What a report is about.

    Args:
        quarter: The quarter whose population counts.
        rules_quarter: The quarter whose rules apply, for a back-cast; None for its own.
        estimate_districts: Whether missing districts may be carried forward.
        accept_jumps: Codes whose implausible change an analyst accepts.
    """

    quarter: Quarter
    rules_quarter: Quarter | None = None
    estimate_districts: bool = False
    accept_jumps: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Name of the report's folder and files: `2022K1`, or `2019K1-rules-2022K1`."""
        suffix = f"-rules-{self.rules_quarter}" if self.rules_quarter else ""
        return f"{self.quarter}{suffix}"


@dataclass(frozen=True)
class Held:
    """The snapshots of a quarter; `districts` may be of an earlier one, to estimate by."""

    areas: Snapshot
    districts: Snapshot


@dataclass(frozen=True)
class Calculation:
    """A result with everything that it rests on.

    Args:
        parameters: What was asked for.
        result: Keys, allocations and findings.
        reference: The reference tables.
        snapshots: Those that the figures come from.
        compared_with: Those of an earlier quarter that they were compared with.
    """

    parameters: Parameters
    result: QuarterResult
    reference: Reference
    snapshots: tuple[Snapshot, ...]
    compared_with: tuple[Snapshot, ...]

    @cached_property
    def retrieved_at(self) -> str:
        """When the newest of its snapshots was retrieved, UTC: the report's only clock."""
        return max(snapshot.retrieved_at for snapshot in self.snapshots)


def calculate(parameters: Parameters, held: Held, data_dir: Path) -> Calculation:
    """Read reference data and snapshots below `data_dir`, and calculate the quarter.

    Raises:
        KlyngeError: Any of `InvalidData`, `SchemaDrift`, `RuleError`, `AllocationError` and
            `ProvenanceError`.
    """
    reference = load_reference(data_dir)
    rules = rules_in_force(
        parameters.rules_quarter or parameters.quarter,
        reference.clusters,
        reference.memberships,
        reference.costs,
    )
    reader = _Reader(parameters, reference, SnapshotStore(data_dir))
    population = reader.population(held)
    result = calculate_quarter(population, rules, reference.areas, reference.districts)
    log.info("calculated %s: %d clusters", parameters.label, len(result.clusters))
    return Calculation(
        parameters,
        replace(result, findings=(*result.findings, *reader.findings)),
        reference,
        (held.areas, held.districts),
        tuple(reader.compared_with),
    )


class _Reader:
    """Reads the snapshots of a quarter, each compared with the newest earlier one held."""

    def __init__(self, parameters: Parameters, reference: Reference, store: SnapshotStore) -> None:
        self.parameters = parameters
        self.reference = reference
        self.store = store
        self.findings: list[Finding] = []
        self.compared_with: list[Snapshot] = []

    def population(self, held: Held) -> Population:
        quarter = Quarter.parse(held.areas.quarter)
        by_area = self._figures(FOLK1A, held.areas)
        if held.districts.quarter == held.areas.quarter:
            return Population(quarter, by_area, self._figures(KKBEF1, held.districts))
        known = read_snapshot(KKBEF1, self.reference, held.districts, self.store)
        estimated = estimate_districts(by_area, known)
        return Population(quarter, by_area, estimated, Quarter.parse(held.districts.quarter))

    def _figures(self, source: SourceTable, snapshot: Snapshot) -> dict[str, int]:
        people = read_snapshot(source, self.reference, snapshot, self.store)
        quarter = Quarter.parse(snapshot.quarter)
        earlier = self.store.newest_before(source.table, quarter)
        if earlier is None:
            return people
        since = Quarter.parse(earlier.quarter)
        before = read_snapshot(source, self.reference, earlier, self.store)
        names = names_of(source, self.reference)
        found = plausibility.moves(since, before, quarter, people, parts_of(source, self.reference))
        accepted = {*self.parameters.accept_jumps, *snapshot.accepted_jumps}
        plausibility.check_accepted(found, accepted, quarter, names)
        self.findings += plausibility.findings(found, names)
        self.compared_with.append(earlier)
        return people
