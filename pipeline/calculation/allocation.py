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

A key may share a cost otherwise: a member counts with its people of the key's ages on the key's
day, by its own rule of membership, and no further than the cap. What the key shares equally is
divided by the members, or by their fractions; the rest by the people counted. Both parts together
are a member's share, an exact fraction, and the whole amount is allocated by it at once: nothing is
rounded a part.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from pipeline.errors import AllocationError
from schemas.records import Membership
from schemas.sharing import Key


@dataclass(frozen=True, slots=True)
class Part:
    """One part of an allocated amount, in whole units (kroner) and exactly.

    Its remainder is what rounding down left over, at least 0 and below 1, and its rank the place
    among the remainders, the largest first, from 1.
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


def shares(
    key: Key, memberships: Sequence[Membership], counted: Mapping[str, Fraction]
) -> dict[str, Fraction]:
    """Return each member's share by code, given whom each counts; 0 where that is nobody."""
    people = {code: key.reached(number) for code, number in counted.items()}
    total, none = sum(people.values(), Fraction(0)), Fraction(0)
    if not total and key.equal_part != 1:
        return dict.fromkeys(people, none)
    a_person = (1 - key.equal_part) / total if total else none
    if not key.equal_part:
        return {code: a_person * number for code, number in people.items()}
    equal = {row.municipality_code: key.equal_weight(row.fraction) for row in memberships}
    a_part = key.equal_part / sum(equal.values(), none)
    return {
        code: a_person * number + a_part * equal.get(code, none) for code, number in people.items()
    }
