"""How a key shares a cost: ages, the day that counts, a part in equal shares, and a cap.

Method: a member counts with its people of the key's ages on the key's day, by its own rule of
membership, and no further than the cap. What the key shares equally is divided by the members, or
by their fractions; the rest by the people counted. Both parts together are a member's share, an
exact fraction, and the whole amount is allocated by it at once: nothing is rounded a part.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from schemas.quarter import Quarter
from schemas.records import Membership, Reference
from schemas.sharing import Day, Key


def further_days(reference: Reference, rules: Quarter, report: Quarter) -> list[Day]:
    """Return whom the keys of costs in force count, and when; not everybody on the report's day."""
    named = {cost.key_id for cost in reference.costs if rules in cost.period}
    keys = (row for row in reference.keys if row.key_id in named and rules in row.period)
    return sorted({key.day(report) for key in keys} - {("", report)})


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
