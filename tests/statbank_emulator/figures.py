"""The figures behind the tables.

The first quarters of the bundled years come out exactly as bundled. Inferred, because nothing else
is recorded: quarters between them are interpolated on a straight line at the level of base areas,
and quarters before and after continue the neighbouring change, never below zero. Larger areas are
sums; sex, age and civil status split a leaf's total so that the parts always sum to it.
"""

import json
from bisect import bisect_right
from collections.abc import Mapping
from itertools import accumulate
from pathlib import Path

from .catalogue import Table
from .quarters import ordinal

Anchors = dict[int, dict[str, int]]

# Out of ten people of an age: never married, married, widowed, divorced.
_CHILD, _ADULT = (10, 0, 0, 0), (4, 4, 1, 1)
_SEXES = 2


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

    def __init__(self, table: Table, anchors: Anchors) -> None:
        self._geography = table.geography
        self._anchors = anchors
        self._anchored = sorted(anchors)
        self._base_of = table.geography.base_of()
        ages = len(table.dimensions[2].values) - 1
        self._cumulative = list(accumulate(_weights(ages), initial=0))
        self._positions = [
            {value.code: place for place, value in enumerate(variable.values[1:])}
            for variable in table.dimensions[1:]
        ]
        self._revisions: dict[tuple[str, str], int] = {}

    def revise(self, quarter: str, figures: Mapping[str, int]) -> None:
        """Replace the figures of base areas in one quarter.

        Raises:
            ValueError: A code is not that of a base area.
        """
        for area, figure in figures.items():
            if area not in self._geography.base_areas:
                raise ValueError(f"only base areas can be revised, not {area!r}")
            self._revisions[area, quarter] = figure

    def reset(self) -> None:
        """Forget every revision."""
        self._revisions.clear()

    def count(self, quarter: str, area: str, sex: str, age: str, status: str) -> int:
        """Count the people of one cell; total codes stand for everybody."""
        leaves = self._geography.leaves_of[area]
        sexes, ages, statuses = (
            places.get(code)
            for places, code in zip(self._positions, (sex, age, status), strict=True)
        )
        return sum(self._part(self._leaf(leaf, quarter), sexes, ages, statuses) for leaf in leaves)

    def _leaf(self, leaf: str, quarter: str) -> int:
        base = self._base_of[leaf]
        siblings = self._geography.leaves_of[base]
        place, figure = siblings.index(leaf), self._base(base, quarter)
        return figure * (place + 1) // len(siblings) - figure * place // len(siblings)

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

    def _part(self, total: int, sex: int | None, age: int | None, status: int | None) -> int:
        """Split a leaf's total by cumulative weights, so that all parts sum to it exactly."""
        if sex is age is status is None:
            return total
        cumulative, statuses = self._cumulative, len(_ADULT)
        ages = (len(cumulative) - 1) // (_SEXES * statuses)
        cells = (
            (one_sex * ages + one_age) * statuses + one_status
            for one_sex in _chosen(sex, _SEXES)
            for one_age in _chosen(age, ages)
            for one_status in _chosen(status, statuses)
        )
        whole = cumulative[-1]
        return sum(
            total * cumulative[cell + 1] // whole - total * cumulative[cell] // whole
            for cell in cells
        )


def _chosen(place: int | None, size: int) -> range:
    return range(size) if place is None else range(place, place + 1)


def _weights(ages: int) -> list[int]:
    """Weigh each cell of sex, age and civil status: few above 60, nobody from 110."""
    return [
        max(0, min(50, 110 - age)) * share
        for _ in range(_SEXES)
        for age in range(ages)
        for share in (_CHILD if age < 18 else _ADULT)
    ]
