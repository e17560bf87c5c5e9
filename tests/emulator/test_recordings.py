"""The emulator agrees with recorded answers, where a folder of them is at hand.

Set `KLYNGE_STATBANK_RECORDINGS` to the folder. The moment of update, which the emulator makes up,
is not compared.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.emulator.asking import TOTALS, codes, data, send, tableinfo
from tests.statbank_emulator import StatBankEmulator

VARIABLE = "KLYNGE_STATBANK_RECORDINGS"


@pytest.fixture(scope="module")
def recordings() -> Path:
    """Find the folder of recorded answers."""
    if VARIABLE not in os.environ:
        pytest.skip(f"no recorded answers: {VARIABLE} is not set")
    return Path(os.environ[VARIABLE])


@pytest.fixture(scope="module")
def recorded_span() -> Iterator[StatBankEmulator]:
    """Serve the 71 quarters that the recorded refusals were made on."""
    with StatBankEmulator(since="2008K1", until="2025K3") as bank:
        yield bank


def test_tableinfo_is_the_recorded_one(recordings: Path) -> None:
    """Every key, its order, every variable, value and text agree, also of made-up quarters."""
    path = recordings / "tableinfo" / "FOLK1A.en.2026-08-10.json"
    recorded = json.loads(path.read_text("utf-8-sig"))
    with StatBankEmulator(since="2008K1", until="2026K3") as bank:
        answered = tableinfo(bank).json()
    assert json.dumps(answered | {"updated": ""}) == json.dumps(recorded | {"updated": ""})


FOLK1A = {"table": "FOLK1A", "format": "CSV"}
REFUSALS: dict[str, tuple[str, dict[str, Any]]] = {
    "unknown_table.da": ("/data", {"table": "INVALIDTABLE999", "format": "CSV"}),
    "unknown_variable.da": (
        "/data",
        FOLK1A | {"variables": [{"code": "INVALIDVAR", "values": ["1"]}]},
    ),
    "unknown_value.da": (
        "/data",
        FOLK1A | {"variables": [{"code": "OMRÅDE", "values": ["999999"]}]},
    ),
    "unknown_value.en": (
        "/data",
        FOLK1A | {"lang": "en", "variables": [{"code": "OMRÅDE", "values": ["999"]}]},
    ),
    "bad_format.da": ("/data", {}),
    "bad_format.en": ("/data", {"lang": "en", "format": "JSON"}),
    "missing_table.da": ("/tableinfo", {}),
    "bad_language": ("/data", {"lang": "xx"}),
    "unknown_endpoint": ("/nosuch", {}),
}


def assert_refused_as_recorded(recordings: Path, name: str, answer: requests.Response) -> None:
    """Compare the document of a refusal and its status."""
    folder = recordings / "errors"
    status = json.loads((folder / "STATUS.json").read_text("utf-8-sig"))[name]["http_status"]
    recorded = json.loads((folder / f"{name}.json").read_text("utf-8-sig"))
    assert (answer.status_code, answer.json()) == (status, recorded)


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_is_the_recorded_one(
    recordings: Path, recorded_span: StatBankEmulator, name: str
) -> None:
    """Status, type code and message agree word for word."""
    path, body = REFUSALS[name]
    assert_refused_as_recorded(recordings, name, send(recorded_span, path, json=body))


def test_other_refusals_are_the_recorded_ones(
    recordings: Path, recorded_span: StatBankEmulator
) -> None:
    """So are malformed JSON and too many cells."""
    malformed = send(recorded_span, "/data", data=b"{")
    assert_refused_as_recorded(recordings, "malformed_json", malformed)
    everything = codes(tableinfo(recorded_span).json())
    too_many = data(recorded_span, everything, lang="da")
    assert_refused_as_recorded(recordings, "too_many_cells.da", too_many)


def test_a_cell_of_a_bundled_year_is_the_recorded_one(
    recordings: Path, recorded_span: StatBankEmulator
) -> None:
    """Byte order mark, header, figure and ends of lines agree; the codes stand for the texts."""
    recorded = (recordings / "csv" / "FOLK1A.da.one_cell.csv").read_bytes()
    answer = data(recorded_span, {"OMRÅDE": ["000"], **TOTALS, "Tid": ["2023K1"]})
    texts = b"Hele landet;I alt;Alder i alt;I alt;"
    assert answer.content == recorded.replace(texts, b"000;TOT;IALT;TOT;")
