"""Answers look on the wire as they were recorded."""

import uuid

import pytest

from tests.emulator.asking import TOTALS, data, get, post, rows
from tests.statbank_emulator import StatBankEmulator

ONE_CELL = {"OMRÅDE": ["000"], **TOTALS, "Tid": ["2023K1"]}
DANISH_CELL = "Hele landet;I alt;Alder i alt;I alt;2023K1;5932654"
HEADER = "OMRÅDE;KØN;ALDER;CIVILSTAND;TID;INDHOLD"


@pytest.mark.parametrize(("wanted", "size"), [("CSV", 98), ("BULK", 95)])
def test_one_cell_has_the_recorded_size(statbank: StatBankEmulator, wanted: str, size: int) -> None:
    """CSV has a byte order mark and BULK has none; otherwise one cell is the same."""
    answer = data(statbank, ONE_CELL, format=wanted, lang="da", valuePresentation="Default")
    mark = "\ufeff" if wanted == "CSV" else ""
    assert answer.content == f"{mark}{HEADER}\r\n{DANISH_CELL}\r\n".encode()
    assert len(answer.content) == size


@pytest.mark.parametrize(
    ("presentation", "line"),
    [
        ("Default", "Copenhagen;2022Q4"),
        ("Value", "Copenhagen;2022Q4"),
        ("code", "101;2022K4"),
        ("CodeAndValue", "101 Copenhagen;2022K4 2022Q4"),
        ("ValueAndCode", "Copenhagen 101;2022Q4 2022K4"),
    ],
)
def test_values_are_presented_as_asked(
    statbank: StatBankEmulator, presentation: str, line: str
) -> None:
    """Codes, English texts or both stand in the columns."""
    selection = {"OMRÅDE": ["101"], "Tid": ["2022K4"]}
    answer = data(statbank, selection, valuePresentation=presentation)
    assert ";".join(rows(answer)[0][:-1]) == line


def test_tabs_can_delimit(statbank: StatBankEmulator) -> None:
    """`Tab` replaces every semicolon."""
    answer = data(statbank, {"Tid": ["2023K1"]}, delimiter="Tab")
    assert answer.content.decode("utf-8-sig") == "TID\tINDHOLD\r\n2023K1\t5932654\r\n"


def test_bulk_drops_zeros_and_comes_in_no_order(statbank: StatBankEmulator) -> None:
    """BULK holds the cells of CSV that are not zero, shuffled, the same each time."""
    selection = {"OMRÅDE": ["411"], **TOTALS, "ALDER": ["*"], "Tid": ["2023K1"]}
    whole, bulk = rows(data(statbank, selection)), rows(data(statbank, selection, format="BULK"))
    kept = [row for row in whole if row[-1] != "0"]
    assert len(whole) == 127 > len(kept)
    assert sorted(bulk) == sorted(kept) != kept != bulk
    assert bulk == rows(data(statbank, selection, format="BULK"))


def test_jsonstat_keeps_identifiers_inside_the_dimension(statbank: StatBankEmulator) -> None:
    """A dataset has the recorded keys, an invented dimension before time, and values in order."""
    selection = {"Tid": ["2022K1", "2023K1"], "OMRÅDE": ["101", "147"]}
    dataset = data(statbank, selection, format="jsonstat").json()["dataset"]
    dimension = dataset["dimension"]
    assert dimension["id"] == ["OMRÅDE", "ContentsCode", "Tid"]
    assert dimension["size"] == [2, 1, 2]
    assert dimension["role"] == {"geo": ["OMRÅDE"], "metric": ["ContentsCode"], "time": ["Tid"]}
    assert dimension["Tid"]["category"]["label"] == {"2022K1": "2022Q1", "2023K1": "2023Q1"}
    assert dataset["value"][:2] == [644431, 653664]
    assert dataset["label"].endswith("by region, Indhold and time")


@pytest.mark.parametrize(
    ("quarter", "utc"), [("2022K1", "2022-02-11T07:00:00Z"), ("2022K3", "2022-08-11T06:00:00Z")]
)
def test_jsonstat_says_in_utc_when_it_was_updated(quarter: str, utc: str) -> None:
    """Eight o'clock in Copenhagen is seven in winter and six in summer."""
    with StatBankEmulator(since="2022K1", until=quarter) as bank:
        assert data(bank, {}, format="JSONSTAT").json()["dataset"]["updated"] == utc


@pytest.mark.parametrize(
    ("wanted", "content_type", "filename"),
    [
        ("CSV", "text/csv; charset=utf-8", "FOLK1A.csv"),
        ("BULK", "text/csv; charset=utf-8", "FOLK1A.csv"),
        ("JSONSTAT", "text/json; charset=utf-8", "FOLK1A.json"),
    ],
)
def test_data_is_a_chunked_attachment(
    statbank: StatBankEmulator, wanted: str, content_type: str, filename: str
) -> None:
    """Data comes in chunks, without length, to be saved under the table's name."""
    headers = data(statbank, ONE_CELL, format=wanted).headers
    assert headers["Content-Type"] == content_type
    assert headers["Content-Disposition"] == f"attachment; filename={filename}"
    assert headers["Transfer-Encoding"] == "chunked"
    assert "Content-Length" not in headers


def test_metadata_has_a_length_and_the_recorded_headers(statbank: StatBankEmulator) -> None:
    """Metadata is text/json with a length, and never an ETag."""
    answer = get(statbank, "/tableinfo/FOLK1A")
    assert answer.headers["Content-Type"] == "text/json; charset=utf-8"
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    expected = {"Server": "Microsoft-IIS/10.0", "Cache-Control": "no-cache", "Expires": "-1"}
    assert expected.items() <= dict(answer.headers).items()
    assert not {"ETag", "Last-Modified", "Transfer-Encoding"} & answer.headers.keys()


def test_each_answer_has_a_request_id_of_its_own(statbank: StatBankEmulator) -> None:
    """Refusals carry one too."""
    answers = [get(statbank, "/tables"), get(statbank, "/tables"), post(statbank, "/data")]
    ids = {uuid.UUID(answer.headers["StatbankAPI-Request-Id"]) for answer in answers}
    assert len(ids) == 3
