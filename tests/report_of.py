"""Reports for tests, made from a data folder without the command line."""

from __future__ import annotations

from pathlib import Path

from pipeline.calculation.calculate import Calculation, Held, Parameters, calculate
from pipeline.calculation.findings import Finding, Subject
from pipeline.reporting.content import Content
from pipeline.reporting.numbers import Language
from pipeline.snapshots.store import SnapshotStore
from schemas.quarter import Quarter
from schemas.source_tables import FOLK1A, KKBEF1
from tests.conftest import REPOSITORY

FIRST = [Finding.of(Subject.FIRST_REVISION)]


def calculation_of(
    quarter: str = "2022K1",
    language: Language = Language.DANISH,
    data_dir: Path = REPOSITORY / "data",
    rules: str | None = None,
) -> Calculation:
    """Return the calculation of a quarter whose snapshots are held."""
    store, wanted = SnapshotStore(data_dir), Quarter.parse(quarter)
    areas, districts = (store.newest(table.table, wanted) for table in (FOLK1A, KKBEF1))
    assert areas is not None
    assert districts is not None
    rules_quarter = Quarter.parse(rules) if rules else None
    parameters = Parameters(wanted, rules_quarter, language=language)
    return calculate(parameters, Held(areas, districts), data_dir)


def content_of(
    quarter: str = "2022K1",
    language: Language = Language.DANISH,
    data_dir: Path = REPOSITORY / "data",
    rules: str | None = None,
) -> Content:
    """Return the first revision of a quarter's report."""
    return Content(calculation_of(quarter, language, data_dir, rules), 1, FIRST)
