"""What is published, told from what the StatBank says of its two tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from pipeline.errors import NotPublishedYet, SchemaDrift
from pipeline.reference.tables import load_reference
from pipeline.statbank.client import TableInfo
from pipeline.statbank.publication import Publication
from schemas.quarter import Quarter, quarter_range
from schemas.source_tables import FOLK1A, KKBEF1, TIME, SourceTable
from tests.conftest import REPOSITORY

FIRST = Quarter(2008, 1)


def info(source: SourceTable, quarters: Sequence[Quarter]) -> TableInfo:
    """Return what is said of a table that holds these quarters, listed with the newest first."""
    periods = tuple(str(quarter) for quarter in reversed(quarters))
    values = {source.area_variable: (), **dict(source.selected), TIME: periods}
    return TableInfo(active=True, updated="", values=values)


def publication(newest: Mapping[SourceTable, Quarter]) -> Publication:
    """Return what is published where each table goes up to a quarter."""

    def ask(source: SourceTable) -> TableInfo:
        return info(source, quarter_range(FIRST, newest[source]))

    return Publication(ask, load_reference(REPOSITORY / "data"))


@pytest.mark.parametrize(
    ("areas", "districts", "newest"),
    [
        ("2022K2", "2022K1", "2022K1"),
        ("2022K1", "2022K2", "2022K1"),
        ("2027K2", "2026K4", "2027K2"),
    ],
)
def test_the_newest_quarter_is_in_all_tables_that_its_rules_count_by(
    areas: str, districts: str, newest: str
) -> None:
    """From 2027 on all of København is in one council: no district is waited for."""
    there = publication({FOLK1A: Quarter.parse(areas), KKBEF1: Quarter.parse(districts)})
    assert there.newest() == Quarter.parse(newest)
    assert there.quarters(FOLK1A) == [*quarter_range(FIRST, Quarter.parse(areas))]


def test_what_is_missing_is_told_table_by_table() -> None:
    """With the newest quarter of each, when the missing ones are expected, and the day from which
    the first of them is overdue."""
    there = publication({FOLK1A: Quarter(2022, 2), KKBEF1: Quarter(2022, 1)})
    with pytest.raises(NotPublishedYet) as caught:
        there.require({FOLK1A: [Quarter(2022, 3)], KKBEF1: [Quarter(2022, 2)]})
    assert caught.value.message == (
        "FOLK1A 2022K3 is not published yet: its newest quarter is 2022K2. "
        "2022K3 is expected about 11 August 2022 at 08:00.\n"
        "KKBEF1 2022K2 is not published yet: its newest quarter is 2022K1. "
        "2022K2 is expected about 6 May 2022 at 08:00."
    )
    assert caught.value.facts["awaited"] == (
        "Danmarks Statistik: FOLK1A 2022K3 expected 11 August 2022; "
        "Københavns Kommune: KKBEF1 2022K2 expected 6 May 2022"
    )
    assert str(caught.value.facts["overdue_from"]) == "2022-05-12"
    assert caught.value.hint == "The newest quarter of all tables is 2022K1."


def test_a_quarter_before_the_first_is_not_awaited() -> None:
    """Nor is one beside it: the question makes no sense as it stands."""
    there = publication({FOLK1A: Quarter(2022, 2), KKBEF1: Quarter(2022, 2)})
    with pytest.raises(NotPublishedYet, match="FOLK1A starts with 2008K1; it has no 2007K4") as no:
        there.require({FOLK1A: [Quarter(2007, 4), Quarter(2022, 3)]})
    assert (no.value.facts["awaited"], no.value.hint) == ("", "")


def test_a_new_shape_is_told_in_order() -> None:
    """What is gone before what is new, each by its name."""
    variables = dict.fromkeys(("ÆT", "BY", "CD", "EF", "GH", "IJ"), ())
    there = Publication(
        lambda source: TableInfo(True, "", {**variables, TIME: ("2022K1",)}),
        load_reference(REPOSITORY / "data"),
    )
    with pytest.raises(SchemaDrift) as caught:
        there.info(FOLK1A)
    gone = ("ALDER", "CIVILSTAND", "KØN", "OMRÅDE")
    assert caught.value.message.splitlines()[1:] == [
        *(f"  variable {name} is gone" for name in gone),
        *(f"  variable {name} is new" for name in sorted(variables)),
    ]
