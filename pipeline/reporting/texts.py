"""What the reports say: texts in Danish and English (`texts.toml`), and exact numbers as text."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import Final

from pipeline.calculation.findings import Finding
from schemas.records import Cost, Language
from schemas.sharing import Structure

SHOWN: Final = 10
_DANISH_MARKS: Final = str.maketrans(",.", ".,")
_SIGNED: Final = re.compile(r"[+-]\d+(\.\d+)?")
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_CODED: Final = ("basis", "per", "confidence")
"""Columns whose values are codes, each with its word."""


class Catalogue:
    """The texts in one language: `Catalogue(Language.DANISH)("cover.sheet")`.

    A text that names a structure needs those that it is about.
    """

    def __init__(self, language: Language, structures: Iterable[Structure] = ()) -> None:
        self.language = language
        self._words = _words(language, tuple(structures))

    def __call__(self, key: str, /, **values: str | int) -> str:
        """Return a text with its values; whole numbers get the marks of the language.

        Raises:
            KeyError: The catalogue has no such text.
        """
        shown = {
            name: self.number(value) if isinstance(value, int) else value
            for name, value in values.items()
        }
        return entries()[key][self.language].format(**self._words, **shown)

    def day(self, day: date) -> str:
        """Return `1. januar 2022` in Danish, `1 January 2022` in English."""
        month = self("value.months").split()[day.month - 1]
        return self("value.day", day=str(day.day), month=month, year=str(day.year))

    def choose(self, danish: str, english: str) -> str:
        """Return the text that is in the language of the catalogue."""
        return danish if self.language is Language.DANISH else english

    def cost_name(self, cost: Cost) -> str:
        """Return the name of a cost."""
        return self.choose(cost.name_da, cost.name_en)

    def cost_heading(self, cost: Cost) -> str:
        """Return the name of a cost, and what its amount is for."""
        return f"{self.cost_name(cost)}, {self(f'value.{cost.per}')}"

    def estimated(self, name: str) -> str:
        """Return a name with the mark of figures that rest on an estimate."""
        return f"{name} ({self('column.estimated').lower()})"

    def finding(self, finding: Finding) -> str:
        """Return the sentence of a finding or a change, with the words for tables and columns."""
        own = f"_{self.language}"
        said = {name.removesuffix(own): self.shown(value) for name, value in finding.values}
        if "key" in said:
            said |= dict(self._change(said))
        return self(f"finding.{finding.subject.value}", **said)

    def _change(self, said: Mapping[str, str | int]) -> Iterator[tuple[str, str | int]]:
        """Yield the words of a change: its row, which former versions did not name, and values."""
        _, earlier, named = str(said["table"]).rpartition("before ")
        table = self._word(f"table.{named}", named)
        yield "table", self("table.before", table=table) if earlier else table
        name = said.get("name") or said["key"]
        yield "name", self._word(f"table.{name}", name)
        if "column" in said:
            yield "column", self._word(f"changed.{said['column']}", said["column"])
            for end in ("before", "after"):
                value = said[end] if said[end] != "" else "–"
                yield end, self(f"value.{value}") if said["column"] in _CODED else value

    def _word(self, key: str, otherwise: str | int) -> str | int:
        return self(key) if key in entries() else otherwise

    def shown(self, value: str | int) -> str | int:
        """Return a moment in words, and a number that says its sign with the marks: `−12,5`."""
        if not isinstance(value, str):
            return value
        if _MOMENT.fullmatch(value):
            moment = datetime.fromisoformat(value)
            return self("value.moment", day=self.day(moment), time=f"{moment:%H:%M}")
        if not _SIGNED.fullmatch(value):
            return value
        return value[0].replace("-", "−") + self.number(value[1:])

    def figures(
        self, counted: Fraction, share: Fraction, amounts_dkk: Iterable[int], unit: str = ""
    ) -> list[str]:
        """Return people, share and kroner as text, the kroner with a unit such as ` kr.`."""
        kroner = (f"{self.number(amount)}{unit}" for amount in amounts_dkk)
        return [self.people(counted), self.percent(share), *kroner]

    def number(self, value: int | str) -> str:
        """Return the number `20690.5`, in Danish as `20.690,5`; one with a `/` as it is."""
        if "/" in str(value):
            return str(value)
        shown = f"{Decimal(value):,f}"
        return shown.translate(_DANISH_MARKS) if self.language is Language.DANISH else shown

    def people(self, counted: Fraction) -> str:
        """Return exactly how many people are counted."""
        return self.number(exact(counted))

    def percent(self, share: Fraction) -> str:
        """Return a share with one decimal: `48,0 %` in Danish, `48.0%` in English."""
        return self.number(rounded(share * 100, 1)) + self.choose(" %", "%")

    def points(self, change: Fraction) -> str:
        """Return a difference of two shares in percentage points, with its sign: `+0,56`."""
        shown = self.number(rounded(abs(change) * 100, 2))
        sign = "+" if change > 0 else "−"
        return shown if shown.strip("0,.") == "" else f"{sign}{shown}"

    def findings(self, findings: Sequence[Finding]) -> str:
        """Return the sentences of at most ten findings, and a count of the rest."""
        told = [self.finding(finding) for finding in findings[:SHOWN]]
        if len(findings) > SHOWN:
            told.append(self("finding.more", count=len(findings) - SHOWN))
        return " ".join(told)


def _words(language: Language, structures: tuple[Structure, ...]) -> dict[str, str]:
    """Return the words of the structures, each with a capital too; those of several together."""
    if not structures:
        return {}
    both = " og " if language is Language.DANISH else " and "
    between = {"one": "/", "the_one": "/"}
    words = {
        name: between.get(name, both).join(getattr(row, f"{name}_{language}") for row in structures)
        for name in ("name", "one", "several", "the_one", "the_ones")
    }
    words["structures"] = words.pop("name")
    return words | {name.capitalize(): word[:1].upper() + word[1:] for name, word in words.items()}


ENGLISH: Final = Catalogue(Language.ENGLISH)
"""What terminals and manifests say."""


@cache
def entries() -> Mapping[str, Mapping[str, str]]:
    """Return every text by key and language."""
    content = files("pipeline.reporting").joinpath("texts.toml").read_text(encoding="utf-8")
    return {
        f"{section}.{key}": text
        for section, texts in tomllib.loads(content).items()
        for key, text in texts.items()
    }


def exact(value: Fraction) -> str:
    """Return `20691`, `20690.5`, or `41383/3` where no decimal is exact."""
    places = value.denominator.bit_length()
    if value.denominator == 1 or 10**places % value.denominator:
        return str(value)
    return rounded(value, places).rstrip("0")


def rounded(value: Fraction, places: int) -> str:
    """Return a decimal of a non-negative value, halves rounded up as a spreadsheet does."""
    scaled = (2 * value.numerator * 10**places + value.denominator) // (2 * value.denominator)
    digits = str(scaled).rjust(places + 1, "0")
    return f"{digits[:-places]}.{digits[-places:]}" if places else digits
