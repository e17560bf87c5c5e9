"""The two tables of the StatBank that hold the population, and what is asked of each.

FOLK1A is Statistics Denmark's own; KKBEF1 stands in the City of Copenhagen's bank (`s30`) on the
same API. Every variable is asked for with explicit codes, totals included: nothing is left to the
API's defaults.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from schemas.quarter import Quarter

TIME: Final = "Tid"
_AREAS: Final = "OMRÅDE"
AGE: Final = "ALDER"
VALUE: Final = "INDHOLD"
"""The last column of every answer in CSV, in both languages."""

MISSING: Final = ".."

BY_AGE: Final = "-by-age"
CELL_LIMIT: Final = 1_000_000
"""Cells that the API answers at most in CSV (documented; since May 2021)."""


@dataclass(frozen=True, slots=True)
class SourceTable:
    """A table of the StatBank.

    Args:
        table: Its id, such as `FOLK1A`.
        bank: The bank on the API: empty for Statistics Denmark's own, else such as `s30`.
        publisher: Who to cite.
        area_variable: Code of the variable whose values are areas or districts.
        totals: Code and total value of each other variable, in the order of the table.
        known_codes: Pattern of the area codes that must all be known to the reference tables; a
            table may hold others at another level, such as the quarters of a city.
        release_day: Day of the month at which a quarter is expected.
        ages: Codes of the single years of age, where they are asked for beside the total.
    """

    table: str
    bank: str
    publisher: str
    area_variable: str
    totals: tuple[tuple[str, str], ...]
    known_codes: str
    release_day: int
    ages: tuple[str, ...] = ()

    @property
    def asked(self) -> str:
        """The id that the API knows; answers by age are stored under another."""
        return self.table.removesuffix(BY_AGE)

    @property
    def of_areas(self) -> bool:
        """Whether it counts by municipality, and not by district."""
        return self.area_variable == _AREAS

    @property
    def selected(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Code and values asked for of each other variable: its total, and the ages."""
        return tuple(
            (code, (total, *self.ages) if code == AGE else (total,)) for code, total in self.totals
        )

    @property
    def variables(self) -> tuple[str, ...]:
        """All variables in the order in which they are asked for, time last."""
        return (self.area_variable, *(code for code, _ in self.totals), TIME)

    @property
    def header(self) -> tuple[str, ...]:
        """Header of the answer in CSV: the codes in upper case, in the order asked, and INDHOLD."""
        return (*(code.upper() for code in self.variables), VALUE)

    def query(self, codes: Iterable[str], quarters: Iterable[Quarter]) -> dict[str, Any]:
        """Return the body of the POST to `data`."""
        selected = [
            (self.area_variable, list(codes)),
            *((code, list(values)) for code, values in self.selected),
            (TIME, [str(quarter) for quarter in quarters]),
        ]
        return {
            "table": self.asked,
            "format": "CSV",
            "lang": "en",
            "valuePresentation": "Code",
            "variables": [{"code": code, "values": values} for code, values in selected],
        }

    def cells(self, code_count: int, quarter_count: int) -> int:
        """Return the cells that the API counts: the selected values times variables plus one."""
        return code_count * quarter_count * (1 + len(self.ages)) * (len(self.variables) + 1)

    def batches(self, code_count: int, quarters: Sequence[Quarter]) -> list[Sequence[Quarter]]:
        """Split quarters so that each query stays within the API's limit of cells."""
        size = max(1, CELL_LIMIT // self.cells(code_count, 1))
        return [quarters[start : start + size] for start in range(0, len(quarters), size)]


FOLK1A: Final = SourceTable(
    "FOLK1A",
    "",
    "Danmarks Statistik",
    _AREAS,
    (("KØN", "TOT"), ("ALDER", "IALT"), ("CIVILSTAND", "TOT")),
    known_codes=r"[0-9]{3}",
    release_day=11,
)
KKBEF1: Final = SourceTable(
    "KKBEF1",
    "s30",
    "Københavns Kommune",
    "OMRKK",
    (("KON", "TOT"), ("ALDER", "TOT"), ("CIVILSTAND", "TOT")),
    known_codes=r"1[0-9]{3}",
    release_day=6,
)
SOURCE_TABLES: Final = (FOLK1A, KKBEF1)
AGE_TABLES: Final = (
    replace(FOLK1A, table=f"{FOLK1A.table}{BY_AGE}", ages=tuple(map(str, range(126)))),
    replace(
        KKBEF1, table=f"{KKBEF1.table}{BY_AGE}", ages=tuple(f"{year:02}" for year in range(100))
    ),
)
"""The same by single years of age, asked for only where a key needs them; KKBEF1 ends with 99+."""


def source_of(table: str) -> SourceTable:
    """Return the table whose answers are stored under an id."""
    return next(row for row in (*SOURCE_TABLES, *AGE_TABLES) if row.table == table)
