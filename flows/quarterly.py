"""The quarterly flow: fetch, calculate, write, publish, deliver, as tasks with history.

What happens stands in `pipeline`; the tasks only call it. Prefect's cache is off: our snapshots
are the cache, and writing is idempotent by itself.

A run ends in a state that says what happened. A quarter that is not published yet is an answer of
the calendar, so that run is completed; only what somebody must act on is failed.
"""

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed, Failed

from flows.artifacts import show_failure, show_report
from flows.limits import one_at_a_time
from flows.logs import log_steps
from flows.notifications import tell_of_failure, tell_of_revision
from flows.parameters import AreaCode, LanguageCode, QuarterText, report_parameters
from flows.patience import patient, time_may_mend
from flows.summary import ended, one_line
from pipeline.calculation.calculate import Calculation, Held, Parameters
from pipeline.calculation.calculate import calculate as calculate_quarter
from pipeline.clock import Clock
from pipeline.delivery.deliver import configured_targets
from pipeline.delivery.deliver import deliver as deliver_revision
from pipeline.errors import DeliveryError, KlyngeError, NotPublishedYet
from pipeline.reporting.numbers import Language
from pipeline.revisions.store import Outcome
from pipeline.revisions.store import write as write_revision
from pipeline.run import Report
from pipeline.settings import Settings
from pipeline.snapshots.acquisition import Access, Acquisition


@task(cache_policy=NO_CACHE, persist_result=False, retry_condition_fn=time_may_mend)
def fetch(parameters: Parameters, access: Access, settings: Settings) -> Held | NotPublishedYet:
    """Get the snapshots of the quarter, held or fetched; or return what is awaited."""
    try:
        return Acquisition(settings, access, Clock()).hold(parameters)
    except NotPublishedYet as error:
        if not error.awaited:
            raise
        return error


@task(cache_policy=NO_CACHE, persist_result=False)
def calculate(parameters: Parameters, held: Held, data_dir: Path) -> Calculation:
    """Validate and calculate."""
    return calculate_quarter(parameters, held, data_dir)


@task(cache_policy=NO_CACHE, persist_result=False)
def write(calculation: Calculation, reports_dir: Path) -> Outcome:
    """Write the next revision, unless nothing changed."""
    return write_revision(calculation, reports_dir)


@task(cache_policy=NO_CACHE, persist_result=False)
def publish(report: Report, language: Language, reports_url: str) -> None:
    """Show the result in Prefect."""
    show_report(report, language, reports_url)


@task(cache_policy=NO_CACHE, persist_result=False, retry_condition_fn=time_may_mend)
def deliver(label: str, settings: Settings) -> None:
    """Deliver the newest revision to the targets that have not got it."""
    deliver_revision(label, settings, configured_targets(settings), Clock())


def run_name() -> str:
    """Return the name of the run under way, such as `fordeling-2026K4`."""
    return f"fordeling-{_parameters().label}"


def _parameters() -> Parameters:
    due = flow_run.scheduled_start_time or datetime.now(UTC)
    return report_parameters(flow_run.parameters, due)


@flow(
    name="quarterly",
    flow_run_name=run_name,
    persist_result=False,
    on_completion=[tell_of_revision],
    on_failure=[tell_of_failure],
    on_crashed=[tell_of_failure],
)
def quarterly(
    quarter: QuarterText | None = None,
    refresh: bool = False,
    rules: QuarterText | None = None,
    accept_jumps: tuple[AreaCode, ...] = (),
    language: LanguageCode = "da",
    estimate_districts: bool = False,
    offline: bool = False,
) -> State:
    """Calculate a quarter and write its report, unless it is already there unchanged.

    Args:
        quarter: Population quarter, such as 2022K1; the one now due if it is left out.
        refresh: Ask the StatBank also for what is held, to see whether it was revised.
        rules: Apply the rules of another quarter, such as 2022K1: a back-cast, kept apart from
            the reports.
        accept_jumps: Codes of municipalities or districts whose implausible change you have
            looked at and accept, such as 147.
        language: Language of the report and of the summary shown here.
        estimate_districts: Where KKBEF1 lacks the quarter, carry the last known districts forward.
        offline: Use held snapshots only; ask nobody.
    """
    log_steps()
    parameters = _parameters()
    access = Access(offline, refresh, parameters.accept_jumps)
    try:
        return _report(parameters, access)
    except KlyngeError as error:
        show_failure(parameters.label, error)
        return Failed(message=one_line(error), data=error)


def _report(parameters: Parameters, access: Access) -> State:
    settings = Settings.from_environment(os.environ)
    parameters = replace(parameters, contact=settings.contact)
    with one_at_a_time(parameters.label, settings.quarter_wait_seconds):
        held = patient(fetch, settings)(parameters, access, settings)
        if isinstance(held, NotPublishedYet):
            return Completed(message=f"awaiting {held.awaited}", data=held)
        calculation = calculate(parameters, held, settings.data_dir)
        report = Report(calculation, write(calculation, settings.reports_dir))
    publish(report, parameters.language, settings.reports_url.rstrip("/"))
    message = ended(report.outcome)
    try:
        _deliver(parameters, settings)
    except DeliveryError as error:
        show_failure(parameters.label, error)
        return Failed(message=f"{message}, not delivered: {one_line(error)}", data=error)
    return Completed(message=message, data=report)


def _deliver(parameters: Parameters, settings: Settings) -> None:
    is_report = parameters.rules_quarter is None  # a back-cast is nobody's report
    if is_report and (settings.delivery_folder or settings.smtp_host):
        patient(deliver, settings)(parameters.label, settings)
