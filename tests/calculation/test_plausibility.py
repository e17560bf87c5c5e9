"""How far a population may jump before it is a finding, and before it stops the run."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.calculation.findings import Subject
from pipeline.calculation.population import check_jumps
from pipeline.errors import InvalidData, Remedy
from schemas.quarter import Quarter

START = Quarter(2022, 1)
PEOPLE = st.integers(min_value=5_000, max_value=10**6)
QUARTERS = st.integers(min_value=1, max_value=40)


def outcome(before: int, after: int, quarters: int = 1) -> str:
    """Return what a jump of one place comes to: `sound`, `finding` or `stop`."""
    names = {"101": "København"}
    try:
        found = check_jumps(START, {"101": before}, START + quarters, {"101": after}, names, [])
    except InvalidData:
        return "stop"
    return "finding" if found else "sound"


@given(before=PEOPLE, quarters=QUARTERS, sign=st.sampled_from([1, -1]))
def test_the_bounds_grow_with_the_quarters_between(before: int, quarters: int, sign: int) -> None:
    """Two per cent a quarter is sound and ten a finding; a person more is beyond, up and down."""
    notable, implausible = (before * quarters * percent // 100 for percent in (2, 10))
    assert outcome(before, before + sign * notable, quarters) == "sound"
    assert outcome(before, before + sign * (notable + 1), quarters) == "finding"
    assert outcome(before, before + sign * implausible, quarters) == "finding"
    assert outcome(before, before + sign * (implausible + 1), quarters) == "stop"


def test_the_growth_of_hoeje_taastrup_is_sound() -> None:
    """From 2022K1 to 2026K1 it grew by 14 %, which is no finding over 16 quarters."""
    assert outcome(53_053, 60_480, 16) == "sound"


def test_small_islands_get_wider_bounds() -> None:
    """Five per cent in a quarter is a finding for a town, and none for Læsø or Christiansø; the
    wider bounds, six and thirty per cent, end at five thousand people.
    """
    assert outcome(20_000, 21_000) == "finding"
    assert [outcome(1_769, 1_857), outcome(90, 95), outcome(90, 130)] == ["sound", "sound", "stop"]
    assert [outcome(4_999, 4_999 + more) for more in (299, 300, 1_499, 1_500)] == [
        "sound", "finding", "finding", "stop",
    ]  # fmt: skip
    assert [outcome(5_000, 5_000 + more) for more in (100, 101, 500, 501)] == [
        "sound", "finding", "finding", "stop",
    ]  # fmt: skip


def test_a_message_shows_ten_places_and_counts_the_rest() -> None:
    """Where the whole country jumps the message stays short, and every code can be accepted."""
    codes = [str(number) for number in range(101, 113)]
    before, after = dict.fromkeys(codes, 9_000), dict.fromkeys(codes, 18_000)
    with pytest.raises(InvalidData) as stopped:
        check_jumps(START, before, START + 1, after, dict.fromkeys(codes, ""), [])
    lines = stopped.value.message.splitlines()
    assert [line.split()[0] for line in lines[1:-1]] == codes[:10]
    assert lines[-1] == "  and 2 more"
    assert stopped.value.facts == {"codes": codes}


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
