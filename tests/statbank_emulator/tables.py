"""The two tables of the emulator: FOLK1A of the national bank, KKBEF1 of the City of Copenhagen's.

Recorded: `FOLK1A.json` and `KKBEF1.json` beside this module are English answers of `tableinfo` from
August 2026, by Statistics Denmark (CC BY 4.0), the persons to contact replaced. Periods and update
are the emulator's own. Left out: the Danish texts, and figures below the level that is bundled
(sexes, marital states, and the quarters of Copenhagen within its districts).
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from .quarters import english_text


@dataclass(frozen=True)
class Table:
    """One table of a bank.

    Args:
        bank: `""` for the national StatBank, `"s30"` for the City of Copenhagen.
        recorded: Its tableinfo.
        parts_of: For each area with figures, the base areas it is the sum of; a base area is one
            of the bundled figures that is not a sum itself, a municipality or a district.
    """

    bank: str
    recorded: Mapping[str, Any]
    parts_of: Mapping[str, tuple[str, ...]]

    @property
    def code(self) -> str:
        """The id of the table."""
        return str(self.recorded["id"])

    @property
    def total(self) -> str:
        """The code of the country or the city."""
        return next(iter(self.parts_of))

    @cached_property
    def ages(self) -> list[str]:
        """The codes of the single years of age."""
        (variable,) = (row for row in self.recorded["variables"] if row["id"] == "ALDER")
        return [value["id"] for value in variable["values"][1:]]

    @property
    def base_areas(self) -> tuple[str, ...]:
        """The areas that all others are sums of."""
        return self.parts_of[self.total]

    def containing(self, base: str) -> set[str]:
        """Name the areas that a base area is a part of, itself included."""
        return {area for area, parts in self.parts_of.items() if base in parts}

    def regrouped(self, new: Mapping[str, tuple[str, ...]], gone: Collection[str]) -> "Table":
        """Return the table with other areas.

        Args:
            new: The areas that come, each with the base areas that it is the sum of.
            gone: The areas that are no longer listed.
        """
        area, *others = self.recorded["variables"]
        kept = [value for value in area["values"] if value["id"] not in gone]
        values = [*kept, *({"id": code, "text": f"Area {code}"} for code in new)]
        parts = {code: bases for code, bases in self.parts_of.items() if code not in gone}
        recorded = {**self.recorded, "variables": [{**area, "values": values}, *others]}
        return Table(self.bank, recorded, {**parts, **new})

    def document(self, periods: list[str], updated: str) -> dict[str, Any]:
        """Describe the table as tableinfo does, in the recorded order of keys."""
        *others, time = self.recorded["variables"]
        values = [{"id": period, "text": english_text(period)} for period in periods]
        variables = [*others, {**time, "values": values}]
        return {**self.recorded, "updated": updated, "variables": variables}


def _recorded(code: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(
        Path(__file__).with_name(f"{code}.json").read_text("utf-8")
    )
    return document


def _denmark() -> Table:
    """Each region stands before its municipalities; Christiansø stands under the first."""
    recorded = _recorded("FOLK1A")
    country, *areas = (value["id"] for value in recorded["variables"][0]["values"])
    regions: dict[str, tuple[str, ...]] = {}
    for area in areas:
        if area.startswith("08"):
            regions[area] = ()
        else:
            region = next(reversed(regions))
            regions[region] += (area,)
    bases = sum(regions.values(), ())
    parts = {country: bases, **regions}
    return Table("", recorded, {area: parts.get(area, (area,)) for area in (country, *areas)})


def _copenhagen() -> Table:
    recorded = _recorded("KKBEF1")
    city, *areas = (value["id"] for value in recorded["variables"][0]["values"])
    districts = tuple(area for area in areas if area.startswith("1"))
    parts = {city: districts, **{district: (district,) for district in districts}}
    return Table("s30", recorded, parts)


TABLES = (_denmark(), _copenhagen())
