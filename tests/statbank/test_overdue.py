"""When a quarter that does not come is overdue."""

from __future__ import annotations

import re
from datetime import date

import pytest

from flows.server.deployments import PREFECT_FILE
from pipeline.statbank.publication import expected_release, overdue_from
from schemas.quarter import Quarter, quarter_range
from schemas.source_tables import SOURCE_TABLES, SourceTable

QUARTERS = quarter_range(Quarter(2022, 1), Quarter(2061, 4))


def window() -> tuple[int, int, list[int]]:
    """Return first day, last day and months of the schedule."""
    cron = re.search(r'cron: "\S+ \S+ (\d+)-(\d+) (\S+) \*"', PREFECT_FILE.read_text("utf-8"))
    assert cron
    return int(cron[1]), int(cron[2]), [int(month) for month in cron[3].split(",")]


@pytest.mark.parametrize("source", SOURCE_TABLES, ids=lambda source: source.table)
def test_overdue_is_said_while_the_schedule_still_asks(source: SourceTable) -> None:
    """In forty years no quarter is overdue before three working days are over, nor so late that the
    last day of the schedule has come.
    """
    first, last, months = window()
    for quarter in QUARTERS:
        expected, overdue = expected_release(source, quarter), overdue_from(source, quarter)
        days = [
            date.fromordinal(day) for day in range(expected.toordinal() + 1, overdue.toordinal())
        ]
        assert sum(day.weekday() < 5 for day in days) == 3
        assert overdue.month == expected.month
        assert overdue.month in months
        assert first <= overdue.day < last
