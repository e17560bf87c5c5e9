"""The edits of the rules: each gives the rows that its file would have, for `editing.edit`.

An edit takes a row as it is written, with names or codes. Without a last quarter the rule ends with
its cluster or structure. What is in force already is never added again: another command changes or
ends it.
"""

from collections.abc import Sequence

from pipeline.errors import Remedy, UsageError
from pipeline.reference import names
from pipeline.reference.files import Row
from schemas.quarter import Quarter
from schemas.records import ALL_CLUSTERS, Basis, Cluster, Reference


def add(row: Row, _: Reference, rows: Sequence[Row]) -> list[Row]:
    """Return the rows of a table, such as sources.csv, with one added as it is."""
    return [*rows, row]


def add_cost(row: Row, reference: Reference, rows: Sequence[Row]) -> list[Row]:
    """Return the rows of costs.csv with a cost added.

    Raises:
        UsageError: The scope is not known, ends before the first quarter, or has the cost already.
    """
    first = Quarter.parse(row["first_quarter"])
    scope = scope_of(row["scope"], reference, first)
    if rows_due(rows, first, cost_id=row["cost_id"], scope=scope):
        raise UsageError(
            f"{row['cost_id']} is a cost of {scope} in {first} already.",
            remedy=Remedy.CHANGE_COST,
            cost_id=row["cost_id"],
            amount_dkk=row["amount_dkk"],
            quarter=first,
        )
    in_scope = [
        other
        for other in _in_force(reference, first)
        if scope in (other.cluster_id, other.structure + ALL_CLUSTERS)
    ]
    return [*rows, {**row, "scope": scope, "last_quarter": _last(row, in_scope)}]


def change_cost(changes: Row, reference: Reference, rows: Sequence[Row]) -> Sequence[Row]:
    """Return the rows of costs.csv with a cost changed from a quarter on, and before it as it was.

    The changes name the cost by id or name, with its scope or blank, and say what is new: its first
    quarter, its amount, and its source unless that is blank.

    Raises:
        UsageError: There is no such cost in that quarter, or several.
    """
    first = Quarter.parse(changes["first_quarter"])
    before = _cost(changes, first, reference, rows)
    new = {name: changes[name] or before[name] for name in ("amount_dkk", "source_id")}
    if new.items() <= before.items():
        return rows
    others = [row for row in rows if row is not before]
    ended = [{**before, "last_quarter": str(first + -1)}] * (before["first_quarter"] < str(first))
    return [*others, *ended, {**before, **new, "first_quarter": str(first)}]


def end_cost(named: Row, reference: Reference, rows: Sequence[Row]) -> list[Row]:
    """Return the rows of costs.csv with a cost ended.

    Raises:
        UsageError: There is no such cost in that quarter, or several.
    """
    last = Quarter.parse(named["last_quarter"])
    return _ended(rows, [_cost(named, last, reference, rows)], last)


def add_membership(row: Row, reference: Reference, rows: Sequence[Row]) -> list[Row]:
    """Return the rows of memberships.csv with a membership added.

    Raises:
        UsageError: Cluster or municipality is not known, or it is a member already.
    """
    first = Quarter.parse(row["first_quarter"])
    key = key_of(row, reference, first)
    cluster_id, code = key.values()
    if rows_due(rows, first, **key):
        raise UsageError(
            f"{reference.areas[code].name} ({code}) belongs to {cluster_id} in {first} already.",
            remedy=Remedy.END_MEMBERSHIP,
            quarter=first + -1,
            **key,
        )
    whole = Basis.FRACTION if row["fraction"] else Basis.WHOLE
    basis = Basis.DISTRICTS if row["districts"] else whole
    joined = [other for other in _in_force(reference, first) if other.cluster_id == cluster_id]
    added = {**row, **key, "basis": basis.value, "last_quarter": _last(row, joined)}
    return [*rows, added]


def end_membership(row: Row, reference: Reference, rows: Sequence[Row]) -> list[Row]:
    """Return the rows of memberships.csv with a membership ended.

    Raises:
        UsageError: Cluster or municipality is not known, or it is no member in that quarter.
    """
    last = Quarter.parse(row["last_quarter"])
    key = key_of(row, reference, last)
    ending = rows_due(rows, last, **key)
    if not ending:
        cluster_id, code = key.values()
        raise UsageError(
            f"{reference.areas[code].name} ({code}) does not belong to {cluster_id} in {last}.",
            remedy=Remedy.LIST_CLUSTERS,
            quarter=last,
        )
    return _ended(rows, ending, last)


def rows_due(rows: Sequence[Row], quarter: Quarter, **cells: str) -> list[Row]:
    """Return the rows with these cells that are in force in a quarter; a blank last never ends."""
    return [
        row
        for row in rows
        if cells.items() <= row.items()
        and row["first_quarter"] <= str(quarter) <= (row["last_quarter"] or str(quarter))
    ]


def _ended(rows: Sequence[Row], ending: Sequence[Row], last: Quarter) -> list[Row]:
    return [{**row, "last_quarter": str(last)} if row in ending else row for row in rows]


def _in_force(reference: Reference, quarter: Quarter) -> list[Cluster]:
    return [row for row in reference.clusters if quarter in row.period]


def _cost(named: Row, quarter: Quarter, reference: Reference, rows: Sequence[Row]) -> Row:
    """Return the one cost of a quarter that a row names, by id or name, and by scope if it says."""
    due = rows_due(rows, quarter)
    called = ((row["cost_id"], row["name_en"], row["name_da"]) for row in due)
    known = [names.Named(code, name, (other, code)) for code, name, other in sorted({*called})]
    cells = {"cost_id": names.find(f"cost in {quarter}", named["cost_id"], known).code}
    if named["scope"]:
        cells["scope"] = scope_of(named["scope"], reference, quarter)
    found = rows_due(due, quarter, **cells)
    if len(found) == 1:
        return found[0]
    scopes = [row["scope"] for row in rows_due(due, quarter, cost_id=cells["cost_id"])]
    said = f"{cells['cost_id']} is in {quarter} a cost of {' and of '.join(scopes)}."
    raise UsageError(said, remedy=Remedy.NAME_SCOPE, scope=scopes[0])


def key_of(row: Row, reference: Reference, quarter: Quarter) -> Row:
    """Return the id of the cluster and the code of the municipality that a row names.

    Raises:
        UsageError: One is not known in the quarter.
    """
    clusters = names.clusters(_in_force(reference, quarter))
    municipalities = names.municipalities(reference.areas.values())
    cluster_id = names.find("cluster", row["cluster_id"], clusters).code
    code = names.find("municipality", row["municipality_code"], municipalities).code
    return {"cluster_id": cluster_id, "municipality_code": code}


def scope_of(written: str, reference: Reference, quarter: Quarter) -> str:
    """Return the id of the cluster that is named, or as it is what stands for all clusters.

    Raises:
        UsageError: No cluster in force in the quarter is called so.
    """
    if written.endswith(ALL_CLUSTERS):
        return written
    return names.find("cluster", written, names.clusters(_in_force(reference, quarter))).code


def _last(row: Row, clusters: Sequence[Cluster]) -> str:
    """Return the last quarter as text: as given, or as of the clusters; blank never ends."""
    given = row["last_quarter"]
    if given or not clusters or any(other.period.last is None for other in clusters):
        return given
    return str(max(other.period.last for other in clusters if other.period.last))
