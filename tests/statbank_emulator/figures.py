"""The figures behind the tables.

The first quarters of the bundled years come out exactly as bundled. Inferred, because nothing else
is recorded: quarters between them are interpolated on a straight line at the level of base areas,
and quarters before and after continue the neighbouring change, never below zero. Larger areas are
sums.
"""

import json
from bisect import bisect_right
from collections.abc import Mapping
from pathlib import Path

from .quarters import ordinal
from .tables import Table

Anchors = dict[int, dict[str, int]]


def read_anchors(table: Table, snapshots: Path) -> Anchors:
    """Read the bundled figures of a table by quarter ordinal and area code.

    Raises:
        FileNotFoundError: The folder holds fewer than two quarters of the table.
    """
    anchors = {
        ordinal(folder.name): _read_snapshot(folder)
        for folder in sorted((snapshots / table.code).glob("*K*"))
    }
    if len(anchors) < 2:
        raise FileNotFoundError(f"fewer than two quarters of {table.code} in {snapshots}")
    return anchors


def _read_snapshot(folder: Path) -> dict[str, int]:
    """Read the newest answer of one quarter; first column area, last column figure."""
    sidecars = {
        path: json.loads(path.read_text("utf-8"))["retrieved_at"] for path in folder.glob("*.json")
    }
    newest = max(sidecars, key=lambda path: (sidecars[path], path.name))
    lines = newest.with_suffix(".csv").read_text("utf-8-sig").splitlines()[1:]
    cells = (line.split(";") for line in lines)
    return {row[0]: int(row[-1]) for row in cells}


class Figures:
    """Figures of one table for any quarter, with the revisions made so far."""

    def __init__(self, table: Table, snapshots: Path) -> None:
        self._table = table
        self._anchors = read_anchors(table, snapshots)
        self._anchored = sorted(self._anchors)
        self._revisions: dict[tuple[str, str], int] = {}
        self._spread: dict[tuple[str, str, int], list[int]] = {}

    def revise(self, quarter: str, figures: Mapping[str, int]) -> None:
        """Replace the figures of base areas in one quarter.

        Raises:
            ValueError: A code is not that of a base area.
        """
        for area, figure in figures.items():
            if area not in self._table.base_areas:
                raise ValueError(f"only base areas can be revised, not {area!r}")
            self._revisions[area, quarter] = figure

    def reset(self) -> None:
        """Forget every revision."""
        self._revisions.clear()

    def count(self, quarter: str, area: str, age: str = "") -> int:
        """Count the people of an area in a quarter, of all ages or of one."""
        bases = self._table.parts_of[area]
        if not age:
            return sum(self._base(base, quarter) for base in bases)
        at = self._table.ages.index(age)
        return sum(self._by_age(base, quarter)[at] for base in bases)

    def _by_age(self, area: str, quarter: str) -> list[int]:
        """Spread the people of a base area over the ages: a curve of its own, made up, exact."""
        people, ages = self._base(area, quarter), range(len(self._table.ages))
        key = (area, quarter, people)
        if key not in self._spread:
            curve = [max(0, 90 + int(area) % 17 * (age % 5) - age) for age in ages]
            edges = [people * sum(curve[:age]) // sum(curve) for age in range(len(ages) + 1)]
            self._spread[key] = [edges[age + 1] - edges[age] for age in ages]
        return self._spread[key]

    def _base(self, area: str, quarter: str) -> int:
        revised = self._revisions.get((area, quarter))
        if revised is not None:
            return revised
        number = ordinal(quarter)
        after = min(max(bisect_right(self._anchored, number), 1), len(self._anchored) - 1)
        first, last = self._anchored[after - 1], self._anchored[after]
        start, span = self._anchors[first][area], last - first
        change = (self._anchors[last][area] - start) * (number - first)
        return max(0, start + (2 * change + span) // (2 * span))
