"""Fixtures of the tests for what analysts do between quarters."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.analysis.calculations import Calculations
from pipeline.calculation.calculate import Calculation
from pipeline.revisions.name import ReportName
from pipeline.settings import Settings
from tests.conftest import REPOSITORY

BUNDLED = [f"{year}K1" for year in range(2016, 2024)]


@pytest.fixture(scope="session")
def bundled() -> dict[str, Calculation]:
    """Every bundled quarter by the rules of 2022K1, each calculated once."""
    calculations = Calculations(Settings(REPOSITORY / "data", Path("nowhere")))
    return {
        quarter: calculations.of(ReportName.parse(f"{quarter}-rules-2022K1")) for quarter in BUNDLED
    }
