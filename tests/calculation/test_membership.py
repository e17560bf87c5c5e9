"""How a municipality counts, and that none counts more than once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.calculation.findings import Finding, Subject
from pipeline.calculation.membership import check_coverage, counted_population
from pipeline.calculation.population import Population
from pipeline.errors import RuleError
from schemas.records import Cluster, Membership, Reference
from tests.calculation.strategies import (
    DISTRICTS,
    QUARTER,
    STRUCTURE,
    cluster,
    districts,
    membership,
    municipality,
    people,
    rules_of,
)

RØDOVRE = "175"
CITY = "101"


def coverage(*memberships: Membership) -> list[Finding]:
    """Check the coverage of Rødovre and København by these memberships."""
    clusters = [cluster(name) for name in dict.fromkeys(row.cluster_id for row in memberships)]
    return check_coverage(rules(clusters, memberships))


def rules(clusters: Sequence[Cluster], memberships: Sequence[Membership]) -> Reference:
    """Return rules where Rødovre, and København with its districts, are all there is."""
    areas = [municipality(RØDOVRE), municipality(CITY)]
    return rules_of(QUARTER, clusters, memberships, [], areas=areas, known_districts=districts())


def everything_else(code: str) -> Membership:
    """Return a membership that covers the municipality that a test is not about."""
    return membership("other", code, row=99)


@given(people)
def test_the_whole_counts_everyone(count: int) -> None:
    """`whole` counts the municipality's own population."""
    population = Population(QUARTER, {RØDOVRE: count}, {})
    assert counted_population(membership("syd", RØDOVRE), population) == (
        count,
        Fraction(count),
    )


@given(people, st.integers(1, 9), st.integers(1, 9))
def test_a_fraction_counts_exactly(count: int, one: int, other: int) -> None:
    """A fraction and what it leaves over count everyone, with nothing rounded."""
    population = Population(QUARTER, {RØDOVRE: count}, {})
    part = Fraction(one, one + other)
    counted = [
        counted_population(membership("syd", RØDOVRE, fraction=str(fraction)), population)
        for fraction in (part, 1 - part)
    ]
    assert [base for base, _ in counted] == [count, count]
    assert sum(exact for _, exact in counted) == count


def test_half_of_an_odd_population_keeps_its_half() -> None:
    """41.381 / 2 is 20.690,5."""
    population = Population(QUARTER, {RØDOVRE: 41_381}, {})
    _, counted = counted_population(membership("syd", RØDOVRE, fraction="1/2"), population)
    assert counted == Fraction(41_381, 2)


@given(st.lists(people, min_size=5, max_size=5), st.sets(st.sampled_from(DISTRICTS), min_size=1))
def test_districts_count_what_is_listed(figures: list[int], listed: set[str]) -> None:
    """`districts` starts from the sum of the districts and counts all of it."""
    by_district = dict(zip(DISTRICTS, figures, strict=True))
    population = Population(QUARTER, {CITY: 1}, by_district)
    expected = sum(by_district[code] for code in listed)
    row = membership("syd", CITY, districts=tuple(sorted(listed)))
    assert counted_population(row, population) == (expected, Fraction(expected))


def test_parts_that_make_a_whole_are_no_finding() -> None:
    """Two halves, and all districts in two clusters, leave nothing to explain."""
    assert not coverage(
        membership("syd", RØDOVRE, fraction="1/2"),
        membership("midt", RØDOVRE, fraction="1/2"),
        membership("syd", CITY, districts=DISTRICTS[:2]),
        membership("byen", CITY, districts=DISTRICTS[2:]),
    )


@pytest.mark.parametrize(
    ("parts", "times"),
    [(("1", "1/2"), "3/2"), (("1", "1"), "2"), (("1/2", "2/3"), "7/6"), (("1/2",) * 3, "3/2")],
)
def test_more_than_the_whole_stops_with_the_rows(parts: tuple[str, ...], times: str) -> None:
    """No one pays twice: the rows that count a municipality too often are listed."""
    rows = [
        membership(f"c{number}", RØDOVRE, fraction=part, row=10 + number)
        for number, part in enumerate(parts)
    ]
    with pytest.raises(RuleError, match=re.escape(f"(175) counts {times} times:")) as raised:
        coverage(*rows, everything_else(CITY))
    assert raised.value.exit_code == 40
    for number, part in enumerate(parts):
        assert f"memberships.csv row {10 + number}: c{number}, " in raised.value.message
        assert raised.value.message.count(f" {part}") >= 1


def test_a_district_in_two_clusters_stops() -> None:
    """A district that is counted twice is named with both rows."""
    with pytest.raises(RuleError, match="counts district 1002 more than once") as raised:
        coverage(
            membership("syd", CITY, districts=("1001", "1002"), row=7),
            membership("byen", CITY, districts=("1002", "1003"), row=8),
            everything_else(RØDOVRE),
        )
    assert "row 7: syd, districts 1001 1002" in raised.value.message
    assert "row 8: byen, districts 1002 1003" in raised.value.message


def test_districts_counted_twice_are_listed_by_code() -> None:
    """All of them, in order."""
    twice = ("1008", "1004", "1007", "1002", "1006", "1003", "1005", "1001", "1099")
    with pytest.raises(RuleError, match=f"counts district {', '.join(sorted(twice))} more"):
        coverage(
            membership("syd", CITY, districts=twice),
            membership("byen", CITY, districts=twice),
            everything_else(RØDOVRE),
        )


@pytest.mark.parametrize("fraction", ["1", "1/2"])
def test_districts_beside_another_basis_stop(fraction: str) -> None:
    """Districts and a fraction of the same city cannot be added."""
    with pytest.raises(RuleError, match="counts by districts and otherwise too"):
        coverage(
            membership("syd", CITY, districts=DISTRICTS),
            membership("byen", CITY, fraction=fraction),
            everything_else(RØDOVRE),
        )


@given(st.fractions(Fraction(1, 9), Fraction(8, 9), max_denominator=9))
def test_less_than_the_whole_is_a_finding(part: Fraction) -> None:
    """A part that no cluster counts is named, and does not stop the run."""
    (finding,) = coverage(membership("syd", RØDOVRE, fraction=str(part)), everything_else(CITY))
    assert finding.subject is Subject.PARTLY_COVERED
    assert dict(finding.values) == {
        "structure": STRUCTURE,
        "code": RØDOVRE,
        "name": "Kommune 175",
        "missing": str(1 - part),
    }


def test_a_municipality_outside_is_a_finding() -> None:
    """A municipality in no cluster is named."""
    (finding,) = coverage(everything_else(CITY))
    assert finding.subject is Subject.NOT_COVERED
    assert dict(finding.values)["code"] == RØDOVRE


def test_districts_left_over_are_a_finding() -> None:
    """The districts that no cluster counts are listed; the city total is not one of them."""
    (finding,) = coverage(
        membership("syd", CITY, districts=DISTRICTS[:3]), everything_else(RØDOVRE)
    )
    assert dict(finding.values)["missing"] == "1004, 1099"


def test_structures_are_counted_apart() -> None:
    """A municipality may be whole in a cluster and whole in a council of the same quarter."""
    clusters = [cluster("syd"), cluster("raad", structure="sundhedsraad")]
    rows = [membership(row.cluster_id, code) for row in clusters for code in (RØDOVRE, CITY)]
    both = rules(clusters, rows)
    assert list(both.structures) == [STRUCTURE, "sundhedsraad"]
    assert not check_coverage(both)
