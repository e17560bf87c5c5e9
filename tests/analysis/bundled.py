"""Fixtures of the tests for what analysts do between quarters."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.calculation.calculate import Calculation
from pipeline.run import calculation_of
from pipeline.settings import Settings
from pipeline.snapshots.acquisition import Acquisition
from schemas.report_name import ReportName
from tests.conftest import REPOSITORY

BUNDLED = [f"{year}K1" for year in range(2016, 2024)]


@pytest.fixture(scope="session")
def bundled() -> dict[str, Calculation]:
    """Every bundled quarter by the rules of 2022K1, each calculated once."""
    acquisition = Acquisition.offline(Settings(REPOSITORY / "data", Path("nowhere")))
    return {
        quarter: calculation_of(ReportName.parse(f"{quarter}-rules-2022K1"), acquisition)
        for quarter in BUNDLED
    }
