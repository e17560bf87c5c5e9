"""All text of the reports, in Danish and English, from one catalogue (`texts.toml`)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Final

from pipeline.calculation.findings import Finding
from pipeline.reporting.numbers import whole
from schemas.records import Language

SHOWN: Final = 10


class Catalogue:
    """The texts in one language: `Catalogue(Language.DANISH)("cover.title", quarter="2022K1")`."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def __call__(self, key: str, /, **values: str | int) -> str:
        """Return a text with its values; whole numbers get the marks of the language.

        Raises:
            KeyError: The catalogue has no such text.
        """
        shown = {
            name: whole(value, self.language) if isinstance(value, int) else value
            for name, value in values.items()
        }
        return entries()[key][self.language].format(**shown)

    def choose(self, danish: str, english: str) -> str:
        """Return the text that is in the language of the catalogue."""
        return danish if self.language is Language.DANISH else english

    def finding(self, finding: Finding) -> str:
        """Return the sentence of a finding or a change."""
        return self(f"finding.{finding.subject.value}", **dict(finding.values))

    def findings(self, findings: Sequence[Finding]) -> str:
        """Return the sentences of at most ten findings, and a count of the rest."""
        told = [self.finding(finding) for finding in findings[:SHOWN]]
        if len(findings) > SHOWN:
            told.append(self("finding.more", count=len(findings) - SHOWN))
        return " ".join(told)


@cache
def entries() -> Mapping[str, Mapping[str, str]]:
    """Return every text by key and language."""
    content = files("pipeline.reporting").joinpath("texts.toml").read_text(encoding="utf-8")
    return {
        f"{section}.{key}": text
        for section, texts in tomllib.loads(content).items()
        for key, text in texts.items()
    }
