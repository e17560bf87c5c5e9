"""Bundled figures come out as they are, and the levels add up in every quarter."""

import json
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.emulator.asking import data, figures, post, rows
from tests.statbank_emulator import StatBankEmulator
from tests.statbank_emulator.districts import COMMITTEES_OF_DISTRICT, DISTRICTS, neighbourhoods_of
from tests.statbank_emulator.municipalities import REGIONS
from tests.statbank_emulator.server import SNAPSHOTS

SIDECARS = sorted(SNAPSHOTS.glob("*/*K1/*.json"))
FIRST_QUARTERS = [f"{year}K1" for year in range(2016, 2024)]
ALL_OF_FOLK1A = {"KØN": ["*"], "ALDER": ["*"], "CIVILSTAND": ["*"]}


def by_quarter(answer: list[list[str]]) -> dict[str, dict[str, int]]:
    """Arrange rows of area, quarter and figure."""
    arranged: dict[str, dict[str, int]] = defaultdict(dict)
    for area, quarter, figure in answer:
        arranged[quarter][area] = int(figure)
    return arranged


def test_there_are_sixteen_bundled_answers() -> None:
    """The comparison below covers eight years of both tables."""
    covered = [path.parent.name for path in SIDECARS if path.parent.name in FIRST_QUARTERS]
    assert sorted(covered) == sorted(FIRST_QUARTERS * 2)


@pytest.mark.parametrize("sidecar", SIDECARS, ids=lambda path: "-".join(path.parts[-3:-1]))
def test_a_bundled_answer_comes_out_byte_for_byte(
    statbank: StatBankEmulator, sidecar: Path
) -> None:
    """The query in a sidecar gets exactly the bytes that are bundled with it."""
    recorded: dict[str, Any] = json.loads(sidecar.read_text("utf-8"))
    path = f"/{recorded['bank']}/data" if recorded["bank"] else "/data"
    answer = post(statbank, path, **recorded["query"])
    assert answer.content == sidecar.with_suffix(".csv").read_bytes()


def test_municipalities_make_regions_and_regions_the_country(
    statbank: StatBankEmulator,
) -> None:
    """In each of the 29 quarters the regions are sums of municipalities, and 000 of regions."""
    quarters = by_quarter(rows(data(statbank, {"OMRÅDE": ["*"], "Tid": ["*"]})))
    assert len(quarters) == 29
    for counted in quarters.values():
        for (region, _), members in REGIONS.items():
            assert counted[region] == sum(counted[code] for code in members)
        assert counted["000"] == sum(counted[region] for region, _ in REGIONS)


def test_districts_and_the_unlocated_make_the_city(statbank: StatBankEmulator) -> None:
    """In each quarter every level of Copenhagen adds up to the one above it."""
    quarters = by_quarter(rows(data(statbank, {"OMRKK": ["*"], "Tid": ["*"]}, table="KKBEF1")))
    assert len(quarters) == 29
    for counted in quarters.values():
        assert counted["1000"] == sum(counted[district] for district in DISTRICTS)
        for district, committees in COMMITTEES_OF_DISTRICT.items():
            assert counted[district] == sum(counted[code] for code in committees)
            parts = [leaf for committee in committees for leaf in neighbourhoods_of(committee)]
            assert counted[district] == sum(counted[code] for code in parts)


@pytest.mark.parametrize("area", ["000", "411", "101"])
def test_sex_age_and_civil_status_split_the_total_exactly(
    statbank: StatBankEmulator, area: str
) -> None:
    """Along each variable the parts sum to the total, whatever the other two are."""
    selection = {"OMRÅDE": [area], **ALL_OF_FOLK1A, "Tid": ["2019K3"]}
    cells = {tuple(row[1:4]): int(row[-1]) for row in rows(data(statbank, selection))}
    for place, total in enumerate(("TOT", "IALT", "TOT")):
        parts: dict[tuple[str, ...], int] = defaultdict(int)
        for codes, figure in cells.items():
            if codes[place] != total:
                parts[(*codes[:place], total, *codes[place + 1 :])] += figure
        assert parts == {codes: figure for codes, figure in cells.items() if codes in parts}
    assert all(figure >= 0 for figure in cells.values())


def test_quarters_between_two_years_lie_on_a_line(statbank: StatBankEmulator) -> None:
    """Copenhagen grows by a quarter of the year's change in each quarter of 2022."""
    span = ["2022K1", "2022K2", "2022K3", "2022K4", "2023K1"]
    course = [figures(statbank, quarter, "101")[0] for quarter in span]
    steps = [later - earlier for earlier, later in pairwise(course)]
    assert sum(steps) == 653664 - 644431
    assert max(steps) - min(steps) <= 1


def test_figures_go_on_beyond_the_bundled_years(recorded_span: StatBankEmulator) -> None:
    """After 2023K1 the last year's change goes on, before 2016K1 the first year's."""
    assert figures(recorded_span, "2025K1", "101") == [653664 + 2 * (653664 - 644431)]
    assert figures(recorded_span, "2015K1", "101") == [591481 - (602481 - 591481)]


def test_no_figure_is_ever_negative() -> None:
    """Districts that grow fast stop at zero when followed far back."""
    with StatBankEmulator(since="1974K1", until="2003K1") as bank:
        answer = rows(data(bank, {"OMRKK": ["*"], "Tid": ["1974K1"]}, table="KKBEF1"))
    assert min(int(row[-1]) for row in answer) == 0
