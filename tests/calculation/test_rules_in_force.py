"""A rule is in force from its first quarter to its last, and in no other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import Remedy, RuleError
from schemas.quarter import Period, Quarter
from tests.calculation.strategies import QUARTER, cluster, cost, membership, quarters, rules_of

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


def test_a_cost_of_a_cluster_that_is_not_in_force_stops() -> None:
    """An amount that is due in the quarter is never lost with its cluster."""
    ended = Period(Quarter(2021, 1), Quarter(2021, 4))
    clusters = [cluster("syd"), cluster("gammel", ended)]
    members = [membership("syd", "101"), membership("gammel", "101", period=ended)]
    with pytest.raises(RuleError, match="gammel"):
        rules_of(QUARTER, clusters, members, [cost("gammel", 370_000)])
