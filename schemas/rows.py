"""One mapping between a record and its row, for reference files, `inputs.json` and replay.

A row is text or whole numbers by column. The columns of a table are the fields of its record; a
period stands in two of them, and the row number that messages name is none.
"""

from collections.abc import Mapping
from dataclasses import fields
from fractions import Fraction
from functools import cache, partial
from operator import eq
from typing import Any, Final, TypeVar

from cattrs import Converter

from schemas.quarter import Period, Quarter
from schemas.records import Area, Cluster, Cost, District, Membership
from schemas.sharing import Account, Alternative, Assumption, Key, Source, Structure

Record = TypeVar("Record")
Row = Mapping[str, Any]

TABLES: Final[Mapping[str, type]] = {
    "sources": Source,
    "areas": Area,
    "districts": District,
    "structures": Structure,
    "clusters": Cluster,
    "memberships": Membership,
    "keys": Key,
    "costs": Cost,
    "assumptions": Assumption,
    "alternatives": Alternative,
    "accounts": Account,
}
"""The record of each reference table, in the order in which one builds on another."""

PERIOD: Final = ("first_quarter", "last_quarter")
_NOT_A_COLUMN: Final = "row"


def columns(record: type) -> tuple[str, ...]:
    """Return the columns of a record's table, in order."""
    names = (field.name for field in fields(record) if field.name != _NOT_A_COLUMN)
    return tuple(column for name in names for column in (PERIOD if name == "period" else (name,)))


KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    **{table: columns(record)[:1] for table, record in TABLES.items()},
    "memberships": ("cluster_id", "municipality_code"),
    "costs": ("cost_id", "scope"),
}
"""The columns that tell the rows of a table in force in one quarter apart."""


def from_row(record: type[Record], row: Row) -> Record:
    """Return the record of a row; columns that a row lacks are blank.

    Raises:
        ValueError: A value is not of its kind.
    """
    given = {**dict.fromkeys(columns(record), ""), **row}
    return _converter().structure({**given, "period": given}, record)


def to_row(record: Any) -> dict[str, Any]:
    """Return the row of a record: text and whole numbers by column, in order."""
    values = _converter().unstructure(record)
    values |= values.pop("period", {})
    return {column: values[column] for column in columns(type(record))}


@cache
def _converter() -> Converter:
    converter = Converter(detailed_validation=False)
    is_list, may_lack = partial(eq, tuple[str, ...]), partial(eq, int | None)
    converter.register_structure_hook(Quarter, lambda text, _: Quarter.parse(text))
    converter.register_structure_hook(Fraction, lambda text, _: Fraction(text or 1))
    converter.register_structure_hook_func(is_list, lambda text, _: tuple(text.split()))
    converter.register_structure_hook(Period, lambda row, _: _period(*map(row.get, PERIOD)))
    converter.register_structure_hook_func(may_lack, lambda text, _: int(text) if text else None)
    converter.register_unstructure_hook(Quarter, str)
    converter.register_unstructure_hook_func(may_lack, lambda number: number or "")
    converter.register_unstructure_hook(Fraction, str)
    converter.register_unstructure_hook_func(is_list, " ".join)
    converter.register_unstructure_hook(
        Period, lambda row: dict(zip(PERIOD, (str(row.first), str(row.last or "")), strict=True))
    )
    return converter


def _period(first: str, last: str) -> Period:
    return Period(Quarter.parse(first), Quarter.parse(last) if last else None)
