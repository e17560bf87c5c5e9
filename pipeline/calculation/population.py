"""The population of a quarter, by area and by district, with the identities that must hold.

Method: FOLK1A and KKBEF1 are each used as published and never rescaled. In FOLK1A the 98
municipalities and Christiansø add up to the country, and so do the five regions, each of which is
the sum of its own; in KKBEF1 the districts and 1099 (outside any district) add up to the city. The
city differs a little between the two, because their registers are cut off at different days: by 2
to 108 people in the first quarters of 2016-2026.

Where KKBEF1 lacks the quarter, the districts can be estimated: the last known districts, scaled to
the city's population in FOLK1A and rounded by largest remainder so that they add up to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from pipeline.calculation.allocation import largest_remainder
from pipeline.errors import InvalidData, Remedy
from schemas.quarter import Quarter
from schemas.records import COPENHAGEN, COPENHAGEN_TOTAL, AreaKind, Reference
from schemas.source_tables import FOLK1A, SourceTable


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
    if source is FOLK1A:
        _check_regions(reference, people, place)


def _check_regions(reference: Reference, people: Mapping[str, int], place: str) -> None:
    """Check that each region whose division is known is the sum of its municipalities."""
    divided: dict[str, int] = {}
    for code, area in reference.areas.items():
        if area.region_code in reference.areas:
            divided[area.region_code] = divided.get(area.region_code, 0) + people[code]
    off = [
        f"the municipalities of {reference.areas[code].name} ({code}) have {parts} inhabitants, "
        f"the region {people[code]}"
        for code, parts in divided.items()
        if parts != people[code]
    ]
    if off:
        raise InvalidData(f"{place} does not add up: {'; '.join(off)}.", remedy=Remedy.ASK_AGAIN)


def estimate_districts(by_area: Mapping[str, int], known: Mapping[str, int]) -> dict[str, int]:
    """Return districts that have the shares of `known` and add up to the city of `by_area`."""
    city = by_area[COPENHAGEN]
    weights = {code: Fraction(people) for code, people in known.items() if code != COPENHAGEN_TOTAL}
    amounts = {part.code: part.amount for part in largest_remainder(city, weights)}
    return {code: city if code == COPENHAGEN_TOTAL else amounts[code] for code in known}
