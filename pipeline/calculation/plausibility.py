"""How far a population may move from one quarter to another before it must be looked at.

Method: the change of a municipality or district since the newest earlier quarter held, as a part of
what it was, against two bounds that grow with the quarters between: beyond the first it is a
finding in the report, beyond the second the run stops until an analyst accepts the code. Places
with few people move more, so they get wider bounds. The bounds are ours: the largest sound move
seen is Høje-Taastrup's, 14 % in 16 quarters.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from pipeline.calculation.findings import Finding, Subject
from pipeline.errors import InvalidData, Remedy
from schemas.quarter import Quarter
from schemas.validation import describe

NOTABLE_PER_QUARTER: Final = Fraction(2, 100)
IMPLAUSIBLE_PER_QUARTER: Final = Fraction(10, 100)
FEW_PEOPLE: Final = 5_000
"""Below this a place gets wider bounds: the small islands, and 1099 in København."""

FEW_PEOPLE_FACTOR: Final = 3


@dataclass(frozen=True)
class Move:
    """A change that is notable or more, of the people of a municipality or district."""

    code: str
    before: int
    after: int
    implausible: bool

    @property
    def percent(self) -> str:
        """The change, such as `+14.2`; `new` where there was nobody."""
        if not self.before:
            return "new"
        return f"{float(Fraction(self.after - self.before, self.before) * 100):+.1f}"


def moves(
    quarters: int, before: Mapping[str, int], after: Mapping[str, int], codes: Iterable[str]
) -> list[Move]:
    """Return the notable changes of these codes within a number of quarters."""
    found = []
    for code in codes:
        few = FEW_PEOPLE_FACTOR if before[code] < FEW_PEOPLE else 1
        scale = few * quarters * before[code]
        change = abs(after[code] - before[code])
        if change > NOTABLE_PER_QUARTER * scale:
            implausible = change > IMPLAUSIBLE_PER_QUARTER * scale
            found.append(Move(code, before[code], after[code], implausible))
    return found


def check_moves(
    since: Quarter,
    before: Mapping[str, int],
    now: Quarter,
    after: Mapping[str, int],
    names: Mapping[str, str],
    accepted: Collection[str],
) -> list[Finding]:
    """Return a finding for each notable change from one quarter to a later one.

    Args:
        since: The earlier quarter.
        before: People then, by code.
        now: The later quarter.
        after: People then, by code.
        names: Names of the codes to compare: those that are no totals of others.
        accepted: Codes whose implausible change is accepted.

    Raises:
        InvalidData: A change is implausible and not accepted.
    """
    found = moves(now - since, before, after, names)
    stopped = [move for move in found if move.implausible and move.code not in accepted]
    if stopped:
        lines = [
            f"{move.code} {names[move.code]}: {move.before} in {since}, {move.after} in {now} "
            f"({move.percent} %)"
            for move in stopped
        ]
        raise InvalidData(
            f"The population of {now} moved implausibly:\n{describe(lines)}",
            remedy=Remedy.ACCEPT_MOVES,
            codes=[move.code for move in stopped],
        )
    return [
        Finding.of(
            Subject.POPULATION_MOVED,
            code=move.code,
            name=names[move.code],
            since=str(since),
            before=move.before,
            after=move.after,
            percent=move.percent,
        )
        for move in found
    ]
