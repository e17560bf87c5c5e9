"""The second of the three calls: read what is held, and calculate."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pipeline.answers import Asked, read_answer
from pipeline.membership import rules_in_force
from pipeline.population import Population, check_areas, check_districts, estimate_districts
from pipeline.quarter_result import QuarterResult, calculate_quarter
from pipeline.reference import Reference, load_reference
from pipeline.snapshots import Snapshot, SnapshotStore
from schemas.quarter import Quarter
from schemas.source_tables import FOLK1A, KKBEF1, SourceTable


@dataclass(frozen=True)
class Parameters:
    """What a report is about.

    Args:
        quarter: The quarter whose population counts.
        rules_quarter: The quarter whose rules apply, for a back-cast; None for its own.
        estimate_districts: Whether missing districts may be carried forward.
    """

    quarter: Quarter
    rules_quarter: Quarter | None = None
    estimate_districts: bool = False

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
    """A result with everything that it rests on."""

    parameters: Parameters
    result: QuarterResult
    reference: Reference
    snapshots: tuple[Snapshot, ...]

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
    population = _population(reference, held, SnapshotStore(data_dir))
    result = calculate_quarter(population, rules, reference.areas, reference.districts)
    return Calculation(parameters, result, reference, (held.areas, held.districts))


def _population(reference: Reference, held: Held, store: SnapshotStore) -> Population:
    by_area = _figures(FOLK1A, tuple(reference.areas), held.areas, store)
    check_areas(reference.areas, by_area, held.areas.path)
    by_district = _figures(KKBEF1, tuple(reference.districts), held.districts, store)
    check_districts(by_district, held.districts.path)
    quarter = Quarter.parse(held.areas.quarter)
    if held.districts.quarter == held.areas.quarter:
        return Population(quarter, by_area, by_district)
    estimated = estimate_districts(by_area, by_district)
    return Population(quarter, by_area, estimated, Quarter.parse(held.districts.quarter))


def _figures(
    source: SourceTable, codes: tuple[str, ...], snapshot: Snapshot, store: SnapshotStore
) -> dict[str, int]:
    asked = Asked(source, codes, [Quarter.parse(snapshot.quarter)], snapshot.path)
    figures = read_answer(asked, store.read(snapshot)).iloc[0]
    return dict(zip(codes, figures.tolist(), strict=True))
