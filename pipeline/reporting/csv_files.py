"""The report as CSV: one form for machines, one for Excel in the language of the report."""

from __future__ import annotations

import csv
from typing import Final

import pandas as pd

from pipeline.plain_text import csv_field
from pipeline.reporting.numbers import Language
from pipeline.reporting.texts import Catalogue

_BYTE_ORDER_MARK: Final = "\ufeff"
_EXACT_COLUMNS: Final = ("counted_population", "share")
_WORDED_COLUMNS: Final = ("basis", "estimated")
_NAME_COLUMNS: Final = ("cluster_name", "municipality_name")
"""The columns of free text; all others are codes, numbers and words of ours."""


def machine_csv(table: pd.DataFrame) -> bytes:
    """Return a table as CSV for machines: comma, decimal point, UTF-8, LF."""
    return _guarded(table).to_csv(index=False, lineterminator="\n").encode()


def excel_csv(table: pd.DataFrame, text: Catalogue) -> bytes:
    """Return a table as Excel opens it: with a byte order mark, CRLF and the list separator."""
    danish = text.language is Language.DANISH
    worded = {
        column: table[column].map(lambda value: text(f"value.{value}"))
        for column in _WORDED_COLUMNS
    }
    localized = _guarded(table).assign(
        **{
            column: table[column].str.replace(".", "," if danish else ".")
            for column in _EXACT_COLUMNS
        },
        **worded,
    )
    headings = {column: text(f"column.{column}") for column in table.columns}
    content = localized.rename(columns=headings).to_csv(
        index=False, sep=";" if danish else ",", lineterminator="\r\n", quoting=csv.QUOTE_MINIMAL
    )
    return (_BYTE_ORDER_MARK + content).encode()


def _guarded(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(
        **{column: table[column].map(csv_field) for column in _NAME_COLUMNS if column in table}
    )
