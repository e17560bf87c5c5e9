"""Where everything stands in a live table: its columns, its rows, and the cells above it.

    row 1      title, then lines of text
    totals     a label and, below it, a number above the column that it belongs to
    header     the header of the table
    first..    a row a municipality (or, for shared funds, a cluster)

A table has the columns of `_SHARED`, then four a cost, then, greyed and off the printed page, the
intermediate results.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.calculation.allocation import Part
from pipeline.reporting.workbook.book import Cell, letter

_COST_COLUMNS = ("exact", "kroner", "rest", "rank")
_COST_STEPS = ("step", "floor")


@dataclass(frozen=True, slots=True)
class Row:
    """A row: who it is, and what it counts with.

    Args:
        key: Municipality code or cluster id; ties go in its order.
        labels: What its first columns say.
        people: Whole number of people, or the formula that gets it from another sheet.
        numerator: Of the fraction that counts.
        denominator: Of the fraction that counts, or the formula that gets it.
    """

    key: str
    labels: tuple[str, ...]
    people: Cell
    numerator: int
    denominator: Cell


@dataclass
class Amount:
    """An amount to allocate, and its parts by key.

    Args:
        name: Name of the cost.
        amount_dkk: Whole kroner.
        parts: The allocation.
        entered: Whether it comes from costs.csv; otherwise it is 0, free to try an amount in.
    """

    name: str
    amount_dkk: int
    parts: dict[str, Part]
    entered: bool = True

    def __post_init__(self) -> None:
        self.allocated_dkk = sum(part.amount for part in self.parts.values())


@dataclass
class Layout:
    """The addresses of a live table on its sheet.

    Args:
        sheet: Name of the sheet.
        lines: Text above the table, one a row, under the title.
        label_headings: Headings of the label columns.
        rows: Its rows.
        amounts: Its amounts, at least one.
        linked: Whether people and denominators come from other sheets, without input cells.

    Rows are counted from 1: those of the labels and numbers of the totals, of the header, and the
    first and last of the data. `columns` holds the key of each column; `letters`, `row_of` and
    `place_of` its letter, the row of a key, and its place in order, in which ties go.
    """

    sheet: str
    lines: tuple[str, ...]
    label_headings: tuple[str, ...]
    rows: Sequence[Row]
    amounts: Sequence[Amount]
    linked: bool = False

    def __post_init__(self) -> None:
        """Work every address out once: the formulas ask for them thousands of times."""
        self.labels_row = len(self.lines) + 2
        self.totals_row = self.labels_row + 1
        self.header_row = self.labels_row + 2
        self.first = self.labels_row + 3
        self.last = self.header_row + len(self.rows)
        self.columns = self._columns()
        self.letters = {key: letter(position) for position, key in enumerate(self.columns)}
        self.row_of = {row.key: number for number, row in enumerate(self.rows, start=self.first)}
        keys = sorted(self.row_of)
        self.place_of = {key: place for place, key in enumerate(keys, start=1)}

    def _columns(self) -> tuple[str, ...]:
        """Return the key of each column, such as `label1`, `people` or `kroner0`."""
        labels = [f"label{position}" for position in range(len(self.label_headings))]
        weight = (
            ["people", "denominator"] if self.linked else ["people", "numerator", "denominator"]
        )
        costs = range(len(self.amounts))
        shown = [f"{column}{cost}" for cost in costs for column in _COST_COLUMNS]
        steps = [f"{column}{cost}" for cost in costs for column in _COST_STEPS]
        return (*labels, *weight, "counted", "share", *shown, "weight", "place", *steps)

    def column(self, key: str) -> str:
        """Return the cells of a column, such as `$D$7:$D$17`."""
        at = self.letters[key]
        return f"${at}${self.first}:${at}${self.last}"

    def total(self, key: str) -> str:
        """Return the cell above a column, such as `$D$5`."""
        return f"${self.letters[key]}${self.totals_row}"

    def elsewhere(self, cell: str) -> str:
        """Return a cell as other sheets refer to it."""
        return f"'{self.sheet}'!{cell}"

    def total_elsewhere(self, key: str) -> str:
        """Return the cell above a column as other sheets refer to it."""
        return self.elsewhere(self.total(key))

    def kroner_of(self, key: str) -> list[str]:
        """Return the cells of a row's kroner, one a cost, as other sheets refer to them."""
        row = self.row_of[key]
        return [
            self.elsewhere(f"${self.letters[f'kroner{cost}']}${row}")
            for cost in range(len(self.amounts))
        ]
