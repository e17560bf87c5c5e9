"""What a revision records of its inputs, as plain rows, and what differs between two records.

    inputs.json      table, then row by its key, then value by column

Only what is in force in the quarter is recorded, without the quarters of a rule, so that a row for
another quarter, another order or another line end is no change. What the report before rests on,
with which this one is compared, is recorded likewise: its quarter as `before`, its tables as
`before costs` and so on.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from pipeline.calculation.calculate import Inputs, population_of
from pipeline.calculation.findings import Finding, Subject, Value
from pipeline.errors import ProvenanceError
from schemas.quarter import Quarter
from schemas.records import ALL_CLUSTERS, FileRecord, Language, Reference
from schemas.report_name import ReportName
from schemas.rows import KEYS, PERIOD, TABLES, columns, from_row, to_row
from schemas.sharing import Structure

Rows = dict[str, dict[str, Any]]
Recorded = dict[str, Rows]

INPUTS: Final = "inputs.json"
POPULATION: Final = "population"
COSTS_ENDED: Final = "costs_ended"
BEFORE: Final = "before"
PLACES: Final = ("areas", "districts")
_PART: Final = re.compile(r"(?:[1-9][0-9]{0,5}(?:/[1-9][0-9]{0,5})?)?")
_ORDER: Final = (
    "areas", "districts", "structures", "clusters", "memberships", "keys", "costs",
    "sources", "assumptions", "accounts",
)  # fmt: skip

_WORDS: Final = (
    "sundhedsklynger", "klynge", "klynger", "klyngen", "klyngerne",
    "health clusters", "cluster", "clusters", "the cluster", "the clusters",
)  # fmt: skip
WORDS_BEFORE: Final[Rows] = {
    "sundhedsklynge": dict(zip(columns(Structure)[1:], _WORDS, strict=True))
}
"""The words of the one structure that was reported on before revisions recorded them."""

_TABLE_OF: Final[Mapping[str, str]] = {
    "cluster_id": "clusters", "cluster_ids": "clusters", "scope": "clusters",
    "municipality_code": "areas", "region_code": "areas", "co_chair": "areas",
    "districts": "districts", "structure": "structures", "source_id": "sources", "key_id": "keys",
}  # fmt: skip
"""The table whose ids a column holds."""


def recorded_inputs(inputs: Inputs) -> Recorded:
    """Return what a revision records of its inputs."""
    population, reference = population_of(*inputs.figures), inputs.reference
    people = {"FOLK1A": population.by_area, "KKBEF1": population.by_district}
    people |= {
        f"{row.snapshot.table} {day} {ages}".rstrip(): row.people
        for (ages, day), figures in inputs.keyed.items()
        for row in figures
    }
    recorded: Recorded = {
        "parameters": {
            "run": {
                "estimated_from": str(population.districts_from or ""),
                COSTS_ENDED: str(reference.costs_ended or ""),
            }
        },
        **{
            table: {code: {POPULATION: count} for code, count in figures.items()}
            for table, figures in people.items()
        },
        **recorded_tables(reference),
    }
    if inputs.before:
        recorded[BEFORE] = {"run": {"quarter": str(inputs.before.parameters.report.quarter)}}
        earlier = recorded_inputs(inputs.before)
        recorded |= {f"{BEFORE} {name}": rows for name, rows in earlier.items()}
    return recorded


def tables_before(recorded: Recorded) -> Recorded:
    """Return what was recorded of the report before, by the names of its tables."""
    first = f"{BEFORE} "
    return {
        name.removeprefix(first): rows for name, rows in recorded.items() if name.startswith(first)
    }


def recorded_tables(reference: Reference) -> Recorded:
    """Return what a revision records of the reference tables."""
    return {name: _rows(name, getattr(reference, name)) for name in _ORDER}


def _rows(name: str, records: Mapping[str, Any] | Iterable[Any]) -> Rows:
    key = KEYS[name]
    left_out = {*key, *PERIOD}
    rows = map(to_row, records.values() if isinstance(records, Mapping) else records)
    return {
        " ".join(str(row[column]) for column in key): {
            column: value for column, value in row.items() if column not in left_out
        }
        for row in rows
    }


def recorded_reference(
    recorded: Recorded, report: ReportName, files: tuple[FileRecord, ...] = ()
) -> Reference:
    """Return the reference tables that were recorded, in force for a report alone.

    Raises:
        KeyError: A table is missing.
        ValueError: A value is not of its kind.
    """
    quarters = dict.fromkeys(_ORDER, report.rules) | dict.fromkeys(PLACES, report.quarter)
    recorded = {"structures": WORDS_BEFORE, "accounts": {}, "keys": {}, **recorded}
    tables: dict[str, list[Any]] = {name: [] for name in _ORDER}
    for name, quarter in quarters.items():
        period = dict.fromkeys(PERIOD, str(quarter))
        for key, row in recorded[name].items():
            named = dict(zip(KEYS[name], key.split(), strict=True))
            tables[name].append(from_row(TABLES[name], {**named, **period, **row}))
    ended = recorded.get("parameters", {}).get("run", {}).get(COSTS_ENDED)
    costs_ended = Quarter.parse(ended) if ended else None
    return replace(Reference.of(tables, files), costs_ended=costs_ended)


def check_recorded(recorded: Recorded) -> None:
    """Check that rows name rows that were recorded too, and that amounts can be allocated.

    Raises:
        ValueError: They do not, or cannot.
    """
    structures = recorded.get("structures", WORDS_BEFORE)
    if any(row["structure"] not in structures for row in recorded["clusters"].values()):
        raise ValueError("a cluster is of a structure that is not there")
    for key, row in recorded["memberships"].items():
        cluster_id, code = key.split()
        named = {"clusters": [cluster_id], "areas": [code], "sources": [row["source_id"]]}
        named["districts"] = row.get("districts", "").split()
        if not all(recorded[table].keys() >= set(codes) for table, codes in named.items()):
            raise ValueError(f"the membership {key} names what is not there")
        if not _PART.fullmatch(str(row.get("fraction", ""))):
            raise ValueError(f"the membership {key} counts {row['fraction']!r}")
    if any(int(row["amount_dkk"]) < 0 for row in recorded["costs"].values()):
        raise ValueError("an amount is negative")


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


def changes(before: Recorded, after: Recorded, prefix: str = "") -> list[Finding]:
    """Return what differs, in the order of the tables; empty if nothing does.

    A change keeps the ids that were recorded, and beside them what people call a row, or a value
    that is an id, in Danish and in English. To be compared with another quarter, stored since, is
    no change: no krone rests on it. In what is found the names of the tables begin with a prefix.
    """
    before, after = ({"keys": {}, **recorded} for recorded in (before, after))
    found = [
        change
        for table in after
        if table in before and not table.startswith(BEFORE)  # an earlier version recorded fewer
        for key in dict.fromkeys([*before[table], *after[table]])
        if before[table].get(key) != after[table].get(key)
        for change in _row_changes(table, key, before, after, prefix)
    ]
    if BEFORE in after and before.get(BEFORE) == after[BEFORE]:
        found += changes(tables_before(before), tables_before(after), f"{BEFORE} ")
    return found


def _row_changes(
    table: str, key: str, before: Recorded, after: Recorded, prefix: str
) -> Iterator[Finding]:
    old, new = before[table].get(key), after[table].get(key)
    names = _row_names(before if new is None else after, table, key)
    row: dict[str, Value] = {"table": f"{prefix}{table}", "key": key, **names}
    if old is None:
        yield Finding.of(Subject.ROW_ADDED, **row)
    elif new is None:
        yield Finding.of(Subject.ROW_REMOVED, **row)
    else:
        for column in [name for name in new if name in old and old[name] != new[name]]:
            values: dict[str, Value] = {"before": old[column], "after": new[column]}
            if column == POPULATION:
                values["change"] = f"{new[column] - old[column]:+d}"
                yield Finding.of(Subject.POPULATION_CHANGED, **row, **values)
                continue
            if named := _TABLE_OF.get(column):
                for end, tables in (("before", before), ("after", after)):
                    ids = str(values[end]).split()
                    values |= _names(tables, end, [(named, one) for one in ids])
            yield Finding.of(Subject.VALUE_CHANGED, **row, column=column, **values)


def _row_names(tables: Recorded, table: str, key: str) -> dict[str, str]:
    """Return what a row is called: by its own name, and by those of the rows that its key names."""
    if table not in TABLES:
        places = [(place, key) for place in PLACES if key in tables.get(place, ())]
        return _names(tables, "name", places)
    columns = dict(zip(KEYS[table], key.split(), strict=False))
    named = [(_TABLE_OF[name], part) for name, part in columns.items() if name in _TABLE_OF]
    return _names(tables, "name", dict.fromkeys([(table, key), *named]))


def _names(tables: Recorded, what: str, rows: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the names of rows, by `what` and language: such as `name_da` and `name_en`."""
    return {
        f"{what}_{language}": ", ".join(
            filter(None, (_name(tables, *row, language) for row in rows))
        )
        for language in Language
    }


def _name(tables: Recorded, table: str, key: str, language: Language) -> str:
    """Return the name of a row: the id of one that is not there, nothing where it has no name."""
    if table == "clusters" and key.endswith(ALL_CLUSTERS):
        table, key = "structures", key.removesuffix(ALL_CLUSTERS)
    row = tables.get(table, {}).get(key, {"name": key})
    columns = (f"name_{language}", "name", f"title_{language}", "title")
    return next(filter(None, map(row.get, columns)), "")
