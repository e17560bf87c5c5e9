"""Paths lead where they should, and refusals are worded and ordered as recorded."""

from typing import Any

import pytest

from tests.emulator.asking import TOTALS, data, get, post, rows, send
from tests.statbank_emulator import StatBankEmulator

BULK_OF_ALL = {"OMRÅDE": ["000"], **TOTALS, "Tid": ["2023K1"]}


def refusal(answer: Any) -> tuple[int, str, str]:
    """Give status, type code and message of a refusal."""
    document = answer.json()
    return answer.status_code, document["errorTypeCode"], document["message"]


@pytest.mark.parametrize(
    ("bank_path", "table", "first_area"),
    [("", "FOLK1A", "000"), ("/s30", "KKBEF1", "1000")],
)
def test_each_bank_lists_and_describes_its_own_table(
    statbank: StatBankEmulator, bank_path: str, table: str, first_area: str
) -> None:
    """Tables and tableinfo of a bank know its table, by GET and by POST."""
    listed = get(statbank, f"{bank_path}/tables").json()
    assert [each["id"] for each in listed] == [table]
    assert post(statbank, f"{bank_path}/tables", lang="da").json() == listed
    described = get(statbank, f"{bank_path}/tableinfo/{table.lower()}", lang="en").json()
    assert described["variables"][0]["values"][0]["id"] == first_area
    for same in (
        get(statbank, f"{bank_path}/tableinfo", id=table, lang="en"),
        post(statbank, f"{bank_path}/tableinfo", TABLE=table, LANG="en"),
    ):
        assert same.json() == described


def test_the_lists_of_tables_speak_in_texts_of_periods(statbank: StatBankEmulator) -> None:
    """First and latest period are texts: English ones are not ids."""
    danish, english = get(statbank, "/tables").json(), get(statbank, "/tables", lang="en").json()
    assert (danish[0]["firstPeriod"], danish[0]["latestPeriod"]) == ("2016K1", "2023K1")
    assert (english[0]["firstPeriod"], english[0]["latestPeriod"]) == ("2016Q1", "2023Q1")
    assert english[0]["variables"] == ["region", "sex", "age", "marital status", "time"]


def test_subjects_lead_to_the_table(statbank: StatBankEmulator) -> None:
    """From the ten subjects of the top a recursive list leads to FOLK1A."""
    assert len(get(statbank, "/subjects").json()) == 10
    answer = get(statbank, "/subjects/1", recursive="true", includeTables="true").json()
    branch = answer[0]["subjects"][0]["subjects"][0]
    assert (branch["id"], branch["tables"][0]["id"]) == ("20021", "FOLK1A")
    assert get(statbank, "/tables", subjects="2").json() == []
    assert get(statbank, "/subjects/02").status_code == 400


def test_subjects_shrug_off_malformed_json(statbank: StatBankEmulator) -> None:
    """Recorded: the answer is the top level."""
    answer = send(statbank, "POST", "/subjects", data=b"{")
    assert [each["id"] for each in answer.json()][-1] == "19"


def test_a_path_can_name_table_and_format_and_the_body_wins(statbank: StatBankEmulator) -> None:
    """A posted format stands above the one in the path."""
    variables = [{"code": code, "values": values} for code, values in BULK_OF_ALL.items()]
    answer = post(statbank, "/data/FOLK1A/CSV", format="BULK", variables=variables)
    assert not answer.content.startswith(b"\xef\xbb\xbf")
    assert post(statbank, "/data/FOLK1A/CSV", lang="en").content.startswith(b"\xef\xbb\xbf")


def test_numbers_are_tolerated_and_unknown_properties_ignored(
    statbank: StatBankEmulator,
) -> None:
    """A numeric value works, and a property in the wrong place has no effect."""
    variables = [
        {"code": "OMRÅDE", "values": [101], "valuePresentation": "Value"},
        {"code": "Tid", "values": ["2023K1"]},
    ]
    answer = data(statbank, {}, variables=variables, surprise=True)
    assert rows(answer) == [["101", "2023K1", "653664"]]


@pytest.mark.parametrize("path", ["/nosuch", "/s20/tables", "/s30", "", "/catalogue"])
def test_an_unknown_path_is_404(statbank: StatBankEmulator, path: str) -> None:
    """The only refusal with status 404."""
    expected = (404, "REQUEST-NOTFOUND", "Siden kan ikke findes. / Page not found.")
    assert refusal(get(statbank, path)) == expected


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xc5", b'{"variables":[1]}'])
def test_a_post_needs_a_json_object(statbank: StatBankEmulator, body: bytes) -> None:
    """Before anything else the body is read."""
    status, code, message = refusal(send(statbank, "POST", "/data", data=body))
    assert (status, code) == (400, "REQUEST-EMPTY")
    assert message.endswith("/ Supply valid JSON-object when posting.")


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ({"lang": "xx"}, "REQUEST-LANGUAGE", "Det angivne sprog er ugyldigt. / The specified"),
        ({}, "REQUEST-MISSING", "Format ikke angivet, eller ikke gyldigt."),
        ({"lang": "en", "format": "JSON"}, "REQUEST-MISSING", "Format not found or not valid."),
        ({"format": "CSV"}, "REQUEST-MISSING", "Der er ikke angivet nogen tabel-id."),
        (
            {"format": "BULK", "table": "NOSUCH", "timeOrder": "Ascending"},
            "EXTRACT-NOTFOUND",
            "Tabel findes ikke: NOSUCH",
        ),
        (
            {"format": "BULK", "table": "FOLK1A", "timeOrder": "Ascending"},
            "EXTRACT-STREAMINGTIMESORT",
            "Der kan ikke vælges sortering af tid for streamede formater.",
        ),
        (
            {"format": "BULK", "table": "FOLK1A", "variables": [{"code": "NOSUCH"}]},
            "EXTRACT-NOTALLOWED",
            "Der skal vælges værdier for variabel: OMRÅDE",
        ),
    ],
)
def test_refusals_come_in_order(
    statbank: StatBankEmulator, body: dict[str, Any], code: str, message: str
) -> None:
    """Language, format, table, its existence, streaming and variables are checked in turn."""
    status, got_code, got_message = refusal(post(statbank, "/data", **body))
    assert (status, got_code) == (400, code)
    assert got_message.startswith(message)


@pytest.mark.parametrize(
    ("selection", "message"),
    [
        ({"OMRÅDE": ["999"]}, "Can't find value: 999 (OMRÅDE)"),
        ({"Tid": ["2023Q1"]}, "Can't find value: 2023Q1 (Tid)"),
        ({"NOSUCH": ["1"]}, "Can't find variable: NOSUCH"),
    ],
)
def test_unknown_codes_are_named(
    statbank: StatBankEmulator, selection: dict[str, list[str]], message: str
) -> None:
    """The first unknown variable or value is named with its variable."""
    assert refusal(data(statbank, selection)) == (400, "EXTRACT-NOTFOUND", message)


def test_streaming_needs_every_variable(statbank: StatBankEmulator) -> None:
    """BULK eliminates nothing, not even time."""
    without_time = {code: values for code, values in BULK_OF_ALL.items() if code != "Tid"}
    for selection in (without_time, BULK_OF_ALL | {"Tid": []}):
        answer = data(statbank, selection, format="BULK", lang="da")
        assert refusal(answer)[2] == "Der skal vælges værdier for variabel: Tid"


def test_a_bank_is_a_path_and_not_a_parameter(statbank: StatBankEmulator) -> None:
    """The city's table is not found in the national bank, whatever the parameters say."""
    answer = get(statbank, "/tableinfo/KKBEF1", database="s30")
    assert refusal(answer) == (400, "EXTRACT-NOTFOUND", "Tabel findes ikke: KKBEF1")


def test_xml_is_left_out(statbank: StatBankEmulator) -> None:
    """Metadata is JSON only, and says so."""
    assert refusal(get(statbank, "/tables", format="XML"))[1] == "REQUEST-MISSING"
