"""How the areas of a table add up.

A base area is one the bundled figures hold: a municipality (or Christiansø) in FOLK1A, a district
(or the unlocated) in KKBEF1. Every other area is the sum of leaves, the smallest areas of the
table, so the identities between levels hold by construction.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from . import districts, municipalities


@dataclass(frozen=True)
class Geography:
    """The areas of one table.

    Args:
        leaves_of: For each area code, the leaves it is the sum of.
        base_areas: The areas whose figures are read from the snapshots; each leaf lies in one.
    """

    leaves_of: Mapping[str, tuple[str, ...]]
    base_areas: tuple[str, ...]

    def base_of(self) -> dict[str, str]:
        """Map each leaf to the base area it lies in."""
        return {leaf: base for base in self.base_areas for leaf in self.leaves_of[base]}

    def containing(self, code: str) -> tuple[str, ...]:
        """List the areas that `code` is a part of, itself included."""
        parts = set(self.leaves_of[code])
        return tuple(area for area, leaves in self.leaves_of.items() if parts <= set(leaves))


def _denmark() -> Geography:
    municipal = {code: (code,) for members in municipalities.REGIONS.values() for code in members}
    regional = {code: tuple(members) for (code, _), members in municipalities.REGIONS.items()}
    country = {municipalities.COUNTRY: tuple(municipal)}
    return Geography(country | regional | municipal, tuple(municipal))


def _copenhagen() -> Geography:
    leaves = {code: (code,) for code in districts.NEIGHBOURHOODS}
    committees = {code: districts.neighbourhoods_of(code) for code in districts.LOCAL_COMMITTEES}
    bases = {
        code: tuple(leaf for committee in members for leaf in committees[committee])
        for code, members in districts.COMMITTEES_OF_DISTRICT.items()
    }
    return Geography({districts.CITY: tuple(leaves)} | bases | committees | leaves, tuple(bases))


DENMARK = _denmark()
COPENHAGEN = _copenhagen()
