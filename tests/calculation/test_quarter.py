"""A quarter reads, counts and orders as Statistics Denmark's notation says."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.statbank.publication import expected_release
from schemas.quarter import Quarter, quarter_range
from schemas.report_name import ReportName
from schemas.source_tables import SOURCE_TABLES
from tests.calculation.strategies import quarters

steps = st.integers(-200, 200)


@given(quarters)
def test_its_text_reads_back(quarter: Quarter) -> None:
    """K, Q, lower case and blanks around are understood; it always writes K."""
    text = str(quarter)
    for written in (text, text.lower(), text.replace("K", "Q"), f" {text}\n"):
        assert Quarter.parse(written) == quarter


SPELLINGS = (
    *("2022K1", "2022k1", "2022Q1", "2022q1", "2022-K1", "2022-Q1", "2022 K1", "2022 k 1", "22K1"),
    *("K1 2022", "q1 2022", "1. kvartal 2022", "1 kvartal 2022", "2022-01-01"),
)


@pytest.mark.parametrize("text", SPELLINGS)
def test_spellings_of_people_are_understood(text: str) -> None:
    """Each of fourteen ways to write a quarter is that quarter, alone and in a report's name."""
    assert Quarter.parse(text) == Quarter(2022, 1)
    name = ReportName.parse(f"{text}-rules-{text.replace('22', '19')}-en:r2")
    assert str(name) == "2022K1-rules-2019K1-en:r2"


@pytest.mark.parametrize("text", ["2022-1", "2022-02", "202204", "1-2022", "02.2022"])
def test_what_may_be_a_month_is_asked_back(text: str) -> None:
    """A year and a number alone are not guessed at."""
    with pytest.raises(ValueError, match="it may be a quarter or a month"):
        Quarter.parse(text)


@pytest.mark.parametrize(
    "text",
    ["", "2022", "2022K0", "2022K5", "222K1", "2022M1", "2022K11", "K12022", "2022K-1", "1 K1"],
)
def test_other_text_is_refused(text: str) -> None:
    """What is not a quarter is named in a message that shows the notation."""
    with pytest.raises(ValueError, match="is not a quarter; write it like 2022K1"):
        Quarter.parse(text)


def test_digits_of_other_scripts_are_refused() -> None:
    """Only the digits 0 to 9 are a year: text of files compares as text."""
    with pytest.raises(ValueError, match="is not a quarter"):
        Quarter.parse("٢٠٢٢K1")


@given(quarters, steps)
def test_adding_and_subtracting_undo_each_other(quarter: Quarter, step: int) -> None:
    """The distance to the quarter n later is n."""
    assert (quarter + step) - quarter == step
    assert (quarter + step) + -step == quarter


@given(quarters, quarters)
def test_order_is_that_of_time_and_of_text(one: Quarter, other: Quarter) -> None:
    """Earlier compares as less, as its reference day and its text do."""
    assert (one < other) == (one.reference_day < other.reference_day) == (str(one) < str(other))
    assert (one - other > 0) == (one > other)


@given(st.dates(date(2000, 1, 1), date(2100, 12, 31)))
def test_a_day_lies_in_its_quarter(day: date) -> None:
    """The quarter of a day starts on or before it, and the next one after it."""
    quarter = Quarter.of_day(day)
    assert quarter.reference_day <= day < (quarter + 1).reference_day
    assert Quarter.of_day(quarter.reference_day - timedelta(days=1)) == quarter + -1


@pytest.mark.parametrize(
    ("text", "reference_month", "release_month"),
    [("2022K1", 1, 2), ("2022K2", 4, 5), ("2022K3", 7, 8), ("2022K4", 10, 11)],
)
def test_reference_day_and_release(text: str, reference_month: int, release_month: int) -> None:
    """Population of 1 January, April, July, October; published the month after."""
    quarter = Quarter.parse(text)
    assert quarter.reference_day == date(2022, reference_month, 1)
    for source in SOURCE_TABLES:
        released = date(2022, release_month, source.release_day)
        assert expected_release(source, quarter) == released


@given(quarters, st.integers(-3, 20))
def test_a_range_holds_both_ends(first: Quarter, step: int) -> None:
    """Every quarter once, in order; none when the last is earlier than the first."""
    found = quarter_range(first, first + step)
    assert len(found) == max(0, step + 1)
    assert list(found) == sorted(set(found))
    if found:
        assert (found[0], found[-1]) == (first, first + step)
