"""How far a population may jump before it is a finding, and before it stops the run."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.calculation.findings import Subject
from pipeline.calculation.population import (
    FEW_PEOPLE,
    IMPLAUSIBLE_PER_QUARTER,
    NOTABLE_PER_QUARTER,
    check_jumps,
    jump_per_quarter,
)
from pipeline.errors import InvalidData, Remedy
from schemas.quarter import Quarter

START = Quarter(2022, 1)
PEOPLE = st.integers(min_value=FEW_PEOPLE, max_value=10**6)
QUARTERS = st.integers(min_value=1, max_value=40)


def _jumps(before: int, after: int, quarters: int) -> list[bool]:
    """Return whether each notable jump is implausible."""
    jump = jump_per_quarter(quarters, before, after)
    return [jump > IMPLAUSIBLE_PER_QUARTER] if jump > NOTABLE_PER_QUARTER else []


@given(before=PEOPLE, quarters=QUARTERS, sign=st.sampled_from([1, -1]))
def test_the_bounds_grow_with_the_quarters_between(before: int, quarters: int, sign: int) -> None:
    """A jump at a bound is within it, and one person more is beyond it, up as well as down."""
    notable = int(NOTABLE_PER_QUARTER * quarters * before)
    implausible = int(IMPLAUSIBLE_PER_QUARTER * quarters * before)
    assert _jumps(before, before + sign * notable, quarters) == []
    assert _jumps(before, before + sign * (notable + 1), quarters) == [False]
    assert _jumps(before, before + sign * implausible, quarters) == [False]
    assert _jumps(before, before + sign * (implausible + 1), quarters) == [True]


def test_the_growth_of_hoeje_taastrup_is_sound() -> None:
    """From 2022K1 to 2026K1 it grew by 14 %, which is no finding over 16 quarters."""
    assert _jumps(53_053, 60_480, 16) == []


def test_small_islands_get_wider_bounds() -> None:
    """Five per cent in a quarter is a finding for a town, and none for Læsø or Christiansø."""
    assert _jumps(20_000, 21_000, 1) == [False]
    assert _jumps(1_769, 1_857, 1) == []
    assert _jumps(90, 95, 1) == []
    assert _jumps(90, 130, 1) == [True]


def test_an_accepted_code_passes_and_another_stops() -> None:
    """Acceptance is by code; the message lists what is not accepted, and how to accept it."""
    before, after = {"101": 9_000, "147": 9_000}, {"101": 18_000, "147": 18_000}
    names = {"101": "København", "147": "Frederiksberg"}
    found = check_jumps(START, before, START + 1, after, names, ["101", "147"])
    assert [dict(finding.values)["code"] for finding in found] == ["101", "147"]
    with pytest.raises(InvalidData) as stopped:
        check_jumps(START, before, START + 1, after, names, ["101"])
    assert "147 Frederiksberg: 9000 in 2022K1, 18000 in 2022K2 (+100.0 %)" in str(stopped.value)
    assert (stopped.value.remedy, stopped.value.facts) == (Remedy.ACCEPT_JUMPS, {"codes": ["147"]})
    assert "101 København" not in str(stopped.value)


@given(people=st.dictionaries(st.sampled_from(["101", "147", "411"]), PEOPLE, min_size=1))
def test_no_jump_is_no_finding(people: dict[str, int]) -> None:
    """The same figures in the next quarter are never notable."""
    assert check_jumps(START, people, START + 1, people, dict.fromkeys(people, ""), []) == []


def test_a_place_that_was_empty_is_implausible_to_fill() -> None:
    """From nobody to somebody is beyond every bound, and is told without dividing by zero."""
    empty, filled, names = {"411": 0}, {"411": 5}, {"411": "Christiansø"}
    with pytest.raises(InvalidData, match=r"0 in 2022K1, 5 in 2022K2 \(new %\)"):
        check_jumps(START, empty, START + 1, filled, names, [])
    (finding,) = check_jumps(START, empty, START + 1, filled, names, ["411"])
    assert dict(finding.values)["percent"] == "new"
    assert check_jumps(START, empty, START + 1, empty, names, []) == []


def test_manifests_of_earlier_versions_are_read() -> None:
    """A revision stays as it was written, and its findings can still be mailed."""
    assert Subject("population_moved") is Subject.POPULATION_JUMP
    with pytest.raises(ValueError, match="no_such_subject"):
        Subject("no_such_subject")
