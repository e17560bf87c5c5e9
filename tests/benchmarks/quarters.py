"""Calculate all 22 clusters over 76 quarters: the seconds after import, and the ratio of a key."""

from __future__ import annotations

import csv
import io
import time
from dataclasses import replace
from fractions import Fraction
from statistics import median

from pipeline.calculation.membership import in_force
from pipeline.calculation.population import Population
from pipeline.calculation.quarter import calculate_quarter
from pipeline.reference.tables import load_reference
from schemas.quarter import Quarter
from schemas.records import Reference
from schemas.report_name import ReportName
from schemas.sharing import EVERYBODY, Key
from tests.processes import REPOSITORY

QUARTERS = 76
"""FOLK1A holds 2008K1 to 2026K4."""

FIRST = Quarter(2008, 1)
RULES = Quarter(2022, 1)
PAIRS = 5
KEY = replace(
    EVERYBODY, key_id="alt", ages="0-17", equal_part=Fraction(1, 4), equal_by="fraction", cap=9_000
)
"""Of every kind at once: ages, an equal part that counts fractions, and a cap."""

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


def shared_by(reference: Reference, key: Key) -> Reference:
    """Return the rules with one cost a cluster, shared by a key."""
    costs = tuple(
        replace(reference.costs[0], cost_id="udgift", scope=row.cluster_id, key_id=key.key_id)
        for row in reference.clusters
        if RULES in row.period
    )
    return replace(reference, costs=costs, keys=(key,))


def seconds(reference: Reference, key: Key = EVERYBODY) -> float:
    """Return the seconds of applying the rules of 2022K1 to all quarters."""
    given = populations()
    began = time.perf_counter()
    results = [
        calculate_quarter(
            population,
            in_force(reference, ReportName(population.quarter, RULES)),
            {key.key_id: population},
        )
        for population in given
    ]
    took = time.perf_counter() - began
    assert sum(len(result.clusters) for result in results) == 22 * QUARTERS
    return took


def ratio(reference: Reference) -> float:
    """Return how many times as long a cost a cluster takes by a key as by counted population."""
    by_key, by_people = shared_by(reference, KEY), shared_by(reference, EVERYBODY)
    return median(seconds(by_key, KEY) / seconds(by_people) for _ in range(PAIRS))


if __name__ == "__main__":
    tables = load_reference(REPOSITORY / "data")
    print(seconds(tables), ratio(tables))
