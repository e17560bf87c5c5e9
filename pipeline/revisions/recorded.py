"""What a revision records of its inputs, as plain rows; and what differs between two records.

    inputs.json      table, then row by its key, then value by column

Only what is in force in the quarter is recorded, without the quarters of a rule, so that a row for
another quarter, another order or another line end is no change.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from pipeline.calculation.calculate import Calculation
from pipeline.calculation.findings import Finding, Subject
from pipeline.errors import ProvenanceError
from schemas.quarter import Quarter
from schemas.records import FileRecord, Reference
from schemas.rows import KEYS, PERIOD, TABLES, from_row, to_row

Rows = dict[str, dict[str, Any]]
Recorded = dict[str, Rows]

INPUTS: Final = "inputs.json"
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


def recorded_reference(
    recorded: Recorded, rules: Quarter, files: tuple[FileRecord, ...] = ()
) -> Reference:
    """Return the reference tables that were recorded, in force in the one quarter of the rules.

    Raises:
        KeyError: A table is missing.
        ValueError: A value is not of its kind.
    """
    tables = {name: list(_records(name, recorded[name], rules)) for name in TABLES}
    return Reference.of(tables, files)


def check_memberships(recorded: Recorded) -> None:
    """Check that the memberships recorded name rows that were recorded too.

    Raises:
        ValueError: One does not.
    """
    for key, row in recorded["memberships"].items():
        cluster_id, code = key.split()
        named = {"clusters": [cluster_id], "areas": [code], "sources": [row["source_id"]]}
        named["districts"] = row.get("districts", "").split()
        if not all(recorded[table].keys() >= set(codes) for table, codes in named.items()):
            raise ValueError(f"the membership {key} names what is not there")


def _records(name: str, rows: Rows, rules: Quarter) -> Iterator[Any]:
    period = dict.fromkeys(PERIOD, str(rules))
    for key, row in rows.items():
        named = dict(zip(KEYS[TABLES[name]], key.split(), strict=True))
        yield from_row(TABLES[name], {**named, **period, **row})


def read_inputs(folder: Path) -> Recorded:
    """Return the inputs that a revision recorded; the revision has been verified.

    Raises:
        ProvenanceError: They are no tables of rows.
    """
    try:
        recorded: Recorded = json.loads((folder / INPUTS).read_bytes())
        rows = [row for table in recorded.values() for row in table.values()]
        values = {(key, type(value)) for row in rows for key, value in row.items()}
        if not {kind for _, kind in values} <= {int, str} or (POPULATION, str) in values:
            raise ValueError("a value is neither text nor a whole number")
    except (ValueError, AttributeError, RecursionError) as error:
        raise ProvenanceError(
            f"{folder / INPUTS} does not hold the inputs of a report: {error}.",
            "It was written by another version of this program; use that one.",
        ) from None
    return recorded


def changes(before: Recorded, after: Recorded) -> list[Finding]:
    """Return what differs, in the order of the tables; empty if nothing does."""
    places = {**after["areas"], **after["districts"]}
    return [
        change
        for table in dict.fromkeys([*before, *after])
        for change in _row_changes(table, before.get(table, {}), after.get(table, {}), places)
    ]


def _row_changes(table: str, before: Rows, after: Rows, places: Rows) -> Iterator[Finding]:
    for key in dict.fromkeys([*before, *after]):
        if key not in before:
            yield Finding.of(Subject.ROW_ADDED, table=table, key=key)
        elif key not in after:
            yield Finding.of(Subject.ROW_REMOVED, table=table, key=key)
        else:
            yield from _value_changes(table, key, before[key], after[key], places)


def _value_changes(
    table: str, key: str, before: Mapping[str, Any], after: Mapping[str, Any], places: Rows
) -> Iterator[Finding]:
    for column in [name for name in after if name in before]:  # an earlier version recorded fewer
        old, new = before[column], after[column]
        if old == new:
            continue
        values = {"before": old, "after": new}
        if column == POPULATION:
            values |= {"change": f"{new - old:+d}", "name": places[key]["name"]}
            yield Finding.of(Subject.POPULATION_CHANGED, table=table, key=key, **values)
        else:
            yield Finding.of(Subject.VALUE_CHANGED, table=table, key=key, column=column, **values)
