"""A quarter in Statistics Denmark's notation, and what follows from it."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Final, Self

YEAR: Final = "(?:19|20|21)[0-9]{2}"
"""A year that a calendar can count on from: a slip of the pen is no quarter of the year 9999."""

WRITTEN: Final = (
    rf"^\s*(?:({YEAR}|[0-9]{{2}})[-/ ]*[KQkq] ?([1-4])"  # 2022K1, 2022-Q1, 22k1
    rf"|[KQkq] ?([1-4])[-/ ]+({YEAR})"  # K1 2022
    rf"|([1-4])\.? ?[Kk]vartal ({YEAR})"  # 1. kvartal 2022
    rf"|({YEAR})-(01|04|07|10)-01)\s*$"  # 2022-01-01
)
"""How people write a quarter, as a pattern that a form in a browser understands too."""

_MONTH_OR_QUARTER = re.compile(r"[0-9]{4}[-/. ]?[0-9]{1,2}|[0-9]{1,2}[-/. ][0-9]{4}")
QUARTERS_PER_YEAR = 4


@dataclass(frozen=True, order=True, slots=True)
class Quarter:
    """A quarter as Statistics Denmark names its population figures: `2022K1` is 1 January 2022."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `2022K1`, or as people write it: `2022-Q1`, `1. kvartal 2022`, its first day.

        Raises:
            ValueError: The text is not a quarter. Its message can be shown to a user.
        """
        match = re.match(WRITTEN, text := str(text))  # a notebook may hand on a year
        if match is None:
            doubt = ": it may be a quarter or a month" if _MONTH_OR_QUARTER.fullmatch(text) else ""
            raise ValueError(f"{text!r} is not a quarter; write it like 2022K1 (K1 to K4){doubt}")
        if match[7]:
            return cls.of_day(date.fromisoformat(text.strip()))
        year, number = match[1] or match[4] or match[6], match[2] or match[3] or match[5]
        return cls(int(year if len(year) == 4 else f"20{year}"), int(number))

    @classmethod
    def of_day(cls, day: date) -> Self:
        """Return the quarter in which a day lies."""
        return cls(day.year, (day.month + 2) // 3)

    def __str__(self) -> str:
        return f"{self.year:04d}K{self.number}"

    def __add__(self, quarters: int) -> Self:
        year, zero_based = divmod(self._ordinal + quarters, QUARTERS_PER_YEAR)
        return type(self)(year, zero_based + 1)

    def __sub__(self, earlier: Self) -> int:
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


@dataclass(frozen=True, slots=True)
class Period:
    """The quarters in which a rule is in force; `last` is None until further notice."""

    first: Quarter
    last: Quarter | None

    def __contains__(self, quarter: Quarter) -> bool:
        return self.first <= quarter and (self.last is None or quarter <= self.last)

    def __str__(self) -> str:
        return f"{self.first} to {self.last}" if self.last else f"from {self.first}"
