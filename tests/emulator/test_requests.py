"""Answers look on the wire as they were recorded, and refusals are worded and ordered so."""

import uuid
from typing import Any

import pytest
import requests

from tests.emulator.asking import TOTALS, codes, data, periods, rows, send, tableinfo
from tests.statbank_emulator import StatBankEmulator
from tests.statbank_emulator.tables import TABLES

ONE_CELL = {"OMRÅDE": ["000"], **TOTALS, "Tid": ["2023K1"]}


def refusal(answer: requests.Response) -> tuple[int, str, str]:
    """Give status, type code and message of a refusal."""
    document = answer.json()
    return answer.status_code, document["errorTypeCode"], document["message"]


def test_csv_has_a_mark_codes_and_crlf(statbank: StatBankEmulator) -> None:
    """One cell, to the byte."""
    expected = (
        "\ufeffOMRÅDE;KØN;ALDER;CIVILSTAND;TID;INDHOLD\r\n000;TOT;IALT;TOT;2023K1;5932654\r\n"
    )
    assert data(statbank, ONE_CELL).content == expected.encode()


def test_data_is_a_chunked_attachment(statbank: StatBankEmulator) -> None:
    """Data comes in chunks, without length, to be saved under the table's name."""
    headers = data(statbank, ONE_CELL).headers
    assert headers["Content-Type"] == "text/csv; charset=utf-8"
    assert headers["Content-Disposition"] == "attachment; filename=FOLK1A.csv"
    assert headers["Transfer-Encoding"] == "chunked"
    assert "Content-Length" not in headers


def test_metadata_has_a_length_and_the_recorded_headers(statbank: StatBankEmulator) -> None:
    """Metadata is text/json with a length, and never an ETag."""
    answer = tableinfo(statbank)
    assert answer.headers["Content-Type"] == "text/json; charset=utf-8"
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    expected = {"Server": "Microsoft-IIS/10.0", "Cache-Control": "no-cache", "Expires": "-1"}
    assert expected.items() <= dict(answer.headers).items()
    assert not {"ETag", "Last-Modified", "Transfer-Encoding"} & answer.headers.keys()


def test_each_answer_has_a_request_id_of_its_own(statbank: StatBankEmulator) -> None:
    """Refusals carry one too."""
    answers = [tableinfo(statbank), tableinfo(statbank), send(statbank, "/data")]
    assert len({uuid.UUID(each.headers["StatbankAPI-Request-Id"]) for each in answers}) == 3


def test_each_bank_describes_its_own_table(statbank: StatBankEmulator) -> None:
    """The city's table is not found in the national bank; its id may be in small letters."""
    assert codes(tableinfo(statbank, "KKBEF1").json())["OMRKK"][0] == "1000"
    elsewhere = send(statbank, "/tableinfo", json={"table": "KKBEF1"})
    assert refusal(elsewhere) == (400, "EXTRACT-NOTFOUND", "Tabel findes ikke: KKBEF1")
    small = send(statbank, "/s30/tableinfo", json={"table": "kkbef1"})
    assert small.json()["id"] == "KKBEF1"


def test_rows_nest_in_request_order_and_periods_are_sorted(statbank: StatBankEmulator) -> None:
    """The variable named last changes fastest; values come once, periods in order."""
    answer = data(statbank, {"Tid": ["2023K1", "2022K1", "2023K1"], "OMRÅDE": ["147", "101"]})
    assert [tuple(row[:2]) for row in rows(answer)] == [
        ("2022K1", "147"),
        ("2022K1", "101"),
        ("2023K1", "147"),
        ("2023K1", "101"),
    ]


def test_what_is_left_out_is_the_total_and_the_newest(statbank: StatBankEmulator) -> None:
    """No variables, and variables without values, give the country in the newest quarter."""
    assert rows(data(statbank, {"KØN": [], "Tid": []})) == [["2023K1", "5932654"]]


@pytest.mark.parametrize("path", ["/nosuch", "/s20/data", "/s30", "", "/tables"])
def test_an_unknown_path_is_404(statbank: StatBankEmulator, path: str) -> None:
    """The only refusal with status 404; functions that the product does not ask are left out."""
    expected = (404, "REQUEST-NOTFOUND", "Siden kan ikke findes. / Page not found.")
    assert refusal(send(statbank, path, json={})) == expected


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xc5", b'{"variables":[1]}'])
def test_a_post_needs_a_json_object(statbank: StatBankEmulator, body: bytes) -> None:
    """Before anything else the body is read."""
    status, code, message = refusal(send(statbank, "/data", data=body))
    assert (status, code) == (400, "REQUEST-EMPTY")
    assert message.endswith("/ Supply valid JSON-object when posting.")


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ({"lang": "xx"}, "REQUEST-LANGUAGE", "Det angivne sprog er ugyldigt. / The specified"),
        ({"lang": "en", "format": "JSON"}, "REQUEST-MISSING", "Format not found or not valid."),
        ({"format": "CSV"}, "REQUEST-MISSING", "Der er ikke angivet nogen tabel-id."),
        ({"format": "CSV", "table": "NO"}, "EXTRACT-NOTFOUND", "Tabel findes ikke: NO"),
    ],
)
def test_refusals_come_in_order(
    statbank: StatBankEmulator, body: dict[str, Any], code: str, message: str
) -> None:
    """Language, format, table and its existence are checked in turn."""
    variables = [{"code": "NOSUCH", "values": ["1"]}]
    answer = refusal(send(statbank, "/data", json=body | {"variables": variables}))
    assert answer[:2] == (400, code)
    assert answer[2].startswith(message)


@pytest.mark.parametrize(
    ("selection", "message"),
    [
        ({"OMRÅDE": ["999"]}, "Can't find value: 999 (OMRÅDE)"),
        ({"Tid": ["2023Q1"]}, "Can't find value: 2023Q1 (Tid)"),
        ({"KØN": ["1"]}, "Can't find value: 1 (KØN)"),
        ({"NOSUCH": ["1"]}, "Can't find variable: NOSUCH"),
    ],
)
def test_unknown_codes_are_named(
    statbank: StatBankEmulator, selection: dict[str, list[str]], message: str
) -> None:
    """The first unknown variable or value is named with its variable; so is what is left out."""
    assert refusal(data(statbank, selection)) == (400, "EXTRACT-NOTFOUND", message)


def test_the_cell_limit_counts_values_and_variables() -> None:
    """1,588 quarters of 105 areas are over a million cells, counted as documented."""
    selection = {"OMRÅDE": list(TABLES[0].parts_of), **TOTALS}
    with StatBankEmulator(since="1600K1", until="1996K4") as bank:
        answer = data(bank, selection | {"Tid": periods(bank)})
    status, code, message = refusal(answer)
    assert (status, code) == (400, "REQUEST-LIMIT")
    assert "up to 1,000,440 cells is over the limit of max. 1,000,000 cells" in message
