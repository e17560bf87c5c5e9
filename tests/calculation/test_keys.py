"""Keys: what each member pays, against an oracle written from the definitions alone."""

from dataclasses import replace
from fractions import Fraction
from random import Random

import pytest

from pipeline.calculation.population import Population
from pipeline.calculation.quarter import ClusterResult, calculate_quarter
from pipeline.errors import AllocationError, RuleError
from schemas.quarter import Quarter
from schemas.records import COPENHAGEN, COPENHAGEN_TOTAL, Cost, Membership, Per
from schemas.sharing import Key, age_range
from tests.calculation.strategies import (
    ALWAYS,
    DISTRICTS,
    QUARTER,
    cluster,
    membership,
    municipality,
    rules_of,
)

REPORT = Quarter(2023, 3)


def key(**changes: object) -> Key:
    """Return a key that counts everybody on the report's day, changed as given."""
    plain = Key(
        "noegle", "nøgle", "key", "", "quarter", Fraction(0), "member", None, ALWAYS, "kilde"
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def result_by(
    shared_by: Key, members: list[Membership], population: Population, amount_dkk: int
) -> ClusterResult:
    """Return the result of a cluster with one cost, shared by a key."""
    cost = Cost(
        "udgift", "u", "c", "syd", amount_dkk, Per.YEAR, "K1", ALWAYS, "kilde", shared_by.key_id
    )
    areas = map(municipality, population.by_area)
    rules = rules_of(QUARTER, [cluster("syd")], members, [cost], [shared_by], areas)
    whole = Population(QUARTER, dict.fromkeys(population.by_area, 1), population.by_district)
    found = calculate_quarter(whole, rules, {shared_by.key_id: population})
    everybody, by_key = found.sections
    assert found.clusters == (everybody,)
    return by_key


def oracle(
    shared_by: Key, members: list[Membership], population: Population, amount_dkk: int
) -> dict[str, int]:
    """Work the kroner out from the definitions, member by member, with nothing of the product."""
    counts, equals = {}, {}
    for row in members:
        if row.districts:
            people = Fraction(sum(population.by_district[code] for code in row.districts))
        else:
            people = row.fraction * population.by_area[row.municipality_code]
        if shared_by.cap is not None and people > shared_by.cap:
            people = Fraction(shared_by.cap)
        counts[row.municipality_code] = people
        equals[row.municipality_code] = row.fraction if shared_by.equal_by == "fraction" else 1
    exact = {
        code: amount_dkk * shared_by.equal_part * equals[code] / sum(equals.values())
        + amount_dkk * (1 - shared_by.equal_part) * counts[code] / sum(counts.values())
        for code in counts
    }
    kroner = {code: int(part) for code, part in exact.items()}
    while sum(kroner.values()) < amount_dkk:
        code = max(sorted(exact), key=lambda other: exact[other] - kroner[other])
        kroner[code] += 1
    return kroner


def random_case(chance: Random) -> tuple[Key, list[Membership], Population, int]:
    """Return a key of a random kind, members of every basis, and people."""
    parts = chance.choice(["0", "1/4", "1/2", "2/3", "1", f"1/{chance.randint(2, 40)}"])
    shared_by = key(
        equal_part=Fraction(parts),
        equal_by=chance.choice(["member", "fraction"]),
        cap=chance.choice([None, chance.randint(1, 60_000)]),
    )
    codes = sorted(chance.sample(range(147, 860), chance.randint(1, 20)))
    members = [
        membership("syd", str(code), fraction=chance.choice(["1", "1", "1/2", "1/3", "3/7"]))
        for code in codes
    ]
    if chance.random() < 0.3:
        chosen = tuple(sorted(chance.sample(DISTRICTS, chance.randint(1, 4))))
        members.insert(0, membership("syd", COPENHAGEN, districts=chosen))
    people = {str(code): chance.randint(1, 90_000) for code in codes}
    districts = {code: chance.randint(1, 90_000) for code in DISTRICTS}
    by_district = {COPENHAGEN_TOTAL: sum(districts.values()), **districts}
    population = Population(QUARTER, {COPENHAGEN: 644_431, **people}, by_district)
    return shared_by, members, population, chance.choice([0, 1, 370_000, chance.randint(1, 10**9)])


def test_each_kind_of_key_is_what_the_definitions_say() -> None:
    """2,000 random keys, memberships and amounts give the oracle's kroner, to the last one."""
    chance = Random(16)
    for _ in range(2_000):
        case = random_case(chance)
        allocation = result_by(*case).allocations[0]
        assert {code: part.amount for code, part in allocation.parts.items()} == oracle(*case)


def test_shares_add_up_to_the_whole() -> None:
    """Whatever the key, the shares of a cluster are exactly 1 together."""
    chance = Random(17)
    for _ in range(200):
        case = random_case(chance)
        assert sum(member.share for member in result_by(*case).members) == 1


def test_an_equal_part_of_everything_needs_nobody() -> None:
    """Where all is shared equally, a member without people pays as the others do."""
    members = [membership("syd", "147"), membership("syd", "161")]
    nobody = Population(QUARTER, {"101": 1, "147": 0, "161": 0}, {COPENHAGEN_TOTAL: 1})
    parts = result_by(key(equal_part=Fraction(1)), members, nobody, 100).allocations[0].parts
    assert [part.amount for part in parts.values()] == [50, 50]


def test_nobody_of_the_ages_is_nothing_to_allocate_by() -> None:
    """Where a part goes by people and there are none, the run stops and names the cost."""
    nobody = Population(QUARTER, {"101": 1, "147": 0}, {COPENHAGEN_TOTAL: 1})
    with pytest.raises(AllocationError, match="udgift"):
        result_by(key(equal_part=Fraction(1, 2)), [membership("syd", "147")], nobody, 100)


@pytest.mark.parametrize(
    ("population_of", "quarter"),
    [("quarter", "2023K3"), ("year", "2023K1"), ("year_before", "2022K1"), ("2016K2", "2016K2")],
)
def test_the_day_that_counts(population_of: str, quarter: str) -> None:
    """The report's day, 1 January of its year or the year before, or a fixed one."""
    found = key(ages="0-17", population_of=population_of).day(REPORT)
    assert found == ("0-17", Quarter.parse(quarter))


def test_ages_are_whole_years() -> None:
    """Both ends count, and an open end has none."""
    assert [*age_range("0-17")] == [*range(18)]
    assert 125 in age_range("65-")
    assert 64 not in age_range("65-")


def test_a_cost_by_a_key_that_is_not_in_force_stops() -> None:
    """The message names cost, key and quarter."""
    cost = Cost("udgift", "u", "c", "syd", 100, Per.YEAR, "K1", ALWAYS, "kilde", "gammel")
    with pytest.raises(RuleError, match=r"udgift .* gammel, which is not in force in 2022K1"):
        rules_of(QUARTER, [cluster("syd")], [membership("syd", "147")], [cost], [key()])
