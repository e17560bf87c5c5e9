"""Runs on a real server with a real worker: triggered, scheduled, killed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from flows.parameters import due_quarter
from tests.prefect_site import Site
from tests.statbank_emulator import StatBankEmulator, faults
from tests.waiting import wait_until

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
QUARTER = "2022K1"


@pytest.fixture
def bank(site_statbank: StatBankEmulator) -> Iterator[StatBankEmulator]:
    """The StatBank of the site, as new for each test."""
    site_statbank.reset()
    yield site_statbank
    site_statbank.reset()


def test_triggered_from_the_command_line(working: Site) -> None:
    """`prefect deployment run` makes the report; state, artifact and files say so."""
    ended = working.prefect("deployment", "run", "quarterly/on-demand", "-p", f"quarter={QUARTER}")
    assert ended.returncode == 0, ended.stderr
    found = re.search(r"[0-9a-f]{8}-[0-9a-f-]{27}", ended.stdout)
    assert found
    run = UUID(found[0])
    assert working.message(run) == ("Completed", "written r1")
    assert working.read(run).name == f"fordeling-{QUARTER}"
    summary = str(working.artifacts(run)["fordeling"].data)
    assert "| København | 287.181 | 48,0 % | 177.678 |" in summary
    assert "| Rødovre | 20.691 | 3,5 % | 12.801 |" in summary
    manifest = json.loads((working.reports / QUARTER / "r1" / "manifest.json").read_text("utf-8"))
    assert manifest["parameters"]["quarter"] == QUARTER


def test_our_steps_are_in_the_log(working: Site) -> None:
    """Our own log lines stand in the log of the run, one a step and no figures."""
    from prefect.client.schemas.filters import LogFilter, LogFilterFlowRunId

    run = working.trigger("quarterly/on-demand", quarter="2023K1")
    working.ended(run)
    of_run = LogFilter(flow_run_id=LogFilterFlowRunId(any_=[run]))

    def ours() -> list[str]:
        with working.client() as client:
            lines = client.read_logs(log_filter=of_run)
        return [line.message for line in lines if line.name.startswith("pipeline")]

    assert [line.partition(":")[0] for line in wait_until(ours, "our lines in the log")] == [
        "population",
        "calculated 2023K1",
    ]


def test_nonsense_is_refused_by_the_server(working: Site) -> None:
    """A parameter that makes no sense starts no run, and the message names it."""
    ended = working.prefect("deployment", "run", "quarterly/on-demand", "-p", "quarter=2022K9")
    assert ended.returncode == 1
    assert "2022K9" in ended.stderr + ended.stdout


def test_release(working: Site, bank: StatBankEmulator) -> None:
    """A scheduled run waits for the release, writes it, finds it unchanged, and revises it."""
    due = str(due_quarter(datetime.now(UTC)))
    for table in ("FOLK1A", "KKBEF1"):
        bank.withhold(table, due)
    name, message = working.message(working.trigger("quarterly/scheduled"))
    assert name == "Completed"
    assert message.startswith(f"awaiting Danmarks Statistik: FOLK1A {due} expected ")
    for table in ("FOLK1A", "KKBEF1"):
        bank.release(table, due)
    run = working.trigger("quarterly/scheduled")
    assert working.message(run) == ("Completed", "written r1")
    assert working.read(run).name == f"fordeling-{due}"
    assert working.message(working.trigger("quarterly/scheduled"))[1] == "unchanged (r1)"
    before = _people(working, due, "101")
    bank.revise("FOLK1A", due, {"101": before + 7})
    run = working.trigger("quarterly/scheduled")
    assert working.message(run) == ("Completed", "written r2")
    assert "(+7)" in str(working.artifacts(run)["fordeling"].data)


def _people(site: Site, quarter: str, code: str) -> int:
    inputs = json.loads((site.reports / quarter / "r1" / "inputs.json").read_text("utf-8"))
    people: int = inputs["FOLK1A"][code]["population"]
    return people


def test_schedule_is_listed_in_local_time(deployed: Site) -> None:
    """The server plans the runs at the local times of the cron, in winter and in summer."""
    from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterName
    from prefect.client.schemas.sorting import FlowRunSort

    named = DeploymentFilter(name=DeploymentFilterName(any_=["scheduled"]))

    def planned() -> list[datetime]:
        with deployed.client() as client:
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


def test_schedule_fires(working: Site, bank: StatBankEmulator) -> None:
    """A cron schedule starts a run by itself, in the minute it names, and it comes to its end."""
    from prefect.client.schemas.actions import DeploymentScheduleCreate
    from prefect.client.schemas.filters import (
        DeploymentFilter,
        DeploymentFilterId,
        FlowRunFilter,
        FlowRunFilterStartTime,
    )
    from prefect.client.schemas.schedules import CronSchedule

    every_minute = CronSchedule(cron="* * * * *", timezone="Europe/Copenhagen")
    with working.client() as client:
        scheduled = client.read_deployment_by_name("quarterly/scheduled").id
        schedule = DeploymentScheduleCreate(schedule=every_minute, active=True)
        made = client.create_deployment_schedules(scheduled, [schedule])
    asked_at = datetime.now(UTC)
    of_deployment = DeploymentFilter(id=DeploymentFilterId(any_=[scheduled]))
    later = FlowRunFilterStartTime.model_validate({"after_": asked_at, "is_null_": False})
    begun = FlowRunFilter(start_time=later)

    def fired() -> UUID | None:
        with working.client() as client:
            runs = client.read_flow_runs(deployment_filter=of_deployment, flow_run_filter=begun)
        return next((run.id for run in runs if run.auto_scheduled), None)

    try:
        run = wait_until(fired, "the schedule fires", 150)
    finally:
        with working.client() as client:
            client.delete_deployment_schedule(scheduled, made[0].id)
    assert working.message(run)[0] == "Completed"
    planned = working.read(run).expected_start_time
    assert planned
    assert planned.second == 0
    assert planned > asked_at


def test_statbank_away_and_back(working: Site, bank: StatBankEmulator) -> None:
    """Away for the first tries and back: the run succeeds after retries of the fetch only."""
    bank.fail(faults.unavailable(), times=4, function="any")
    run = working.trigger("quarterly/on-demand", quarter="2021K2", rules=QUARTER)
    assert working.message(run) == ("Completed", "written r1")
    assert bank.count("tableinfo") == 6


def test_statbank_away_for_good(working: Site, bank: StatBankEmulator) -> None:
    """Away for good: Failed with the reason, and an artifact that says what to try."""
    bank.fail(faults.unavailable(), times=None, function="any")
    run = working.trigger("quarterly/on-demand", quarter="2021K3", rules=QUARTER)
    name, message = working.message(run)
    assert name == "Failed"
    assert "The StatBank did not answer" in message
    assert "klynge run" in str(working.artifacts(run)["fordeling-failure"].data)
