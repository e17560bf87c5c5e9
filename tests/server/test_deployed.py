"""Runs on a real server with a real worker: triggered, scheduled, killed."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from schemas.quarter import Quarter
from tests.prefect_site import Site, due_now
from tests.statbank_emulator import StatBankEmulator, faults
from tests.waiting import wait_until

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
QUARTER = "2022K1"
INTERVAL_SECONDS = 20
_RECORD = r"\d\d:\d\d:\d\d\.\d{3} \|"
WEB_SOCKET = re.compile(
    rf"(?s){_RECORD} WARNING[^\n]* websocket failed with an exception\..*?(?=\n{_RECORD}|\Z)"
)
"""What a worker logs when a busy machine lost its connection to the events; it goes on polling."""


@pytest.fixture
def bank(site_statbank: StatBankEmulator) -> Iterator[StatBankEmulator]:
    """The StatBank of the site, as new for each test."""
    site_statbank.reset()
    yield site_statbank
    site_statbank.reset()


def test_triggered_from_the_command_line(site: Site, first_run: UUID) -> None:
    """`prefect deployment run` makes the report; state, artifact and files say so."""
    assert site.message(first_run) == ("Completed", "written r1")
    assert site.read(first_run).name == f"fordeling-{QUARTER}"
    summary = str(site.artifacts(first_run)["fordeling"].data)
    assert "| København | 287.181 | 48,0 % | 177.678 |" in summary
    assert "| Rødovre | 20.691 | 3,5 % | 12.801 |" in summary
    manifest = json.loads((site.reports / QUARTER / "r1" / "manifest.json").read_text("utf-8"))
    assert manifest["parameters"]["quarter"] == QUARTER


def test_our_steps_are_in_the_log(site: Site, first_run: UUID) -> None:
    """Our own log lines stand in the log of the run, one a step and no figures."""
    from prefect.client.schemas.filters import LogFilter, LogFilterFlowRunId

    of_run = LogFilter(flow_run_id=LogFilterFlowRunId(any_=[first_run]))

    def ours() -> list[str]:
        with site.client() as client:
            lines = client.read_logs(log_filter=of_run)
        steps = [line.message for line in lines if line.name.startswith("pipeline")]
        return steps if len(steps) > 1 else []

    assert [line.partition(":")[0] for line in wait_until(ours, "our lines in the log")] == [
        "population",
        f"calculated {QUARTER}",
    ]


def test_nonsense_is_refused_by_the_server(site: Site) -> None:
    """A parameter that makes no sense starts no run, and the message names it in words."""
    ended = site.prefect("deployment", "run", "quarterly/on-demand", "-p", "quarter=2022K9")
    assert ended.returncode == 1
    assert "2022K9" in ended.stderr + ended.stdout
    said = " ".join((ended.stderr + ended.stdout).split())
    assert "'2022K9' does not match 'a quarter such as 2022K1, K1 to K4'" in said


def test_release(site: Site, bank: StatBankEmulator) -> None:
    """A scheduled run waits for the release, writes it, finds it unchanged, and revises it."""
    due = str(due_now())
    shutil.rmtree(site.reports / due, ignore_errors=True)  # by a run on schedule
    for table in ("FOLK1A", "KKBEF1"):
        shutil.rmtree(site.folder / "data" / "snapshots" / table / due, ignore_errors=True)
        bank.withhold(table, due)
    first_day = Quarter.parse(due).reference_day
    before_it_is_due = datetime(first_day.year, first_day.month, 1, 8, 15, tzinfo=UTC)
    name, message = site.message(site.trigger("quarterly/scheduled", at=before_it_is_due))
    assert name == "Completed"
    assert message.startswith(f"awaiting Danmarks Statistik: FOLK1A {due} expected ")
    for table in ("FOLK1A", "KKBEF1"):
        bank.release(table, due)
    run = site.trigger("quarterly/scheduled")
    assert site.message(run) == ("Completed", "written r1")
    assert site.read(run).name == f"fordeling-{due}"
    assert site.message(site.trigger("quarterly/scheduled"))[1] == "unchanged (r1)"
    before = _people(site, due, "101")
    bank.revise("FOLK1A", due, {"101": before + 7})
    run = site.trigger("quarterly/scheduled")
    assert site.message(run) == ("Completed", "written r2")
    assert "(+7)" in str(site.artifacts(run)["fordeling"].data)


def _people(site: Site, quarter: str, code: str) -> int:
    inputs = json.loads((site.reports / quarter / "r1" / "inputs.json").read_text("utf-8"))
    people: int = inputs["FOLK1A"][code]["population"]
    return people


def test_schedule_is_listed_in_local_time(site: Site) -> None:
    """The server plans the runs at the local times of the cron, in winter and in summer."""
    from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterName
    from prefect.client.schemas.sorting import FlowRunSort

    named = DeploymentFilter(name=DeploymentFilterName(any_=["scheduled"]))

    def planned() -> list[datetime]:
        with site.client() as client:
            runs = client.read_flow_runs(
                deployment_filter=named, sort=FlowRunSort.NEXT_SCHEDULED_START_TIME_ASC, limit=200
            )
        times = [run.next_scheduled_start_time for run in runs]
        local: list[datetime] = [time.astimezone(COPENHAGEN) for time in times if time]
        return local if len({time.utcoffset() for time in local}) == 2 else []

    times = wait_until(planned, "runs planned in winter and in summer")
    assert {time.month for time in times} <= {2, 5, 8, 11}
    assert {time.day for time in times} <= set(range(8, 26))
    assert {time.strftime("%H:%M") for time in times} == {
        "08:15", "10:15", "12:15", "14:15", "16:15",
    }  # fmt: skip
    assert {time.utcoffset() for time in times} == {timedelta(hours=1), timedelta(hours=2)}


def test_schedule_fires(site: Site, bank: StatBankEmulator) -> None:
    """A schedule starts a run by itself, at a time that it names, and it comes to its end."""
    from prefect.client.schemas.actions import DeploymentScheduleCreate
    from prefect.client.schemas.filters import (
        DeploymentFilter,
        DeploymentFilterId,
        FlowRunFilter,
        FlowRunFilterStartTime,
    )
    from prefect.client.schemas.schedules import IntervalSchedule

    asked_at = datetime.now(UTC)
    soon = asked_at.replace(microsecond=0) + timedelta(seconds=INTERVAL_SECONDS / 4)
    with site.client() as client:
        scheduled = client.read_deployment_by_name("quarterly/scheduled").id
        often = IntervalSchedule(interval=timedelta(seconds=INTERVAL_SECONDS), anchor_date=soon)
        schedule = DeploymentScheduleCreate(schedule=often, active=True)
        made = client.create_deployment_schedules(scheduled, [schedule])
    of_deployment = DeploymentFilter(id=DeploymentFilterId(any_=[scheduled]))
    later = FlowRunFilterStartTime.model_validate({"after_": asked_at, "is_null_": False})
    begun = FlowRunFilter(start_time=later)

    def fired() -> UUID | None:
        with site.client() as client:
            runs = client.read_flow_runs(deployment_filter=of_deployment, flow_run_filter=begun)
        return next((run.id for run in runs if run.auto_scheduled), None)

    try:
        run = wait_until(fired, "the schedule fires")
    finally:
        with site.client() as client:
            client.delete_deployment_schedule(scheduled, made[0].id)
        wait_until(lambda: not _running(site), "the runs end that have begun")
    assert site.message(run)[0] == "Completed"
    planned = site.read(run).expected_start_time
    assert planned
    assert planned >= soon
    assert planned.timestamp() % INTERVAL_SECONDS == soon.timestamp() % INTERVAL_SECONDS


def _running(site: Site) -> list[FlowRun]:
    from prefect.client.schemas.filters import FlowRunFilter

    active = FlowRunFilter.model_validate({"state": {"type": {"any_": ["PENDING", "RUNNING"]}}})
    with site.client() as client:
        return client.read_flow_runs(flow_run_filter=active)


def test_a_backfill_that_fails_shows_its_reason_and_no_code(site: Site) -> None:
    """The log of a back-fill ends with which quarters failed and why."""
    run = site.trigger("backfill/on-demand", from_quarter="2015K3", to_quarter="2015K4")
    reason = "2 of 2 failed, first 2015K3: FOLK1A starts with 2016K1; it has no 2015K3."
    assert site.message(run) == ("Failed", reason)
    log = wait_until(
        lambda: _log_until(site, "Flow run 'backfill-2015K3-2015K4' - Finished in state Failed"),
        "the worker logs the end",
    )
    assert "Traceback" not in WEB_SOCKET.sub("", log)


def _log_until(site: Site, ended: str) -> str:
    log = (site.folder / "worker.log").read_text(encoding="utf-8")
    return log if ended in log else ""


def test_statbank_away_for_good(site: Site, bank: StatBankEmulator) -> None:
    """Away for good: Failed with the reason, and an artifact that says what to try."""
    bank.fail(faults.unavailable(), times=None, function="any")
    run = site.trigger("quarterly/on-demand", quarter="2021K3", rules=QUARTER)
    name, message = site.message(run)
    assert name == "Failed"
    assert "The StatBank did not answer" in message
    assert "klynge run" in str(site.artifacts(run)["fordeling-failure"].data)
    ended = f"Flow run 'fordeling-2021K3-rules-{QUARTER}' - Finished in state Failed"
    log = wait_until(lambda: _log_until(site, ended), "the worker logs the end")
    assert "unexpected exception" not in log
    assert "Traceback" not in WEB_SOCKET.sub("", log)
