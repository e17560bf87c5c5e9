"""The report as CSV: one form for machines, one for Danish Excel."""

from __future__ import annotations

import csv
from typing import Final

import pandas as pd

from pipeline.reporting.numbers import Language
from pipeline.reporting.texts import Catalogue

_BYTE_ORDER_MARK: Final = "\ufeff"
_EXACT_COLUMNS: Final = ("counted_population", "share")
_WORDED_COLUMNS: Final = ("basis", "estimated")


def machine_csv(table: pd.DataFrame) -> bytes:
    """Return a table as CSV for machines: comma, decimal point, UTF-8, LF."""
    return table.to_csv(index=False, lineterminator="\n").encode()


def danish_excel_csv(table: pd.DataFrame) -> bytes:
    """Return a table as Danish Excel opens it: `;`, decimal comma, byte order mark, CRLF."""
    danish = Catalogue(Language.DANISH)
    localized = table.assign(
        **{column: table[column].str.replace(".", ",") for column in _EXACT_COLUMNS},
        **{
            column: table[column].map(lambda value: danish(f"value.{value}"))
            for column in _WORDED_COLUMNS
        },
    )
    headings = {column: danish(f"column.{column}") for column in table.columns}
    text = localized.rename(columns=headings).to_csv(
        index=False, sep=";", lineterminator="\r\n", quoting=csv.QUOTE_MINIMAL
    )
    return (_BYTE_ORDER_MARK + text).encode()
