"""Largest remainder gives every krone away, once, by weight alone."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.calculation.allocation import Part, largest_remainder
from pipeline.errors import AllocationError
from tests.calculation.strategies import LARGEST_AMOUNT_DKK, amounts, people, weightings

Weights = dict[str, Fraction]


def allocated(amount: int, weights: Weights) -> dict[str, int]:
    """Return the amounts by code."""
    return {part.code: part.amount for part in largest_remainder(amount, weights)}


@given(amounts, weightings)
def test_the_parts_add_up_to_the_amount(amount: int, weights: Weights) -> None:
    """What goes in comes out, to the krone."""
    assert sum(allocated(amount, weights).values()) == amount


@given(amounts, weightings)
def test_every_part_is_within_a_krone_of_its_exact_share(amount: int, weights: Weights) -> None:
    """No one pays a krone more or less than their exact share."""
    total = sum(weights.values())
    for part in largest_remainder(amount, weights):
        assert part.exact == amount * weights[part.code] / total
        assert abs(part.amount - part.exact) < 1


@given(amounts, weightings, st.randoms(use_true_random=False))
def test_the_order_of_the_weights_decides_nothing(
    amount: int, weights: Weights, dice: Random
) -> None:
    """The same weights in another order give the same amounts, in that order."""
    items = list(weights.items())
    dice.shuffle(items)
    assert allocated(amount, dict(items)) == allocated(amount, weights)
    assert list(allocated(amount, dict(items))) == [code for code, _ in items]


@given(amounts, weightings, st.fractions(Fraction(1, 1000), 1000))
def test_the_scale_of_the_weights_decides_nothing(
    amount: int, weights: Weights, scale: Fraction
) -> None:
    """Weights in thousands, or in halves, give the same amounts."""
    scaled = {code: weight * scale for code, weight in weights.items()}
    assert largest_remainder(amount, scaled) == largest_remainder(amount, weights)


@given(amounts, weightings)
def test_zero_in_zero_out(amount: int, weights: Weights) -> None:
    """A weight of zero gets nothing, and nothing to allocate gives nothing to anyone."""
    parts = allocated(amount, weights)
    assert all(parts[code] == 0 for code, weight in weights.items() if weight == 0)
    assert not any(allocated(0, weights).values())


@given(amounts, weightings)
def test_a_larger_weight_never_gets_less(amount: int, weights: Weights) -> None:
    """More people never pay less than fewer people."""
    parts = allocated(amount, weights)
    for one, other in combinations(weights, 2):
        if weights[one] > weights[other]:
            assert parts[one] >= parts[other]


@given(amounts, weightings)
def test_ranks_tell_who_got_the_last_kroner(amount: int, weights: Weights) -> None:
    """Ranks run from 1 by remainder and then by code, and the first ranks hold the extra kroner."""
    parts = largest_remainder(amount, weights)
    by_rank = sorted(parts, key=lambda part: part.rank)
    assert [part.rank for part in by_rank] == list(range(1, len(parts) + 1))
    assert by_rank == sorted(parts, key=lambda part: (-part.remainder, part.code))
    rounded_up = [part.amount > part.exact - part.remainder for part in by_rank]
    assert rounded_up == sorted(rounded_up, reverse=True)


def test_equal_remainders_go_by_code() -> None:
    """Two kroner among three equals go to the lowest codes, whatever the order."""
    equal = {code: Fraction(7) for code in ("461", "101", "265")}
    assert allocated(2, equal) == {"461": 0, "101": 1, "265": 1}


def test_a_part_explains_itself() -> None:
    """A part carries its exact share, its remainder and its rank."""
    first, second = largest_remainder(10, {"a": Fraction(1), "b": Fraction(2)})
    assert first == Part("a", 3, Fraction(10, 3), Fraction(1, 3), 2)
    assert second == Part("b", 7, Fraction(20, 3), Fraction(2, 3), 1)


@given(st.lists(people.map(lambda count: count + 1), min_size=1, max_size=98))
def test_nothing_overflows_at_a_thousand_billion_kroner(population: list[int]) -> None:
    """At 10**15 kr. the parts are still exact integers."""
    weights = {str(number): Fraction(count, 3) for number, count in enumerate(population)}
    parts = largest_remainder(LARGEST_AMOUNT_DKK, weights)
    assert sum(part.amount for part in parts) == LARGEST_AMOUNT_DKK
    assert all(type(part.amount) is int and abs(part.amount - part.exact) < 1 for part in parts)


@given(st.integers(max_value=-1), weightings)
def test_a_negative_amount_is_refused(amount: int, weights: Weights) -> None:
    """An amount below zero is a fault of the caller."""
    with pytest.raises(ValueError, match="negative"):
        largest_remainder(amount, weights)


def test_a_negative_weight_is_refused() -> None:
    """A weight below zero is a fault of the caller."""
    with pytest.raises(ValueError, match="negative"):
        largest_remainder(1, {"101": Fraction(2), "147": Fraction(-1, 2)})


@pytest.mark.parametrize("weights", [{}, {"101": Fraction(0), "147": Fraction(0)}])
def test_nothing_to_allocate_by_is_an_error(weights: Weights) -> None:
    """Without a weight above zero there is no share, and the message says so."""
    with pytest.raises(AllocationError, match="370000 by: every weight is zero") as raised:
        largest_remainder(370_000, weights)
    assert raised.value.exit_code == 41
