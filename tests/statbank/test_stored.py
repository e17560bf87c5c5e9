"""What is stored is enough: nobody is asked for it, and it is what is told when nobody answers."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.calculation.calculate import Parameters
from pipeline.errors import Remedy, StatBankUnavailable
from pipeline.settings import Settings
from pipeline.snapshots.acquisition import Access, Acquisition
from schemas.quarter import Quarter
from schemas.report_name import ReportName
from tests.conftest import PretendClock
from tests.processes import NOBODY

NEWEST = "2026K1"


@pytest.fixture
def cut_off(data_dir: Path) -> Acquisition:
    """The bundled data, and a StatBank that does not answer."""
    settings = Settings(data_dir, Path("nowhere"), statbank_url=NOBODY)
    return Acquisition(settings, Access(), PretendClock().as_clock())


def parameters(quarter: str) -> Parameters:
    """Return what a report of a quarter is asked for by."""
    return Parameters(ReportName(Quarter.parse(quarter)))


def test_nobody_is_asked_for_what_is_stored(cut_off: Acquisition) -> None:
    """Unless it is to be fetched anew."""
    assert [row.quarter for row in cut_off.snapshots(parameters("2022K1"))] == ["2022K1"] * 2
    cut_off.access = Access(refresh=True)
    with pytest.raises(StatBankUnavailable):
        cut_off.snapshots(parameters("2022K1"))


@pytest.mark.parametrize(
    "ask",
    [Acquisition.newest, lambda bank: bank.snapshots(parameters("2024K2"))],
    ids=["its newest quarter", "a quarter that is not stored"],
)
def test_without_an_answer_the_newest_quarter_stored_is_named(
    cut_off: Acquisition, ask: Callable[[Acquisition], object]
) -> None:
    """Whatever was asked, the message says what can be had now."""
    with pytest.raises(StatBankUnavailable) as caught:
        ask(cut_off)
    assert caught.value.hint.endswith(f"The newest quarter stored is {NEWEST}.")
    assert caught.value.remedy is Remedy.USE_STORED


def test_a_quarter_is_stored_with_all_tables_that_it_needs(
    cut_off: Acquisition, data_dir: Path
) -> None:
    """One table of the two is no quarter; where no district is counted it is."""
    assert str(cut_off.stored_quarters()[-1]) == NEWEST
    shutil.rmtree(data_dir / "snapshots" / "KKBEF1" / NEWEST)
    left = Acquisition.offline(cut_off.settings)
    assert Quarter.parse(NEWEST) not in left.stored_quarters()
    assert Quarter.parse(NEWEST) in left.stored_quarters(Quarter(2027, 1))
