"""Each transport fault does on the wire what its name says."""

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
import requests

from tests.emulator.asking import TIMEOUT_SECONDS, data, figures, send, tableinfo
from tests.statbank_emulator import Fault, StatBankEmulator, faults
from tests.statbank_emulator.answers import Answer

IMPATIENT_SECONDS = 0.1
BODY = {"table": "FOLK1A", "format": "CSV"}


def ask(bank: StatBankEmulator, timeout: float = TIMEOUT_SECONDS) -> requests.Response:
    """Ask for the newest figure of the country."""
    return send(bank, "/data", timeout=timeout, json=BODY)


@pytest.mark.parametrize("code", [400, 429, 500, 502, 503])
def test_a_status_replaces_the_answer_once(statbank: StatBankEmulator, code: int) -> None:
    """The next request meets the status, the one after the honest answer."""
    statbank.fail(faults.status(code, b"<h1>no</h1>", headers={"Retry-After": "7"}))
    answer = ask(statbank)
    assert answer.headers["Retry-After"] == "7"
    assert (answer.status_code, answer.content) == (code, b"<h1>no</h1>")
    assert answer.headers["Content-Type"].startswith("text/html")
    assert ask(statbank).status_code == 200
    assert [each.status for each in statbank.log] == [code, 200]


def test_a_fault_can_strike_always_and_only_where_told(statbank: StatBankEmulator) -> None:
    """Without a number it never ends, and it keeps to its function and table."""
    statbank.fail(faults.unavailable(), times=None, table="KKBEF1")
    kkbef1 = [data(statbank, {}, table="KKBEF1").status_code for _ in range(3)]
    assert kkbef1 == [503, 503, 503]
    assert data(statbank, {}).status_code == 200
    assert tableinfo(statbank, "KKBEF1").status_code == 200


def test_a_fault_can_strike_any_function(statbank: StatBankEmulator) -> None:
    """Two strikes hit whatever comes first; an explicit function stands above the fault's own."""
    statbank.fail(faults.unavailable(), times=2, function="any")
    statbank.fail(faults.empty_body(), function="tableinfo")
    answers = [tableinfo(statbank), data(statbank, {}), data(statbank, {}), tableinfo(statbank)]
    assert [answer.status_code for answer in answers] == [503, 503, 200, 200]
    assert answers[-1].content == b""


def test_a_redirect_names_the_other_address(statbank: StatBankEmulator) -> None:
    """The client is sent elsewhere with a Location."""
    statbank.fail(faults.redirect("https://elsewhere.invalid/v1/data"))
    answer = send(statbank, "/data", json=BODY, allow_redirects=False)
    assert answer.status_code == 302
    assert answer.headers["Location"] == "https://elsewhere.invalid/v1/data"


def test_wrong_bodies_come_with_200(statbank: StatBankEmulator) -> None:
    """HTML, a refusal in JSON and nothing at all look fine by status."""
    for fault in (faults.html_with_200(), faults.json_error_with_200(), faults.empty_body()):
        statbank.fail(fault)
    html, refusal, empty = (ask(statbank) for _ in range(3))
    assert {html.status_code, refusal.status_code, empty.status_code} == {200}
    assert html.content.startswith(b"<!DOCTYPE html>")
    assert refusal.json()["errorTypeCode"] == "EXTRACT-NOTFOUND"
    assert empty.content == b""


def test_malformed_json_ends_in_the_middle(statbank: StatBankEmulator) -> None:
    """The length is right, the document is not."""
    statbank.fail(faults.malformed_json(), function="tableinfo")
    answer = tableinfo(statbank)
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    with pytest.raises(requests.exceptions.JSONDecodeError):
        answer.json()


@pytest.mark.parametrize("chunked", [True, False])
def test_a_truncated_body_is_noticed(statbank: StatBankEmulator, chunked: bool) -> None:
    """Half the body arrives, without the last chunk or short of its length."""
    statbank.fail(faults.truncated(chunked=chunked))
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        ask(statbank)
    assert statbank.log[0].status == 200


def test_a_reset_comes_as_one(statbank: StatBankEmulator) -> None:
    """The connection is reset before the answer, or in the middle of it."""
    statbank.fail(faults.reset())
    statbank.fail(faults.reset(after_bytes=10))
    with pytest.raises(requests.exceptions.ConnectionError, match="reset by peer"):
        ask(statbank)
    with pytest.raises(requests.exceptions.RequestException, match="reset by peer"):
        ask(statbank)
    assert [each.status for each in statbank.log] == [None, 200]


@pytest.mark.parametrize(
    "fault",
    [faults.hang(), faults.hang(in_body=True), faults.drip(60), faults.drip_headers(60)],
    ids=["hang", "hang in body", "drip", "drip headers"],
)
def test_a_hanging_answer_tries_patience(statbank: StatBankEmulator, fault: Fault) -> None:
    """A client that waits for a tenth of a second gives up."""
    statbank.fail(fault)
    with pytest.raises(requests.exceptions.RequestException, match="timed out"):
        ask(statbank, timeout=IMPATIENT_SECONDS)


def ask_in_background(bank: StatBankEmulator) -> Callable[[], Exception | None]:
    """Start a patient request; the result waits for its end and gives its error."""
    ended: list[Exception | None] = []

    def patient() -> None:
        try:
            ask(bank, timeout=30)
            ended.append(None)
        except requests.exceptions.RequestException as error:
            ended.append(error)

    thread = threading.Thread(target=patient)
    thread.start()

    def result() -> Exception | None:
        thread.join(5)
        return ended[0]

    return result


def noticing(fault: Fault) -> tuple[Fault, threading.Event]:
    """Let a test know when a fault strikes."""
    struck = threading.Event()

    def alter(answer: Answer) -> Answer:
        struck.set()
        return fault.alter(answer)

    return replace(fault, alter=alter), struck


@pytest.mark.parametrize("fault", [faults.hang(), faults.drip(60)], ids=lambda fault: fault.name)
def test_stopping_lets_go_who_waits_at_once(fault: Fault) -> None:
    """The end of the emulator ends every wait, however long its interval."""
    fault, struck = noticing(fault)
    with StatBankEmulator(since="2022K1", until="2023K1") as bank:
        bank.fail(fault)
        result = ask_in_background(bank)
        assert struck.wait(5)
    assert isinstance(result(), requests.exceptions.RequestException)


@pytest.mark.parametrize(
    "fault", [faults.drip(0), faults.drip_headers(0)], ids=lambda fault: fault.name
)
def test_a_drip_arrives_whole_for_the_patient(statbank: StatBankEmulator, fault: Fault) -> None:
    """Byte by byte the answer is the honest one."""
    honest = ask(statbank).content
    statbank.fail(fault)
    assert ask(statbank).content == honest


def test_an_oversized_body_is_as_long_as_told(statbank: StatBankEmulator) -> None:
    """The body goes on far beyond the data."""
    statbank.fail(faults.oversized(3_000_000))
    assert len(ask(statbank).content) == 3_000_000


def test_others_are_served_while_one_hangs(statbank: StatBankEmulator) -> None:
    """One hanging request does not keep the next from its answer."""
    fault, struck = noticing(faults.hang())
    statbank.fail(fault)
    result = ask_in_background(statbank)
    assert struck.wait(5)
    assert figures(statbank, "2023K1", "000") == [5932654]
    statbank.reset()
    assert isinstance(result(), requests.exceptions.RequestException)
