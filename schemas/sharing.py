"""How costs are shared: kinds of clusters with their words, and keys; what rules rest on; accounts.

`65-` names an age and all above it. KKBEF1 counts those of 99 and over as one.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Final

from schemas.quarter import Period, Quarter

Day = tuple[str, Quarter]
"""The ages that count, empty for everybody, and the quarter on whose first day."""

_OLDEST: Final = 200

PopulationOf = StrEnum("PopulationOf", "QUARTER YEAR YEAR_BEFORE")
"""Which first day a key counts people on, where it is no fixed quarter."""

EqualBy = StrEnum("EqualBy", "MEMBER FRACTION")
"""Whether a municipality that counts by a fraction has that fraction of an equal part too."""


@dataclass(frozen=True, slots=True)
class Key:
    """How a cost is shared.

    `ages` are whole years from and to, `0-17` or `65-`, empty for everybody; the first day that
    counts is a `PopulationOf` or a fixed quarter. `equal_part` of the amount is shared equally, by
    an `EqualBy`, and beyond `cap` people a member counts no further.
    """

    key_id: str
    name_da: str
    name_en: str
    ages: str
    population_of: str
    equal_part: Fraction
    equal_by: str
    cap: int | None
    period: Period
    source_id: str

    def day(self, report: Quarter) -> Day:
        """Return whom it counts and when, in the report of a quarter."""
        named = {
            PopulationOf.QUARTER.value: report,
            PopulationOf.YEAR.value: Quarter(report.year, 1),
            PopulationOf.YEAR_BEFORE.value: Quarter(report.year - 1, 1),
        }
        return self.ages, named.get(self.population_of) or Quarter.parse(self.population_of)

    def reached(self, counted: Fraction) -> Fraction:
        """Return the people with whom a member counts, given those that its membership counts."""
        return counted if self.cap is None else min(counted, Fraction(self.cap))

    def equal_weight(self, fraction: Fraction) -> Fraction:
        """Return the weight of a member in what is shared equally, given its fraction."""
        return fraction if self.equal_by == EqualBy.FRACTION else Fraction(1)


EVERYBODY: Final = Key(
    "", "", "", "", PopulationOf.QUARTER, Fraction(0), EqualBy.MEMBER, None,
    Period(Quarter(1900, 1), None), "",
)  # fmt: skip
"""The key of costs that name none: counted population on the report's own day."""


def age_range(ages: str) -> range:
    """Return the whole years that `0-17` or `65-` names, or all of them."""
    first, _, last = ages.partition("-")
    return range(int(first or 0), int(last or _OLDEST) + 1)


@dataclass(frozen=True, slots=True)
class Structure:
    """A kind of clusters, and the words for it: its name, one, several, the one and the ones."""

    structure: str
    name_da: str
    one_da: str
    several_da: str
    the_one_da: str
    the_ones_da: str
    name_en: str
    one_en: str
    several_en: str
    the_one_en: str
    the_ones_en: str

    @property
    def folder(self) -> str:
        """Name of the folder with a workbook of each."""
        return _plain(self.several_da)

    @property
    def anchor(self) -> str:
        """How names of tables and places on a page begin."""
        return _plain(self.one_da)


def _plain(word: str) -> str:
    """Return a word in letters and digits that every file system and spreadsheet takes."""
    spelt = word.casefold().replace("æ", "ae").replace("ø", "oe").replace("å", "aa")
    return re.sub(r"[^a-z0-9]+", "_", spelt)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a rule comes from, and how sure it is: high, medium or low."""

    source_id: str
    title: str
    url: str
    confidence: str
    remark: str
    title_da: str = ""


@dataclass(frozen=True, slots=True)
class Assumption:
    """A choice that the published rules leave open; no cluster means that it concerns all."""

    number: int
    text_da: str
    text_en: str
    cluster_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Alternative:
    """What may be true instead of an uncertain membership: it, or districts of it, is elsewhere.

    `to_cluster_id` is blank where it would count nowhere; alternatives to the same membership (and
    districts) exclude each other.
    """

    alternative_id: str
    name_da: str
    name_en: str
    municipality_code: str
    districts: tuple[str, ...]
    from_cluster_id: str
    to_cluster_id: str


@dataclass(frozen=True, slots=True)
class Account:
    """How a municipality is invoiced (EAN, 13 digits) and paid (account); blank if not known."""

    municipality_code: str
    ean: str
    account: str
