"""The population of a quarter, by area and by district, with the identities that must hold.

Method: FOLK1A and KKBEF1 are each used as published and never rescaled. In FOLK1A the 98
municipalities and Christiansø add up to the country, and so do the five regions; in KKBEF1 the
districts and 1099 (outside any district) add up to the city. The city differs a little between the
two, because their registers are cut off at different days.

Where KKBEF1 lacks the quarter, the districts can be estimated: the last known districts, scaled to
the city's population in FOLK1A and rounded by largest remainder so that they add up to it.

How far a population may jump: the change of a municipality or district since the newest earlier
quarter stored, as a part of what it was, against two bounds that grow with the quarters between:
beyond the first it is a finding in the report, beyond the second the run stops until an analyst
accepts the code. Places with few people jump more, so they get wider bounds. The bounds are ours:
the largest sound jump seen is Høje-Taastrup's, 14 % in 16 quarters.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import inf
from typing import Final

from pipeline.calculation.allocation import largest_remainder
from pipeline.calculation.findings import Finding, Subject
from pipeline.errors import InvalidData, Remedy
from schemas.quarter import Quarter
from schemas.records import COPENHAGEN, COPENHAGEN_TOTAL, AreaKind, Reference
from schemas.source_tables import FOLK1A, SourceTable
from schemas.validation import describe

NOTABLE_PER_QUARTER: Final = Fraction(2, 100)
IMPLAUSIBLE_PER_QUARTER: Final = Fraction(10, 100)
FEW_PEOPLE: Final = 5_000
"""Below this a place gets wider bounds: the small islands, and 1099 in København."""

FEW_PEOPLE_FACTOR: Final = 3


@dataclass(frozen=True)
class Population:
    """People on the first day of a quarter.

    Args:
        quarter: The quarter.
        by_area: People by area code of FOLK1A.
        by_district: People by district code of KKBEF1, the city total 1000 included.
        districts_from: The quarter whose districts were carried forward; None if they are the
            quarter's own.
    """

    quarter: Quarter
    by_area: Mapping[str, int]
    by_district: Mapping[str, int]
    districts_from: Quarter | None = None

    @property
    def districts_estimated(self) -> bool:
        """Whether the districts are an estimate."""
        return self.districts_from is not None


def names_of(source: SourceTable, reference: Reference) -> dict[str, str]:
    """Return the names of all codes of a table, in the order of the StatBank."""
    rows = reference.areas if source is FOLK1A else reference.districts
    return {code: row.name for code, row in rows.items()}


def names_of_parts(source: SourceTable, reference: Reference) -> dict[str, str]:
    """Return the names of the codes that are no total: municipalities, or districts and 1099."""
    names = names_of(source, reference)
    if source is FOLK1A:
        parts = (AreaKind.MUNICIPALITY, AreaKind.OTHER)
        return {code: names[code] for code, area in reference.areas.items() if area.kind in parts}
    return {code: name for code, name in names.items() if code != COPENHAGEN_TOTAL}


def check_identities(
    source: SourceTable, reference: Reference, people: Mapping[str, int], place: str
) -> None:
    """Check that parts and totals of a table add up.

    Raises:
        InvalidData: They do not; the message gives the sums.
    """
    parts = sum(people[code] for code in names_of_parts(source, reference))
    if source is FOLK1A:
        country, regions = (
            sum(people[code] for code, area in reference.areas.items() if area.kind is kind)
            for kind in (AreaKind.COUNTRY, AreaKind.REGION)
        )
        sound = country == regions == parts
        sums = (
            f"the municipalities and Christiansø have {parts} inhabitants, "
            f"the regions {regions}, the country {country}."
        )
    else:
        city = people[COPENHAGEN_TOTAL]
        sound = city == parts
        sums = (
            f"the districts and 1099 have {parts} inhabitants, "
            f"the city ({COPENHAGEN_TOTAL}) {city}."
        )
    if not sound:
        raise InvalidData(f"{place} does not add up: {sums}", remedy=Remedy.ASK_AGAIN)


def estimate_districts(by_area: Mapping[str, int], known: Mapping[str, int]) -> dict[str, int]:
    """Return districts that have the shares of `known` and add up to the city of `by_area`."""
    city = by_area[COPENHAGEN]
    weights = {code: Fraction(people) for code, people in known.items() if code != COPENHAGEN_TOTAL}
    amounts = {part.code: part.amount for part in largest_remainder(city, weights)}
    return {code: city if code == COPENHAGEN_TOTAL else amounts[code] for code in known}


def jump_per_quarter(quarters: int, before: int, after: int) -> Fraction | float:
    """Return a change as a part of what was, a quarter; a third of it where there are few people.

    Args:
        quarters: Number of quarters between.
        before: People then; from nobody to somebody is infinitely much.
        after: People now.
    """
    if not before:
        return inf if after else 0.0
    few = FEW_PEOPLE_FACTOR if before < FEW_PEOPLE else 1
    return Fraction(abs(after - before), before * quarters * few)


def check_jumps(
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
    found: list[Finding] = []
    stopped: dict[str, str] = {}
    for code, name in names.items():
        then, people = before[code], after[code]
        jump = jump_per_quarter(now - since, then, people)
        percent = f"{float(Fraction(people - then, then) * 100):+.1f}" if then else "new"
        if jump > IMPLAUSIBLE_PER_QUARTER and code not in accepted:
            stopped[code] = f"{code} {name}: {then} in {since}, {people} in {now} ({percent} %)"
        elif jump > NOTABLE_PER_QUARTER:
            values: dict[str, str | int] = {"code": code, "name": name, "since": str(since)}
            values |= {"before": then, "after": people, "percent": percent}
            found.append(Finding.of(Subject.POPULATION_JUMP, **values))
    if stopped:
        raise InvalidData(
            f"The population of {now} jumped implausibly:\n{describe(list(stopped.values()))}",
            remedy=Remedy.ACCEPT_JUMPS,
            codes=list(stopped),
        )
    return found
