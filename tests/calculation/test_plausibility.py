"""How far a population may jump before it is a finding, and before it stops the run."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.calculation.findings import Finding, Subject
from pipeline.calculation.plausibility import (
    AcceptedJump,
    Change,
    Jump,
    accepted,
    registers_jump,
)
from pipeline.errors import InvalidData, Remedy
from schemas.quarter import Period, Quarter
from schemas.records import (
    COPENHAGEN,
    COPENHAGEN_TOTAL,
    Area,
    AreaKind,
    Basis,
    Membership,
    Reference,
)
from schemas.source_tables import FOLK1A

START = Quarter(2022, 1)
PEOPLE = st.integers(min_value=5_000, max_value=10**6)
QUARTERS = st.integers(min_value=1, max_value=40)
NAMES = {"101": "København", "147": "Frederiksberg", "167": "Hvidovre", "259": "Køge"}
REGIONS = {"259": "085"}
ISLAND = "411"


def _place(code: str, name: str, kind: AreaKind) -> Area:
    return Area(code, name, kind, REGIONS.get(code, "084"), Period(START, None))


def _member(code: str) -> Membership:
    period = Period(START, None)
    return Membership("syd", code, Basis.WHOLE, Fraction(1), (), period, "memo")


REFERENCE = Reference(
    (
        *(_place(code, name, AreaKind.MUNICIPALITY) for code, name in NAMES.items()),
        _place(ISLAND, "Christiansø", AreaKind.OTHER),
    ),
    (),
    (),
    tuple(map(_member, NAMES)),
    (),
    {},
    (),
)


def change(before: dict[str, int], after: dict[str, int], quarters: int = 1) -> Change:
    """Return how people changed; of the other places nobody is there, before or after."""
    nobody = dict.fromkeys(REFERENCE.areas, 0)
    then, now = {**nobody, **before}, {**nobody, **after}
    return Change(FOLK1A, REFERENCE, START, then, START + quarters, now)


def outcome(before: int, after: int, quarters: int = 1) -> str:
    """Return what a jump of one place comes to: `sound`, `finding` or `stop`."""
    found = list(change({"147": before}, {"147": after}, quarters).jumps())
    try:
        accepted(START, found, ())
    except InvalidData:
        return "stop"
    return "finding" if found else "sound"


@given(before=PEOPLE, quarters=QUARTERS, sign=st.sampled_from([1, -1]))
def test_the_bounds_grow_with_the_quarters_between(before: int, quarters: int, sign: int) -> None:
    """Two per cent a quarter is sound, up to fifteen, and ten a finding, up to twenty-five; a
    person more is beyond, up and down.
    """
    notable = before * min(quarters * 2, 15) // 100
    implausible = before * min(quarters * 10, 25) // 100
    assert outcome(before, before + sign * notable, quarters) == "sound"
    assert outcome(before, before + sign * (notable + 1), quarters) == "finding"
    assert outcome(before, before + sign * implausible, quarters) == "finding"
    assert outcome(before, before + sign * (implausible + 1), quarters) == "stop"


@given(before=PEOPLE, quarters=QUARTERS)
def test_nothing_is_plausible_only_because_time_went_by(before: int, quarters: int) -> None:
    """However long ago, a population that doubled or halved is looked at."""
    assert outcome(before, 2 * before, quarters) == "stop"
    assert outcome(2 * before, before, quarters) == "stop"


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
    found = [Jump(code, "", "2022K1", 9_000, "2022K2", 18_000, stops=True) for code in codes]
    with pytest.raises(InvalidData) as stopped:
        accepted(START + 1, found, ())
    lines = stopped.value.message.splitlines()
    assert [line.split()[0] for line in lines[1:-1]] == codes[:10]
    assert lines[-1] == "  and 2 more"
    assert stopped.value.facts["codes"] == codes


def test_who_counts_in_no_cluster_stops_nothing() -> None:
    """Christiansø is in no cluster: that half of it left is told, and moves no krone."""
    (jump,) = change({ISLAND: 90}, {ISLAND: 45}).jumps()
    assert (jump.code, jump.stops) == (ISLAND, False)
    assert accepted(START + 1, [jump], ()) == ()


def test_an_accepted_code_passes_and_another_stops() -> None:
    """Acceptance is by code; the message lists what is not accepted, and how to accept it."""
    before, after = {"101": 9_000, "147": 9_000}, {"101": 18_000, "147": 18_000}
    found = list(change(before, after).jumps())
    assert [dict(jump.finding.values)["code"] for jump in found] == ["101", "147"]
    assert len(accepted(START + 1, found, (), ["101", "147"], "now")) == 2
    with pytest.raises(InvalidData) as stopped:
        accepted(START + 1, found, (), ["101"], "now")
    assert "147 Frederiksberg: 9000 in 2022K1, 18000 in 2022K2 (+100.0 %)" in str(stopped.value)
    assert stopped.value.remedy is Remedy.ACCEPT_JUMPS
    assert stopped.value.facts == {"codes": ["147"], "quarter": START + 1}
    assert "101 København" not in str(stopped.value)


@given(people=st.dictionaries(st.sampled_from([*NAMES, ISLAND]), PEOPLE, min_size=1))
def test_no_jump_is_no_finding(people: dict[str, int]) -> None:
    """The same figures in the next quarter are never notable."""
    same = change(people, people)
    assert [*same.jumps(), *same.exchanged()] == []


def test_a_place_that_was_empty_is_implausible_to_fill() -> None:
    """From nobody to somebody is beyond every bound, and is told without dividing by zero."""
    (jump,) = change({}, {"147": 5}).jumps()
    with pytest.raises(InvalidData, match=r"0 in 2022K1, 5 in 2022K2 \(new %\)"):
        accepted(START + 1, [jump], ())
    assert dict(jump.finding.values)["percent"] == "new"
    assert accepted(START + 1, [jump], (), ["147"], "now")
    assert not list(change({}, {}).jumps())


def test_an_acceptance_is_of_the_figures_that_were_looked_at() -> None:
    """It holds for the two figures alone, and is recorded once."""
    jump = Jump("147", "Frederiksberg", "2022K1", 9_000, "2022K2", 18_000, stops=True)
    record = accepted(START + 1, [jump], (), ["147"], "2026-11-24T08:00:00Z")
    assert record == (AcceptedJump("147", "2022K1", 9_000, 18_000, "2026-11-24T08:00:00Z"),)
    assert accepted(START + 1, [jump], record, ["147"], "later") == record
    for other in (replace(jump, after=18_001), replace(jump, before=8_999)):
        with pytest.raises(InvalidData):
            accepted(START + 1, [other], record)


def test_a_code_alone_was_the_acceptance_of_an_earlier_version() -> None:
    """What was accepted then is accepted still."""
    jump = Jump("147", "Frederiksberg", "2022K1", 9_000, "2022K2", 18_000, stops=True)
    assert accepted(START + 1, [jump], (AcceptedJump("147", "", 0, 0, ""),))


def test_registers_may_differ_by_what_their_days_explain() -> None:
    """One in a thousand is a remark; one person more stops, and can be accepted."""
    city, most = {COPENHAGEN: 644_000}, 644_000 + 644
    assert list(registers_jump(city, {COPENHAGEN_TOTAL: most})) == []
    (jump,) = registers_jump(city, {COPENHAGEN_TOTAL: most + 1})
    with pytest.raises(InvalidData, match="1000 København: 644000 in FOLK1A, 644645 in KKBEF1"):
        accepted(START, [jump], ())
    assert accepted(START, [jump], (), [COPENHAGEN_TOTAL], "now")


def _exchanged(before: dict[str, int], after: dict[str, int]) -> list[Finding]:
    return list(change(before, after).exchanged())


def test_two_places_that_move_against_each_other_are_told() -> None:
    """By the same number, beyond one per cent, and in one region, where no sum shows it."""
    before = {"147": 10_000, "167": 20_000, "259": 10_000}
    (finding,) = _exchanged(before, {"147": 10_250, "167": 19_750, "259": 10_000})
    values = dict(finding.values)
    assert (finding.subject, values["code"], values["other"]) == (Subject.EXCHANGED, "147", "167")
    assert values["change"] == 250
    assert finding.places == ("147", "167")
    assert _exchanged(before, {"147": 10_250, "167": 19_751, "259": 10_000}) == []
    assert _exchanged(before, {"147": 10_100, "167": 19_900, "259": 10_000}) == []
    assert _exchanged(before, {"147": 10_250, "167": 20_000, "259": 9_750}) == []


def test_an_exchange_is_looked_at_beyond_one_per_cent_a_quarter_and_five_at_most() -> None:
    """A person more than the bound on either side is told, over one quarter and over ten."""
    before = {"147": 10_000, "167": 10_000}
    for most, quarters in ((100, 1), (500, 10)):
        for more in (most, most + 1):
            after = {"147": 10_000 + more, "167": 10_000 - more}
            found = list(change(before, after, quarters).exchanged())
            assert len(found) == more - most


def test_only_a_jump_is_about_places() -> None:
    """A note of a jump goes to the clusters that count the place; a changed figure is no jump."""
    assert Finding.of(Subject.POPULATION_JUMP, code="167", before=1, after=2).places == ("167",)
    assert Finding.of(Subject.POPULATION_CHANGED, code="167", before=1, after=2).places == ()
    assert Finding.of(Subject.FIRST_REVISION).places == ()


def test_manifests_of_earlier_versions_are_read() -> None:
    """A revision stays as it was written, and its findings can still be mailed."""
    assert Subject("population_moved") is Subject.POPULATION_JUMP
    with pytest.raises(ValueError, match="no_such_subject"):
        Subject("no_such_subject")
