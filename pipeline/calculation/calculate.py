"""The second of the three calls: read what is held, and calculate."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from pipeline.calculation import plausibility
from pipeline.calculation.findings import Finding
from pipeline.calculation.history import History
from pipeline.calculation.membership import rules_in_force
from pipeline.calculation.population import Population, estimate_districts
from pipeline.calculation.quarter import QuarterResult, calculate_quarter
from pipeline.reference.tables import Reference, load_reference
from pipeline.reporting.numbers import Language
from pipeline.snapshots.figure_reader import FigureReader
from pipeline.snapshots.figures import names_of, parts_of
from pipeline.snapshots.store import Snapshot, SnapshotStore
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
        language: Language of the report.
        contact: Who answers questions about the report, as its cover names them.
        scenario: Name of the scenario whose rules apply; None for the rules as they are.
    """

    quarter: Quarter
    rules_quarter: Quarter | None = None
    estimate_districts: bool = False
    accept_jumps: tuple[str, ...] = ()
    language: Language = Language.DANISH
    contact: str = ""
    scenario: str | None = None

    @property
    def label(self) -> str:
        """Name of the report's folder and files: `2022K1`, or `2019K1-rules-2022K1-en`.

        A revision is never added to, so each language has its own folder and revisions. A scenario
        says so: `2022K1-scenario-hoejere-beloeb`.
        """
        rules = f"-rules-{self.rules_quarter}" if self.rules_quarter else ""
        language = "" if self.language is Language.DANISH else f"-{self.language}"
        scenario = f"-scenario-{self.scenario}" if self.scenario else ""
        return f"{self.quarter}{rules}{scenario}{language}"


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
        history: The quarters held before this one.
    """

    parameters: Parameters
    result: QuarterResult
    reference: Reference
    snapshots: tuple[Snapshot, ...]
    compared_with: tuple[Snapshot, ...]
    history: History

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
    reader = FigureReader(load_reference(data_dir), SnapshotStore(data_dir))
    return calculate_by(parameters, held, reader)


def calculate_by(parameters: Parameters, held: Held, reader: FigureReader) -> Calculation:
    """Calculate the quarter by reference tables that are already read.

    Raises:
        KlyngeError: Any of those of `calculate`.
    """
    reference = reader.reference
    rules = rules_in_force(
        parameters.rules_quarter or parameters.quarter,
        reference.clusters,
        reference.memberships,
        reference.costs,
    )
    compared = ComparedFigures(parameters.accept_jumps, reader)
    population = _population(held, compared)
    result = calculate_quarter(population, rules, reference.areas, reference.districts)
    log.info("calculated %s: %d clusters", parameters.label, len(result.clusters))
    return Calculation(
        parameters,
        replace(result, findings=(*result.findings, *compared.findings)),
        reference,
        (held.areas, held.districts),
        tuple(compared.compared_with),
        History(parameters.quarter, reader),
    )


def _population(held: Held, compared: ComparedFigures) -> Population:
    quarter = Quarter.parse(held.areas.quarter)
    by_area = compared.read(FOLK1A, held.areas)
    if held.districts.quarter == held.areas.quarter:
        return Population(quarter, by_area, compared.read(KKBEF1, held.districts))
    known = compared.reader.read(KKBEF1, held.districts)
    estimated = estimate_districts(by_area, known)
    return Population(quarter, by_area, estimated, Quarter.parse(held.districts.quarter))


class ComparedFigures:
    """Figures of snapshots, each compared with the newest earlier quarter held of its table.

    What must be explained, and the snapshots compared with, are kept as they are read.
    """

    def __init__(self, accept_jumps: Collection[str], reader: FigureReader) -> None:
        self.accept_jumps = accept_jumps
        self.reader = reader
        self.findings: list[Finding] = []
        self.compared_with: list[Snapshot] = []

    def read(self, source: SourceTable, snapshot: Snapshot) -> Mapping[str, int]:
        """Return the people by code that a snapshot holds.

        Raises:
            InvalidData: A change is implausible and was not accepted.
            KlyngeError: Any of those of reading a snapshot.
        """
        people = self.reader.read(source, snapshot)
        quarter = Quarter.parse(snapshot.quarter)
        earlier = self.reader.store.newest_before(source.table, quarter)
        if earlier is None:
            return people
        reference = self.reader.reference
        before = self.reader.read(source, earlier)
        since, names = Quarter.parse(earlier.quarter), names_of(source, reference)
        found = plausibility.moves(since, before, quarter, people, parts_of(source, reference))
        accepted = {*self.accept_jumps, *snapshot.accepted_jumps}
        plausibility.check_accepted(found, accepted, quarter, names)
        self.findings += plausibility.findings(found, names)
        self.compared_with.append(earlier)
        return people
