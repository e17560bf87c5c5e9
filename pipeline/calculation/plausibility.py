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
from pipeline.errors import InvalidData
from schemas.quarter import Quarter

NOTABLE_PER_QUARTER: Final = Fraction(2, 100)
IMPLAUSIBLE_PER_QUARTER: Final = Fraction(10, 100)
FEW_PEOPLE: Final = 5_000
"""Below this a place gets wider bounds: the small islands, and 1099 in København."""

FEW_PEOPLE_FACTOR: Final = 3
_SHOWN: Final = 10


@dataclass(frozen=True)
class Move:
    """A change that is notable or more.

    Args:
        code: Municipality or district code.
        since: The earlier quarter.
        before: People then.
        after: People now.
        implausible: Whether it is beyond the second bound.
    """

    code: str
    since: Quarter
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
    since: Quarter,
    before: Mapping[str, int],
    now: Quarter,
    after: Mapping[str, int],
    codes: Iterable[str],
) -> list[Move]:
    """Return the notable changes of these codes from one quarter to a later one."""
    found = []
    for code in codes:
        few = FEW_PEOPLE_FACTOR if before[code] < FEW_PEOPLE else 1
        scale = few * (now - since) * before[code]
        change = abs(after[code] - before[code])
        if change > NOTABLE_PER_QUARTER * scale:
            implausible = change > IMPLAUSIBLE_PER_QUARTER * scale
            found.append(Move(code, since, before[code], after[code], implausible))
    return found


def findings(found: Iterable[Move], names: Mapping[str, str]) -> list[Finding]:
    """Return a finding for each notable change."""
    return [
        Finding.of(
            Subject.POPULATION_MOVED,
            code=move.code,
            name=names[move.code],
            since=str(move.since),
            before=move.before,
            after=move.after,
            percent=move.percent,
        )
        for move in found
    ]


def check_accepted(
    found: Iterable[Move], accepted: Collection[str], quarter: Quarter, names: Mapping[str, str]
) -> None:
    """Stop at changes that are implausible and not accepted.

    Raises:
        InvalidData: There is one; the message lists at most ten and says how to accept them.
    """
    stopped = [move for move in found if move.implausible and move.code not in accepted]
    if not stopped:
        return
    lines = [
        f"  {move.code} {names[move.code]}: {move.before} in {move.since}, {move.after} in "
        f"{quarter} ({move.percent} %)"
        for move in stopped[:_SHOWN]
    ]
    if len(stopped) > _SHOWN:
        lines.append(f"  and {len(stopped) - _SHOWN} more")
    accept = " ".join(f"--accept-jump {move.code}" for move in stopped)
    raise InvalidData(
        f"The population of {quarter} moved implausibly:\n" + "\n".join(lines),
        f"If it is right, run the command again with {accept}",
    )
