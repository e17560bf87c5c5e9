"""What the notes of a report say of its amounts."""

from __future__ import annotations

from pathlib import Path

from schemas.records import Language
from tests.conftest import Klynge
from tests.report_of import content_of


def test_an_assumption_names_the_amount_in_force(klynge: Klynge, data_dir: Path) -> None:
    """A new amount leaves no old figure in a note, nor an ended cost a note on its price."""

    def told(quarter: str, language: Language = Language.DANISH) -> list[str]:
        notes = content_of(quarter, language, data_dir).notes
        return [note.text for note in notes if note.clusters == ("amager-hvidovre",)]

    klynge("change-cost", "halvt-aarsvaerk", "--amount", "381100", "--from", "2023K1")
    klynge("end-cost", "halvt-aarsvaerk", "--last", "2025K4")
    assert told("2022K1")[0].startswith("370.000 kr. er prisen for et halvt årsværk")
    assert told("2023K1")[0].startswith("381.100 kr. er prisen for et halvt årsværk")
    assert told("2023K1", Language.ENGLISH)[0].startswith("381,100 kr. is the price of half a post")
    assert not [text for text in told("2026K1") if "kr." in text]
