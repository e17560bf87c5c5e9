"""How far a population may change before it is told, and before nothing goes on.

The change of a municipality or district since the newest earlier quarter stored, as a part of what
it was, is held against two bounds that grow with the quarters between, up to a most: beyond the
first it is a finding in the report, beyond the second nothing goes on until an analyst accepts it.
A place that counts in no cluster stops nothing. Places with few people jump more, so they get wider
bounds. The bounds are ours: the largest sound changes seen in 16 quarters are 14 % (Høje-Taastrup)
and, of a district, 18 % (1010).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from typing import Final

from pipeline.calculation.findings import Finding, Subject
from pipeline.calculation.population import names_of_parts
from pipeline.errors import InvalidData, Remedy
from schemas.quarter import Quarter
from schemas.records import COPENHAGEN, COPENHAGEN_TOTAL, Reference
from schemas.source_tables import FOLK1A, KKBEF1, SourceTable
from schemas.validation import describe

FEW_PEOPLE: Final = 5_000
"""Below this a place gets wider bounds: the small islands, and 1099 in København."""

FEW_PEOPLE_FACTOR: Final = 3

Bound = tuple[Fraction, Fraction]
"""How far a population may change, as a part of what it was: a quarter, and at most."""

NOTABLE: Final = Fraction(2, 100), Fraction(15, 100)
IMPLAUSIBLE: Final = Fraction(10, 100), Fraction(25, 100)
EXCHANGED: Final = Fraction(1, 100), Fraction(5, 100)
"""Beyond this, two places that change by the same number, one up and one down, are looked at."""

REGISTERS_DIFFER: Final = Fraction(1, 1000)
"""How far the two registers may differ on the city."""


@dataclass(frozen=True)
class Jump:
    """How the people of a place changed from quarter to quarter, or differ between two registers.

    If it stops, nothing goes on before it is accepted.
    """

    code: str
    name: str
    since: str
    before: int
    now: str
    after: int
    stops: bool

    @property
    def percent(self) -> str:
        """The change in percent with its sign; `new` where nobody was."""
        change = Fraction(self.after - self.before, self.before or 1)
        return f"{float(change * 100):+.1f}" if self.before else "new"

    def __str__(self) -> str:
        seen = f"{self.before} in {self.since}, {self.after} in {self.now} ({self.percent} %)"
        return f"{self.code} {self.name}: {seen}"

    @property
    def finding(self) -> Finding:
        """What the report says of it."""
        told = ("code", "name", "since", "before", "after", "percent")
        return Finding.of(Subject.POPULATION_JUMP, **{key: getattr(self, key) for key in told})


@dataclass(frozen=True)
class AcceptedJump:
    """What an analyst looked at and accepted: a place, since when, two figures, and the moment."""

    code: str
    since: str
    before: int
    after: int
    accepted_at: str

    def covers(self, jump: Jump) -> bool:
        """Return whether it is this jump, to the person; earlier versions kept the code alone."""
        seen = (jump.since, jump.before, jump.after)
        same = (self.since, self.before, self.after) == seen
        return self.code == jump.code and (same or not self.since)


@dataclass(frozen=True)
class Change:
    """People by code of a table in two quarters; the reference tables tell which count."""

    source: SourceTable
    reference: Reference
    since: Quarter
    before: Mapping[str, int]
    now: Quarter
    after: Mapping[str, int]

    def jumps(self) -> Iterator[Jump]:
        """Yield the notable changes of the parts, not of their totals."""
        for code, name in self._names().items():
            then, people = self.before[code], self.after[code]
            if self._passes(NOTABLE, code):
                stops = code in self.reference.counted_codes and self._passes(IMPLAUSIBLE, code)
                yield Jump(code, name, str(self.since), then, str(self.now), people, stops)

    def exchanged(self) -> Iterator[Finding]:
        """Yield the pairs that changed by the same number of people, one up and one down.

        No sum of a region or of the city shows that figures of two of its places were exchanged.
        """
        names = self._names()
        far = [code for code in names if self._passes(EXCHANGED, code)]
        for one, other in combinations(far, 2):
            change = self.after[one] - self.before[one]
            pair = (one, other) if self.source is FOLK1A else ()
            within = {self.reference.areas[code].region_code for code in pair}
            if change == self.before[other] - self.after[other] and len(within) < 2:
                places = {"code": one, "name": names[one], "other": other}
                values = {"other_name": names[other], "since": str(self.since)}
                yield Finding.of(Subject.EXCHANGED, **places, **values, change=abs(change))

    def _names(self) -> dict[str, str]:
        """Return the names of the parts that were there before: one may be new."""
        names = names_of_parts(self.source, self.reference)
        return {code: name for code, name in names.items() if code in self.before}

    def _passes(self, bound: Bound, code: str) -> bool:
        """Return whether a part changed beyond a bound; three times as wide for few people."""
        before, change = self.before[code], abs(self.after[code] - self.before[code])
        factor = FEW_PEOPLE_FACTOR if before < FEW_PEOPLE else 1
        per_quarter, most = bound
        return change > before * factor * min(per_quarter * (self.now - self.since), most)


def registers_jump(by_area: Mapping[str, int], by_district: Mapping[str, int]) -> Iterator[Jump]:
    """Yield the difference of the two registers on the city, if it is more than they explain."""
    city, districts = by_area[COPENHAGEN], by_district[COPENHAGEN_TOTAL]
    if abs(city - districts) > city * REGISTERS_DIFFER:
        names = (FOLK1A.table, KKBEF1.table)
        yield Jump(COPENHAGEN_TOTAL, "København", names[0], city, names[1], districts, True)


def accepted(
    quarter: Quarter,
    found: Sequence[Jump],
    known: Sequence[AcceptedJump],
    codes: Collection[str] = (),
    moment: str = "",
) -> tuple[AcceptedJump, ...]:
    """Return what is known to be accepted of a snapshot, and the places whose jumps are so now.

    Raises:
        InvalidData: A jump is implausible and not accepted.
    """
    new = [jump for jump in found if jump.stops and not any(row.covers(jump) for row in known)]
    if refused := [jump for jump in new if jump.code not in codes]:
        raise InvalidData(
            f"The population of {quarter} jumped implausibly:\n{describe(refused)}",
            remedy=Remedy.ACCEPT_JUMPS,
            codes=[jump.code for jump in refused],
            quarter=quarter,
        )
    now = (AcceptedJump(row.code, row.since, row.before, row.after, moment) for row in new)
    return (*known, *now)
