"""Allocate whole kroner by weights: the largest remainder method, on integers only.

Also Hamilton's or the Hare-Niemeyer method (M. L. Balinski and H. P. Young, Fair Representation,
1982, 2nd ed. 2001). Method: every exact share (the quota) is rounded down to whole kroner (the
lower quota); the kroner that are then missing go, one each, to the largest remainders, and equal
remainders by code. The result adds up to the amount, no part is a krone or more away from its
quota, and a larger weight never gets less. The method is not house-monotone: with another amount
or another member, a part can get a krone less although its share grew (the Alabama paradox); with
a fixed amount and fixed members that cannot show.

Weights are exact fractions. Scaled by the least common multiple of their denominators they become
integers, and quotient and remainder of `amount * weight` by the sum decide everything.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from pipeline.errors import AllocationError


@dataclass(frozen=True, slots=True)
class Part:
    """One part of an allocated amount.

    Args:
        code: Whose part it is.
        amount: The part in whole units (kroner).
        exact: The exact part.
        remainder: What rounding down left over, at least 0 and below 1.
        rank: Place among the remainders, the largest first, from 1.
    """

    code: str
    amount: int
    exact: Fraction
    remainder: Fraction
    rank: int


def largest_remainder(amount: int, weights: Mapping[str, Fraction]) -> tuple[Part, ...]:
    """Allocate `amount` whole units by `weights`; the parts come in the order of the weights.

    Raises:
        AllocationError: The weights are all zero, or there is none.
        ValueError: The amount or a weight is negative.
    """
    if amount < 0 or any(weight < 0 for weight in weights.values()):
        raise ValueError("an amount and its weights cannot be negative")
    scale = math.lcm(*(weight.denominator for weight in weights.values()))
    scaled = {
        code: weight.numerator * (scale // weight.denominator) for code, weight in weights.items()
    }
    total = sum(scaled.values())
    if total == 0:
        raise AllocationError(
            f"There is nothing to allocate {amount} by: every weight is zero.",
            "Look at the population and the memberships of the cluster.",
        )
    quotients = {code: divmod(amount * weight, total) for code, weight in scaled.items()}
    missing = amount - sum(quotient for quotient, _ in quotients.values())
    ranking = sorted(quotients, key=lambda code: (-quotients[code][1], code))
    ranks = {code: place for place, code in enumerate(ranking, start=1)}
    return tuple(
        Part(
            code,
            quotient + (ranks[code] <= missing),
            Fraction(amount * scaled[code], total),
            Fraction(remainder, total),
            ranks[code],
        )
        for code, (quotient, remainder) in quotients.items()
    )
