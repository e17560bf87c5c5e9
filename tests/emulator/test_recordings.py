"""The emulator agrees with recorded answers, where a folder of them is at hand.

Set `KLYNGE_STATBANK_RECORDINGS` to the folder. Figures outside the bundled years and the persons to
contact are not compared; nor is the moment of update, which the emulator makes up.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.emulator.asking import TOTALS, data, get, post, send
from tests.statbank_emulator import StatBankEmulator

VARIABLE = "KLYNGE_STATBANK_RECORDINGS"
FOLK1A_CELL = {"OMRÅDE": ["000"], **TOTALS, "Tid": ["2023K1"]}
ALL_FIVE = {code: ["*"] for code in ("OMRÅDE", *TOTALS, "Tid")}
MADE_UP = {"contacts", "updated"}


@pytest.fixture(scope="module")
def recordings() -> Path:
    """Find the folder of recorded answers."""
    if VARIABLE not in os.environ:
        pytest.skip(f"no recorded answers: {VARIABLE} is not set")
    return Path(os.environ[VARIABLE])


@pytest.fixture(scope="module")
def everything() -> Iterator[StatBankEmulator]:
    """Serve all quarters up to the newest recording."""
    with StatBankEmulator(since="1974K1", until="2026K3") as bank:
        yield bank


@pytest.mark.parametrize(
    ("name", "path", "lang", "until"),
    [
        ("FOLK1A.da.2025-08-11", "/tableinfo/FOLK1A", "da", "2025K3"),
        ("FOLK1A.en.2026-08-10", "/tableinfo/FOLK1A", "en", "2026K3"),
        ("s30_KKBEF1.en.2026-08-06", "/s30/tableinfo/KKBEF1", "en", "2026K3"),
    ],
)
def test_tableinfo_is_the_recorded_one(
    recordings: Path, name: str, path: str, lang: str, until: str
) -> None:
    """Every key, its order, every variable, value and text agree."""
    recorded = json.loads((recordings / "tableinfo" / f"{name}.json").read_text("utf-8-sig"))
    with StatBankEmulator(since="1974K1", until=until) as bank:
        answered = get(bank, path, lang=lang).json()
    assert list(answered) == list(recorded)
    assert comparable(answered) == comparable(recorded)
    keys = [list(variable) for variable in recorded["variables"]]
    assert [list(variable) for variable in answered["variables"]] == keys


def comparable(document: dict[str, Any]) -> dict[str, Any]:
    """Leave out what the emulator makes up, and the case of map names, which changed."""
    kept = {key: value for key, value in document.items() if key not in MADE_UP}
    variables = [
        variable | {"map": str(variable.get("map")).casefold()} for variable in kept["variables"]
    ]
    return kept | {"variables": variables}


REFUSALS: dict[str, tuple[str, dict[str, Any]]] = {
    "unknown_table.da": ("/data", {"table": "INVALIDTABLE999", "format": "CSV"}),
    "unknown_variable.da": (
        "/data",
        {
            "table": "FOLK1A",
            "format": "CSV",
            "variables": [{"code": "INVALIDVAR", "values": ["*"]}],
        },
    ),
    "missing_variable.da": ("/data", {"table": "FOLK1A", "format": "BULK"}),
    "bad_format.da": ("/data", {}),
    "bad_format.en": ("/data", {"lang": "en", "format": "JSON"}),
    "missing_table.da": ("/tableinfo", {}),
    "timeorder_streaming.da": (
        "/data",
        {"table": "FOLK1A", "format": "BULK", "timeOrder": "Ascending"},
    ),
    "bad_language": ("/data", {"lang": "xx"}),
}


def assert_refused_as_recorded(recordings: Path, name: str, answer: Any) -> None:
    """Compare the bytes of a refusal and its status."""
    folder = recordings / "errors"
    status = json.loads((folder / "STATUS.json").read_text("utf-8-sig"))[name]["http_status"]
    recorded = json.loads((folder / f"{name}.json").read_text("utf-8-sig"))
    assert (answer.status_code, answer.json()) == (status, recorded)


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_is_the_recorded_one(
    recordings: Path, everything: StatBankEmulator, name: str
) -> None:
    """Status, type code and message agree word for word."""
    path, body = REFUSALS[name]
    assert_refused_as_recorded(recordings, name, post(everything, path, **body))


@pytest.mark.parametrize(
    ("name", "area", "settings"),
    [
        ("unknown_value.da", "999999", {"lang": "da"}),
        ("unknown_value2.da", "INVALID999", {"lang": "da", "format": "BULK"}),
        ("unknown_value.en", "999", {"lang": "en"}),
    ],
)
def test_an_unknown_value_is_refused_as_recorded(
    recordings: Path, everything: StatBankEmulator, name: str, area: str, settings: dict[str, str]
) -> None:
    """The value and its variable are named in either language."""
    answer = data(everything, FOLK1A_CELL | {"OMRÅDE": [area]}, **settings)
    assert_refused_as_recorded(recordings, name, answer)


def test_other_refusals_are_the_recorded_ones(
    recordings: Path, everything: StatBankEmulator, recorded_span: StatBankEmulator
) -> None:
    """So are malformed JSON, an unknown path and too many cells."""
    malformed = send(everything, "POST", "/data", data=b"{")
    assert_refused_as_recorded(recordings, "malformed_json", malformed)
    assert_refused_as_recorded(recordings, "unknown_endpoint", get(everything, "/nosuch"))
    too_many = data(recorded_span, ALL_FIVE, lang="da")
    assert_refused_as_recorded(recordings, "too_many_cells.da", too_many)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("csv/FOLK1A.da.one_cell.csv", "CSV"), ("bulk/FOLK1A.da.one_cell.csv", "BULK")],
)
def test_a_cell_of_a_bundled_year_is_the_recorded_one(
    recordings: Path, everything: StatBankEmulator, name: str, wanted: str
) -> None:
    """Header, texts and figure agree byte for byte."""
    answer = data(everything, FOLK1A_CELL, format=wanted, lang="da", valuePresentation="Default")
    assert answer.content == (recordings / name).read_bytes()


@pytest.mark.parametrize(
    ("name", "selection", "settings"),
    [
        ("csv/FOLK1A.da.no_variables.csv", {}, {}),
        (
            "csv/FOLK1A.da.descending.csv",
            {"Tid": ["2024K1", "2024K2", "2024K3"]},
            {"timeOrder": "Descending"},
        ),
    ],
)
def test_csv_has_the_recorded_rows_up_to_the_figures(
    recordings: Path,
    recorded_span: StatBankEmulator,
    name: str,
    selection: dict[str, list[str]],
    settings: dict[str, str],
) -> None:
    """Outside the bundled years header and codes agree, and the figures are made up."""
    recorded = (recordings / name).read_text("utf-8").splitlines()
    answer = data(recorded_span, selection, lang="da", valuePresentation="Default", **settings)
    answered = answer.content.decode("utf-8").splitlines()
    assert answered[0] == recorded[0]
    assert codes_of(answered) == codes_of(recorded)


def codes_of(lines: list[str]) -> list[str]:
    """Cut the figures off."""
    return [line.rpartition(";")[0] for line in lines[1:]]


def test_bulk_has_the_recorded_texts(recordings: Path, everything: StatBankEmulator) -> None:
    """In any order, rows of sexes agree with the recorded ones, and the total by its figure."""
    recorded = (recordings / "bulk" / "FOLK1A.da.head.csv").read_text("utf-8").splitlines()
    selection = FOLK1A_CELL | {"KØN": ["*"], "Tid": ["2020K1"]}
    answer = data(everything, selection, format="BULK", lang="da", valuePresentation="Default")
    answered = answer.content.decode("utf-8").splitlines()
    assert answered[0] == recorded[0]
    assert sorted(codes_of(answered)) == sorted(codes_of(recorded))
    assert set(answered) & set(recorded) == {recorded[0], recorded[-1]}


@pytest.mark.parametrize(
    ("name", "selection", "lang", "made_up"),
    [
        ("FOLK1A.da.one_cell", FOLK1A_CELL, "da", {"updated"}),
        (
            "FOLK1A.en.101.2026K3",
            {"OMRÅDE": ["101"], "Tid": ["2026K3"]},
            "en",
            {"updated", "value"},
        ),
    ],
)
def test_jsonstat_is_the_recorded_one(
    recordings: Path,
    everything: StatBankEmulator,
    name: str,
    selection: dict[str, list[str]],
    lang: str,
    made_up: set[str],
) -> None:
    """The dataset agrees in every key and in their order, but for what is made up."""
    recorded = json.loads((recordings / "jsonstat" / f"{name}.json").read_text("utf-8-sig"))
    answered = data(everything, selection, format="JSONSTAT", lang=lang).json()
    for dataset in (recorded["dataset"], answered["dataset"]):
        dataset |= dict.fromkeys(made_up)
    assert json.dumps(answered) == json.dumps(recorded)
