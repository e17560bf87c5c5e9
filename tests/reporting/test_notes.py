"""What the notes of a report say of its amounts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.calculation.findings import Finding, Subject, Value
from pipeline.reporting.notes import numbered_notes
from schemas.records import Language
from tests.conftest import Klynge
from tests.report_of import calculation_of, content_of

JUMP = {"name": "Et sted", "since": "2021K1", "before": 1, "after": 2, "percent": "+100.0"}


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


BYEN, SYD, MIDT = "bispebjerg-frederiksberg", "amager-hvidovre", "herlev-gentofte"


@pytest.mark.parametrize(
    ("subject", "values", "concerned"),
    [
        (Subject.CITY_TOTALS_DIFFER, {"folk1a": 3, "kkbef1": 1, "difference": 2}, (SYD, BYEN)),
        (Subject.DISTRICTS_ESTIMATED, {"quarter": "2022K1", "known": "2021K1"}, (SYD, BYEN)),
        (Subject.POPULATION_JUMP, {**JUMP, "code": "1004"}, (SYD,)),
        (Subject.POPULATION_JUMP, {**JUMP, "code": "1000"}, (SYD, BYEN)),
        (Subject.POPULATION_JUMP, {**JUMP, "code": "175"}, (SYD, MIDT)),
        (Subject.POPULATION_JUMP, {**JUMP, "code": "411"}, ("",)),
        (Subject.NO_COST, {"quarter": "2022K1"}, ()),
    ],
)  # fmt: skip
def test_a_finding_is_read_where_its_people_count(
    subject: Subject, values: dict[str, Value], concerned: tuple[str, ...]
) -> None:
    """What is odd about a place or register concerns the clusters that count its people."""
    calculation, text = calculation_of(), content_of().text
    result = replace(calculation.result, findings=(Finding.of(subject, **values),))
    notes = numbered_notes(replace(calculation, result=result), [], text)
    (note,) = [note for note in notes if note.subject == "Bemærkning"]
    assert note.clusters == concerned
