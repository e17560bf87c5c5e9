"""Whatever the StatBank answers, the run recovers, or ends with its exit code and nothing changed.

Each fault is run through the command line against the emulator.
"""

from __future__ import annotations

import gc
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from shutil import rmtree

import pytest
from filelock import FileLock

from pipeline.snapshots import intake
from pipeline.statbank.transport import shown
from tests.conftest import Ended, Klynge, PretendClock
from tests.statbank.conftest import files_below
from tests.statbank_emulator import Fault, StatBankEmulator, edits, faults, tableinfo_edits

ATTEMPTS = 5
MEGABYTE = 2**20
AREA, ISLAND, HERLEV = "147", "411", "163"
REFUSAL = b'{"errorTypeCode": "EXTRACT-NOTFOUND", "message": "Table does not exist: FOLK1A"}'
NOT_FOUND = "EXTRACT-NOTFOUND: Table does not exist"
LONGEST_MESSAGE = 600


@dataclass(frozen=True)
class Case:
    """A fault, how often it strikes, and what is expected of the run."""

    name: str
    fault: Fault
    times: int | None = None
    exit_code: int = 0
    says: tuple[str, ...] = ()
    requests: int = 1
    """Requests for the data of FOLK1A, or for its tableinfo where that is at fault."""

    asked: str = ""
    """The function at fault, where the fault itself fits any."""

    read_timeout_seconds: float = 60
    """Short where the fault is that nothing comes; a busy machine may answer late elsewhere."""

    @property
    def function(self) -> str:
        return self.asked or self.fault.function


RECOVERED = [
    Case("500 once", faults.status(500), times=1, requests=2),
    Case("503 with a web page, three times", faults.unavailable(), times=3, requests=4),
    Case("429 without Retry-After", faults.status(429), times=2, requests=3),
    Case("429 with Retry-After", faults.status(429, headers={"Retry-After": "30"}), 1, requests=2),
    Case("502", faults.status(502), times=1, requests=2),
    Case("504", faults.status(504), times=4, requests=5),
    Case("reset before the answer", faults.reset(), times=1, requests=2),
    Case("reset within the body", faults.reset(after_bytes=700), times=1, requests=2),
    Case("chunked body cut short", faults.truncated(chunked=True), times=1, requests=2),
    Case("body shorter than its length", faults.truncated(chunked=False), times=1, requests=2),
    Case("hanging once", faults.hang(), 1, requests=2, read_timeout_seconds=3),
    Case("hanging in the body", faults.hang(in_body=True), 1, requests=2, read_timeout_seconds=3),
]

UNAVAILABLE = [
    Case("500 for good", faults.status(500), None, 30, ("status 500 in 5 attempts",), ATTEMPTS),
    Case("503 for good", faults.unavailable(), None, 30, ("status 503",), ATTEMPTS),
    Case("429 for good", faults.status(429), None, 30, ("status 429",), ATTEMPTS),
    Case(
        "429 with Retry-After beyond the budget",
        faults.status(429, headers={"Retry-After": "3600"}),
        None,
        30,
        ("wait beyond the 180 s",),
    ),
    Case("resetting for good", faults.reset(), None, 30, ("did not answer",), ATTEMPTS),
    Case(
        "cut short for good",
        faults.truncated(chunked=True),
        None,
        30,
        ("did not answer",),
        ATTEMPTS,
    ),
    Case(
        "hanging for good",
        faults.hang(),
        None,
        30,
        ("timed out",),
        ATTEMPTS,
        read_timeout_seconds=0.15,
    ),
    Case("empty body", faults.empty_body(), None, 30, ("an empty body",)),
    Case("web page with status 200", faults.html_with_200(), None, 30, ("a web page",)),
    Case(
        "redirect elsewhere",
        faults.redirect("https://elsewhere.invalid/v1/data"),
        None,
        30,
        ("redirects to https://elsewhere.invalid, which was not followed",),
    ),
]

REJECTED = [
    Case("JSON error with status 200", faults.json_error_with_200(), None, 31, ("EXTRACT-",)),
    Case(
        "JSON error behind a byte order mark",
        faults.status(200, edits.BOM + REFUSAL),
        None,
        31,
        (NOT_FOUND,),
    ),
    Case(
        "JSON error behind blanks", faults.status(200, b" \r\n" + REFUSAL), None, 31, (NOT_FOUND,)
    ),
    Case(
        "web page behind a byte order mark",
        faults.status(200, edits.BOM + b"<html>Closed</html>"),
        None,
        30,
        ("a web page",),
    ),
    Case(
        "400 with a web page",
        faults.status(400, b"<html>Bad Request</html>"),
        None,
        31,
        ("status 400", "Bad Request", "(request "),
    ),
    Case("404", faults.status(404, b"gone"), None, 31, ("status 404",)),
    Case("403", faults.status(403, b""), None, 31, ("status 403",)),
]

DRIFTED = [
    Case("wrong quarter returned", edits.wrong_quarter("2021K4"), None, 21, ("TID", "2021K4")),
    Case("missing row", edits.missing_row(AREA), None, 21, ("lacks figures", "147")),
    Case("new area in the data", edits.new_area_row(), None, 21, ("row 107", "OMRÅDE", "999")),
    Case("renamed column", edits.renamed_column(), None, 21, ("headed", "ANTAL")),
    Case("short last row", edits.short_last_row(), None, 21, ("row 106", "TID")),
    Case("extra column", edits.extra_column(), None, 21, ("headed", "CONTENT_TYPE")),
    Case("wrong encoding", edits.latin_1(), None, 21, ("headed", "\\xc5")),
    Case("formula in a code", edits.formula_code(AREA), None, 21, ("row 5", "found '=")),
    Case("body over the size cap", faults.oversized(65 * MEGABYTE), None, 21, ("64 MB",)),
    Case(
        "malformed JSON",
        faults.malformed_json(),
        None,
        21,
        ("not a tableinfo",),
        asked="tableinfo",
    ),
    Case(
        "malformed tableinfo",
        tableinfo_edits.edit_tableinfo(lambda info: {"id": "FOLK1A"}),
        None,
        21,
        ("not a tableinfo",),
    ),
    Case("inactive table", tableinfo_edits.inactive(), None, 21, ("FOLK1A is closed",)),
    Case(
        "missing variable",
        tableinfo_edits.missing_variable("ALDER"),
        None,
        21,
        ("variable ALDER is gone",),
    ),
    Case(
        "total gone",
        tableinfo_edits.missing_total_code(),
        None,
        21,
        ("total TOT of KØN is gone",),
    ),
    Case("area gone", tableinfo_edits.area_gone(ISLAND), None, 21, ("OMRÅDE 411 is gone",)),
    Case("municipality gone", tableinfo_edits.area_gone(AREA), None, 21, ("OMRÅDE 147 is gone",)),
]

WRONG_FIGURES = [
    Case("..", edits.figure_text("..", AREA), None, 20, ("row 5", "INDHOLD", "'..'")),
    Case("negative", edits.figure_text("-1", AREA), None, 20, ("row 5", "'-")),
    Case("decimal", edits.figure_text("1234.5", AREA), None, 20, ("row 5", "whole number")),
    Case("text", edits.figure_text("mange", AREA), None, 20, ("row 5", "whole number")),
    Case(
        "thousands separator", edits.figure_text("653.664", AREA), None, 20, ("row 5", "'653.664'")
    ),
    Case(
        "beyond 64 bits", edits.figure_text(str(2**63), AREA), None, 20, ("row 5", "whole number")
    ),
    Case("duplicate row", edits.duplicate_row(AREA), None, 20, ("only figure of its area",)),
    Case(
        "conflicting duplicate",
        edits.conflicting_duplicate(AREA),
        None,
        20,
        ("only figure of its area",),
    ),
    Case("broken identity", edits.broken_identity(), None, 20, ("does not add up",)),
    Case(
        "implausible jump",
        edits.jump(AREA, 2),
        None,
        20,
        ("147 Frederiksberg", "+99.9 %", "--accept-jump 147"),
    ),
]

NOT_THERE_YET = [
    Case(
        "missing quarter",
        tableinfo_edits.missing_quarter("2022K1"),
        None,
        32,
        ("FOLK1A 2022K1 is not published yet", "11 February 2022 at 08:00"),
    ),
]

REFUSED = UNAVAILABLE + REJECTED + DRIFTED + WRONG_FIGURES + NOT_THERE_YET


Run = Callable[[Case], Ended]


@pytest.fixture
def run(asking: Klynge, statbank: StatBankEmulator, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run 2022K1 into a fault of FOLK1A."""

    def into(case: Case) -> Ended:
        monkeypatch.setenv("KLYNGE_READ_TIMEOUT_SECONDS", str(case.read_timeout_seconds))
        statbank.fail(case.fault, times=case.times, function=case.function, table="FOLK1A")
        return asking("run", "2022K1")

    return into


@pytest.mark.parametrize("case", RECOVERED, ids=lambda case: case.name)
def test_a_passing_fault_is_survived(
    case: Case, run: Run, statbank: StatBankEmulator, reports_dir: Path
) -> None:
    """The run succeeds after as many requests as the fault demands."""
    ended = run(case)
    assert (ended.exit_code, ended.err) == (0, "")
    assert (reports_dir / "2022K1" / "r1" / "manifest.json").is_file()
    assert statbank.count(case.function, "FOLK1A") == case.requests


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_a_lasting_fault_ends_with_its_exit_code_and_changes_nothing(
    case: Case, run: Run, statbank: StatBankEmulator, data_dir: Path, reports_dir: Path
) -> None:
    """One message says what happened; snapshots and reports are what they were."""
    before = files_below(data_dir / "snapshots")
    ended = run(case)
    assert ended.exit_code == case.exit_code, ended.err
    assert [part for part in case.says if part not in ended.err] == [], ended.err
    assert ended.err.startswith("klynge: ")
    assert "Traceback" not in ended.err
    assert ended.out == ""
    assert statbank.count(case.function, "FOLK1A") == case.requests
    assert files_below(data_dir / "snapshots") == before
    assert not reports_dir.exists()


@pytest.mark.parametrize(
    "case",
    [
        case
        for case in DRIFTED + WRONG_FIGURES
        if case.function == "data" and case.name != "body over the size cap"
    ],
    ids=lambda case: case.name,
)
def test_an_answer_that_fails_a_check_is_set_aside(case: Case, run: Run, data_dir: Path) -> None:
    """The offending bytes lie in quarantine with the reason, and the message says where.

    A body over the size cap is the exception: it is not read to its end.
    """
    ended = run(case)
    (reason,) = (data_dir / "quarantine").glob("FOLK1A-2022K1-*.json")
    assert str(reason.with_suffix(".csv")) in ended.err
    assert reason.with_suffix(".csv").stat().st_size > 0
    assert '"request_id"' in reason.read_text(encoding="utf-8")


def test_one_at_a_time_sets_an_answer_aside(
    run: Run, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who finds another at it waits; this one would wait no time at all."""
    monkeypatch.setattr(intake, "FileLock", partial(FileLock, timeout=0))
    (data_dir / "quarantine").mkdir()
    with FileLock(data_dir / "quarantine" / ".lock"):
        ended = run(Case("..", edits.figure_text("..", AREA)))
    assert (ended.exit_code, "quarantine" in ended.err) == (51, True)


def test_a_body_over_the_size_cap_is_not_read_to_its_end(
    asking: Klynge, statbank: StatBankEmulator
) -> None:
    """No memory is filled by an answer that never ends."""
    endless, sent = faults.oversized(256 * MEGABYTE), Counter[str]()

    def counted(wire: faults.Wire) -> Iterator[bytes]:
        for block in endless.deliver(wire):
            sent["bytes"] += len(block)
            yield block

    statbank.fail(replace(endless, deliver=counted), table="FOLK1A")
    assert asking("run", "2022K1").exit_code == 21
    assert 64 * MEGABYTE < sent["bytes"] < 128 * MEGABYTE


def test_a_redirect_that_is_refused_leaves_no_connection_open(
    asking: Klynge, statbank: StatBankEmulator
) -> None:
    """Python warns of one that is forgotten, and a warning is an error."""
    statbank.fail(faults.redirect("https://elsewhere.invalid/v1/data"), table="FOLK1A")
    assert asking("run", "2022K1").exit_code == 30
    gc.collect()


def test_a_drip_does_not_stretch_the_budget(
    asking: Klynge, statbank: StatBankEmulator, monkeypatch: pytest.MonkeyPatch, reports_dir: Path
) -> None:
    """A byte now and then keeps every read alive, but not the call, in headers and in the body;
    nor does what still reads keep the command from ending.
    """
    before = set(threading.enumerate())
    monkeypatch.setenv("KLYNGE_BUDGET_SECONDS", "0.3")
    for fault in (faults.drip(0.02), faults.drip_headers(0.02)):
        statbank.fail(fault, times=None, table="FOLK1A")
        ended = asking("run", "2022K1")
        assert (ended.exit_code, "it took over 0.3 s" in ended.err) == (30, True)
        assert all(thread.daemon for thread in set(threading.enumerate()) - before)
        statbank.reset()
    assert not reports_dir.exists()


def test_nobody_there_names_what_is_held(
    asking: Klynge, monkeypatch: pytest.MonkeyPatch, clock: PretendClock
) -> None:
    """A refused connection is retried with growing pauses, then ends with the way on."""
    monkeypatch.setenv("KLYNGE_STATBANK_URL", "http://127.0.0.1:9/v1")
    ended = asking("run")
    assert ended.exit_code == 30
    assert "Connection refused" in ended.err
    assert "klynge run 2021K1 --offline" in ended.err
    assert len(clock.pauses_seconds) == ATTEMPTS - 1
    assert clock.pauses_seconds == sorted(clock.pauses_seconds)


def test_nobody_there_and_nothing_held_promises_no_snapshots(
    asking: Klynge, monkeypatch: pytest.MonkeyPatch, data_dir: Path
) -> None:
    """Where nothing is stored, no command is named that would use it, and offline says so too."""
    monkeypatch.setenv("KLYNGE_STATBANK_URL", "http://127.0.0.1:9/v1")
    rmtree(data_dir / "snapshots")
    ended = asking("run")
    assert (ended.exit_code, "Try again later." in ended.err) == (30, True)
    assert "--offline" not in ended.err
    offline = asking("run", "--offline")
    assert (offline.exit_code, "No snapshots are stored" in offline.err) == (2, True)


@pytest.mark.parametrize(
    "body",
    [
        b'{"errorTypeCode": "EXTRACT-NOTFOUND", "message": "\\u001b[2J\\u0007%s"}'
        % (b"no " * 10**7),
        b'{"errorTypeCode": "\\u001b[2J%s", "message": "no"}' % (b"A" * 10**7),
        b"\x1b[2J<html>%s</html>" % (b"no " * 10**7),
    ],
    ids=["message", "code", "page"],
)
def test_what_the_statbank_says_is_shown_short_and_plain(
    asking: Klynge, statbank: StatBankEmulator, body: bytes
) -> None:
    """An answer of 30 MB neither fills the screen nor moves its cursor."""
    statbank.fail(faults.status(400, body), times=None)
    ended = asking("run", "2022K1")
    assert ended.exit_code == 31
    assert len(ended.err) < LONGEST_MESSAGE
    assert all(line.isprintable() for line in ended.err.splitlines())


def test_a_variable_that_moves_the_cursor_is_shown_plain(
    asking: Klynge, statbank: StatBankEmulator
) -> None:
    """What a tableinfo brings anew is named without its control characters."""
    odd = {"id": "\x1b[2JNEW", "values": [{"id": "\x07"}]}
    statbank.fail(
        tableinfo_edits.edit_tableinfo(lambda info: info | {"variables": [*info["variables"], odd]})
    )
    ended = asking("run", "2022K1")
    assert (ended.exit_code, "NEW is new" in ended.err) == (21, True)
    assert all(line.isprintable() for line in ended.err.splitlines())


def test_a_long_message_is_shown_as_far_as_a_line_or_two_go() -> None:
    """Whole words of it, up to 200 signs."""
    assert 190 < len(shown("no " * 200)) <= 200


@pytest.mark.parametrize("asked", ["soon", "Fri, 31 Dec 1999 23:59:59 GMT", "0"])
def test_a_retry_after_that_says_nothing_is_passed_over(
    asking: Klynge, statbank: StatBankEmulator, clock: PretendClock, asked: str
) -> None:
    """What cannot be read, or is over, leaves the pause to the backoff."""
    statbank.fail(faults.status(503, headers={"Retry-After": asked}), times=2)
    assert asking("run", "2022K1").exit_code == 0
    at_once, pause_seconds = clock.pauses_seconds
    assert at_once == 0
    assert 2 <= pause_seconds <= 3


def test_retry_after_is_honoured(
    asking: Klynge, statbank: StatBankEmulator, clock: PretendClock
) -> None:
    """The pause is the one that the StatBank asks for."""
    statbank.fail(faults.status(429, headers={"Retry-After": "30"}), times=1)
    assert asking("run", "2022K1").exit_code == 0
    assert clock.pauses_seconds == [30]


def test_a_pause_is_told_as_it_begins(
    asking: Klynge,
    statbank: StatBankEmulator,
    clock: PretendClock,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Who waits is told before each pause how long it takes, and which attempt comes after it.

    It is told in the context of who asks: by it a flow's log knows which run a line belongs to.
    """
    begun: list[tuple[str, str]] = []
    run = ContextVar("run", default="none")
    run.set("fordeling-2022K1")
    telling = replace(
        clock.as_clock(), sleep=lambda _: begun.append((run.get(), caplog.messages[-1]))
    )
    monkeypatch.setattr(clock, "as_clock", lambda: telling)
    statbank.fail(faults.status(503), times=1)
    statbank.fail(faults.status(429, headers={"Retry-After": "8"}), times=2)
    assert asking("run", "2022K1").exit_code == 0
    assert begun == [
        ("fordeling-2022K1", f"The StatBank did not answer properly; trying again {when} of 5).")
        for when in ("at once (2", "in 8 s (3", "in 8 s (4")
    ]


def test_an_accepted_jump_is_recorded(
    asking: Klynge, statbank: StatBankEmulator, reports_dir: Path
) -> None:
    """With the code accepted the run goes on, and finding and manifest say so, then and later."""
    statbank.fail(edits.jump(AREA, 2), times=1, table="FOLK1A")
    ended = asking("run", "2022K1", "--accept-jump", AREA)
    assert ended.exit_code == 0, ended.err
    assert "Frederiksberg (147) moved from" in ended.out
    manifest = (reports_dir / "2022K1" / "r1" / "manifest.json").read_text(encoding="utf-8")
    (snapshot, _) = json.loads(manifest)["snapshots"]
    (jump,) = snapshot["accepted_jumps"]
    assert (jump["code"], jump["since"]) == (AREA, "2021K1")
    assert jump["after"] > 1.9 * jump["before"]
    assert jump["accepted_at"].startswith("2026-11-23T")
    for command in ("run 2022K1 --offline", "check", f"explain 2022K1 herlev-gentofte {HERLEV}"):
        assert asking(*command.split()).exit_code == 0


def test_a_redirect_on_the_same_host_is_followed(
    asking: Klynge, statbank: StatBankEmulator
) -> None:
    """307 keeps the query, so the answer is the one asked for."""
    statbank.fail(faults.redirect(f"{statbank.url}/data", code=307), times=1, table="FOLK1A")
    assert asking("run", "2022K1").exit_code == 0
