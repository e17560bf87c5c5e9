"""One report in three calls: gather, calculate, write; and a report by its name.

Gather reads every file and answer that a report rests on, once. What is stored is not asked for
again, unless to refresh it. Each file is verified by its sha256 when it is read, those of the
quarters that the report only shows as well: a fault in any of them stops the run here, before
anything is calculated, and in the same way each time.

A revision or a scenario is replayed as it was written, from what it recorded and its snapshots
alone. What else is in the data folder today plays no part: its figures come out as they did then,
although rules were edited since.
"""

import logging
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

from pipeline.calculation.calculate import Calculation, Figures, Inputs, Parameters, calculate
from pipeline.calculation.comparison import quarter_before
from pipeline.calculation.membership import further_days, in_force, tables_of
from pipeline.errors import ProvenanceError, RuleError, UsageError
from pipeline.revisions.recorded import (
    BEFORE,
    INPUTS,
    Recorded,
    check_recorded,
    read_inputs,
    recorded_reference,
    tables_before,
)
from pipeline.revisions.store import Report, newest_revision, read_revision, write, written
from pipeline.snapshots.acquisition import Acquisition
from pipeline.snapshots.store import FigureReader, SnapshotStore
from schemas.quarter import Quarter
from schemas.records import FileRecord, Reference
from schemas.report_name import ReportName
from schemas.rows import TABLES
from schemas.source_tables import KKBEF1

log = logging.getLogger(__name__)


def run(parameters: Parameters, acquisition: Acquisition) -> Report:
    """Get what a quarter rests on, calculate it, and write its report.

    Raises:
        KlyngeError: Any of them; nothing is written then.
    """
    inputs = gather(parameters, acquisition)
    calculation = calculate(inputs)
    report = write(calculation, acquisition.settings.reports_dir)
    log.info("%s: %s (%s)", report.folder, report.state, report.folder.name)
    return report


def gather(parameters: Parameters, acquisition: Acquisition, history: bool = True) -> Inputs:
    """Return what a report rests on, with the earlier quarters that it shows if they are wanted.

    Raises:
        InvalidData: A population jumped implausibly, and it was not accepted.
        KlyngeError: A file is broken, an answer is refused, or a rule fails.
    """
    store, reader, report = acquisition.store, acquisition.reader, parameters.report
    read = [reader.read(snapshot) for snapshot in acquisition.snapshots(parameters)]
    reference = in_force(acquisition.reference, report)
    figures = tuple(acquisition.accepted(row, reference) for row in read)
    keyed = {day: acquisition.of_day(day, report) for day in further_days(reference, report)}
    log.info("population: %s", ", ".join(row.snapshot.path for row in figures))
    tables = [row.snapshot.table for row in figures]
    current = [row.snapshot.table for row in figures if row.quarter == report.quarter]
    before = [store.newest_before(table, report.quarter) for table in current]  # of no estimate
    compared_with = tuple(reader.read(snapshot) for snapshot in before if snapshot)
    earlier = (
        tuple(reader.read(store.all(table, quarter)[-1]) for table in tables)
        for quarter in (store.quarters(tables[0]) if history else ())
        if quarter < report.quarter and all(quarter in store.quarters(table) for table in tables)
    )
    codes = reference.counted_codes  # a municipality may be new
    shown = tuple(rows for rows in earlier if codes.issubset(chain(*(row.people for row in rows))))
    last = _before(parameters, acquisition) if history else None
    return Inputs(parameters, reference, figures, compared_with, shown, keyed, last)


def _before(parameters: Parameters, acquisition: Acquisition) -> Inputs | None:
    """Return what the report before rests on, stored; None for a scenario.

    Where its rules do not hold it has none, and calculating says so.
    """
    report, stored = parameters.report, copy(acquisition)
    stored.access = replace(acquisition.access, offline=True, refresh=False)
    there = [] if report.scenario else stored.stored_quarters(report.rules_quarter)
    quarter = quarter_before(report, stored.reference, there)
    if quarter is None:
        return None
    earlier = replace(report, quarter=quarter)
    try:
        ruled = replace(in_force(stored.reference, earlier), assumptions=(), accounts={})
    except RuleError:
        ruled = Reference.of(dict.fromkeys(TABLES, ()), stored.reference.files)
    parameters = replace(parameters, report=earlier)
    figures = tuple(map(stored.reader.read, stored.snapshots(parameters)))
    keyed = {day: stored.of_day(day, earlier) for day in further_days(ruled, earlier)}
    return Inputs(parameters, ruled, figures, (), (), keyed)


def calculation_of(name: ReportName, acquisition: Acquisition) -> Calculation:
    """Return the calculation of a report as it is now, or of a revision or scenario as written.

    As it is now, its districts are estimated where they were when it was last written.

    Raises:
        UsageError: The revision or the scenario was not written.
        KlyngeError: Any other of `gather`, `replay` and `calculate`.
    """
    settings = acquisition.settings
    if name.revision or name.scenario:
        return calculate(replay(name, settings.data_dir, settings.reports_dir))
    folder = written(name, settings.reports_dir)
    parameters = _recorded_parameters(name, read_revision(folder)) if folder else Parameters(name)
    return calculate(gather(replace(parameters, contact=settings.contact), acquisition))


def replay(name: ReportName, data_dir: Path, reports_dir: Path) -> Inputs:
    """Return the inputs of a revision, or of a scenario, as they were recorded.

    Raises:
        UsageError: It was not written.
        ProvenanceError: A file of it, or a snapshot that it rests on, is gone or differs.
    """
    folder = written(name, reports_dir)
    if folder is None:
        raise _not_written(name, reports_dir)
    manifest = read_revision(folder)
    try:
        files = tuple(FileRecord(**file) for file in manifest["reference"])
        recorded = read_inputs(folder)
        store = SnapshotStore(data_dir)
        parameters = _recorded_parameters(name, manifest)
        inputs = _recorded(parameters, recorded, files, manifest["snapshots"], store)
        reader = FigureReader(inputs.reference, store)
        compared_with, history = (
            tuple(_figures(reader, row) for row in manifest[key])
            for key in ("compared_with", "history")
        )
        before = None
        if BEFORE in recorded:
            quarter = Quarter.parse(recorded[BEFORE]["run"]["quarter"])
            of_it = replace(parameters, report=replace(parameters.report, quarter=quarter))
            before = _recorded(of_it, tables_before(recorded), files, manifest["before"], store)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ProvenanceError(
            f"{folder / INPUTS} does not hold what is needed to calculate it again: {error!r}.",
            "It was written by another version of this program; use that one.",
        ) from None
    columns = ([row for row in history if row.source is of.source] for of in inputs.figures)
    quarters = tuple(zip(*columns, strict=True))
    return replace(inputs, compared_with=compared_with, history=quarters, before=before)


def _recorded(
    parameters: Parameters,
    recorded: Recorded,
    files: tuple[FileRecord, ...],
    listed: Sequence[Mapping[str, Any]],
    store: SnapshotStore,
) -> Inputs:
    """Return what the kroner of a report rest on, from its tables and snapshots as recorded."""
    check_recorded(recorded)
    report = parameters.report
    reference = recorded_reference(recorded, report, files)
    reader = FigureReader(reference, store)
    given = {(row["table"], row["quarter"]): row for row in listed}
    areas, *more = (_figures(reader, row) for row in listed)
    figures = (areas, *(row for row in more[:1] if row.source is KKBEF1))
    keyed = {
        (ages, day): tuple(
            _figures(reader, given[source.table, str(day)], ages)
            for source in tables_of(reference, report.rules, ages)
        )
        for ages, day in further_days(reference, report)
    }
    return Inputs(parameters, reference, figures, (), (), keyed)


def _not_written(name: ReportName, reports_dir: Path) -> UsageError:
    newest = newest_revision(reports_dir / name.label)
    which = f"revision r{name.revision} of {name.label}" if name.revision else f"report {name}"
    return UsageError(
        f"There is no {which} in {reports_dir}.",
        f"The newest is {name.label}:r{newest}" if newest else "None of its revisions is there.",
    )


def _recorded_parameters(name: ReportName, manifest: Mapping[str, Any]) -> Parameters:
    recorded = manifest["parameters"]
    contact = recorded.get("contact", "")  # the earliest revisions name none
    return Parameters(replace(name, revision=None), recorded["estimate_districts"], contact)


def _figures(reader: FigureReader, recorded: Mapping[str, Any], ages: str = "") -> Figures:
    """Find the snapshot that a manifest lists, and read it."""
    quarter, store = Quarter.parse(recorded["quarter"]), reader.store
    for snapshot in store.all(recorded["table"], quarter):
        retrieved = recorded.get("retrieved_at", snapshot.retrieved_at)
        if (snapshot.sha256, snapshot.retrieved_at) == (recorded["sha256"], retrieved):
            return reader.read(snapshot, ages)
    raise ProvenanceError(
        f"The snapshot of {recorded['table']} {quarter} with sha256 {recorded['sha256']} is "
        f"not stored in {store.folder}; the report rests on it.",
        "Restore it from the repository or a backup.",
    )
