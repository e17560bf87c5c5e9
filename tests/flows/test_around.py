"""What stands around the tasks: one run at a time, who is told, what is delivered."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import copy_context
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from tests.delivery.conftest import StartMailServer
from tests.flows.conftest import Run
from tests.listener import Listener
from tests.prefect_site import Site
from tests.statbank_emulator import StatBankEmulator

QUARTER = "2022K1"


def test_what_is_news(
    quarterly: Run, listener: Listener, statbank: StatBankEmulator, tmp_path: Path
) -> None:
    """A new revision is told once with the address of the run, and a failure with its reason and
    once a day; neither an unchanged report is news nor a quarter that is only awaited.
    """
    statbank.withhold("FOLK1A", "2023K1")
    early = datetime(2023, 2, 8, 8, 15, tzinfo=UTC)
    assert quarterly(at=early, quarter="2023K1", refresh=True).message.startswith("awaiting")
    for _ in range(2):
        quarterly(quarter=QUARTER, language="en")
    for quarter in ("1999K1", "1999K1", "1999K2"):
        assert quarterly(quarter=quarter).name == "Failed"
    listener.hears("fordeling-1999K2: Failed")
    told = listener.hears("fordeling-2022K1-en: written r1")
    assert "/runs/flow-run/" in told["body"]
    assert listener.of("fordeling-2022K1-en") == ["fordeling-2022K1-en: written r1"]
    assert "it has no 1999K1" in listener.hears("fordeling-1999K1: Failed")["body"]
    assert listener.of("fordeling-1999K1") == ["fordeling-1999K1: Failed"]
    assert listener.of("fordeling-2023K1") == []


def test_overdue_is_told_once(
    quarterly: Run, listener: Listener, statbank: StatBankEmulator
) -> None:
    """Whoever is told that a quarter does not come is told once, however often it is asked for."""
    statbank.withhold("FOLK1A", "2022K4")
    for hour in (8, 10):
        late = datetime(2022, 11, 24, hour, 15, tzinfo=UTC)
        assert quarterly(at=late, quarter="2022K4", refresh=True).name == "Overdue"
    quarterly(quarter="1999K3")
    listener.hears("fordeling-1999K3: Failed")
    assert listener.of("fordeling-2022K4") == ["fordeling-2022K4: Overdue"]
    assert "expected 11 November 2022" in listener.hears("fordeling-2022K4: Overdue")["body"]


def test_a_refused_recipient_is_told_once(
    quarterly: Run,
    monkeypatch: pytest.MonkeyPatch,
    start_mail_server: StartMailServer,
    recipients: Callable[..., None],
    trusted: None,
) -> None:
    """The first run that is refused is red; the next ones say it, and are not."""
    server = start_mail_server()
    server.refused["gone@example.dk"] = b"550 5.1.1 no such mailbox"
    recipients("*,gone@example.dk,Gone,", "viborg,there@example.dk,There,")
    refused = "not delivered: No mail to gone@example.dk: localhost"
    first, second = quarterly(quarter=QUARTER), quarterly(quarter=QUARTER)
    assert (first.name, second.name) == ("Failed", "Completed")
    assert first.message.startswith(f"written r1, {refused}")
    assert second.message.startswith(f"unchanged (r1), {refused}")
    assert [mail["To"] for mail in server.mails] == ["there@example.dk"]


def test_an_automation_changes_with_the_next_deploy(listener: Listener, site: Site) -> None:
    """A later deploy puts an automation right that is another than ours, and keeps the rest."""
    from prefect.events.schemas.automations import AutomationCore

    with site.client() as client:
        before = {row.name: row for row in client.read_automations()}
        crashed = before["klynge: no sign of life"]
        former = AutomationCore.model_validate(crashed.model_dump(exclude={"id", "owner_resource"}))
        former.description = "as a former version has it"
        client.update_automation(crashed.id, former)
        former.name = "klynge: of a former version"
        client.create_automation(former)
    assert site.klynge("server", "deploy").returncode == 0
    with site.client() as client:
        after = {row.name: row for row in client.read_automations()}
    assert after == before


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
    share.mkdir()
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
    blocked.mkdir()
    assert quarterly(quarter=QUARTER).message == "unchanged (r1)"
    assert (blocked / QUARTER / "r1" / "manifest.json").exists()


def test_back_cast_is_delivered_to_nobody(
    quarterly: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A back-cast is no quarter's report, so it goes nowhere."""
    (tmp_path / "share").mkdir()
    monkeypatch.setenv("KLYNGE_DELIVERY_FOLDER", str(tmp_path / "share"))
    assert quarterly(quarter="2019K1", rules=QUARTER).message == "written r1"
    assert not list((tmp_path / "share").iterdir())


def test_a_disk_that_takes_nothing_is_told_as_any_failure(
    quarterly: Run, prefect_here: Site, reports_dir: Path
) -> None:
    """What the system refuses is the state's message, and the artifact says what to look at."""
    reports_dir.write_text("a file where the folder should be")
    run = quarterly(quarter=QUARTER)
    assert (run.name, run.message) == ("Failed", f"{reports_dir / QUARTER}: Not a directory.")
    told = str(prefect_here.artifacts(run.id)["fordeling-failure"].data)
    assert "Look at how its name is written" in told


def test_what_was_written_is_told_whatever_stops_the_delivery(
    quarterly: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A password that cannot be read, as a list that breaks a rule, hides no new revision."""
    monkeypatch.setenv("KLYNGE_SMTP_HOST", "localhost")
    monkeypatch.setenv("KLYNGE_SMTP_SENDER", "fordeling@example.dk")
    (tmp_path / "data" / "reference" / "recipients.csv").write_text("nonsense", encoding="utf-8")
    run = quarterly(quarter=QUARTER)
    assert run.name == "Failed"
    assert run.message.startswith("written r1, not delivered: ")
    assert "recipients.csv" in run.message
