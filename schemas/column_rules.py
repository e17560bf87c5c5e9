"""Columns and tables, and rules for them, each with the sentence that its failure prints."""

from collections.abc import Callable, Collection, Mapping, Sequence

import pandas as pd
import pandera.pandas as pa

_OPEN_END = "9999K4"

Rules = pa.Check | list[pa.Check]


def table(columns: Mapping[str, Rules], *rules: pa.Check) -> pa.DataFrameSchema:
    """A table of exactly these columns of text; each further rule is over several of them."""
    # No dtype: the readers make text of every cell, and to check that again is a third of the time.
    text = {name: pa.Column(None, checks) for name, checks in columns.items()}
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
