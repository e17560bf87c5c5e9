"""What figures must look like where they come in: a Pandera schema."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pandera.pandas as pa

from schemas.column_rules import known, matches, table, text
from schemas.source_tables import TIME, VALUE, SourceTable

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
