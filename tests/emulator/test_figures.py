"""Bundled figures come out as they are, and the levels add up in every quarter."""

import json
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.emulator.asking import CITY_TOTALS, TOTALS, data, figures, periods, rows, send
from tests.statbank_emulator import StatBankEmulator
from tests.statbank_emulator.server import SNAPSHOTS
from tests.statbank_emulator.tables import TABLES, Table

SIDECARS = sorted(SNAPSHOTS.glob("*/*K1/*.json"))
FIRST_QUARTERS = [f"{year}K1" for year in range(2016, 2027)]
FOLK1A, KKBEF1 = TABLES


def by_quarter(bank: StatBankEmulator, table: Table) -> dict[str, dict[str, int]]:
    """Arrange all figures of a table by quarter and area."""
    area, totals = ("OMRKK", CITY_TOTALS) if table is KKBEF1 else ("OMRÅDE", TOTALS)
    selection = {area: list(table.parts_of), **totals, "Tid": periods(bank)}
    arranged: dict[str, dict[str, int]] = defaultdict(dict)
    for code, *_, quarter, figure in rows(data(bank, selection, table=table.code)):
        arranged[quarter][code] = int(figure)
    return arranged


def test_there_are_22_bundled_answers() -> None:
    """The comparison below covers eleven years of both tables."""
    covered = [path.parent.name for path in SIDECARS if path.parent.name in FIRST_QUARTERS]
    assert sorted(covered) == sorted(FIRST_QUARTERS * 2)


@pytest.mark.parametrize("sidecar", SIDECARS, ids=lambda path: "-".join(path.parts[-3:-1]))
def test_a_bundled_answer_comes_out_byte_for_byte(sidecar: Path) -> None:
    """The query in a sidecar gets exactly the bytes that are bundled with it."""
    recorded: dict[str, Any] = json.loads(sidecar.read_text("utf-8"))
    path = f"/{recorded['bank']}/data" if recorded["bank"] else "/data"
    with StatBankEmulator(until="2026K4") as bank:
        answer = send(bank, path, json=recorded["query"])
    assert answer.content == sidecar.with_suffix(".csv").read_bytes()


def test_municipalities_make_regions_and_regions_the_country(statbank: StatBankEmulator) -> None:
    """In each of the 29 quarters five regions are sums of 99 areas, and 000 of the regions."""
    quarters = by_quarter(statbank, FOLK1A)
    assert len(quarters) == 29
    country, *regions = [area for area in FOLK1A.parts_of if area not in FOLK1A.base_areas]
    assert (len(regions), len(FOLK1A.base_areas)) == (5, 99)
    for counted in quarters.values():
        for region in regions:
            assert counted[region] == sum(counted[code] for code in FOLK1A.parts_of[region])
        assert counted[country] == sum(counted[region] for region in regions)


def test_districts_and_the_unlocated_make_the_city(statbank: StatBankEmulator) -> None:
    """In each quarter the city is the sum of its ten districts and of 1099."""
    quarters = by_quarter(statbank, KKBEF1)
    assert len(quarters) == 29
    for counted in quarters.values():
        assert len(counted) == 12
        assert 2 * counted["1000"] == sum(counted.values())


def test_quarters_between_two_years_lie_on_a_line(statbank: StatBankEmulator) -> None:
    """Copenhagen grows by a quarter of the year's change in each quarter of 2022."""
    span = ["2022K1", "2022K2", "2022K3", "2022K4", "2023K1"]
    course = [figures(statbank, quarter, "101")[0] for quarter in span]
    steps = [later - earlier for earlier, later in pairwise(course)]
    assert sum(steps) == 653664 - 644431
    assert max(steps) - min(steps) <= 1


def test_figures_go_on_beyond_the_bundled_years() -> None:
    """After 2026K1 the last year's change goes on, before 2016K1 the first year's."""
    with StatBankEmulator(since="2015K1", until="2028K1") as bank:
        assert figures(bank, "2028K1", "101") == [671714 + 2 * (671714 - 667099)]
        assert figures(bank, "2015K1", "101") == [591481 - (602481 - 591481)]


def test_no_figure_is_ever_negative() -> None:
    """Districts that grow fast stop at zero when followed far back."""
    with StatBankEmulator(since="1974K1", until="1974K1") as bank:
        counted = by_quarter(bank, KKBEF1)["1974K1"]
    assert min(counted.values()) == 0
