"""What a flow is asked, in the types that Prefect's run form shows and checks.

Prefect validates a run's parameters against these before it starts; a parameter's help stands in
the docstring of its flow. Folders and addresses are no parameters: a worker has its own.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from pydantic import Field

from pipeline.calculation.calculate import Parameters
from schemas.quarter import Quarter
from schemas.records import Language
from schemas.report_name import ReportName

QuarterText = Annotated[str, Field(pattern=r"^\d{4}[KkQq][1-4]$")]
"""A quarter as the history keeps it, which holds JSON only."""

AreaCode = Annotated[str, Field(pattern=r"^\d{3,4}$")]

COPENHAGEN_TIME: Final = ZoneInfo("Europe/Copenhagen")


def due_quarter(moment: datetime) -> Quarter:
    """Return the quarter whose figures come out in the quarter of a moment: that quarter itself."""
    return Quarter.of_day(moment.astimezone(COPENHAGEN_TIME).date())


def report_parameters(
    due: Quarter,
    quarter: str | None = None,
    rules: str | None = None,
    accept_jumps: tuple[str, ...] = (),
    language: str = Language.DANISH,
    estimate_districts: bool = False,
    **access: bool,
) -> Parameters:
    """Return what a report is about from what a flow is asked, `due` where it names no quarter."""
    report = ReportName(
        Quarter.parse(quarter) if quarter else due,
        Quarter.parse(rules) if rules else None,
        language=Language(language),
    )
    return Parameters(report, estimate_districts, tuple(accept_jumps))
