"""What differs between two records of a revision's inputs, with the names of what differs.

A change keeps the ids that were recorded, and beside them what people call a row, or a value that
is an id, in Danish and in English.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from pipeline.calculation.findings import Finding, Subject, Value
from pipeline.revisions.recorded import BEFORE, PLACES, POPULATION, Recorded, tables_before
from schemas.records import ALL_CLUSTERS, Language
from schemas.rows import KEYS, TABLES

_TABLE_OF: Final[Mapping[str, str]] = {
    "cluster_id": "clusters", "cluster_ids": "clusters", "scope": "clusters",
    "municipality_code": "areas", "region_code": "areas", "co_chair": "areas",
    "districts": "districts", "structure": "structures", "source_id": "sources", "key_id": "keys",
}  # fmt: skip
"""The table whose ids a column holds."""


def changes(before: Recorded, after: Recorded, prefix: str = "") -> list[Finding]:
    """Return what differs, in the order of the tables; empty if nothing does.

    To be compared with another quarter, stored since, is no change: no krone rests on it.

    Args:
        before: What was recorded before.
        after: What is recorded now.
        prefix: How the names of the tables begin in what is found.
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
    columns = dict(zip(KEYS[TABLES[table]], key.split(), strict=False))
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
