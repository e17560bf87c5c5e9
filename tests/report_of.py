"""Reports for tests, made from a data folder without the command line."""

from __future__ import annotations

from pathlib import Path

from pipeline.calculation.calculate import Calculation, Parameters, calculate
from pipeline.calculation.findings import Finding, Subject
from pipeline.reporting.content import Content
from pipeline.run import gather
from pipeline.settings import Settings
from pipeline.snapshots.acquisition import Acquisition
from schemas.quarter import Quarter
from schemas.records import Language
from schemas.report_name import ReportName
from tests.conftest import REPOSITORY

FIRST = [Finding.of(Subject.FIRST_REVISION)]


def calculation_of(
    quarter: str = "2022K1",
    language: Language = Language.DANISH,
    data_dir: Path = REPOSITORY / "data",
    rules: str | None = None,
) -> Calculation:
    """Return the calculation of a quarter whose snapshots are stored."""
    rules_quarter = Quarter.parse(rules) if rules else None
    report = ReportName(Quarter.parse(quarter), rules_quarter, language=language)
    acquisition = Acquisition.offline(Settings(data_dir, Path("nowhere")))
    return calculate(gather(Parameters(report), acquisition))


def content_of(
    quarter: str = "2022K1",
    language: Language = Language.DANISH,
    data_dir: Path = REPOSITORY / "data",
    rules: str | None = None,
) -> Content:
    """Return the first revision of a quarter's report."""
    return Content(calculation_of(quarter, language, data_dir, rules), 1, FIRST)
