"""Codes, and the rows of the reference tables as frozen values, once they have been validated.

Municipality and area codes are Statistics Denmark's (FOLK1A, variable OMRÅDE); district codes are
the City of Copenhagen's (KKBEF1, variable OMRKK). All are text: leading zeros count. The fields of
a record are the columns of its table, in order; `schemas.rows` maps one to the other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from typing import Any, ClassVar, Final

from schemas.quarter import YEAR, Period, Quarter
from schemas.sharing import EVERYBODY, Account, Alternative, Assumption, Key, Source, Structure

AREA_CODE: Final = r"[0-9]{3}"
DISTRICT_CODE: Final = r"[0-9]{4}"
QUARTER: Final = rf"{YEAR}K[1-4]"
IDENTIFIER: Final = r"(?![a-z0-9-]{61})[a-z0-9]+(-[a-z0-9]+)*"
"""At most 60 signs: it stands in the names of files and folders."""

COST_NAMED: Final = re.compile(r"\{([a-z0-9-]+)\}")
"""A cost's id in the text of an assumption, where its amount is to stand."""

COPENHAGEN: Final = "101"
"""Københavns Kommune, the only municipality of which a cluster can hold districts."""

COPENHAGEN_TOTAL: Final = "1000"
"""The whole city in KKBEF1; the districts and 1099 (outside any district) add up to it."""

MUNICIPALITY_COUNT: Final = 98
"""Municipalities of Denmark from the reform of 2007; Christiansø (411) is not one."""

LARGEST_AMOUNT_DKK: Final = 10**12
"""A third of Denmark's yearly product. Up to here a workbook is exact to the krone, as CSV is, and
in the sum of a hundred costs."""

ALL_CLUSTERS: Final = ":*"
"""Ends a cost's scope that covers every cluster of a structure, as in `sundhedsklynge:*`."""

EVERY_CLUSTER: Final = "*"
"""Cluster of a recipient who gets the whole report."""

Basis = StrEnum("Basis", "WHOLE FRACTION DISTRICTS")
"""How a municipality counts in a cluster."""

AreaKind = StrEnum("AreaKind", "COUNTRY REGION MUNICIPALITY OTHER")
"""What an area of FOLK1A is; `other` is Christiansø, which is not a municipality."""


class Per(StrEnum):
    """What a cost is for: each year, each quarter, or once."""

    YEAR = "year"
    QUARTER = "quarter"
    ONCE = "once"

    @classmethod
    def _missing_(cls, value: object) -> Per | None:
        """Return what a cost is for that was recorded before this was said."""
        return cls.YEAR if value == "" else None


class Language(StrEnum):
    """Language of a report."""

    DANISH = "da"
    ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class Area:
    """A row of FOLK1A's variable OMRÅDE: the country, a region, a municipality or Christiansø."""

    code: str
    name: str
    kind: AreaKind
    region_code: str
    period: Period

    @property
    def counts(self) -> bool:
        """Whether people are counted by it; the country and the regions are sums alone."""
        return self.kind in (AreaKind.MUNICIPALITY, AreaKind.OTHER)


@dataclass(frozen=True, slots=True)
class District:
    """A row of KKBEF1's variable OMRKK: a district of København, 1099 or the total 1000."""

    code: str
    name: str
    municipality_code: str
    period: Period

    counts: ClassVar[bool] = True
    """Whether people are counted by it; the total is a sum, and must be there all the same."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A health cluster or health council: the municipalities that share a cost.

    `co_chair` is the municipality that carries the costs and is paid by the others; blank if that
    is not known.
    """

    cluster_id: str
    name: str
    structure: str
    region: str
    hospital: str
    period: Period
    co_chair: str = ""


@dataclass(frozen=True, slots=True)
class Membership:
    """A municipality, or a part of it, belongs to a cluster.

    `fraction` is 1 unless the basis is `fraction`; `districts` is empty unless it is `districts`.
    `row` is the row of memberships.csv as Excel shows it, for messages; it is not compared.
    """

    cluster_id: str
    municipality_code: str
    basis: Basis
    fraction: Fraction
    districts: tuple[str, ...]
    period: Period
    source_id: str
    row: int = field(default=0, compare=False)

    @property
    def counted_codes(self) -> tuple[str, ...]:
        """The districts, or the municipality, whose people count."""
        return self.districts or (self.municipality_code,)

    @property
    def counts_with(self) -> str:
        """What counts, in words."""
        if self.districts:
            return f"its districts {' '.join(self.districts)}"
        return (
            "its whole population" if self.fraction == 1 else f"{self.fraction} of its population"
        )


@dataclass(frozen=True, slots=True)
class Cost:
    """An amount to allocate: within one cluster, or over all clusters of a structure.

    `settled_by` is the quarter of a year, such as `K1`, by whose population the cost is settled;
    blank if that is open, or where each quarter settles its own.
    Without `key_id` it is shared by counted population.
    """

    cost_id: str
    name_da: str
    name_en: str
    scope: str
    amount_dkk: int
    per: Per
    settled_by: str
    period: Period
    source_id: str
    key_id: str = ""

    def settled_in(self, quarter: Quarter) -> Quarter | None:
        """Return the quarter that settles what is due in another; None if that is open."""
        if self.per is Per.QUARTER:
            return quarter
        return Quarter(quarter.year, int(self.settled_by[1])) if self.settled_by else None

    @property
    def structure(self) -> str | None:
        """The structure over whose clusters the amount is split; None for a cluster's cost."""
        return self.scope.removesuffix(ALL_CLUSTERS) if self.scope.endswith(ALL_CLUSTERS) else None


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A file by its name, its size in bytes and its sha256 in hexadecimal."""

    file: str
    bytes: int
    sha256: str

    def __str__(self) -> str:
        return f"{self.bytes} bytes, sha256 {self.sha256}"


_KEYED: Final = {
    "sources": "source_id", "structures": "structure", "accounts": "municipality_code",
}  # fmt: skip


@dataclass(frozen=True)
class Reference:
    """All reference tables, validated, with the record of each file that was read.

    Areas and districts stand in the order of the StatBank. `costs_ended` is the last quarter that
    had a cost, where the quarter that the tables are limited to has none.
    """

    area_rows: tuple[Area, ...]
    district_rows: tuple[District, ...]
    clusters: tuple[Cluster, ...]
    memberships: tuple[Membership, ...]
    costs: tuple[Cost, ...]
    sources: Mapping[str, Source]
    assumptions: tuple[Assumption, ...]
    structures: Mapping[str, Structure] = field(default_factory=dict)
    alternatives: tuple[Alternative, ...] = ()
    accounts: Mapping[str, Account] = field(default_factory=dict)
    keys: tuple[Key, ...] = ()
    files: tuple[FileRecord, ...] = ()
    costs_ended: Quarter | None = None

    @cached_property
    def areas(self) -> Mapping[str, Area]:
        """The areas by code; of one that has had several periods, the last."""
        return {row.code: row for row in self.area_rows}

    @cached_property
    def districts(self) -> Mapping[str, District]:
        """The districts by code; of one that has had several periods, the last."""
        return {row.code: row for row in self.district_rows}

    def on(self, quarter: Quarter) -> Reference:
        """Return the tables with the areas and districts of a quarter alone."""
        return replace(
            self,
            area_rows=tuple(row for row in self.area_rows if quarter in row.period),
            district_rows=tuple(row for row in self.district_rows if quarter in row.period),
        )

    @classmethod
    def of(
        cls, tables: Mapping[str, Sequence[Any]], files: tuple[FileRecord, ...] = ()
    ) -> Reference:
        """Return the reference tables of their records, by the name of each table."""
        rows: dict[str, Any] = {name: tuple(records) for name, records in tables.items()}
        for name, key in _KEYED.items():
            rows[name] = {getattr(row, key): row for row in rows[name]}
        return cls(rows.pop("areas"), rows.pop("districts"), **rows, files=files)

    @cached_property
    def members(self) -> Mapping[str, list[Membership]]:
        """The memberships by cluster id, of tables limited to the rules of a quarter."""
        members: dict[str, list[Membership]] = {row.cluster_id: [] for row in self.clusters}
        for row in self.memberships:
            members[row.cluster_id].append(row)
        return members

    def key_of(self, cost: Cost | None) -> Key:
        """Return the key of a cost; the built-in one where no rule here names another."""
        key_id = cost.key_id if cost else ""
        return next((key for key in self.keys if key.key_id == key_id), EVERYBODY)

    @property
    def quarter(self) -> Quarter:
        """The quarter to whose rules the tables are limited."""
        return self.clusters[0].period.first

    @property
    def municipality_codes(self) -> tuple[str, ...]:
        """Codes of the municipalities."""
        return tuple(
            code for code, area in self.areas.items() if area.kind is AreaKind.MUNICIPALITY
        )

    @cached_property
    def counted_codes(self) -> frozenset[str]:
        """Codes of the municipalities and districts whose people count in a cluster."""
        return frozenset(code for row in self.memberships for code in row.counted_codes)
