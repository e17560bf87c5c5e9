"""Kinds of clusters with their words; what an uncertain rule may be instead; and accounts."""

import re
from dataclasses import dataclass


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
