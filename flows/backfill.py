"""The back-fill flow: many quarters at once, one quarter a task.

What happens is that of `pipeline.analysis.backfill`; the flow spreads the quarters over threads or
a Dask cluster, tries again where the StatBank is away, and shows how far it is.
"""

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from threading import get_ident
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
from prefect.states import Completed
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

from flows.policies import AreaCode, QuarterOrNone, QuarterText, is_temporary, log_steps, retrying
from flows.summary import ended, failed, one_line
from pipeline.analysis import backfill as analysis
from pipeline.errors import KlyngeError, UsageError
from pipeline.machine import Clock
from pipeline.plain_text import markdown
from pipeline.settings import Settings
from pipeline.settings import TaskRunner as Runner
from pipeline.snapshots.acquisition import Access, Acquisition
from schemas.quarter import Quarter
from schemas.validation import counted


@task(cache_policy=NO_CACHE, persist_result=False, retry_condition_fn=is_temporary)
def fetch(request: analysis.Request, access: Access, settings: Settings) -> analysis.Failures:
    """Fetch what is missing of all quarters, and return which cannot be had."""
    return analysis.fetch_missing(request, Acquisition(settings, access, Clock()))


@task(cache_policy=NO_CACHE, persist_result=False, task_run_name="{quarter}")
def calculate(
    request: analysis.Request, quarter: Quarter, access: Access, settings: Settings
) -> analysis.Calculated | KlyngeError:
    """Calculate a stored quarter, and write its report if that is asked for."""
    log_steps()
    acquisition = _acquisition(flow_run.id, get_ident(), access, settings)
    return analysis.calculate_one(request, quarter, acquisition)


@lru_cache(maxsize=32)
def _acquisition(run: str, thread: int, access: Access, settings: Settings) -> Acquisition:
    """Return what the tasks of a run share on a thread: it reads each file once."""
    return Acquisition(settings, access, Clock())


@flow(name="backfill", flow_run_name="backfill-{from_quarter}-{to_quarter}", persist_result=False)
def backfill(
    from_quarter: QuarterText,
    to_quarter: QuarterText,
    refresh: bool = False,
    rules: QuarterOrNone = None,
    accept_jumps: tuple[AreaCode, ...] = (),
    reports: bool = False,
    offline: bool = False,
) -> State:
    """Calculate every quarter of a range as one table, and their reports where they are wanted.

    Args:
        from_quarter: First population quarter, such as 2016K1.
        to_quarter: Last population quarter, such as 2023K1.
        refresh: Ask the StatBank also for what is stored, to see whether it was revised.
        rules: Apply the rules of this quarter, such as 2022K1, to all: back-casts, kept apart
            from the reports.
        accept_jumps: Codes of municipalities or districts whose implausible changes you have
            looked at and accept, such as 147.
        reports: Write the full report of each quarter too, unless it is there unchanged.
        offline: Use stored snapshots only; ask nobody.
    """
    log_steps()
    try:
        settings = Settings.from_environment(os.environ).without_secrets()
        request = analysis.Request(
            Quarter.parse(from_quarter),
            Quarter.parse(to_quarter),
            Quarter.parse(rules) if rules else None,
            settings.contact,
            reports,
        )
        return _backfill(request, Access(offline, refresh, accept_jumps), settings)
    except (KlyngeError, OSError) as caught:
        return failed(flow_run.name, caught)


def _backfill(request: analysis.Request, access: Access, settings: Settings) -> State:
    failures = retrying(fetch, settings)(request, access, settings)
    quarters = analysis.stored_quarters(request, Acquisition.offline(settings), failures)
    stored = replace(access, offline=True, refresh=False)
    given = {"request": request, "access": stored, "settings": settings}
    with task_runner(settings) as runner:
        under_way = {
            runner.submit(calculate, {**given, "quarter": quarter}): quarter for quarter in quarters
        }
        done = _followed(under_way)
    return _state(analysis.finish(request, {**failures, **done}, settings.reports_dir))


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


def _followed(under_way: Mapping[PrefectFuture[Any], Quarter]) -> dict[Quarter, Any]:
    """Return what each quarter came to, and show the progress meanwhile."""
    shown = create_progress_artifact(0.0, "backfill-progress", counted(list(under_way), "quarter"))
    progress, done = cast(UUID, shown), {}
    for future in as_completed(list(under_way)):
        done[under_way[future]] = future.result()
        update_progress_artifact(progress, 100 * len(done) / len(under_way))
    return done


def _state(backfilled: analysis.Backfilled) -> State:
    told = {key: one_line(error) for key, error in backfilled.failures.items()}
    for key, row in backfilled.calculated.items():
        told[key] = ended(row.report) if row.report else "calculated"
    rows = [{"quarter": str(quarter), "result": told[quarter]} for quarter in sorted(told)]
    written = markdown(", ".join(map(str, backfilled.files)))
    create_table_artifact(rows, "backfill", f"{counted(rows, 'quarter')}: {written or 'no table'}")
    if not backfilled.failures:
        reports = [row.report for row in backfilled.calculated.values()]
        counts = Counter(row.state if row else "calculated" for row in reports)
        return Completed(message=", ".join(f"{count} {what}" for what, count in counts.items()))
    quarter, error = next(iter(backfilled.failures.items()))
    count = f"{len(backfilled.failures)} of {len(rows)} failed"
    return failed(str(quarter), error, f"{count}, first {quarter}: ")
