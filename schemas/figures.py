"""What figures must look like where they come in, and where they go out: Pandera schemas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import pandas as pd
import pandera.pandas as pa

from schemas import codes
from schemas.column_rules import known, matches, row_rule, table, text
from schemas.records import Basis
from schemas.source_tables import TIME, VALUE, SourceTable
from schemas.tables import QUARTER

_ALLOCATED: Final = ["quarter", "cluster_id", "cost_id"]
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


def allocation(amounts_dkk: Mapping[tuple[str, str, str], int]) -> pa.DataFrameSchema:
    """The report's allocation, of one quarter or of several.

    Args:
        amounts_dkk: Kroner that the rows of a quarter, cluster and cost must add up to.
    """

    def adds_up(rows: pd.DataFrame) -> bool:
        with_cost = rows[rows["cost_id"].ne("")]
        sums = with_cost.groupby(_ALLOCATED)["amount_dkk"].sum()
        return {key: int(amount) for key, amount in sums.items()} == dict(amounts_dkk)

    names = ("structure", "cluster_id", "cluster_name", "cost_id", "municipality_name")
    return table(
        {
            "quarter": text(matches(QUARTER, "must be a quarter")),
            **{column: text() for column in names},
            "municipality_code": text(matches(codes.AREA_CODE, "must be three digits")),
            "basis": text(known([basis.value for basis in Basis], "must be a basis")),
            "population": pa.Column(int, pa.Check.ge(0, error="must not be negative")),
            "counted_population": text(matches(r"[0-9]+(\.[0-9]+|/[0-9]+)?", "must be exact")),
            "share": text(matches(r"[01]\.[0-9]{10}", "must be a share with ten decimals")),
            "amount_dkk": pa.Column(
                pd.Int64Dtype, pa.Check.ge(0, error="must not be negative"), nullable=True
            ),
            "estimated": text(known(["true", "false"], "must be true or false")),
        },
        row_rule("amount_dkk", "must add up to each cost of each cluster", adds_up),
        row_rule(
            "municipality_code",
            "must stand once for each cluster and cost",
            lambda rows: ~rows.duplicated([*_ALLOCATED, "municipality_code"]),
        ),
    )
