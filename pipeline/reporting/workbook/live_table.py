"""A table that allocates by itself: change an input cell, and every share and krone follows.

Method, the same as `pipeline.calculation.allocation`, in ordinary functions on whole numbers:

1. Each row's weight is people × numerator × (scale ÷ denominator), where the scale is the least
   common multiple of all denominators: a whole number.
2. Amount × weight ÷ sum of weights is divided as on paper, in two steps, first the hundred
   thousands of the amount, then the rest of it: no intermediate result comes near the 15 digits
   that spreadsheets count exactly (LibreOffice rounds a quotient to 15 digits before it cuts the
   decimals off).
3. The kroner that are missing go, one each, to the largest remainders, and equal remainders in the
   order of the keys.

The control beside an amount says whether the parts add up to it, and whether every intermediate
result stays below `EXACT_TO`. Where weights add up to 1.2 million (a cluster that counts halves),
that holds for amounts to 8 300 billion kr.; where they add up to 500 million (the whole country,
scaled by 84), to 20 billion. Beyond, the values written are right, and the control says that the
sheet cannot be relied on when it is changed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from pipeline.reporting.workbook.book import Cell, Formula
from pipeline.reporting.workbook.live_layout import Layout, Row

STEP: Final = 100_000
"""The amount is divided in two steps: its hundred thousands, then the kroner below."""

EXACT_TO: Final = 10**14
"""Largest intermediate result allowed; 15 digits are exact in Excel and in LibreOffice."""


def value_of(cell: Cell) -> int:
    """Return the whole number that a cell holds or shows."""
    number = cell.value if isinstance(cell, Formula) else cell
    if not isinstance(number, int):
        raise TypeError(f"{number!r} is not a whole number")
    return number


@dataclass
class LiveTable:
    """The formulas of a live table with their values.

    Args:
        layout: Where everything stands.
        words: What the control says: when it holds, and when it does not.
    """

    layout: Layout
    words: tuple[str, str]

    def __post_init__(self) -> None:
        """Work out the weights once; `scale` is the least common multiple of all denominators."""
        rows = self.layout.rows
        self.scale = math.lcm(*(value_of(row.denominator) for row in rows))
        self.weights = {
            row.key: value_of(row.people)
            * row.numerator
            * (self.scale // value_of(row.denominator))
            for row in rows
        }
        self.total_weight = sum(self.weights.values())
        self.divisor = max(1, self.total_weight)  # so that nothing is divided by nothing

    def holds(self, cost: int) -> bool:
        """Return whether an amount is allocated, by intermediate results that are exact."""
        amount = self.layout.amounts[cost]
        hundred_thousands = amount.amount_dkk // STEP
        bound = max(hundred_thousands * max(self.weights.values()), 2 * STEP * self.divisor)
        return amount.allocated_dkk == amount.amount_dkk and bound <= EXACT_TO

    @cached_property
    def totals(self) -> dict[str, Cell]:
        """The cells above the columns by the key of the column."""
        at, total = self.layout.column, self.layout.total
        people = sum(value_of(row.people) for row in self.layout.rows)
        counted = self.total_weight / self.scale
        cells: dict[str, Cell] = {
            "denominator": Formula(f"=LCM({at('denominator')})", self.scale),
            "counted": Formula(f"={total('weight')}/{total('denominator')}", counted),
            "share": Formula(f"=SUM({at('share')})", math.fsum(self._shares())),
            "weight": Formula(f"=SUM({at('weight')})", self.total_weight),
            "place": Formula(f"=MAX(1,{total('weight')})", self.divisor),
        }
        if not self.layout.linked:
            cells["people"] = Formula(f"=SUM({at('people')})", people)
        for cost in range(len(self.layout.amounts)):
            cells |= self._cost_totals(cost)
        return cells

    def _shares(self) -> Iterator[float]:
        return (self.weights[row.key] / self.divisor for row in self.layout.rows)

    def _cost_totals(self, cost: int) -> dict[str, Cell]:
        at, total = self.layout.column, self.layout.total
        amount = self.layout.amounts[cost]
        entered, step = total(f"exact{cost}"), total(f"step{cost}")
        kroner, divisor = total(f"kroner{cost}"), total("place")
        missing = amount.amount_dkk - sum(self._floor(row, cost) for row in self.layout.rows)
        bound = f"MAX({step}*MAX({at('weight')}),{divisor}*{2 * STEP})"
        yes, no = self.words
        control = f'=IF(AND({kroner}={entered},{bound}<={EXACT_TO}),"{yes}","{no}")'
        return {
            f"exact{cost}": amount.amount_dkk,
            f"kroner{cost}": Formula(f"=SUM({at(f'kroner{cost}')})", amount.allocated_dkk),
            f"rest{cost}": Formula(
                f"=IF({total('weight')}=0,0,{entered}-SUM({at(f'floor{cost}')}))",
                missing if self.total_weight else 0,
            ),
            f"rank{cost}": Formula(control, yes if self.holds(cost) else no),
            f"step{cost}": Formula(f"=QUOTIENT({entered},{STEP})", amount.amount_dkk // STEP),
            f"floor{cost}": Formula(f"={entered}-{step}*{STEP}", amount.amount_dkk % STEP),
        }

    @cached_property
    def cells(self) -> list[list[Cell]]:
        """The cells of each row, from column A."""
        return [self._cells(row) for row in self.layout.rows]

    def _cells(self, row: Row) -> list[Cell]:
        number, at, total = self.layout.row_of[row.key], self.layout.letters, self.layout.total
        weight, scale = self.weights[row.key], total("denominator")
        part = f"{at['people']}{number}"
        if not self.layout.linked:
            part += f"*{at['numerator']}{number}"
        denominator = f"{at['denominator']}{number}"
        fraction = [row.denominator] if self.layout.linked else [row.numerator, row.denominator]
        costs = range(len(self.layout.amounts))
        return [
            *row.labels,
            row.people,
            *fraction,
            Formula(
                f"={part}/{denominator}",
                value_of(row.people) * row.numerator / value_of(row.denominator),
                "counted" if value_of(row.denominator) > 1 else "",
            ),
            Formula(f"={at['weight']}{number}/{total('place')}", weight / self.divisor),
            *(cell for cost in costs for cell in self._shown(row, cost)),
            Formula(f"={part}*({scale}/{denominator})", weight),
            self.layout.place_of[row.key],
            *(cell for cost in costs for cell in self._steps(row, cost)),
        ]

    def _shown(self, row: Row, cost: int) -> list[Cell]:
        """Return exact amount, kroner, remainder and rank."""
        layout = self.layout
        number, at, total = layout.row_of[row.key], layout.letters, layout.total
        amount, part = layout.amounts[cost], layout.amounts[cost].parts[row.key]
        weight, divisor = f"{at['weight']}{number}", total("place")
        rest, rests = f"{at[f'rest{cost}']}{number}", layout.column(f"rest{cost}")
        floor, rank = f"{at[f'floor{cost}']}{number}", f"{at[f'rank{cost}']}{number}"
        below = f"{at[f'step{cost}']}{number}*{STEP}+{total(f'floor{cost}')}*{weight}"
        return [
            Formula(
                f"={total(f'exact{cost}')}*{weight}/{divisor}",
                float(amount.amount_dkk) * float(self.weights[row.key]) / float(self.divisor),
            ),
            Formula(f"={floor}+IF({rank}<={total(f'rest{cost}')},1,0)", part.amount),
            Formula(f"=MOD({below},{divisor})", int(part.remainder * self.divisor)),
            Formula(
                f'=COUNTIF({rests},">"&{rest})'
                f'+COUNTIFS({rests},{rest},{layout.column("place")},"<="&{at["place"]}{number})',
                part.rank,
            ),
        ]

    def _steps(self, row: Row, cost: int) -> list[Cell]:
        """Return what the hundred thousands leave over, and the exact part rounded down."""
        layout = self.layout
        number, at, total = layout.row_of[row.key], layout.letters, layout.total
        weight, divisor = f"{at['weight']}{number}", total("place")
        above = f"{total(f'step{cost}')}*{weight}"
        step = f"{at[f'step{cost}']}{number}"
        below = f"{step}*{STEP}+{total(f'floor{cost}')}*{weight}"
        hundred_thousands = layout.amounts[cost].amount_dkk // STEP
        return [
            Formula(
                f"=MOD({above},{divisor})",
                hundred_thousands * self.weights[row.key] % self.divisor,
            ),
            Formula(
                f"=QUOTIENT({above},{divisor})*{STEP}+QUOTIENT({below},{divisor})",
                self._floor(row, cost),
            ),
        ]

    def _floor(self, row: Row, cost: int) -> int:
        return self.layout.amounts[cost].amount_dkk * self.weights[row.key] // self.divisor
