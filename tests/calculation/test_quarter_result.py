"""Totals in are totals out, over rules and populations of every kind."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis.strategies import lists, sampled_from, tuples

from pipeline.calculation.calculate import Calculation, Figures, Parameters, Snapshot, calculate
from pipeline.calculation.findings import Finding, Subject
from pipeline.calculation.population import Population
from pipeline.calculation.quarter import ClusterResult, QuarterResult, calculate_quarter
from pipeline.errors import AllocationError
from schemas.quarter import Quarter
from schemas.records import COPENHAGEN, COPENHAGEN_TOTAL, Basis
from schemas.report_name import ReportName
from schemas.sharing import EVERYBODY
from tests.calculation.strategies import (
    QUARTER,
    Case,
    cases,
    cluster,
    cost,
    districts,
    membership,
    municipality,
    rules_of,
)


@given(cases())
def test_every_krone_is_allocated_once(case: Case) -> None:
    """Each cost in force is allocated exactly once, and its parts add up to it."""
    result = calculate_quarter(case.population, case.rules)
    allocations = [item for row in result.clusters for item in row.allocations] + [
        *result.shared_funds
    ]
    assert Counter(item.cost.cost_id for item in allocations) == Counter(
        row.cost_id for row in case.rules.costs
    )
    for item in allocations:
        assert sum(part.amount for part in item.parts.values()) == item.cost.amount_dkk


@given(cases())
def test_every_person_counts_once(case: Case) -> None:
    """With full coverage the clusters count the municipalities, and the city as its basis says."""
    result = calculate_quarter(case.population, case.rules)
    by_districts = any(row.basis is Basis.DISTRICTS for row in case.rules.memberships)
    population = case.population
    people = sum(population.by_area.values())
    if by_districts:
        people += population.by_district[COPENHAGEN_TOTAL] - population.by_area[COPENHAGEN]
    assert sum(row.counted_population for row in result.clusters) == people


WORDS = lists(sampled_from(["a", "b"]), max_size=3).map("-".join)


@given(one=tuples(WORDS.filter(bool), WORDS), other=tuples(WORDS.filter(bool), WORDS))
def test_a_section_has_an_id_of_its_own(one: tuple[str, str], other: tuple[str, str]) -> None:
    """Wherever hyphens stand in the ids of clusters and keys, no section is taken for another."""
    ids = {
        ClusterResult(cluster(of), (), Fraction(0), (), replace(EVERYBODY, key_id=key)).section_id
        for of, key in (one, other)
    }
    assert len(ids) == len({one, other})


@given(cases())
def test_shares_add_up_to_one(case: Case) -> None:
    """The key of every cluster is the whole of it, with or without a cost."""
    result = calculate_quarter(case.population, case.rules)
    assert [row.cluster for row in result.clusters] == list(case.rules.clusters)
    for row in result.clusters:
        assert sum(member.share for member in row.members) == 1
        assert sum(member.counted_population for member in row.members) == row.counted_population


def result_of(population: Population, amount_dkk: int | None = None) -> QuarterResult:
    """Calculate one cluster that counts all of København's two districts, and who else is there."""
    others = [code for code in population.by_area if code != COPENHAGEN]
    rows = [membership("syd", COPENHAGEN, districts=("1001", "1099"))]
    rows += [membership("syd", code) for code in others]
    costs = [] if amount_dkk is None else [cost("syd", amount_dkk)]
    known = [row for row in districts() if row.code in population.by_district]
    areas = [municipality(COPENHAGEN), *map(municipality, others)]
    rules = rules_of(QUARTER, [cluster("syd")], rows, costs, areas=areas, known_districts=known)
    return calculate_quarter(population, rules)


def test_two_registers_that_differ_are_a_finding() -> None:
    """The city's total in the two tables and their difference are reported."""
    population = Population(
        QUARTER, {"101": 644_431}, {"1000": 644_425, "1001": 644_425, "1099": 0}
    )
    (finding,) = result_of(population).findings
    assert finding.as_dict() == {
        "subject": "city_totals_differ",
        "folk1a": 644_431,
        "kkbef1": 644_425,
        "difference": 6,
    }


def test_registers_that_agree_are_no_finding() -> None:
    """Equal totals need no explanation."""
    population = Population(QUARTER, {"101": 5}, {"1000": 5, "1001": 4, "1099": 1})
    assert result_of(population).findings == ()


def test_estimates_are_marked() -> None:
    """Figures that rest on districts carried forward say so, and the finding names the quarter."""
    people = {"1000": 5, "1001": 4, "1099": 1}
    result = result_of(Population(QUARTER, {"101": 5, "175": 3}, people, Quarter(2021, 4)))
    assert result.clusters[0].estimated
    assert [member.estimated for member in result.clusters[0].members] == [True, False]
    assert [finding.subject for finding in result.findings] == [Subject.DISTRICTS_ESTIMATED]
    assert dict(result.findings[0].values) == {"quarter": "2022K1", "known": "2021K4"}


def test_a_cost_without_people_to_pay_it_stops() -> None:
    """The message names the cost and the cluster that has no population."""
    empty = Population(QUARTER, {"101": 5}, {"1000": 0, "1001": 0, "1099": 0})
    with pytest.raises(AllocationError, match="cost-100 to Syd: There is nothing to allocate 100"):
        result_of(empty, 100)


def test_a_cluster_without_people_or_cost_has_shares_of_zero() -> None:
    """An empty key is no error as long as nothing is to be paid by it."""
    empty = Population(QUARTER, {"101": 5}, {"1000": 0, "1001": 0, "1099": 0})
    assert result_of(empty).clusters[0].members[0].share == Fraction(0)


@pytest.mark.parametrize(
    ("stored", "estimate", "used"),
    [
        (["2021K4", "2022K1"], True, "2022K1"),
        (["2021K3", "2021K4", "2022K2"], True, "2021K4"),
        (["2021K4"], False, "2022K1"),
        (["2022K2"], True, "2022K1"),
    ],
)
def test_districts_are_carried_forward_only_where_that_is_asked_for(
    stored: list[str], estimate: bool, used: str
) -> None:
    """The newest earlier ones are used where the quarter's own are missing, and never others."""
    parameters = Parameters(ReportName(QUARTER), estimate_districts=estimate)
    assert str(parameters.districts_of([Quarter.parse(quarter) for quarter in stored])) == used


def test_a_report_is_as_old_as_the_newest_answer_it_rests_on(
    bundled: dict[str, Calculation],
) -> None:
    """Whichever of the two tables was retrieved last tells the time."""
    inputs = bundled["2022K1"].inputs
    assert len(inputs.figures) == 2
    for days in (("2022-02-11", "2022-03-01"), ("2022-03-01", "2022-02-11")):
        dated = zip(inputs.figures, days, strict=True)
        rows = tuple(replace(row, snapshot=at(row, day)) for row, day in dated)
        newer = replace(inputs, figures=rows)
        assert newer.retrieved_at == "2022-03-01"


def test_a_report_before_whose_rules_do_not_hold_is_told(bundled: dict[str, Calculation]) -> None:
    """The report is calculated all the same, compared with nothing."""
    inputs = bundled["2022K1"].inputs
    before = replace(inputs, reference=replace(inputs.reference, clusters=()))
    found = calculate(replace(inputs, before=before))
    assert (found.before, found.result.clusters) == (None, bundled["2022K1"].result.clusters)
    assert found.result.findings[-1] == Finding.of(Subject.NOT_COMPARED, quarter="2022K1")


def at(figures: Figures, day: str) -> Snapshot:
    """Return the snapshot of figures as if it had been retrieved on another day."""
    return replace(figures.snapshot, retrieved_at=day)
