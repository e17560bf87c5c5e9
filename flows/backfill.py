"""The back-fill flow: many quarters at once, one quarter a task.

The population is fetched first, in few queries for all quarters together; then each quarter is
calculated and written from what is held, by the same functions as a single one. One quarter that
fails does not stop the others.
"""

import os
from collections.abc import Mapping, Sequence
from typing import Any, cast
from uuid import UUID

from prefect import flow, task
from prefect.artifacts import (
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.futures import PrefectFuture, as_completed
from prefect.runtime import flow_run
from prefect.states import Completed, Failed
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

from flows.artifacts import show_failure
from flows.logs import log_steps
from flows.notifications import tell_of_failure
from flows.parameters import AreaCode, QuarterText
from flows.patience import patient, time_may_mend
from flows.summary import ended, one_line
from pipeline.calculation.calculate import Parameters
from pipeline.clock import Clock
from pipeline.errors import KlyngeError, UsageError
from pipeline.run import run
from pipeline.settings import Settings
from pipeline.settings import TaskRunner as Runner
from pipeline.snapshots.acquisition import Access, Acquisition
from schemas.quarter import Quarter, quarter_range

PROGRESS = "backfill-progress"
RESULT = "backfill"


@task(cache_policy=NO_CACHE, persist_result=False, retry_condition_fn=time_may_mend)
def fetch_all(quarters: Sequence[Quarter], access: Access, settings: Settings) -> int:
    """Fetch what is missing of all quarters, and return how many snapshots came in."""
    return len(list(Acquisition(settings, access, Clock()).fetch_all(quarters)))


@task(cache_policy=NO_CACHE, persist_result=False, task_run_name="{parameters.label}")
def one_quarter(parameters: Parameters, settings: Settings) -> str:
    """Calculate and write a quarter from the snapshots held, and return what it came to."""
    log_steps()
    held_only = Access(offline=True, accept_jumps=parameters.accept_jumps)
    return ended(run(parameters, Acquisition(settings, held_only, Clock()), settings).outcome)


def run_name() -> str:
    """Return the name of the run under way, such as `backfill-2016K1-2023K1`."""
    given = flow_run.parameters
    return f"backfill-{given['from_quarter']}-{given['to_quarter']}"


@flow(
    name="backfill",
    flow_run_name=run_name,
    persist_result=False,
    on_failure=[tell_of_failure],
    on_crashed=[tell_of_failure],
)
def backfill(
    from_quarter: QuarterText,
    to_quarter: QuarterText,
    refresh: bool = False,
    rules: QuarterText | None = None,
    accept_jumps: tuple[AreaCode, ...] = (),
) -> State:
    """Calculate every quarter of a range and write its report, unless it is there unchanged.

    Args:
        from_quarter: First population quarter, such as 2016K1.
        to_quarter: Last population quarter, such as 2023K1.
        refresh: Ask the StatBank also for what is held, to see whether it was revised.
        rules: Apply the rules of this quarter, such as 2022K1, to all: back-casts, kept apart
            from the reports.
        accept_jumps: Codes of municipalities or districts whose implausible changes you have
            looked at and accept, such as 147.
    """
    log_steps()
    access = Access(refresh=refresh, accept_jumps=accept_jumps)
    try:
        quarters = _quarters(from_quarter, to_quarter)
        return _backfill(quarters, Quarter.parse(rules) if rules else None, access)
    except KlyngeError as error:
        show_failure(run_name(), error)
        return Failed(message=one_line(error), data=error)


def _quarters(first: str, last: str) -> tuple[Quarter, ...]:
    quarters = quarter_range(Quarter.parse(first), Quarter.parse(last))
    if not quarters:
        raise UsageError(f"{last} lies before {first}.", "Swap from_quarter and to_quarter.")
    return quarters


def _backfill(quarters: Sequence[Quarter], rules: Quarter | None, access: Access) -> State:
    settings = Settings.from_environment(os.environ).without_secrets()
    patient(fetch_all, settings)(quarters, access, settings)
    reports = [
        Parameters(quarter, None if rules == quarter else rules, accept_jumps=access.accept_jumps)
        for quarter in quarters
    ]
    with task_runner(settings) as runner:
        under_way = {
            runner.submit(one_quarter, {"parameters": report, "settings": settings}): report.label
            for report in reports
        }
        results = _followed(under_way)
    return _state(results)


def task_runner(settings: Settings) -> TaskRunner[Any]:
    """Return where the quarters run: threads here, or a Dask cluster."""
    if settings.task_runner is Runner.THREADS:
        return ThreadPoolTaskRunner(max_workers=settings.threads)
    try:
        from prefect_dask.task_runners import DaskTaskRunner
    except ImportError:
        raise UsageError(
            "KLYNGE_TASK_RUNNER is dask, and prefect-dask is not installed.",
            "pip install 'klyngefordeling[dask]'",
        ) from None
    if settings.dask_scheduler:
        return DaskTaskRunner(address=settings.dask_scheduler)
    return DaskTaskRunner(cluster_kwargs={"n_workers": settings.threads, "dashboard_address": None})


def _followed(under_way: Mapping[PrefectFuture[str], str]) -> dict[str, str | KlyngeError]:
    """Return what each report came to, in order, and show the progress meanwhile."""
    shown = create_progress_artifact(0.0, PROGRESS, f"{len(under_way)} quarters")
    progress = cast(UUID, shown)
    results: dict[str, str | KlyngeError] = {}
    for future in as_completed(list(under_way)):
        result = future.result(raise_on_failure=False)
        if isinstance(result, BaseException) and not isinstance(result, KlyngeError):
            raise result
        results[under_way[future]] = result
        update_progress_artifact(progress, 100 * len(results) / len(under_way))
    return {label: results[label] for label in under_way.values()}


def _state(results: Mapping[str, str | KlyngeError]) -> State:
    rows = [
        {
            "quarter": label,
            "result": one_line(result) if isinstance(result, KlyngeError) else result,
        }
        for label, result in results.items()
    ]
    create_table_artifact(rows, RESULT, f"{len(rows)} quarters")
    failed = {label: row for label, row in results.items() if isinstance(row, KlyngeError)}
    if not failed:
        written = sum(row["result"].startswith("written") for row in rows)
        return Completed(message=f"{written} written, {len(rows) - written} unchanged")
    label, error = next(iter(failed.items()))
    show_failure(label, error)
    return Failed(message=f"{len(failed)} of {len(rows)} failed, first {label}: {one_line(error)}")
