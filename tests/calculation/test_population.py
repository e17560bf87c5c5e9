"""What a population must add up to, and districts that are carried forward."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.calculation.findings import Finding, Subject
from pipeline.calculation.population import check_identities, checksums, estimate_districts
from pipeline.errors import AllocationError, InvalidData, SchemaDrift
from schemas.records import COPENHAGEN, COPENHAGEN_TOTAL, Area, AreaKind, Reference
from schemas.source_tables import FOLK1A, KKBEF1
from tests.calculation.strategies import ALWAYS, DISTRICTS, districts, people

AREAS = tuple(
    Area(code, name, kind, region, ALWAYS)
    for code, name, kind, region in (
        ("000", "Hele landet", AreaKind.COUNTRY, ""),
        ("084", "Hovedstaden", AreaKind.REGION, ""),
        ("101", "København", AreaKind.MUNICIPALITY, "084"),
        ("411", "Christiansø", AreaKind.OTHER, "084"),
        ("085", "Sjælland", AreaKind.REGION, ""),
        ("259", "Køge", AreaKind.MUNICIPALITY, "085"),
    )
)
REFERENCE = Reference(AREAS, tuple(districts()), (), (), (), {}, ())
figures = st.tuples(people, people, people)


def country(copenhagen: int, christiansoe: int, koege: int) -> dict[str, int]:
    """Return figures of a small country that add up."""
    east = copenhagen + christiansoe
    return {
        "000": east + koege,
        "084": east,
        "101": copenhagen,
        "411": christiansoe,
        "085": koege,
        "259": koege,
    }


@given(figures)
def test_figures_that_add_up_pass(parts: tuple[int, int, int]) -> None:
    """Municipalities with Christiansø, regions and country are one sum."""
    check_identities(FOLK1A, REFERENCE, country(*parts), "here")


@given(figures, st.sampled_from(sorted(country(0, 0, 0))), st.integers(1, 5))
def test_one_figure_that_is_off_stops(parts: tuple[int, int, int], code: str, more: int) -> None:
    """A single wrong figure anywhere breaks a sum, and the message gives the three."""
    wrong = country(*parts)
    wrong[code] += more
    with pytest.raises(InvalidData, match=r"here does not add up: .* the country") as raised:
        check_identities(FOLK1A, REFERENCE, wrong, "here")
    assert str(wrong["000"]) in raised.value.message


@given(figures.filter(lambda parts: parts[0] != parts[2]))
def test_two_figures_exchanged_between_regions_stop(parts: tuple[int, int, int]) -> None:
    """They keep the sum of the country, and contradict those of their regions."""
    wrong = country(*parts)
    wrong["101"], wrong["259"] = wrong["259"], wrong["101"]
    with pytest.raises(InvalidData, match=r"the municipalities of Sjælland \(085\) have"):
        check_identities(FOLK1A, REFERENCE, wrong, "here")


def test_a_region_whose_division_is_not_known_is_not_checked() -> None:
    """Areas recorded without their regions are checked against the country alone."""
    areas = tuple(replace(area, region_code="") for area in AREAS)
    swapped = {**country(1, 2, 3), "101": 3, "259": 1}
    check_identities(FOLK1A, replace(REFERENCE, area_rows=areas), swapped, "here")


def test_a_country_whose_regions_were_redrawn_is_told_and_counts_on() -> None:
    """Regions are sums that no krone hangs on: gone and new ones are named, with what they hold."""
    redrawn = {"000": 60, "101": 30, "411": 10, "259": 20, "091": 40, "092": 20}
    (finding,) = check_identities(FOLK1A, REFERENCE, redrawn, "here")
    assert finding == Finding.of(
        Subject.REGION_CODES_DIFFER, gone="084, 085", new="091, 092", regions=60, country=60
    )


@pytest.mark.parametrize(
    ("more", "gone", "new", "regions"),
    [({"091": 7}, "–", "091", 60), ({"085": None}, "085", "–", 40)],
)
def test_a_sum_more_or_less_is_told(
    more: dict[str, int | None], gone: str, new: str, regions: int
) -> None:
    """A sum that completes nothing is no region, and one that is missing is not made up."""
    given_codes = {**country(30, 10, 20), **more}
    found = {code: count for code, count in given_codes.items() if count is not None}
    (finding,) = check_identities(FOLK1A, REFERENCE, found, "here")
    values = dict(finding.values)
    assert (values["gone"], values["new"], values["regions"]) == (gone, new, regions)


def test_people_who_are_missing_or_under_an_unknown_code_stop() -> None:
    """By what people count is named alone, and so is a code that may be what became of it."""
    without = {code: n for code, n in country(1, 2, 3).items() if code not in ("101", "084")}
    with pytest.raises(SchemaDrift, match="here lacks 101, by which"):
        check_identities(FOLK1A, REFERENCE, without, "here")
    with pytest.raises(SchemaDrift, match="here has 102, unknown here: the municipalities"):
        check_identities(FOLK1A, REFERENCE, {**country(1, 2, 3), "000": 9, "102": 3}, "here")


def test_no_krone_hangs_on_a_sum_or_an_unknown_code() -> None:
    """Country, regions and codes of no table are for checks alone; districts are all needed."""
    codes = ["000", "084", "101", "411", "091"]
    assert checksums(FOLK1A, REFERENCE, codes) == {"000", "084", "091"}
    assert checksums(KKBEF1, REFERENCE, [COPENHAGEN_TOTAL, "1001"]) == set()


@given(st.lists(people, min_size=5, max_size=5), st.integers(-3, 3))
def test_districts_must_add_up_to_the_city(parts: list[int], off: int) -> None:
    """The districts and 1099 are the city, to the person."""
    figures = {
        **dict(zip(DISTRICTS, parts, strict=True)),
        COPENHAGEN_TOTAL: sum(parts) + off,
    }
    if off:
        with pytest.raises(InvalidData, match=f"districts and 1099 have {sum(parts)} inhabitants"):
            check_identities(KKBEF1, REFERENCE, figures, "here")
    else:
        check_identities(KKBEF1, REFERENCE, figures, "here")


@given(people, st.lists(people, min_size=5, max_size=5).filter(any))
def test_estimated_districts_add_up_to_the_city(city: int, parts: list[int]) -> None:
    """Carried forward, the districts keep their shares within a person and add up to FOLK1A."""
    known = {COPENHAGEN_TOTAL: sum(parts), **dict(zip(DISTRICTS, parts, strict=True))}
    estimated = estimate_districts({COPENHAGEN: city}, known)
    assert list(estimated) == list(known)
    assert estimated[COPENHAGEN_TOTAL] == city
    check_identities(KKBEF1, REFERENCE, estimated, "here")
    for code in DISTRICTS:
        assert abs(estimated[code] * sum(parts) - city * known[code]) < sum(parts)


def test_unchanged_city_keeps_its_districts() -> None:
    """With the city's own total the estimate is what is known."""
    known = {COPENHAGEN_TOTAL: 10, "1001": 7, "1002": 3}
    assert estimate_districts({COPENHAGEN: 10}, known) == known


def test_an_empty_city_cannot_be_estimated_from() -> None:
    """Districts without people have no shares."""
    with pytest.raises(AllocationError):
        estimate_districts({COPENHAGEN: 10}, {COPENHAGEN_TOTAL: 0, "1001": 0})
