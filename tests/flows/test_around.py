"""What stands around the tasks: one run at a time, who is told, what is delivered."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextvars import copy_context
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.flows.conftest import Run
from tests.prefect_site import Site

QUARTER = "2022K1"


class Listener(HTTPServer):
    """A web hook that keeps what it is told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Hook)
        self.told: list[dict[str, str]] = []


class _Hook(BaseHTTPRequestHandler):
    server: Listener

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.told.append(json.loads(content))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def listener(environment: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    """A web hook on loopback, named in the settings as the block that is told."""
    from prefect.blocks.notifications import CustomWebhookNotificationBlock

    with Listener() as listener:
        thread = threading.Thread(target=listener.serve_forever, args=(0.02,))
        thread.start()
        CustomWebhookNotificationBlock(
            name="klynge",
            url=f"http://127.0.0.1:{listener.server_port}/",
            json_data={"subject": "{{subject}}", "body": "{{body}}"},
            headers=None,
            cookies=None,
        ).save("klynge", overwrite=True)
        monkeypatch.setenv("KLYNGE_NOTIFICATION_BLOCK", "custom-webhook/klynge")
        yield listener
        listener.shutdown()
        thread.join()


def test_new_revision_is_news_once(quarterly: Run, listener: Listener) -> None:
    """A new revision is told, with the address of the run; an unchanged one is no news."""
    quarterly(quarter=QUARTER)
    quarterly(quarter=QUARTER)
    assert [told["subject"] for told in listener.told] == ["fordeling-2022K1: written r1"]
    assert "/runs/flow-run/" in listener.told[0]["body"]


def test_failure_is_news(quarterly: Run, listener: Listener) -> None:
    """A failure is told with its reason."""
    quarterly(quarter="1999K1")
    assert [told["subject"] for told in listener.told] == ["fordeling-1999K1: Failed"]
    assert "it has no 1999K1" in listener.told[0]["body"]


def test_calendar_is_no_news(quarterly: Run, listener: Listener, statbank: object) -> None:
    """Nobody is told that a quarter is not out yet."""
    run = quarterly(quarter="2023K2")
    assert run.message.startswith("awaiting")
    assert listener.told == []


def test_unknown_block_costs_nothing(quarterly: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A notification that cannot be sent leaves the run as it ended."""
    monkeypatch.setenv("KLYNGE_NOTIFICATION_BLOCK", "custom-webhook/nobody")
    assert quarterly(quarter=QUARTER).message == "written r1"


def test_second_run_waits_for_the_first(quarterly: Run, environment: Site) -> None:
    """While a slot of the quarter is taken a run waits, and goes on as soon as it is free."""
    from prefect.concurrency.sync import concurrency

    quarterly(quarter=QUARTER)
    ended: list[str] = []
    here = copy_context()  # a thread starts without Prefect's settings
    work = partial(here.run, lambda: ended.append(quarterly(quarter=QUARTER).message))
    second = threading.Thread(target=work)
    with concurrency(f"klynge-{QUARTER}", lease_duration=60):
        second.start()
        second.join(timeout=3)
        assert ended == []
    second.join(timeout=60)
    assert ended == ["unchanged (r1)"]


def test_nobody_waits_for_good(quarterly: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slot that is never given back delays a run, and stops none: the file lock is the guard."""
    from prefect.concurrency.sync import concurrency

    quarterly(quarter=QUARTER)
    monkeypatch.setenv("KLYNGE_QUARTER_WAIT_SECONDS", "1")
    with concurrency(f"klynge-{QUARTER}", lease_duration=60):
        assert quarterly(quarter=QUARTER).message == "unchanged (r1)"


def test_delivered_once(
    quarterly: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, reports_dir: Path
) -> None:
    """A run delivers what it wrote; the next one delivers nothing again."""
    share = tmp_path / "share"
    monkeypatch.setenv("KLYNGE_DELIVERY_FOLDER", str(share))
    assert quarterly(quarter=QUARTER).message == "written r1"
    delivered = reports_dir / QUARTER / "deliveries" / "r1.json"
    first = delivered.read_bytes()
    assert (share / QUARTER / "r1" / "fordeling-2022K1.xlsx").exists()
    assert quarterly(quarter=QUARTER).message == "unchanged (r1)"
    assert delivered.read_bytes() == first


def test_failed_delivery_never_loses_the_report(
    quarterly: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, reports_dir: Path
) -> None:
    """Where delivery fails after its retries the report is there, and the next run delivers it."""
    blocked = tmp_path / "share"
    blocked.write_text("a file where the folder should be")
    monkeypatch.setenv("KLYNGE_DELIVERY_FOLDER", str(blocked))
    run = quarterly(quarter=QUARTER)
    assert run.name == "Failed"
    assert run.message.startswith("written r1, not delivered: Not copied to ")
    assert (reports_dir / QUARTER / "r1" / "manifest.json").exists()
    blocked.unlink()
    assert quarterly(quarter=QUARTER).message == "unchanged (r1)"
    assert (blocked / QUARTER / "r1" / "manifest.json").exists()


def test_back_cast_is_delivered_to_nobody(
    quarterly: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A back-cast is no quarter's report, so it goes nowhere."""
    monkeypatch.setenv("KLYNGE_DELIVERY_FOLDER", str(tmp_path / "share"))
    assert quarterly(quarter="2019K1", rules=QUARTER).message == "written r1"
    assert not (tmp_path / "share").exists()
