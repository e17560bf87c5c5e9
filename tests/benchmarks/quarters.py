"""Calculate all 22 clusters over 76 quarters, and print the seconds that it took after import."""

from __future__ import annotations

import csv
import io
import time

from pipeline.calculation.membership import rules_in_force
from pipeline.calculation.population import Population
from pipeline.calculation.quarter import calculate_quarter
from pipeline.reference.tables import load_reference
from schemas.quarter import Quarter
from tests.processes import REPOSITORY

QUARTERS = 76
"""FOLK1A holds 2008K1 to 2026K4."""

FIRST = Quarter(2008, 1)
RULES = Quarter(2022, 1)
SNAPSHOTS = REPOSITORY / "data" / "snapshots"


def figures(table: str) -> dict[str, int]:
    """Return the figures of 2022K1 by code."""
    (path,) = (SNAPSHOTS / table / str(RULES)).glob("*.csv")
    rows = csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig")), delimiter=";")
    next(rows)
    return {row[0]: int(row[-1]) for row in rows}


def populations() -> list[Population]:
    """Return 76 populations that differ: that of 2022K1, growing by a thousandth a quarter."""
    areas, districts = figures("FOLK1A"), figures("KKBEF1")
    return [
        Population(
            FIRST + step,
            {code: people * (1000 + step) // 1000 for code, people in areas.items()},
            {code: people * (1000 + step) // 1000 for code, people in districts.items()},
        )
        for step in range(QUARTERS)
    ]


def seconds() -> float:
    """Return the seconds of applying the rules of 2022K1 to all quarters."""
    reference = load_reference(REPOSITORY / "data")
    given = populations()
    began = time.perf_counter()
    results = [
        calculate_quarter(
            population,
            rules_in_force(reference, RULES),
            reference.areas,
            reference.districts,
        )
        for population in given
    ]
    took = time.perf_counter() - began
    assert sum(len(result.clusters) for result in results) == 22 * QUARTERS
    return took


if __name__ == "__main__":
    print(seconds())
