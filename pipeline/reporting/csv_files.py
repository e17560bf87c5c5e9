"""Rows as CSV: one form for machines, one for Excel in the language of the report."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pipeline.reporting.plain_text import csv_field
from pipeline.reporting.texts import Catalogue
from schemas.records import Language

Rows = Sequence[Mapping[str, Any]]

_BYTE_ORDER_MARK: Final = "\ufeff"
_EXACT_COLUMNS: Final = ("counted_population", "share")
_WORDED_COLUMNS: Final = ("basis", "estimated")


def machine_csv(rows: Rows, columns: Sequence[str] = ()) -> str:
    """Return rows as CSV for machines: comma, decimal point, LF.

    Text that a spreadsheet would take for a formula is guarded.

    Args:
        rows: The rows; the first names the columns.
        columns: The columns, where there may be no row.
    """
    return _csv(rows, columns or list(rows[0]) if rows or columns else [], ",", "\n")


def excel_csv(rows: Rows, columns: Sequence[str], text: Catalogue) -> bytes:
    """Return rows as Excel opens them: with a byte order mark, CRLF and the list separator."""
    danish = text.language is Language.DANISH
    headings = {column: text(f"column.{column}") for column in columns}
    localized = [
        {heading: _localized(column, row[column], text) for column, heading in headings.items()}
        for row in rows
    ]
    content = _csv(localized, list(headings.values()), ";" if danish else ",", "\r\n")
    return (_BYTE_ORDER_MARK + content).encode()


def _localized(column: str, value: Any, text: Catalogue) -> Any:
    if column in _WORDED_COLUMNS:
        return text(f"value.{value}")
    if column in _EXACT_COLUMNS and text.language is Language.DANISH:
        return value.replace(".", ",")
    return value


def _csv(rows: Rows, columns: Sequence[str], delimiter: str, line_end: str) -> str:
    target = io.StringIO()
    writer = csv.writer(target, delimiter=delimiter, lineterminator=line_end)
    if columns:
        writer.writerow(columns)
    writer.writerows([_guarded(row[column]) for column in columns] for row in rows)
    return target.getvalue()


def _guarded(value: Any) -> Any:
    return csv_field(value) if isinstance(value, str) else value
