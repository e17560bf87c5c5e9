"""Compare: the four contributions add up to the change to the krone, whatever changed."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import Sequence
from fractions import Fraction
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.calculation.allocation import shares
from pipeline.calculation.calculate import Calculation
from pipeline.calculation.comparison import (
    Comparison,
    Kroner,
    allocated,
    compare,
    quarter_before,
)
from pipeline.calculation.membership import weights_of
from pipeline.calculation.population import Population
from pipeline.calculation.quarter import QuarterResult, calculate_quarter
from pipeline.reference.tables import load_reference
from schemas.quarter import Period, Quarter
from schemas.records import (
    ALL_CLUSTERS,
    Area,
    AreaKind,
    Basis,
    Cluster,
    Cost,
    Membership,
    Per,
    Reference,
)
from schemas.report_name import ReportName
from schemas.rows import TABLES
from schemas.sharing import EVERYBODY, Key, Structure
from tests.analysis.bundled import BUNDLED
from tests.analysis.quarters import add_quarter
from tests.conftest import REPOSITORY, Klynge

QUARTER = Quarter(2022, 1)
ALWAYS = Period(QUARTER, None)
STRUCTURE = "sundhedsklynge"
PLACES = [f"{code}" for code in range(201, 207)]
AREAS = {code: Area(code, code, AreaKind.MUNICIPALITY, "", ALWAYS) for code in ["101", *PLACES]}
CLUSTERS = ("a", "b", "c")


def contributions(kroner: Kroner) -> int:
    return (
        kroner.own_population_dkk
        + kroner.others_population_dkk
        + kroner.rules_dkk
        + kroner.amount_dkk
    )


def check_additive(comparison: Comparison) -> None:
    funds = [row.scope.endswith(ALL_CLUSTERS) for row in comparison.scopes if row.cost_id]
    assert funds == sorted(funds)
    for scope in comparison.scopes:
        codes = [change.code for change in scope.changes]
        assert codes == sorted(codes)
        for change in scope.changes:
            assert contributions(change.kroner) == change.kroner.change_dkk
        for state in ("before", "after"):
            amounts = [getattr(change.kroner, f"{state}_dkk") for change in scope.changes]
            shares = sum(getattr(change, f"share_{state}") for change in scope.changes)
            assert sum(amounts) == (getattr(scope, f"{state}_dkk") if shares else 0)
        people = [
            row.kroner.own_population_dkk + row.kroner.others_population_dkk
            for row in scope.changes
        ]
        assert sum(people) == 0


def with_costs(result: QuarterResult, amount_dkk: int) -> QuarterResult:
    """The result with a cost in every cluster and a shared fund, so that all have kroner."""
    scopes = [row.cluster_id for row in result.rules.clusters]
    costs = tuple(
        Cost("post", "post", "post", scope, amount_dkk + number, Per.YEAR, "", ALWAYS, "s")
        for number, scope in enumerate([*scopes, STRUCTURE + ALL_CLUSTERS])
    )
    return dataclasses.replace(result, rules=dataclasses.replace(result.rules, costs=costs))


def test_all_pairs_of_bundled_quarters_are_additive(bundled: dict[str, Calculation]) -> None:
    """In every cluster and fund, for all 56 ordered pairs, contributions add up to the krone."""
    pairs = list(permutations(BUNDLED, 2))
    for before, after in pairs:
        comparison = compare(
            with_costs(bundled[before].result, 370_000), with_costs(bundled[after].result, 370_000)
        )
        check_additive(comparison)
        assert len(comparison.scopes) == 23
        assert all(
            not change.kroner.rules_dkk for row in comparison.scopes for change in row.changes
        )
        assert all(
            not change.kroner.amount_dkk for row in comparison.scopes for change in row.changes
        )
    assert len(pairs) == 56


def test_the_bundled_costs_compare_as_the_reports_say(bundled: dict[str, Calculation]) -> None:
    """Amounts before and after are those of the two allocations themselves."""
    first, second = bundled["2016K1"].result, bundled["2023K1"].result
    comparison = compare(first, second)
    check_additive(comparison)
    syd = next(row for row in comparison.scopes if row.scope == "amager-hvidovre")
    for result, state in ((first, "before_dkk"), (second, "after_dkk")):
        cluster = next(
            row for row in result.clusters if row.cluster.cluster_id == "amager-hvidovre"
        )
        parts = cluster.allocations[0].parts
        assert {row.code: getattr(row.kroner, state) for row in syd.changes} == {
            code: part.amount for code, part in parts.items()
        }


def test_nothing_changed_is_nothing_attributed(bundled: dict[str, Calculation]) -> None:
    """A quarter compared with itself has no change and no contribution."""
    comparison = compare(bundled["2022K1"].result, bundled["2022K1"].result)
    assert not any(
        change.kroner.change_dkk
        or change.kroner.own_population_dkk
        or change.kroner.others_population_dkk
        for scope in comparison.scopes
        for change in scope.changes
    )


counted = st.integers(min_value=1, max_value=700_000)


@st.composite
def results(draw: st.DrawFn) -> QuarterResult:
    """A small country: six municipalities, each in no cluster, one, or two by a fraction."""
    people = {code: draw(counted) for code in PLACES}
    memberships: list[Membership] = []
    for code in PLACES:
        chosen = draw(st.lists(st.sampled_from(CLUSTERS), unique=True, max_size=2))
        part = Fraction(draw(st.integers(1, 8)), 9)
        parts = [Fraction(1)] if len(chosen) == 1 else [part, 1 - part]
        for cluster_id, fraction in zip(chosen, parts, strict=False):
            basis = Basis.WHOLE if fraction == 1 else Basis.FRACTION
            memberships.append(Membership(cluster_id, code, basis, fraction, (), ALWAYS, "s", 0))
    members = {row.cluster_id for row in memberships}
    in_force = [cluster_id for cluster_id in CLUSTERS if cluster_id in members]
    scopes = [*in_force, *([STRUCTURE + ALL_CLUSTERS] if in_force else [])]
    amounts = st.one_of(st.integers(0, 50), st.integers(0, 10**9))
    costs = [
        Cost(cost_id, cost_id, cost_id, scope, draw(amounts), Per.YEAR, "", ALWAYS, "s")
        for scope in scopes
        for cost_id in draw(st.lists(st.sampled_from(["x", "y"]), unique=True))
    ]
    tables: dict[str, Sequence[Any]] = {
        "areas": [*AREAS.values()],
        "structures": [Structure(STRUCTURE, *[""] * 10)] if in_force else [],
        "clusters": [Cluster(row, row, STRUCTURE, "", "", ALWAYS) for row in in_force],
        "memberships": memberships,
        "costs": costs,
    }
    rules = Reference.of({**dict.fromkeys(TABLES, ()), **tables})
    population = Population(QUARTER, {"101": 1, **people}, {"1000": 1})
    return calculate_quarter(population, rules)


@settings(max_examples=300)
@given(results(), results())
def test_contributions_add_up_for_any_two_results(
    before: QuarterResult, after: QuarterResult
) -> None:
    """With random populations, rules and amounts the contributions add up, in every scope."""
    comparison = compare(before, after)
    check_additive(comparison)
    for result, state in ((before, "before_dkk"), (after, "after_dkk")):
        by_scope = {(row.scope, row.cost_id): row for row in comparison.scopes}
        allocations = [
            (allocation.cost.scope, allocation)
            for cluster in result.clusters
            for allocation in cluster.allocations
        ] + [(fund.cost.scope, fund) for fund in result.shared_funds]
        for scope, allocation in allocations:
            changes = by_scope[scope, allocation.cost.cost_id].changes
            found = {
                row.code: getattr(row.kroner, state)
                for row in changes
                if getattr(row.kroner, state)
            }
            assert found == {
                code: part.amount for code, part in allocation.parts.items() if part.amount
            }
    rows = comparison.by_municipality()
    assert [row.code for row in rows] == sorted(row.code for row in rows)
    for row in rows:
        assert contributions(row.kroner) == row.kroner.change_dkk


@settings(max_examples=100)
@given(results(), st.sampled_from(PLACES), counted)
def test_one_population_alone_is_its_own(before: QuarterResult, moved: str, people: int) -> None:
    """If one municipality's population alone changed, its change is its own, the others' is not."""
    population = dataclasses.replace(
        before.population, by_area={**before.population.by_area, moved: people}
    )
    after = calculate_quarter(population, before.rules)
    for scope in compare(before, after).scopes:
        if not scope.scope.endswith(ALL_CLUSTERS):
            for change in scope.changes:
                own, others = change.kroner.own_population_dkk, change.kroner.others_population_dkk
                assert (others if change.code == moved else own) == 0


def test_members_come_and_go(bundled: dict[str, Calculation]) -> None:
    """Who leaves loses its whole amount by the rules, and who joins gains it by them."""
    result = with_costs(bundled["2022K1"].result, 370_000)
    gone = result.rules.members["viborg"][0]
    moved = tuple(
        dataclasses.replace(row, cluster_id="randers") if row is gone else row
        for row in result.rules.memberships
    )
    after = dataclasses.replace(result, rules=dataclasses.replace(result.rules, memberships=moved))
    comparison = compare(result, after)
    check_additive(comparison)
    scopes = {row.scope: row for row in comparison.scopes}
    changes = {
        scope: next(row for row in scopes[scope].changes if row.code == gone.municipality_code)
        for scope in ("viborg", "randers")
    }
    assert changes["viborg"].kroner.after_dkk == changes["randers"].kroner.before_dkk == 0
    assert changes["viborg"].kroner.rules_dkk == changes["viborg"].kroner.change_dkk < 0
    assert changes["randers"].kroner.rules_dkk == changes["randers"].kroner.change_dkk > 0


HALF = dataclasses.replace(EVERYBODY, key_id="half", equal_part=Fraction(1, 2))


def by_key(result: QuarterResult, key: Key) -> QuarterResult:
    """The result with one cost of the cluster of Viborg, shared by a key; half is in force too."""
    cost = Cost("post", "", "", "viborg", 370_000, Per.YEAR, "", ALWAYS, "s", key.key_id)
    keys = {"half": HALF, key.key_id: key}
    in_force = tuple(row for row in keys.values() if row != EVERYBODY)
    rules = dataclasses.replace(result.rules, costs=(cost,), keys=in_force)
    populations = dict.fromkeys(("", *keys), result.population)
    return dataclasses.replace(result, rules=rules, populations=populations)


def test_each_side_is_shared_by_its_own_key(bundled: dict[str, Calculation]) -> None:
    """Another key is a change of rules, and one that differs in period and source alone is none.
    Only where it counts other people is what has become of them a change of rules too."""
    later = dataclasses.replace(HALF, period=Period(Quarter(2023, 1), None), source_id="s")
    others = dataclasses.replace(HALF, population_of="2023K1")
    for first, last in ((HALF, EVERYBODY), (EVERYBODY, HALF), (HALF, later), (HALF, others)):
        before = by_key(bundled["2022K1"].result, first)
        after = by_key(bundled["2023K1"].result, last)
        (scope,) = [row for row in compare(before, after).scopes if row.cost_id]
        for result, key, state in ((before, first, "before"), (after, last, "after")):
            people = weights_of("viborg", result.rules, result.population)
            parts = allocated(370_000, shares(key, result.rules.members["viborg"], people))
            assert {row.code: getattr(row.kroner, f"{state}_dkk") for row in scope.changes} == parts
        assert any(row.kroner.rules_dkk for row in scope.changes) is (last is not later)
        assert any(row.kroner.own_population_dkk for row in scope.changes) is (last is not others)


def test_a_place_that_is_gone_counts_nobody(bundled: dict[str, Calculation]) -> None:
    """A municipality and a district that the later figures lack pay nothing there."""
    before = with_costs(bundled["2022K1"].result, 370_000)
    people = before.population
    left = dataclasses.replace(
        people,
        by_area={code: count for code, count in people.by_area.items() if code != "773"},
        by_district={code: count for code, count in people.by_district.items() if code != "1010"},
    )
    members = tuple(
        dataclasses.replace(row, districts=tuple(set(row.districts) - {"1010"}))
        for row in before.rules.memberships
        if row.municipality_code != "773"
    )
    rules = dataclasses.replace(before.rules, memberships=members)
    after = dataclasses.replace(before, rules=rules, population=left, populations={"": left})
    for comparison in (compare(before, after), compare(after, before)):
        check_additive(comparison)
    gone = [row for row in compare(before, after).by_municipality() if row.code == "773"]
    assert [row.kroner.after_dkk for row in gone] == [0]


def test_a_fund_is_split_over_the_clusters_of_its_structure(
    bundled: dict[str, Calculation],
) -> None:
    """Those of another structure that is in force too have no part of it."""
    rules = bundled["2022K1"].result.rules
    other = dataclasses.replace(rules.clusters[0], cluster_id="other", structure="other")
    both = dataclasses.replace(
        rules,
        clusters=(*rules.clusters, other),
        memberships=(
            *rules.memberships,
            *(dataclasses.replace(row, cluster_id="other") for row in rules.members["viborg"]),
        ),
    )
    population = bundled["2022K1"].result.population
    assert set(weights_of(STRUCTURE + ALL_CLUSTERS, both, population)) == {
        row.cluster_id for row in rules.clusters
    }


def test_two_revisions_compare_by_what_they_recorded(klynge: Klynge, data_dir: Path) -> None:
    """r1 and r2 of a quarter differ by the amount that was edited between, and by that only."""
    klynge("run", "2022K1")
    costs = data_dir / "reference" / "costs.csv"
    costs.write_text(costs.read_text("utf-8").replace(",370000,", ",380000,"), "utf-8")
    klynge("run", "2022K1")
    costs.unlink()  # what is there today plays no part
    ended = klynge("compare", "2022K1:r1", "2022K1:r2", "--format=json")
    assert (ended.exit_code, ended.err) == (0, "")
    compared = json.loads(ended.out)
    rows = [row for row in compared["rows"] if row["scope"] == "amager-hvidovre"]
    assert (
        sum(row["amount_dkk"] for row in rows) == sum(row["change_dkk"] for row in rows) == 10_000
    )
    assert all(row["rules_dkk"] == row["own_population_dkk"] == 0 for row in rows)
    assert compared["order"] == ["own population", "others' population", "rules", "amount"]


def test_a_revision_whose_snapshot_is_gone_is_refused(klynge: Klynge, data_dir: Path) -> None:
    """A revision is only calculated again from the very snapshots that it rests on."""
    klynge("run", "2022K1")
    for sidecar in (data_dir / "snapshots" / "KKBEF1" / "2022K1").glob("*.json"):
        sidecar.unlink()
    ended = klynge("compare", "2022K1:r1", "2023K1")
    assert ended.exit_code == 50
    assert "is not stored" in ended.err


def test_the_terminal_states_the_order(klynge: Klynge) -> None:
    """The order of attribution stands above the table, and the totals below it."""
    ended = klynge("compare", "2022K1", "2023K1")
    assert "in this order: own population, others' population, rules, amount" in ended.out
    assert "København 177,678 178,504 +826 +2,465 -1,639 48.0%" in " ".join(ended.out.split())
    assert "The greatest change is that of København, +826 kr.: own population +2,465" in ended.out
    assert "21 clusters have no cost of their own" in ended.out


def test_csv_has_a_row_a_cluster_cost_and_municipality(klynge: Klynge) -> None:
    """--format csv holds all clusters, those without a cost by their shares alone."""
    rows = list(
        csv.DictReader(io.StringIO(klynge("compare", "2022K1", "2023K1", "--format=csv").out))
    )
    assert len({row["scope"] for row in rows}) == 23
    without = [row for row in rows if not row["cost_id"]]
    assert {row["before_dkk"] for row in without} == {""}
    assert all(row["share_before"] for row in without)


def test_a_changed_structure_compares_by_municipality(klynge: Klynge, data_dir: Path) -> None:
    """From 2026K4 to 2027K1 the structure changes: said, and compared by municipality."""
    add_quarter(data_dir, Quarter(2026, 4), {"167": 100})
    add_quarter(data_dir, Quarter(2027, 1), {"167": 200, "1004": 50})
    ended = klynge("compare", "2026K4", "2027K1")
    assert "The structure changed from sundhedsklynge to sundhedsraad" in ended.out
    assert "Sundhedsråd Amager og Vestegnen" in ended.out
    rows = list(
        csv.DictReader(io.StringIO(klynge("compare", "2026K4", "2027K1", "--format=csv").out))
    )
    assert len(rows) == 98
    assert sum(int(row["change_dkk"]) for row in rows) == -370_000
    roedovre = next(row for row in rows if row["municipality_code"] == "175")
    assert roedovre["clusters_before"].split() == ["amager-hvidovre", "herlev-gentofte"]
    for row in rows:
        parts = ("own_population_dkk", "others_population_dkk", "rules_dkk", "amount_dkk")
        assert sum(int(row[part]) for part in parts) == int(row["change_dkk"])


def test_the_same_people_by_other_rules_are_a_change_of_rules(klynge: Klynge) -> None:
    """Councils count no districts, so a report on them has none; nobody has moved for that."""
    for rules in ("2026K4", "2027K1"):
        assert klynge("run", "2026K1", "--rules", rules, "--offline", "-q").exit_code == 0
    reports = ("2026K1-rules-2026K4", "2026K1-rules-2027K1")
    table = klynge("compare", *reports, "--format=csv").out
    rows = list(csv.DictReader(io.StringIO(table)))
    for column in ("own_population_dkk", "others_population_dkk"):
        assert {row[column] for row in rows} == {"0"}
    assert sum(int(row["rules_dkk"]) + int(row["amount_dkk"]) for row in rows) == -370_000


def test_the_councils_of_2027_run(klynge: Klynge, data_dir: Path, reports_dir: Path) -> None:
    """klynge run 2027K1 works with a snapshot of that quarter, and so does explain."""
    add_quarter(data_dir, Quarter(2027, 1))
    assert klynge("run", "2027K1").exit_code == 0
    table = (reports_dir / "2027K1" / "r1" / "fordeling-2027K1.csv").read_text("utf-8")
    assert {row["structure"] for row in csv.DictReader(io.StringIO(table))} == {"sundhedsraad"}
    ended = klynge("explain", "2027K1", "Sundhedsråd Amager og Vestegnen", "Hvidovre")
    assert ended.exit_code == 0
    assert "all equal" in ended.out


@pytest.mark.parametrize(
    ("report", "stored", "before"),
    [
        ("2024K1", "2022K1 2023K1 2023K4", "2023K1"),  # both settle a year
        ("2024K1", "2022K1 2023K4 2024K1 2024K2", "2023K4"),
        ("2024K2", "2023K1 2023K2 2023K4", "2023K4"),  # settles none
        ("2022K1", "2016K1 2021K1 2022K1", None),  # no rule was in force
        ("2019K1-rules-2022K1", "2018K1 2018K4", "2018K1"),
        ("2027K1", "2026K1 2026K4", "2026K4"),  # nothing is settled that year
    ],
)  # fmt: skip
def test_a_report_is_compared_with_the_one_before(
    report: str, stored: str, before: str | None
) -> None:
    """The newest quarter stored before it that has rules; of a settled year the one before it."""
    quarters = map(Quarter.parse, stored.split())
    found = quarter_before(ReportName.parse(report), load_reference(REPOSITORY / "data"), quarters)
    assert found == (before and Quarter.parse(before))


def test_how_a_scenario_is_named_is_told(klynge: Klynge) -> None:
    """Who gives the name of a scenario alone is not told that it is no quarter."""
    ended = klynge("compare", "2022K1", "hoejere-beloeb")
    assert ended.exit_code == 2
    assert "'hoejere-beloeb' is not a report" in ended.err
    assert "2022K1-scenario-NAME" in ended.err


@pytest.mark.parametrize("text", ["2022K5", "2022K1:r0", "2022K1-rule-2023K1", ""])
def test_what_is_no_report_is_refused(klynge: Klynge, text: str) -> None:
    """A report is a quarter, a back-cast or a revision, and nothing else."""
    ended = klynge("compare", "2022K1", text)
    assert ended.exit_code == 2
