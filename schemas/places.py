"""What tables of places, structures and keys must look like, and what all tables share."""

from collections.abc import Mapping, Sequence

import pandas as pd
import pandera.pandas as pa

from schemas import records
from schemas.column_rules import (
    Rules,
    are_ages,
    are_parts,
    known,
    matches,
    no_overlap,
    not_blank,
    one_of,
    row_rule,
    table,
    unique,
)
from schemas.records import AreaKind
from schemas.rows import columns
from schemas.sharing import EqualBy, PopulationOf
from schemas.structures import Structure

Tables = Mapping[str, Sequence[Mapping[str, str]]]
"""The rows of each reference table, by the name of the table."""


identifier = matches(
    records.IDENTIFIER,
    "must be lower-case letters a-z, digits and hyphens, at most 60, such as amager-hvidovre",
)
period: Mapping[str, Rules] = {
    "first_quarter": matches(records.QUARTER, "must be a quarter such as 2022K1"),
    "last_quarter": matches(rf"|{records.QUARTER}", "must be a quarter such as 2026K4, or blank"),
}
in_order = row_rule(
    "last_quarter",
    "must not lie before first_quarter",
    lambda rows: rows["last_quarter"].eq("") | rows["last_quarter"].ge(rows["first_quarter"]),
)


def areas(_: Tables) -> pa.DataFrameSchema:
    """The country, the regions, the municipalities and Christiansø, each with its quarters."""
    three_digits = matches(records.AREA_CODE, "must be three digits (Excel drops leading zeros)")
    return table(
        {
            "code": three_digits,
            "name": not_blank(),
            "kind": one_of(list(AreaKind)),
            "region_code": [],
            **period,
        },
        in_order,
        no_overlap("code", ["code"]),
        row_rule("region_code", "must be the code of a region in this file", _has_its_region),
        row_rule(
            "kind",
            f"must name {records.MUNICIPALITY_COUNT} municipalities in its first quarter",
            lambda rows: _at_first(AreaKind.MUNICIPALITY, rows) == records.MUNICIPALITY_COUNT,
        ),
        row_rule(
            "kind",
            "must name the country once in its first quarter",
            lambda rows: _at_first(AreaKind.COUNTRY, rows) == 1,
        ),
    )


def _at_first(kind: AreaKind, rows: pd.DataFrame) -> int:
    """Return how many of a kind are there when the table begins; later rows are changes."""
    first = rows["first_quarter"].eq(rows["first_quarter"].min())
    return int((first & rows["kind"].eq(kind)).sum())


def _has_its_region(rows: pd.DataFrame) -> pd.Series:
    regions = rows["code"][rows["kind"] == AreaKind.REGION]
    in_region = rows["kind"].isin([AreaKind.MUNICIPALITY, AreaKind.OTHER])
    return rows["region_code"].where(in_region, "").isin(["", *regions]) & (
        rows["region_code"].ne("") == in_region
    )


def districts(tables: Tables) -> pa.DataFrameSchema:
    """The districts of København and their total, each with its quarters."""
    return table(
        {
            "code": matches(records.DISTRICT_CODE, "must be four digits"),
            "name": not_blank(),
            "municipality_code": a_municipality(tables),
            **period,
        },
        in_order,
        no_overlap("code", ["code"]),
        row_rule(
            "code",
            f"must hold the city total {records.COPENHAGEN_TOTAL}",
            lambda rows: records.COPENHAGEN_TOTAL in set(rows["code"]),
        ),
    )


def structures(_: Tables) -> pa.DataFrameSchema:
    """The kinds of clusters, and the words for each."""
    words = dict.fromkeys(columns(Structure)[1:], not_blank())
    return table({"structure": [identifier, unique()], **words})


def keys(tables: Tables) -> pa.DataFrameSchema:
    """The keys by which costs are shared, each with its quarters."""
    days = "|".join([*PopulationOf, records.QUARTER])
    return table(
        {
            "key_id": identifier,
            "name_da": not_blank(),
            "name_en": not_blank(),
            "ages": pa.Check(are_ages, error="must be whole years below 99, 0-17 or 65-, or blank"),
            "population_of": matches(days, f"must be {', '.join(PopulationOf)} or a quarter"),
            "equal_part": pa.Check(are_parts, error="must be 0, 1, or p/q below 1, such as 1/4"),
            "equal_by": one_of(list(EqualBy)),
            "cap": matches(r"|[1-9][0-9]{0,7}", "must be a whole number of people, or blank"),
            **period,
            "source_id": a_source(tables),
        },
        in_order,
        no_overlap("key_id", ["key_id"]),
    )


def column(tables: Tables, name: str, column: str) -> list[str]:
    """Return the cells of a column of a table."""
    return [row[column] for row in tables[name]]


def a_municipality(tables: Tables) -> pa.Check:
    """The cell is the code of a municipality."""
    there = [row["code"] for row in tables["areas"] if row["kind"] == AreaKind.MUNICIPALITY]
    return known(there, "must be a municipality of areas.csv")


def accounts(tables: Tables) -> pa.DataFrameSchema:
    """How each municipality is invoiced and paid, where that is known."""
    return table(
        {
            "municipality_code": [a_municipality(tables), unique()],
            "ean": matches(r"|[0-9]{13}", "must be 13 digits, or blank"),
            "account": matches(
                r"|[0-9]{4} [0-9]{1,10}", "must be such as 1234 0012345678, or blank"
            ),
        }
    )


def a_source(tables: Tables) -> pa.Check:
    """The cell is the id of a source."""
    return known(column(tables, "sources", "source_id"), "must be a source of sources.csv")
