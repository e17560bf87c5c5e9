"""Rules of columns, each with the sentence that its failure prints, and the tables of places."""

from collections.abc import Callable, Collection, Mapping, Sequence

import pandas as pd
import pandera.pandas as pa

from schemas import records
from schemas.records import AreaKind
from schemas.rows import columns
from schemas.sharing import EqualBy, PopulationOf, Structure

_OPEN_END = "9999K4"

Rules = pa.Check | list[pa.Check]


def table(rules_of: Mapping[str, Rules], *rules: pa.Check) -> pa.DataFrameSchema:
    """A table of exactly these columns of text; each further rule is over several of them."""
    # No dtype: the readers make text of every cell, and to check that again is a third of the time.
    text = {name: pa.Column(None, checks) for name, checks in rules_of.items()}
    return pa.DataFrameSchema(text, checks=list(rules), strict=True)


def matches(pattern: str, rule: str) -> pa.Check:
    """The whole cell matches the regular expression."""
    return pa.Check(lambda cells: cells.str.fullmatch(pattern), error=rule)


def not_blank() -> pa.Check:
    """The cell holds something."""
    return pa.Check(lambda cells: cells.ne(""), error="must not be blank")


def unique() -> pa.Check:
    """The value has not stood in an earlier row."""
    return pa.Check(lambda cells: ~cells.duplicated(), error="must not stand twice")


def known(values: Collection[str], rule: str) -> pa.Check:
    """The cell is one of the values."""
    return pa.Check(lambda cells: cells.isin(list(values)), error=rule)


def one_of(values: Sequence[str]) -> pa.Check:
    """The cell is one of a few values, which the message names."""
    return known(values, f"must be one of {', '.join(values)}")


def each(holds: Callable[[list[str]], bool], rule: str) -> pa.Check:
    """The codes that stand in a cell, with spaces between."""
    return pa.Check(lambda cells: cells.map(lambda cell: holds(cell.split())), error=rule)


def are_fractions(cells: pd.Series) -> pd.Series:
    """Whether each cell is p/q with 0 < p/q <= 1, or blank."""
    parts = cells.str.extract(r"^([1-9][0-9]{0,5})/([1-9][0-9]{0,5})$").fillna("0").astype(int)
    return cells.eq("") | (parts[0].gt(0) & parts[0].le(parts[1]))


def are_ages(cells: pd.Series) -> pd.Series:
    """Whether each cell is whole years from and to, below 99, or blank."""
    years = cells.str.extract(r"^([0-9]|[1-9][0-9])-([0-9]|[1-9][0-9]|)$")
    last = pd.to_numeric(years[1], errors="coerce").fillna(98)
    return cells.eq("") | (pd.to_numeric(years[0]).le(last) & last.le(98))


def are_parts(cells: pd.Series) -> pd.Series:
    """Whether each cell is 0, 1 or p/q below 1."""
    parts = cells.str.extract(r"^(0|[1-9][0-9]{0,5})(?:/([1-9][0-9]{0,5}))?$")
    return pd.to_numeric(parts[0]).le(pd.to_numeric(parts[1]).fillna(1))


def row_rule(column: str, rule: str, holds: Callable[[pd.DataFrame], pd.Series | bool]) -> pa.Check:
    """A rule over several columns; a failure is reported at `column`."""
    return pa.Check(holds, error=rule, title=column)


def no_overlap(column: str, keys: list[str]) -> pa.Check:
    """No two rows with the same keys are in force in the same quarter.

    Quarters compare as text, `2022K4` before `2023K1`; a blank last quarter never ends.
    """

    def holds(rows: pd.DataFrame) -> pd.Series:
        ends = rows["last_quarter"].where(rows["last_quarter"].ne(""), _OPEN_END)
        ordered = rows.assign(end=ends).sort_values("first_quarter", kind="stable")
        free = pd.Series(True, index=rows.index)
        taken_until: dict[tuple[str, ...], str] = {}
        for index, row in zip(ordered.index, ordered.to_dict("records"), strict=True):
            key = tuple(row[name] for name in keys)
            free[index] = row["first_quarter"] > taken_until.get(key, "")
            taken_until[key] = max(row["end"], taken_until.get(key, ""))
        return free

    rule = f"must not be in force twice in one quarter for the same {' and '.join(keys)}"
    return row_rule(column, rule, holds)


def filled_exactly_when(column: str, other: str, value: str) -> pa.Check:
    """The column is filled where another holds a value, and blank elsewhere."""
    return row_rule(
        column,
        f"must be filled when {other} is {value}, and only then",
        lambda rows: rows[column].ne("") == rows[other].eq(value),
    )


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
