"""Validate a table lazily and turn what fails into lines that a person can act on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:  # imported where a table is validated: a run on sound tables needs neither
    import pandas as pd
    import pandera.pandas as pa

SHOWN: Final = 10
"""Failures that a message shows; the rest are counted."""

HEADER_ROW: Final = 1
"""Excel counts rows from 1, and the header is the first."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One broken rule: the row as Excel shows it (None for the table), column, rule and value."""

    row: int | None
    column: str
    rule: str
    value: str | None

    def __str__(self) -> str:
        place = f"row {self.row}, column {self.column}" if self.row else f"column {self.column}"
        found = "" if self.value is None else f", found {self.value!r}{_cause(self.value)}"
        return f"{place}: {self.rule}{found}"


_CAUSES: Final = {
    r"\d\d?[-./]\D{3}|\D{3}[-./]\d\d|\d\d?([-./])\d\d?\1\d{2,4}": "Excel made a date of it",
    r"-?\d+([.,]\d+)?E[+-]?\d+": "Excel shortened the number",
    r"#.*[!?/].*": "Excel could not calculate it",
}
"""The likely cause of a value that is wrong, by its form."""


def _cause(value: str) -> str:
    """Return the likely cause of a value, in words; empty if there is none."""
    what = next((what for found, what in _CAUSES.items() if re.fullmatch(found, value)), "")
    return f" ({what}: format the column as text and write it again)" if what else ""


def failures(schema: pa.DataFrameSchema, table: pd.DataFrame) -> list[Failure]:
    """Return every rule that the table breaks, in the order of the rows; empty if it is valid.

    A rule over several columns names the one to report in its title; rows count from 0, below the
    header.
    """
    from pandera.errors import SchemaErrors

    try:
        schema.validate(table, lazy=True)
        return []
    except SchemaErrors as error:
        cases: pd.DataFrame = error.failure_cases
    reported_at: dict[object, object] = {check.error: check.title for check in schema.checks}
    found = []
    for case in cases.to_dict("records"):
        if case["schema_context"] == "Column" or case["column"] == reported_at[case["check"]]:
            row = int(case["index"]) + HEADER_ROW + 1
            found.append(Failure(row, case["column"], case["check"], str(case["failure_case"])))
        elif case["index"] is None or case["index"] != case["index"]:  # NaN: the table as a whole
            column = str(reported_at[case["check"]])
            found.append(Failure(None, column, str(case["check"]), None))
    return sorted(found, key=lambda failure: (failure.row or 0, failure.column, failure.rule))


def counted(found: Sequence[object], noun: str) -> str:
    """Return `1 problem`, `3 problems`."""
    return f"{len(found)} {noun}{'' if len(found) == 1 else 's'}"


def describe(found: Sequence[object]) -> str:
    """Return at most ten lines, one a failure, and a count of the rest."""
    lines = [f"  {failure}" for failure in found[:SHOWN]]
    if len(found) > SHOWN:
        lines.append(f"  and {len(found) - SHOWN} more")
    return "\n".join(lines)
