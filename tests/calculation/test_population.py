"""What a population must add up to, and districts that are carried forward."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.calculation.population import check_identities, estimate_districts
from pipeline.errors import AllocationError, InvalidData
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
