"""The population of a quarter, by area and by district, with the identities that must hold.

Method: FOLK1A and KKBEF1 are each used as published and never rescaled. In FOLK1A the 98
municipalities and Christiansø add up to the country, and so do the five regions, each of which is
the sum of its own; in KKBEF1 the districts and 1099 (outside any district) add up to the city. The
city differs a little between the two, because their registers are cut off at different days: by 2
to 108 people in the first quarters of 2016-2026.

Where KKBEF1 lacks the quarter, the districts can be estimated: the last known districts, scaled to
the city's population in FOLK1A and rounded by largest remainder so that they add up to it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from pipeline.calculation.allocation import largest_remainder
from pipeline.calculation.findings import Finding, Subject
from pipeline.errors import InvalidData, Remedy, SchemaDrift
from schemas.quarter import Quarter
from schemas.records import COPENHAGEN, COPENHAGEN_TOTAL, Area, AreaKind, District, Reference
from schemas.source_tables import AGE, SourceTable

_DRIFT: Final = (
    "Enter what changed in data/reference: end the old rows of areas.csv or districts.csv with a "
    "last_quarter, add the new ones, and do the same in memberships.csv."
)


@dataclass(frozen=True)
class Population:
    """People on the first day of a quarter, by area and by district, the city total 1000 included.

    The districts are the quarter's own, or carried forward from an earlier one.
    """

    quarter: Quarter
    by_area: Mapping[str, int] = field(repr=False)
    by_district: Mapping[str, int] = field(repr=False)
    districts_from: Quarter | None = None


def places(source: SourceTable, reference: Reference) -> Mapping[str, Area | District]:
    """Return the areas or districts of a table by code, in the order of the StatBank."""
    return reference.areas if source.of_areas else reference.districts


def names_of_parts(source: SourceTable, reference: Reference) -> dict[str, str]:
    """Return the names of the codes that are no total: municipalities, or districts and 1099."""
    rows = places(source, reference)
    return {code: row.name for code, row in rows.items() if row.counts and code != COPENHAGEN_TOTAL}


def checksums(source: SourceTable, reference: Reference, codes: Iterable[str]) -> set[str]:
    """Return the codes that no krone hangs on: country, regions, and areas of no table yet."""
    if not source.of_areas:
        return set()
    areas = reference.areas
    return {code for code in codes if code not in areas or not areas[code].counts}


def check_identities(
    source: SourceTable, reference: Reference, people: Mapping[str, int], place: str
) -> list[Finding]:
    """Check that what people count by is there, and that parts and totals add up.

    Codes that are sums alone and not those of areas.csv must be explained, as it is returned.

    Raises:
        SchemaDrift: A code is missing that people count by, or people are under a code unknown.
        InvalidData: Parts and totals do not add up; the message gives the sums.
    """
    rows = places(source, reference)
    if not rows:
        return []
    gone = [code for code in rows if code not in people]
    new = [code for code in people if code not in rows]
    if lost := [code for code in gone if rows[code].counts]:
        raise SchemaDrift(f"{place} lacks {', '.join(lost)}, by which people count.", _DRIFT)
    parts = sum(people[code] for code in names_of_parts(source, reference))
    total = people.get(total_of(source, reference), parts)
    regions = sum(regions_of(reference, people)) if source.of_areas else total
    sums = _told(source, parts, regions, total)
    if parts != total and new:
        raise SchemaDrift(f"{place} has {', '.join(new)}, unknown here: {sums}", _DRIFT)
    if parts != total or (regions != total and not gone and not new):
        raise InvalidData(f"{place} does not add up: {sums}", remedy=Remedy.ASK_AGAIN)
    if source.of_areas and not gone and not new:
        _check_regions(reference, people, place)
    codes = {"gone": ", ".join(gone) or "–", "new": ", ".join(new) or "–"}
    differ = Finding.of(Subject.REGION_CODES_DIFFER, **codes, regions=regions, country=total)
    return [differ] if gone or new else []


def _told(source: SourceTable, parts: int, regions: int, total: int) -> str:
    if not source.of_areas:
        city = f"the city ({COPENHAGEN_TOTAL}) {total}"
        return f"the districts and 1099 have {parts} inhabitants, {city}."
    return (
        f"the municipalities and Christiansø have {parts} inhabitants, the regions {regions}, "
        f"the country {total}."
    )


def total_of(source: SourceTable, reference: Reference) -> str:
    """Return the code of the country, or of the city."""
    if not source.of_areas:
        return COPENHAGEN_TOTAL
    countries = (code for code, row in reference.areas.items() if row.kind is AreaKind.COUNTRY)
    return next(countries, "")


def regions_of(reference: Reference, people: Mapping[str, int]) -> list[int]:
    """Return the people of each region, also of one that areas.csv lacks if it completes them."""
    areas = reference.areas
    regions = [
        people[code]
        for code, area in areas.items()
        if area.kind is AreaKind.REGION and code in people
    ]
    more = [count for code, count in people.items() if code not in areas]
    counted = sum(people[code] for code, area in areas.items() if area.counts)
    return [*regions, *more] if sum(regions) + sum(more) == counted else regions


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


def totals_of_ages(
    source: SourceTable,
    reference: Reference,
    people: Mapping[str, int],
    known: Mapping[str, int],
    place: str,
) -> dict[str, int]:
    """Return the people of each code, given those by code and age, such as `147 0`.

    `147 IALT` is the total of a code; `known` are the totals as they are stored without ages.

    Raises:
        InvalidData: Ages do not add up to a total, or parts of an age to the whole.
    """
    total, *ages = dict(source.selected)[AGE]
    codes = [column.removesuffix(f" {total}") for column in people if column.endswith(total)]
    totals = {code: people[f"{code} {total}"] for code in codes}
    for code, whole in totals.items():
        summed = sum(people[f"{code} {age}"] for age in ages)
        if not summed == whole == known.get(code, whole):
            raise InvalidData(
                f"{place} does not add up: the ages of {code} have {summed} inhabitants, their "
                f"total is {whole}, and {known.get(code, 'nothing')} is stored without ages.",
                remedy=Remedy.ASK_AGAIN,
            )
    for age in ages:
        by_code = {code: people[f"{code} {age}"] for code in codes}
        check_identities(source, reference, by_code, f"{place}, age {age},")
    return totals


def estimate_districts(by_area: Mapping[str, int], known: Mapping[str, int]) -> dict[str, int]:
    """Return districts that have the shares of `known` and add up to the city of `by_area`."""
    city = by_area[COPENHAGEN]
    weights = {code: Fraction(people) for code, people in known.items() if code != COPENHAGEN_TOTAL}
    amounts = {part.code: part.amount for part in largest_remainder(city, weights)}
    return {code: city if code == COPENHAGEN_TOTAL else amounts[code] for code in known}


def differences(population: Population) -> Iterator[Finding]:
    """Yield that its districts are estimated, or that the registers differ on the city."""
    if population.districts_from is not None:
        quarter, known = str(population.quarter), str(population.districts_from)
        yield Finding.of(Subject.DISTRICTS_ESTIMATED, quarter=quarter, known=known)
    elif population.by_district:
        city, districts = population.by_area[COPENHAGEN], population.by_district[COPENHAGEN_TOTAL]
        told = {"folk1a": city, "kkbef1": districts, "difference": abs(city - districts)}
        if city != districts:
            yield Finding.of(Subject.CITY_TOTALS_DIFFER, **told)
