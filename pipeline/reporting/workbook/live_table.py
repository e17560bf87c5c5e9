"""A table that allocates by itself: change an input cell, and every share and krone follows.

row 1      title, then lines of text
totals     a label and, below it, a number above the column that it belongs to
header     the header of the table
first..    a row a municipality (or, for shared funds, a cluster)
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from xlsxwriter.utility import xl_col_to_name

from pipeline.calculation.quarter import Allocation
from pipeline.reporting.workbook import live_columns as layout
from pipeline.reporting.workbook.book import Cell, Formula, Range, number_of
from schemas.sharing import EVERYBODY, EqualBy, Key

ColumnKey = tuple[str, int]
"""A column: its kind, and the number of the cost (of the label) where there are many."""

Values = dict[ColumnKey, int | float | str]


@dataclass(frozen=True, slots=True)
class Row:
    """A row: who it is, what its first columns say, and the fraction of people that it counts with.

    Its key is a municipality code or a cluster id; ties go in its order. Links are the formulas
    that get people and denominator from another sheet, if they do.
    """

    key: str
    labels: tuple[str, ...]
    people: int
    numerator: int
    denominator: int
    links: tuple[Formula, ...] = ()


@dataclass
class LiveTable:
    """A live table with its name, on a sheet with a title: its formulas with their values.

    It has an allocation at least. The words are what the control says when it holds, and when not.
    One that is linked has no input cells: people and denominators come from other sheets. Where it
    shares by a key, cap and equal part are inputs too, and every krone follows them.
    """

    sheet: str
    name: str
    title: str
    lines: tuple[str, ...]
    label_headings: tuple[str, ...]
    rows: Sequence[Row]
    allocations: Sequence[Allocation]
    words: tuple[str, str]
    linked: bool = False
    key: Key = EVERYBODY

    def __post_init__(self) -> None:
        """Choose the columns, those of a key by how its equal part counts; and the first step."""
        self.by_fraction = self.key.equal_by == EqualBy.FRACTION
        self.kinds: Mapping[str, layout.Kind] = layout.KINDS
        self.step = layout.STEP
        if self.key != EVERYBODY:
            self.kinds = layout.BY_FRACTION if self.by_fraction else layout.KEYED
            self.step = layout.KEYED_STEP

    @property
    def inputs(self) -> list[str]:
        """The columns above which the inputs of a key stand."""
        return [kind for kind in layout.INPUTS if kind in self.kinds]

    @cached_property
    def columns(self) -> dict[ColumnKey, str]:
        """The letter of each column, from the left."""
        costs, left_out = range(len(self.allocations)), ["numerator"] * self.linked
        leading = [kind for kind in layout.WEIGHT if kind in self.kinds and kind not in left_out]
        keys = [
            *(("label", position) for position in range(len(self.label_headings))),
            *((kind, 0) for kind in leading),
            *((kind, cost) for cost in costs for kind in layout.COST),
            *((kind, 0) for kind in layout.SCALED if kind in self.kinds),
            *((kind, cost) for cost in costs for kind in layout.STEPS),
        ]
        return {key: xl_col_to_name(position) for position, key in enumerate(keys)}

    @property
    def data(self) -> Range:
        """The rows of data; the header stands above them, and totals and labels above that."""
        first = len(self.lines) + 5
        return Range(self.sheet, first, first + len(self.rows) - 1)

    @cached_property
    def row_of(self) -> dict[str, int]:
        """The number of the row of each key, from 1."""
        return {row.key: number for number, row in enumerate(self.rows, start=self.data.first)}

    def elsewhere(self, kind: str, cost: int) -> str:
        """Return the cell above a column as other sheets refer to it."""
        return f"'{self.sheet}'!${self.columns[kind, cost]}${self.data.first - 2}"

    def seen(self, kind: str, cost: int = 0) -> Formula:
        """Return the cell above a column as other sheets show it."""
        return Formula(f"={self.elsewhere(kind, cost)}", number_of(self.totals[kind, cost]))

    def inputs_of(self, row: Row) -> dict[str, int]:
        """Return the input cells of a row as other sheets refer to them, with their numbers."""
        numbers = {"people": row.people, "numerator": row.numerator, "denominator": row.denominator}
        return {self._cell_of(row.key, kind): number for kind, number in numbers.items()}

    def shown(self, key: str, kind: str, cost: int = 0, style: str = "") -> Formula:
        """Return a cell of the row of a key as other sheets show it."""
        value = number_of(self.values[key][kind, cost])
        return Formula(f"={self._cell_of(key, kind, cost)}", value, style)

    def _cell_of(self, key: str, kind: str, cost: int = 0) -> str:
        return f"'{self.sheet}'!${self.columns[kind, cost]}${self.row_of[key]}"

    def kroner_of(self, key: str) -> list[Formula]:
        """Return the kroner of a row, one a cost, as other sheets show them; none if not here."""
        allocations = self.allocations if key in self.row_of else ()
        parts = enumerate(row.parts[key].amount for row in allocations)
        return [Formula(f"={self._cell_of(key, 'kroner', cost)}", part) for cost, part in parts]

    def holds(self, cost: int) -> bool:
        """Return whether an amount is allocated, by intermediate results that are exact."""
        allocation = self.allocations[cost]
        allocated = sum(part.amount for part in allocation.parts.values())
        amount = allocation.cost.amount_dkk
        bound = max(amount // self.step * max(self.weights.values()), 2 * self.step * self.divisor)
        return allocated == amount and bound <= layout.EXACT_TO

    @cached_property
    def scale(self) -> int:
        """The least common multiple of all denominators."""
        return math.lcm(*(row.denominator for row in self.rows))

    @cached_property
    def people(self) -> dict[str, int]:
        """The people of each key that count, by the common denominator."""
        return {
            row.key: row.people * row.numerator * (self.scale // row.denominator)
            for row in self.rows
        }

    @cached_property
    def reached(self) -> dict[str, int]:
        """The same, at most the cap of the key."""
        cap = (self.key.cap or layout.NO_CAP) * self.scale
        return {code: min(people, cap) for code, people in self.people.items()}

    @cached_property
    def members(self) -> dict[str, int]:
        """The part of each row in what is equal, by the common denominator where it is one."""
        return {
            row.key: row.numerator * (self.scale // row.denominator) if self.by_fraction else 1
            for row in self.rows
        }

    @cached_property
    def weights(self) -> dict[str, int]:
        """The weight of each key."""
        if self.key == EVERYBODY:
            return self.people
        (p, q), people = self.key.equal_part.as_integer_ratio(), sum(self.reached.values())
        by_people = (q - p) * sum(self.members.values())
        return {
            code: by_people * reached + p * self.members[code] * people
            for code, reached in self.reached.items()
        }

    @cached_property
    def divisor(self) -> int:
        """The sum of the weights: what is allocated has some."""
        return sum(self.weights.values())

    @cached_property
    def totals(self) -> dict[ColumnKey, Cell]:
        """The cells above the columns."""
        names = [self._names(cost, 0) for cost in range(len(self.allocations))]
        return {
            (kind, cost): Formula(f"={self.kinds[kind].total.format_map(names[cost])}", value)
            if self.kinds[kind].total
            else value
            for (kind, cost), value in self._totals().items()
            if kind in self.kinds
        }

    def _totals(self) -> Values:
        scale, people = self.scale, self.people
        p, q = self.key.equal_part.as_integer_ratio()
        values: Values = {
            ("denominator", 0): scale,
            ("counted", 0): sum(people.values()) / scale,
            ("share", 0): math.fsum(part / self.divisor for part in self.weights.values()),
            ("weight", 0): self.divisor,
            ("place", 0): self.divisor,
            ("capped", 0): self.key.cap or layout.NO_CAP,
            ("equal", 0): p,
            ("by_people", 0): q,
            ("reach", 0): sum(self.reached.values()),
            ("members", 0): sum(self.members.values()),
        }
        if not self.linked:
            values["people", 0] = sum(row.people for row in self.rows)
        for cost, allocation in enumerate(self.allocations):
            amount = allocation.cost.amount_dkk
            floors = sum(amount * weight // self.divisor for weight in self.weights.values())
            values |= {
                ("exact", cost): amount,
                ("kroner", cost): sum(part.amount for part in allocation.parts.values()),
                ("rest", cost): amount - floors,
                ("rank", cost): self.words[0 if self.holds(cost) else 1],
                ("step", cost): amount // self.step,
                ("floor", cost): amount % self.step,
            }
        return values

    def cells_of(self, row: Row) -> list[Cell]:
        """Return the cells of a row, from column A."""
        number, values = self.row_of[row.key], self.values[row.key]
        names = [self._names(cost, number) for cost in range(len(self.allocations))]
        cells: list[Cell] = [*row.labels]
        for kind, cost in list(self.columns)[len(row.labels) :]:
            value, formula = values[kind, cost], self.kinds[kind].formula
            shown = f"={formula.format_map(names[cost])}"
            cells.append(Formula(shown, number_of(value)) if formula else value)
        return cells

    @cached_property
    def values(self) -> dict[str, dict[ColumnKey, Cell]]:
        """What the cells of the row of each key show, but for its labels."""
        places = {key: place for place, key in enumerate(sorted(self.row_of), start=1)}
        return {row.key: {**self._values(row), ("place", 0): places[row.key]} for row in self.rows}

    def _values(self, row: Row) -> dict[ColumnKey, Cell]:
        weight, divisor = self.weights[row.key], self.divisor
        people, denominator = row.links or (row.people, row.denominator)
        reached, member = self.reached[row.key], self.members[row.key]
        p, q = self.key.equal_part.as_integer_ratio()
        values: dict[ColumnKey, Cell] = {
            ("people", 0): people,
            ("numerator", 0): row.numerator,
            ("denominator", 0): denominator,
            ("counted", 0): row.people * row.numerator / row.denominator,
            ("share", 0): weight / divisor,
            ("weight", 0): weight,
            ("capped", 0): reached / self.scale,
            ("equal", 0): p * member / sum(self.members.values()) / q,
            ("by_people", 0): (q - p) * reached / max(1, sum(self.reached.values())) / q,
            ("reach", 0): reached,
            ("members", 0): member,
        }
        for cost, allocation in enumerate(self.allocations):
            part, amount = allocation.parts[row.key], allocation.cost.amount_dkk
            values |= {
                ("exact", cost): float(amount) * float(weight) / float(divisor),
                ("kroner", cost): part.amount,
                ("rest", cost): int(part.remainder * divisor),
                ("rank", cost): part.rank,
                ("step", cost): amount // self.step * weight % divisor,
                ("floor", cost): amount * weight // divisor,
            }
        return values

    def _names(self, cost: int, row: int) -> dict[str, str | int]:
        """Return how the formulas of a row, and of the cells above, refer to cells."""
        (yes, no), data = self.words, self.data
        names: dict[str, str | int] = {"yes": yes, "no": no}
        names |= {"STEP": self.step, "STEPS": 2 * self.step, "EXACT_TO": layout.EXACT_TO}
        for (kind, of), at in self.columns.items():
            if kind in self.kinds and of == (cost if kind in layout.OF_A_COST else 0):
                names |= {
                    kind: f"{at}{row}",
                    f"all_{kind}": f"${at}${data.first}:${at}${data.last}",
                    f"total_{kind}": f"${at}${data.first - 2}",
                }
        factors = ["people"] if self.linked else ["people", "numerator"]
        names["part"] = "*".join(str(names[factor]) for factor in factors)
        return names
