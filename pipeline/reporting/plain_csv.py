"""Plain rows as CSV for machines."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.plain_text import csv_field


def csv_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows as CSV: comma, decimal point, LF; the first row names the columns.

    Text that a spreadsheet would take for a formula is guarded, as in the reports.
    """
    text = io.StringIO()
    if rows:
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(
            {
                key: csv_field(value) if isinstance(value, str) else value
                for key, value in row.items()
            }
            for row in rows
        )
    return text.getvalue()
