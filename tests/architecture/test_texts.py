"""Every text of the report exists in both languages and says the same values."""

from __future__ import annotations

import re
import string
import tomllib
from functools import cache
from pathlib import Path

import pytest

from pipeline.calculation.findings import Subject

WORDS = {"structures", "one", "several", "the_one", "the_ones"}
"""What a structure is called, which each language uses where its grammar wants it."""

REPOSITORY = Path(__file__).parents[2]
CATALOGUE = REPOSITORY / "pipeline" / "reporting" / "texts.toml"
TEXTS = {
    f"{section}.{key}": text
    for section, texts in tomllib.loads(CATALOGUE.read_text(encoding="utf-8")).items()
    for key, text in texts.items()
}


def placeholders(text: str) -> set[str]:
    """Return the names that a text has filled in; words and names in a language are one."""
    names = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    return {re.sub("_(da|en)$", "", name) for name in names if name.casefold() not in WORDS}


@pytest.mark.parametrize("key", TEXTS)
def test_a_text_has_both_languages(key: str) -> None:
    """Danish and English, neither blank, with the same {placeholders}."""
    text = TEXTS[key]
    assert set(text) == {"da", "en"}
    assert all(words.strip() for words in text.values())
    assert placeholders(text["da"]) == placeholders(text["en"])


@pytest.mark.parametrize("subject", list(Subject))
def test_every_finding_has_a_sentence(subject: Subject) -> None:
    """Whatever a check finds or a revision changes can be said."""
    assert f"finding.{subject.value}" in TEXTS


@pytest.mark.parametrize("key", TEXTS)
def test_every_text_is_used(key: str) -> None:
    """A text whose key stands nowhere in the code, whole or in parts put together, can go."""
    code, words = code_and_words()
    section, _, name = key.partition(".")
    patterns = re.findall(rf'"{section}\.(\w*)\{{[^}}]+\}}(\w*)"', code)
    found = [re.fullmatch(f"{before}(.+){after}", name) for before, after in patterns]
    parts = [match[1] for match in found if match]
    assert re.search(rf"""["']{re.escape(key)}["']""", code) or words.intersection(parts)


@cache
def code_and_words() -> tuple[str, frozenset[str]]:
    """Return the code, and what a key can be made of: its texts and the values of rules."""
    files = [
        path.read_text(encoding="utf-8")
        for package in ("pipeline", "flows", "schemas")
        for path in (REPOSITORY / package).rglob("*.*")
        if path.suffix in (".py", ".html")
    ]
    code = "\n".join(files)
    rules = (REPOSITORY / "data" / "reference").glob("*.csv")
    values = re.findall(r"[^,\n]+", "\n".join(path.read_text(encoding="utf-8") for path in rules))
    fields = re.findall(r"^    (\w+): ", code, re.MULTILINE)
    return code, frozenset([*re.findall(r"""["'](\w+)["']""", code), *fields, *values])
