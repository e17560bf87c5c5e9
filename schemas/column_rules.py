"""Columns and tables, and rules for them, each with the sentence that its failure prints."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final

import pandas as pd
import pandera.pandas as pa

from schemas.source_tables import TIME, VALUE, SourceTable

_OPEN_END = "9999K4"


def text(*checks: pa.Check) -> pa.Column:
    """A column of text."""
    # No dtype: the readers make text of every cell, and to check that again is a third of the time.
    return pa.Column(None, list(checks))


def table(columns: Mapping[str, pa.Column], *rules: pa.Check) -> pa.DataFrameSchema:
    """A table of exactly these columns; each rule is over several of them."""
    return pa.DataFrameSchema(dict(columns), checks=list(rules), strict=True)


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


_PEOPLE: Final = r"0|[1-9][0-9]{0,8}"


def answer(
    source: SourceTable, area_codes: Sequence[str], quarters: Sequence[str]
) -> pa.DataFrameSchema:
    """An answer of the StatBank: codes and figures as the text that was sent."""

    def coded(values: Sequence[str], rule: str) -> pa.Column:
        return text(known(values, rule))

    return table(
        {
            source.area_variable.upper(): coded(area_codes, "must be a code that was asked for"),
            **{
                code.upper(): coded([total], f"must be the total {total}")
                for code, total in source.totals
            },
            TIME.upper(): coded(quarters, "must be a quarter that was asked for"),
            VALUE: text(matches(_PEOPLE, "must be a whole number of people ('..' is missing)")),
        }
    )
