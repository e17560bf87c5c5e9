"""What a revision records of its inputs, what differs between two records, and the inputs again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from pipeline.calculation.calculate import Calculation, Figures, Inputs, Parameters
from pipeline.calculation.findings import Finding, Subject
from pipeline.errors import ProvenanceError, UsageError
from pipeline.revisions.store import INPUTS, newest_revision, read_revision, written
from pipeline.snapshots.store import FigureReader, SnapshotStore
from schemas.quarter import Quarter
from schemas.records import FileRecord, Reference
from schemas.report_name import ReportName
from schemas.rows import KEYS, PERIOD, TABLES, from_row, to_row


def read_inputs(folder: Path) -> Recorded:
    """Return the inputs that a revision recorded; the revision has been verified."""
    recorded: Recorded = json.loads((folder / INPUTS).read_text(encoding="utf-8"))
    return recorded


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
        reference = replace(recorded_reference(read_inputs(folder), name.rules), files=files)
        parameters = recorded_parameters(name, manifest)
        listed = {key: manifest[key] for key in ("snapshots", "compared_with", "history")}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ProvenanceError(
            f"{folder / INPUTS} does not hold what is needed to calculate it again: {error!r}.",
            "It was written by another version of this program; use that one.",
        ) from None
    stored = _Stored(reference, data_dir)
    areas, districts = (stored.figures(row) for row in listed["snapshots"])
    history = [stored.figures(row) for row in listed["history"]]
    return Inputs(
        parameters,
        reference,
        areas,
        districts,
        tuple(stored.figures(row) for row in listed["compared_with"]),
        _pairs(history),
    )


def _not_written(name: ReportName, reports_dir: Path) -> UsageError:
    newest = newest_revision(reports_dir / name.label)
    which = f"revision r{name.revision} of {name.label}" if name.revision else f"report {name}"
    return UsageError(
        f"There is no {which} in {reports_dir}.",
        f"The newest is {name.label}:r{newest}" if newest else "None of its revisions is there.",
    )


def recorded_parameters(name: ReportName, manifest: Mapping[str, Any]) -> Parameters:
    """Return the parameters that a report was written with."""
    recorded = manifest["parameters"]
    return Parameters(
        replace(name, revision=None),
        recorded["estimate_districts"],
        tuple(recorded["accept_jumps"]),
        recorded["contact"],
    )


def _pairs(history: Sequence[Figures]) -> tuple[tuple[Figures, Figures], ...]:
    """Return FOLK1A and KKBEF1 of each quarter; the manifest lists one table, then the other."""
    half = len(history) // 2
    return tuple(zip(history[:half], history[half:], strict=True))


class _Stored:
    """Finds the snapshots that a manifest lists, and reads them."""

    def __init__(self, reference: Reference, data_dir: Path) -> None:
        self.store = SnapshotStore(data_dir)
        self.reader = FigureReader(reference, self.store)

    def figures(self, recorded: Mapping[str, Any]) -> Figures:
        quarter = Quarter.parse(recorded["quarter"])
        for snapshot in self.store.all(recorded["table"], quarter):
            retrieved = recorded.get("retrieved_at", snapshot.retrieved_at)
            if (snapshot.sha256, snapshot.retrieved_at) == (recorded["sha256"], retrieved):
                return self.reader.read(snapshot)
        raise ProvenanceError(
            f"The snapshot of {recorded['table']} {quarter} with sha256 {recorded['sha256']} is "
            f"not stored in {self.store.folder}; the report rests on it.",
            "Restore it from the repository or a backup.",
        )


Rows = dict[str, dict[str, Any]]
Recorded = dict[str, Rows]

POPULATION: Final = "population"
_ORDER: Final = (
    "areas", "districts", "clusters", "memberships", "costs", "sources", "assumptions",
)  # fmt: skip


def recorded_inputs(calculation: Calculation) -> Recorded:
    """Return what a revision records of its inputs."""
    population, reference = calculation.result.population, calculation.inputs.reference
    people = {"FOLK1A": population.by_area, "KKBEF1": population.by_district}
    return {
        "parameters": {"run": {"estimated_from": str(population.districts_from or "")}},
        **{
            table: {code: {POPULATION: count} for code, count in figures.items()}
            for table, figures in people.items()
        },
        **recorded_tables(reference),
    }


def recorded_tables(reference: Reference) -> Recorded:
    """Return what a revision records of the reference tables."""
    return {name: _rows(name, getattr(reference, name)) for name in _ORDER}


def _rows(name: str, records: Mapping[str, Any] | Iterable[Any]) -> Rows:
    key = KEYS[TABLES[name]]
    left_out = {*key, *PERIOD}
    rows = map(to_row, records.values() if isinstance(records, Mapping) else records)
    return {
        " ".join(str(row[column]) for column in key): {
            column: value for column, value in row.items() if column not in left_out
        }
        for row in rows
    }


def recorded_reference(recorded: Recorded, rules: Quarter) -> Reference:
    """Return the reference tables that were recorded, in force in the one quarter of the rules.

    Raises:
        KeyError: A table is missing.
        ValueError: A value is not of its kind.
    """
    tables = {name: list(_records(name, recorded[name], rules)) for name in TABLES}
    return Reference(
        areas={row.code: row for row in tables["areas"]},
        districts={row.code: row for row in tables["districts"]},
        clusters=tuple(tables["clusters"]),
        memberships=tuple(tables["memberships"]),
        costs=tuple(tables["costs"]),
        sources={row.source_id: row for row in tables["sources"]},
        assumptions=tuple(tables["assumptions"]),
    )


def _records(name: str, rows: Rows, rules: Quarter) -> Iterator[Any]:
    period = dict.fromkeys(PERIOD, str(rules))
    for key, row in rows.items():
        named = dict(zip(KEYS[TABLES[name]], key.split(), strict=True))
        yield from_row(TABLES[name], {**named, **period, **row})


def changes(before: Recorded, after: Recorded) -> list[Finding]:
    """Return what differs, in the order of the tables; empty if nothing does."""
    found = [
        change
        for table in dict.fromkeys([*before, *after])
        for change in _row_changes(table, before.get(table, {}), after.get(table, {}))
    ]
    names = {
        code: row["name"] for table in ("areas", "districts") for code, row in after[table].items()
    }
    return [_named(change, names) for change in found]


def _named(change: Finding, names: Mapping[str, str]) -> Finding:
    """Add the name of the place whose population changed."""
    if change.subject is not Subject.POPULATION_CHANGED:
        return change
    values = dict(change.values)
    return Finding.of(change.subject, **values, name=names[str(values["key"])])


def _row_changes(table: str, before: Rows, after: Rows) -> Iterator[Finding]:
    for key in dict.fromkeys([*before, *after]):
        if key not in before:
            yield Finding.of(Subject.ROW_ADDED, table=table, key=key)
        elif key not in after:
            yield Finding.of(Subject.ROW_REMOVED, table=table, key=key)
        else:
            yield from _value_changes(table, key, before[key], after[key])


def _value_changes(
    table: str, key: str, before: dict[str, Any], after: dict[str, Any]
) -> Iterator[Finding]:
    for column in [name for name in after if name in before]:  # an earlier version recorded fewer
        old, new = before[column], after[column]
        if old == new:
            continue
        if column == POPULATION:
            yield Finding.of(
                Subject.POPULATION_CHANGED,
                table=table,
                key=key,
                before=old,
                after=new,
                change=f"{new - old:+d}",
            )
        else:
            yield Finding.of(
                Subject.VALUE_CHANGED, table=table, key=key, column=column, before=old, after=new
            )
