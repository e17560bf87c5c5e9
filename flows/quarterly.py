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
from flows.flow_settings import FlowSettings
from flows.limits import one_at_a_time
from flows.logs import log_steps
from flows.notifications import tell_of_failure, tell_of_revision
from flows.parameters import AreaCode, LanguageCode, QuarterText, report_parameters
from flows.patience import patient, time_may_mend
from flows.summary import ended, one_line
from pipeline.calculation.calculate import Calculation, Inputs, Parameters
from pipeline.calculation.calculate import calculate as calculate_report
from pipeline.clock import Clock
from pipeline.delivery.deliver import configured_targets
from pipeline.delivery.deliver import deliver as deliver_revision
from pipeline.delivery.settings import DeliverySettings
from pipeline.errors import DeliveryError, KlyngeError, NotPublishedYet
from pipeline.gather import gather as gather_inputs
from pipeline.revisions.store import Outcome
from pipeline.revisions.store import write as write_revision
from pipeline.run import Report
from pipeline.settings import Settings
from pipeline.snapshots.acquisition import Access, Acquisition
from schemas.records import Language
from schemas.report_name import ReportName


@task(cache_policy=NO_CACHE, persist_result=False, retry_condition_fn=time_may_mend)
def gather(parameters: Parameters, access: Access, settings: Settings) -> Inputs | NotPublishedYet:
    """Get everything that the report rests on, stored or fetched; or return what is awaited."""
    try:
        return gather_inputs(parameters, Acquisition(settings, access, Clock()))
    except NotPublishedYet as error:
        if not error.awaited:
            raise
        return error


@task(cache_policy=NO_CACHE, persist_result=False)
def calculate(inputs: Inputs) -> Calculation:
    """Calculate."""
    return calculate_report(inputs)


@task(cache_policy=NO_CACHE, persist_result=False)
def write(calculation: Calculation, reports_dir: Path) -> Outcome:
    """Write the next revision, unless nothing changed."""
    return write_revision(calculation, reports_dir)


@task(cache_policy=NO_CACHE, persist_result=False)
def publish(report: Report, language: Language, reports_url: str) -> None:
    """Show the result in Prefect."""
    show_report(report, language, reports_url)


@task(cache_policy=NO_CACHE, persist_result=False, retry_condition_fn=time_may_mend)
def deliver(report: ReportName, settings: Settings, delivery: DeliverySettings) -> None:
    """Deliver the newest revision to the targets that have not got it."""
    deliver_revision(report, settings, configured_targets(settings, delivery), Clock())


def run_name() -> str:
    """Return the name of the run under way, such as `fordeling-2026K4`."""
    return f"fordeling-{_parameters().report.label}"


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
        show_failure(parameters.report.label, error)
        return Failed(message=one_line(error), data=error)


def _report(parameters: Parameters, access: Access) -> State:
    settings = Settings.from_environment(os.environ)
    parameters = replace(parameters, contact=settings.contact)
    flow_settings = FlowSettings.from_environment(os.environ)
    with one_at_a_time(parameters.report.label, flow_settings.quarter_wait_seconds):
        inputs = patient(gather, flow_settings)(parameters, access, settings)
        if isinstance(inputs, NotPublishedYet):
            return Completed(message=f"awaiting {inputs.awaited}", data=inputs)
        calculation = calculate(inputs)
        report = Report(calculation, write(calculation, settings.reports_dir))
    publish(report, parameters.report.language, flow_settings.reports_url)
    message = ended(report.outcome)
    try:
        _deliver(parameters, settings, flow_settings)
    except DeliveryError as error:
        show_failure(parameters.report.label, error)
        return Failed(message=f"{message}, not delivered: {one_line(error)}", data=error)
    return Completed(message=message, data=report)


def _deliver(parameters: Parameters, settings: Settings, flow_settings: FlowSettings) -> None:
    delivery = DeliverySettings.from_environment(os.environ)
    is_report = parameters.report.rules_quarter is None  # a back-cast is nobody's report
    if is_report and delivery != DeliverySettings():
        patient(deliver, flow_settings)(parameters.report, settings, delivery)
