"""What a flow is asked, in the types that Prefect's run form shows and checks.

Prefect validates a run's parameters against these before it starts; a parameter's help stands in
the docstring of its flow. Folders and addresses are no parameters: a worker has its own.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from pipeline.calculation.calculate import Parameters
from schemas.quarter import Quarter
from schemas.records import Language
from schemas.report_name import ReportName

QuarterText = Annotated[str, Field(pattern=r"^\d{4}[KkQq][1-4]$")]
AreaCode = Annotated[str, Field(pattern=r"^\d{3,4}$")]
LanguageCode = Literal["da", "en"]

COPENHAGEN_TIME: Final = ZoneInfo("Europe/Copenhagen")


def due_quarter(moment: datetime) -> Quarter:
    """Return the quarter whose figures come out in the quarter of a moment: that quarter itself."""
    return Quarter.of_day(moment.astimezone(COPENHAGEN_TIME).date())


def report_parameters(given: dict[str, Any], moment: datetime) -> Parameters:
    """Return what a report is about.

    Args:
        given: Parameters of a run of the quarterly flow.
        moment: When the run was due, for the quarter that it leaves out.
    """
    quarter = Quarter.parse(given["quarter"]) if given.get("quarter") else due_quarter(moment)
    rules = Quarter.parse(given["rules"]) if given.get("rules") else None
    language = Language(given.get("language") or Language.DANISH)
    return Parameters(
        ReportName(quarter, rules, language=language),
        bool(given.get("estimate_districts")),
        tuple(given.get("accept_jumps") or ()),
    )
