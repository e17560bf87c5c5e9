"""Whoever reads why a revision was written finds names and words, and the record keeps the ids."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.calculation.findings import Finding
from pipeline.reporting.texts import Catalogue, entries
from pipeline.revisions.recorded import recorded_tables
from schemas.records import Language, Reference
from schemas.rows import KEYS, PERIOD, TABLES, columns
from tests.conftest import Klynge
from tests.revisions.changing import append, set_amount


def told(klynge: Klynge, reports_dir: Path, language: str) -> str:
    """Return why the second revision in a language was written, as its page says it."""
    label = "2022K1" if language == "da" else "2022K1-en"
    assert klynge("run", "2022K1", "--language", language, "-q").exit_code == 0
    return (reports_dir / label / "r2" / f"fordeling-{label}.html").read_text(encoding="utf-8")


@pytest.mark.page
@pytest.mark.parametrize(
    ("language", "reason"),
    [
        (
            "da",
            "Udgift ”½ årsværk, Sundhedsklynge Syd”: beløbet (kr.) er ændret fra 370.000 til "
            "380.000. Udgift ”Pulje, sundhedsklynger” er kommet til.",
        ),
        (
            "en",
            "Cost “Half a full-time post, Sundhedsklynge Syd”: the amount (kr.) changed from "
            "370,000 to 380,000. Cost “Fund, health clusters” was added.",
        ),
    ],
)
def test_a_page_names_the_cost_the_cluster_and_the_column(
    klynge: Klynge, data_dir: Path, reports_dir: Path, language: str, reason: str
) -> None:
    """In both languages, a cost of one cluster and one of all; the manifest keeps their ids."""
    klynge("run", "2022K1", "--language", language, "-q")
    set_amount(data_dir, 380_000)
    append(
        data_dir,
        "costs",
        "pulje,Pulje,Fund,sundhedsklynge:*,1,once,K1,2022K1,2022K1,kl-faelles-midler,",
    )
    assert reason in told(klynge, reports_dir, language)
    label = "2022K1" if language == "da" else "2022K1-en"
    changed = json.loads((reports_dir / label / "r2" / "manifest.json").read_bytes())["changes"]
    assert [row["key"] for row in changed] == [
        "halvt-aarsvaerk amager-hvidovre",
        "pulje sundhedsklynge:*",
    ]


@pytest.mark.page
def test_values_that_are_ids_or_codes_have_their_words(
    written: Klynge, data_dir: Path, reports_dir: Path
) -> None:
    """What a municipality counts with, and the source that says so, are told by name."""
    memberships = data_dir / "reference" / "memberships.csv"
    (row,) = (
        line for line in memberships.read_text("utf-8").splitlines() if line.startswith("hobro,846")
    )
    changed = "hobro,846,fraction,1/2,,2022K1,2026K4,kl-faelles-midler"
    memberships.write_text(memberships.read_text("utf-8").replace(row, changed), "utf-8")
    page = told(written, reports_dir, "da")
    member = "Medlemskab ”Klynge Syd (Hobro), Mariagerfjord”: "
    assert f"{member}hvad kommunen tæller med, er ændret fra hele folketallet til brøkdel." in page
    assert f"{member}brøken er ændret fra 1 til 1/2." in page
    assert f"{member}kilden er ændret fra Region Nordjylland: " in page


@pytest.mark.page
@pytest.mark.parametrize("language", Language)
def test_a_reason_that_an_older_version_recorded_is_told(language: Language) -> None:
    """It recorded no names: the ids stand in their place, the words are those of today."""
    row = {"table": "costs", "key": "halvt-aarsvaerk amager-hvidovre", "column": "amount_dkk"}
    old = Finding.recorded("value_changed", **row, before=370_000, after=380_000)
    sentence = {
        Language.DANISH: "Udgift ”halvt-aarsvaerk amager-hvidovre”: beløbet (kr.) er ændret fra "
        "370.000 til 380.000.",
        Language.ENGLISH: "Cost “halvt-aarsvaerk amager-hvidovre”: the amount (kr.) changed from "
        "370,000 to 380,000.",
    }
    assert Catalogue(language).finding(old) == sentence[language]


@pytest.mark.parametrize("table", recorded_tables(Reference((), (), (), (), (), {}, ())))
def test_every_column_that_is_recorded_has_a_word(table: str) -> None:
    """Whatever changes in a table is told in words."""
    record = TABLES[table]
    told = {f"changed.{column}" for column in columns(record)} - {
        f"changed.{column}" for column in (*KEYS[table], *PERIOD)
    }
    assert {f"table.{table}", *told} <= entries().keys()
