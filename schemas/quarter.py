"""A quarter in Statistics Denmark's notation, and what follows from it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

_NOTATION = re.compile(r"([0-9]{4})[KQkq]([1-4])")
QUARTERS_PER_YEAR = 4


@dataclass(frozen=True, order=True, slots=True)
class Quarter:
    """A quarter as Statistics Denmark names its population figures: `2022K1` is 1 January 2022.

    Args:
        year: Calendar year, four digits.
        number: 1 to 4, for January, April, July and October.
    """

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Quarter:
        """Read `2022K1`; `2022Q1` and lower case are understood too.

        Raises:
            ValueError: The text is not a quarter. Its message can be shown to a user.
        """
        match = _NOTATION.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"{text!r} is not a quarter; write it like 2022K1 (K1 to K4)")
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def of_day(cls, day: date) -> Quarter:
        """Return the quarter in which a day lies."""
        return cls(day.year, (day.month + 2) // 3)

    def __str__(self) -> str:
        return f"{self.year:04d}K{self.number}"

    def __add__(self, quarters: int) -> Quarter:
        year, zero_based = divmod(self._ordinal + quarters, QUARTERS_PER_YEAR)
        return Quarter(year, zero_based + 1)

    def __sub__(self, earlier: Quarter) -> int:
        """Return the number of quarters from `earlier` to this one."""
        return self._ordinal - earlier._ordinal

    @property
    def _ordinal(self) -> int:
        return self.year * QUARTERS_PER_YEAR + self.number - 1

    @property
    def reference_day(self) -> date:
        """The day whose population the quarter names: its first."""
        return date(self.year, 3 * self.number - 2, 1)


def quarter_range(first: Quarter, last: Quarter) -> tuple[Quarter, ...]:
    """Return every quarter from `first` to `last`, both included; empty if `last` is earlier."""
    return tuple(first + step for step in range(last - first + 1))
