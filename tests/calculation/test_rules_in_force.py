"""A rule is in force from its first quarter to its last, and in no other."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.calculation.membership import further_days, in_force, tables_of
from pipeline.errors import Remedy, RuleError
from schemas.quarter import Period, Quarter
from schemas.records import Reference
from schemas.report_name import ReportName
from schemas.rows import TABLES
from schemas.sharing import Alternative, Key, Source, Structure
from schemas.source_tables import SOURCE_TABLES
from tests.calculation.strategies import (
    ALWAYS,
    QUARTER,
    cluster,
    cost,
    districts,
    membership,
    municipality,
    quarters,
    rules_of,
)

periods = st.builds(
    lambda first, length: Period(first, None if length is None else first + length),
    quarters,
    st.none() | st.integers(0, 40),
)


@given(quarters, periods)
def test_a_period_holds_both_ends(quarter: Quarter, period: Period) -> None:
    """The first and the last quarter belong to it; without a last one it never ends."""
    assert period.first in period
    assert (period.first + -1) not in period
    if period.last:
        assert period.last in period
        assert (period.last + 1) not in period
    ends = period.last or quarter
    assert (quarter in period) == (period.first <= quarter <= ends)


@given(quarters, st.lists(periods, min_size=1, max_size=6))
def test_only_what_is_in_force_applies(quarter: Quarter, given_periods: list[Period]) -> None:
    """Clusters, memberships and costs of other quarters play no part."""
    clusters = [cluster(f"c{number}", period) for number, period in enumerate(given_periods)]
    members = [membership(row.cluster_id, "101", period=row.period) for row in clusters]
    costs = [cost(row.cluster_id, 1, row.period) for row in clusters]
    in_force = [row for row in clusters if quarter in row.period]
    if not in_force:
        with pytest.raises(RuleError):
            rules_of(quarter, clusters, members, costs)
        return
    rules = rules_of(quarter, clusters, members, costs)
    assert [row.cluster_id for row in rules.clusters] == [row.cluster_id for row in in_force]
    assert list(rules.members) == [row.cluster_id for row in in_force]
    assert all(quarter in row.period for rows in rules.members.values() for row in rows)
    assert [row.scope for row in rules.costs] == [row.cluster_id for row in in_force]


def test_members_stand_by_code() -> None:
    """The order of memberships.csv does not matter."""
    rows = [membership("syd", code) for code in ("461", "101", "265")]
    rules = rules_of(QUARTER, [cluster("syd")], rows, [])
    assert [row.municipality_code for row in rules.members["syd"]] == ["101", "265", "461"]


def test_no_cluster_in_force_names_the_quarters_and_the_option() -> None:
    """The message says which quarters have clusters, and gives the command that applies them."""
    period = Period(Quarter(2022, 1), Quarter(2026, 4))
    clusters = [
        cluster("syd", period),
        cluster("raad", Period(Quarter(2027, 1), None), "sundhedsraad"),
    ]
    with pytest.raises(RuleError, match="No cluster is in force in 2019K1") as raised:
        rules_of(Quarter(2019, 1), clusters, [], [])
    assert "sundhedsklynge 2022K1 to 2026K4" in raised.value.message
    assert "sundhedsraad 2027K1 to further notice" in raised.value.message
    assert raised.value.remedy is Remedy.APPLY_RULES_OF
    assert raised.value.facts == {"quarter": Quarter(2019, 1), "rules": Quarter(2022, 1)}
    assert raised.value.exit_code == 40


def test_a_cluster_without_members_stops() -> None:
    """A cluster in force to which no one belongs is named."""
    with pytest.raises(RuleError, match="In 2022K1 no municipality belongs to nord, vest"):
        rules_of(
            QUARTER,
            [cluster("syd"), cluster("nord"), cluster("vest")],
            [membership("syd", "101")],
            [],
        )


def test_the_cost_that_ended_last_before_is_told() -> None:
    """Of costs that ended one after another, where none is left: the one before the quarter."""
    ended = [cost("syd", 1, Period(QUARTER, QUARTER + more)) for more in (7, 3, 20)]
    rules = partial(rules_of, clusters=[cluster("syd")], memberships=[membership("syd", "101")])
    assert rules(QUARTER + 30, costs=ended).costs_ended == QUARTER + 20
    assert rules(QUARTER + 7, costs=ended).costs_ended is None
    assert rules(QUARTER + 8, costs=ended[:2]).costs_ended == QUARTER + 7
    later = cost("syd", 1, Period(QUARTER + 40, QUARTER + 41))
    assert rules(QUARTER + 8, costs=[*ended[:2], later]).costs_ended == QUARTER + 7


def test_only_what_the_rules_name_is_kept() -> None:
    """Structures of other clusters, sources that nothing cites, places of other quarters and what
    may be true instead are no part of the rules in force."""
    period = Period(QUARTER, QUARTER + 3)
    after = Period(QUARTER + 4, None)
    gone, there = (replace(municipality("101"), name=name, period=row)
                   for name, row in (("Gone", period), ("There", after)))  # fmt: skip
    tables = {
        **dict.fromkeys(TABLES, ()),
        "areas": [gone, there],
        "districts": [replace(row, period=period) for row in districts()],
        "structures": [Structure(name, *[name] * 10) for name in ("sundhedsklynge", "andet")],
        "clusters": [cluster("syd"), cluster("nord", after, "andet")],
        "memberships": [membership("syd", "101"), membership("nord", "101", period=after)],
        "sources": [Source(name, name, "", "high", "") for name in ("source", "other")],
        "alternatives": [Alternative("a", "a", "a", "101", (), "syd", "")],
    }
    rules = in_force(Reference.of(tables), ReportName(QUARTER))
    assert (list(rules.structures), list(rules.sources)) == (["sundhedsklynge"], ["source"])
    assert [row.name for row in rules.areas.values()] == ["Gone"]
    assert list(rules.districts) == [row.code for row in districts()]
    assert rules.alternatives == ()
    later = in_force(Reference.of(tables), ReportName(QUARTER + 4, QUARTER))
    assert [row.name for row in later.areas.values()] == ["There"]
    assert later.districts == {}


@pytest.mark.parametrize(
    ("parts", "tables"),
    [([()], 1), ([(), ("1001",)], 2), ([("1001",), ()], 2), ([("1001",)], 2), ([], 2)],
)
def test_districts_are_needed_where_a_rule_counts_by_them(
    parts: list[tuple[str, ...]], tables: int
) -> None:
    """One table serves rules that count by none; both do where it is not known."""
    rows = [membership("syd", "101", districts=part) for part in parts]
    reference = Reference.of({**dict.fromkeys(TABLES, ()), "memberships": rows})
    assert tables_of(reference, QUARTER) == SOURCE_TABLES[:tables]


def test_keys_and_their_days_stand_in_order() -> None:
    """By id, and by ages and day, whatever the order in the file."""
    names = [f"k{number}" for number in (4, 7, 1, 6, 2, 5, 3)]
    keys = [
        Key(name, name, name, f"{name[1:]}-", "2021K4", Fraction(0), "member", None, ALWAYS, "s")
        for name in names
    ]
    costs = [replace(cost("syd", 1), key_id=name) for name in names]
    rules = rules_of(QUARTER, [cluster("syd")], [membership("syd", "101")], costs, keys)
    assert [key.key_id for key in rules.keys] == sorted(names)
    days = [(f"{number}-", Quarter(2021, 4)) for number in range(1, 8)]
    assert further_days(rules, ReportName(QUARTER)) == days


def test_a_cost_of_a_cluster_that_is_not_in_force_stops() -> None:
    """An amount that is due in the quarter is never lost with its cluster."""
    ended = Period(Quarter(2021, 1), Quarter(2021, 4))
    clusters = [cluster("syd"), cluster("gammel", ended)]
    members = [membership("syd", "101"), membership("gammel", "101", period=ended)]
    with pytest.raises(RuleError, match="gammel") as raised:
        rules_of(QUARTER, clusters, members, [cost("gammel", 370_000)])
    assert raised.value.facts == {"cost_id": "cost-370000"}
