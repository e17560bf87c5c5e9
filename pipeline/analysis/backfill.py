"""Many quarters in one go: one tidy table of all, and the full reports where they are wanted.

    reports/backfill/fordeling-2016K1-2023K1-rules-2022K1.csv
    reports/backfill/puljer-2016K1-2023K1-rules-2022K1.csv        where there are shared funds

Each quarter is calculated like a report of its own, by the same reference tables. What is not held
is fetched first, in few requests. A quarter that fails is kept with its reason, and the others are
written.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pandas as pd

from pipeline.calculation.calculate import Calculation, Held, Parameters, calculate_by
from pipeline.errors import KlyngeError, NotPublishedYet, UsageError
from pipeline.files import write_atomically
from pipeline.reference.tables import load_reference
from pipeline.reporting.csv_files import machine_csv
from pipeline.reporting.rows import allocation_table, pool_table
from pipeline.revisions.store import Outcome, write
from pipeline.settings import Settings
from pipeline.snapshots.acquisition import Acquisition
from pipeline.snapshots.figure_reader import FigureReader
from pipeline.snapshots.holding import held_snapshots
from pipeline.snapshots.store import SnapshotStore
from schemas.quarter import Quarter, quarter_range
from schemas.source_tables import FOLK1A, KKBEF1, SOURCE_TABLES

FOLDER: Final = "backfill"
Watched = Callable[[Iterable[Any]], Iterable[Any]]


@dataclass(frozen=True)
class Request:
    """What to calculate.

    Args:
        first: The first quarter.
        last: The last quarter, included.
        rules_quarter: The quarter whose rules apply to all; None for each quarter's own.
        accept_jumps: Codes whose implausible change is accepted, in any of the quarters.
        contact: Who answers questions, as the full reports name them.
        reports: Whether to write the full report of each.
        parquet: Whether to write the table as Parquet too.
    """

    first: Quarter
    last: Quarter
    rules_quarter: Quarter | None = None
    accept_jumps: tuple[str, ...] = ()
    contact: str = ""
    reports: bool = False
    parquet: bool = False

    @property
    def quarters(self) -> tuple[Quarter, ...]:
        """All quarters from the first to the last."""
        return quarter_range(self.first, self.last)

    @property
    def label(self) -> str:
        """The quarters and the rules, as they stand in the names of the files."""
        rules = f"-rules-{self.rules_quarter}" if self.rules_quarter else ""
        return f"{self.first}-{self.last}{rules}"

    def parameters(self, quarter: Quarter) -> Parameters:
        """Return the parameters of one quarter."""
        rules_quarter = None if self.rules_quarter == quarter else self.rules_quarter
        return Parameters(
            quarter, rules_quarter, accept_jumps=self.accept_jumps, contact=self.contact
        )


@dataclass(frozen=True)
class Backfilled:
    """What came of it.

    Args:
        calculations: Of the quarters that succeeded.
        outcomes: What writing each full report came to.
        failures: Why the others failed.
        left_out: The quarters that are not held, offline.
        files: The files that were written, not counting the full reports.
    """

    calculations: Mapping[Quarter, Calculation]
    outcomes: Mapping[Quarter, Outcome]
    failures: Mapping[Quarter, KlyngeError]
    left_out: Sequence[Quarter]
    files: Sequence[Path] = field(default_factory=list)


def backfill(request: Request, acquisition: Acquisition, watched: Watched = iter) -> Backfilled:
    """Calculate all quarters of a request, fetched where they are not held, and write the table.

    Args:
        request: What to calculate.
        acquisition: Gets what is not held; offline it is left out.
        watched: Hands on what is fetched, and the quarters, to show how far it is.

    Raises:
        UsageError: Offline, and no quarter of the request is held; or Parquet cannot be written.
        InvalidData: The reference tables break a rule.
    """
    if request.parquet:
        _check_parquet()
    settings = acquisition.settings
    reader = FigureReader(load_reference(settings.data_dir), acquisition.store)
    offline = acquisition.access.offline
    failures = {} if offline else _fetch(request, acquisition, watched)
    held = _held(request, settings, acquisition.store, failures)
    if offline and not held and not failures:
        raise _nothing_held(request, acquisition.store)
    calculations, outcomes = {}, {}
    for quarter in watched(list(_read_ahead(held, reader))):
        try:
            calculation = calculate_by(request.parameters(quarter), held[quarter], reader)
            if request.reports:
                outcomes[quarter] = write(calculation, settings.reports_dir)
            calculations[quarter] = calculation
        except KlyngeError as error:
            failures[quarter] = error
    left_out = [row for row in request.quarters if row not in {**calculations, **failures}]
    files = _write(request, list(calculations.values()), settings.reports_dir / FOLDER)
    return Backfilled(calculations, outcomes, failures, left_out, files)


def _fetch(
    request: Request, acquisition: Acquisition, watched: Watched
) -> dict[Quarter, KlyngeError]:
    """Fetch what is not held in few requests, and return why what is still missing is so."""
    failures: dict[Quarter, KlyngeError] = {}
    held = _quarters_held(acquisition.store)
    missing = [quarter for quarter in request.quarters if quarter not in held]
    published = []
    try:
        for quarter in missing:
            try:
                acquisition.publication.require({source: [quarter] for source in SOURCE_TABLES})
                published.append(quarter)
            except NotPublishedYet as error:
                failures[quarter] = error
        list(watched(acquisition.fetch_all(published)))
    except KlyngeError as error:
        still_missing = set(missing) - _quarters_held(acquisition.store)
        failures = {quarter: error for quarter in missing if quarter in still_missing} | failures
    return failures


def _held(
    request: Request,
    settings: Settings,
    store: SnapshotStore,
    failures: dict[Quarter, KlyngeError],
) -> dict[Quarter, Held]:
    """Return the snapshots of each quarter held; one that cannot be used joins the failures."""
    held: dict[Quarter, Held] = {}
    there = _quarters_held(store)
    for quarter in (row for row in request.quarters if row in there):
        try:
            held[quarter] = held_snapshots(request.parameters(quarter), settings)
        except KlyngeError as error:
            failures[quarter] = error
    return held


def _read_ahead(held: Mapping[Quarter, Held], reader: FigureReader) -> Mapping[Quarter, Held]:
    reader.read_ahead(FOLK1A, [snapshots.areas for snapshots in held.values()])
    reader.read_ahead(KKBEF1, [snapshots.districts for snapshots in held.values()])
    return held


def _quarters_held(store: SnapshotStore) -> set[Quarter]:
    return set.intersection(*(set(store.quarters(source.table)) for source in SOURCE_TABLES))


def _nothing_held(request: Request, store: SnapshotStore) -> UsageError:
    known = ", ".join(map(str, sorted(_quarters_held(store))))
    return UsageError(
        f"No quarter from {request.first} to {request.last} is held in {store.folder}.",
        f"Held: {known}." if known else "",
    )


def _write(request: Request, calculations: Sequence[Calculation], folder: Path) -> list[Path]:
    results = [calculation.result for calculation in calculations]
    rules = {str(result.quarter): str(result.rules.quarter) for result in results}
    tables = {
        "fordeling": allocation_table(*results) if results else pd.DataFrame(),
        "puljer": pool_table(*results),
    }
    contents: dict[Path, bytes] = {}
    for name, table in tables.items():
        if len(table):
            table.insert(1, "rules", table["quarter"].map(rules))
            path = folder / f"{name}-{request.label}.csv"
            contents[path] = machine_csv(table)
            if request.parquet:
                contents[path.with_suffix(".parquet")] = _parquet(table)
    for path, content in contents.items():
        write_atomically(path, content)
    return list(contents)


def _parquet(table: pd.DataFrame) -> bytes:
    content = io.BytesIO()
    table.to_parquet(content, index=False)
    return content.getvalue()


def _check_parquet() -> None:
    from importlib.util import find_spec

    if find_spec("pyarrow") is None:
        raise UsageError(
            "Parquet needs pyarrow, which is not installed.",
            "pip install 'klyngefordeling[parquet]'",
        )
