"""The quarterly flow: gather, calculate, write, publish, deliver, as tasks with history.

What happens stands in `pipeline`; the tasks only call it. Prefect's cache is off: our snapshots
are the cache, and writing is idempotent by itself.

A run ends in a state that says what happened. A quarter that is not published yet is an answer of
the calendar, so that run is completed; only what somebody must act on is failed.
"""

import os
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from prefect import Task, flow, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed, Failed

from flows import summary
from flows.policies import AreaCode, QuarterOrNone, is_temporary, log_steps, one_at_a_time, retrying
from flows.server.health import OVERDUE
from pipeline.calculation.calculate import Inputs, Parameters
from pipeline.calculation.calculate import calculate as calculate_report
from pipeline.delivery.deliver import configured_targets
from pipeline.delivery.deliver import deliver as deliver_revision
from pipeline.errors import KlyngeError, NotPublishedYet, StorageError
from pipeline.machine import Clock
from pipeline.revisions.store import write as write_revision
from pipeline.run import gather as gather_inputs
from pipeline.settings import Settings
from pipeline.snapshots.acquisition import Access, Acquisition
from schemas.quarter import Quarter
from schemas.records import Language
from schemas.report_name import ReportName


@task(cache_policy=NO_CACHE, retry_condition_fn=is_temporary)
def gather(parameters: Parameters, access: Access, settings: Settings) -> Inputs | NotPublishedYet:
    """Get everything that the report rests on, stored or fetched; or return what is awaited."""
    try:
        return gather_inputs(parameters, Acquisition(settings, access, Clock()))
    except NotPublishedYet as error:
        if not error.facts.get("awaited"):
            raise
        return error


calculate = Task(calculate_report, name="calculate", cache_policy=NO_CACHE)
write = Task(write_revision, name="write", cache_policy=NO_CACHE)
publish = Task(summary.show_report, name="publish", cache_policy=NO_CACHE)


@task(cache_policy=NO_CACHE, retry_condition_fn=is_temporary)
def deliver(report: ReportName, settings: Settings) -> None:
    """Deliver the newest revision to the targets that have not got it."""
    deliver_revision(report, settings, configured_targets(settings), Clock())


def run_name() -> str:
    """Return the name of the run under way, such as `fordeling-2026K4`."""
    return f"fordeling-{_named(**flow_run.parameters).label}"


def _named(
    quarter: str | None, rules: str | None, language: Language, **other: object
) -> ReportName:
    return ReportName(
        Quarter.parse(quarter) if quarter else due_quarter(),
        Quarter.parse(rules) if rules else None,
        language=language,
    )


def due_quarter() -> Quarter:
    """Return the quarter whose figures come out in the quarter of a run: that quarter itself."""
    return Quarter.of_day(_day())


def _day() -> date:
    moment = flow_run.scheduled_start_time or datetime.now(UTC)
    return moment.astimezone(ZoneInfo("Europe/Copenhagen")).date()


@flow(name="quarterly", flow_run_name=run_name, persist_result=False)
def quarterly(
    quarter: QuarterOrNone = None,
    refresh: bool = False,
    rules: QuarterOrNone = None,
    accept_jumps: tuple[AreaCode, ...] = (),
    language: Language = Language.DANISH,
    estimate_districts: bool = False,
    offline: bool = False,
) -> State:
    """Calculate a quarter and write its report, unless it is already there unchanged.

    Args:
        quarter: Population quarter, such as 2022K1; the one now due if it is left out.
        refresh: Ask the StatBank also for what is stored, to see whether it was revised.
        rules: Apply the rules of another quarter, such as 2022K1: a back-cast, kept apart from
            the reports.
        accept_jumps: Codes of municipalities or districts whose implausible change you have
            looked at and accept, such as 147.
        language: Language of the report and of the summary shown here.
        estimate_districts: Where KKBEF1 lacks the quarter, carry the last known districts forward.
        offline: Use stored snapshots only; ask nobody.
    """
    log_steps()
    report = _named(quarter, rules, language)
    try:
        settings = Settings.from_environment(os.environ)
        parameters = Parameters(report, estimate_districts, settings.contact)
        return _report(parameters, Access(offline, refresh, accept_jumps), settings)
    except (KlyngeError, OSError) as caught:
        return summary.failed(report.label, caught)


def _report(parameters: Parameters, access: Access, settings: Settings) -> State:
    with one_at_a_time(parameters.report.label, settings.quarter_wait_seconds):
        inputs = retrying(gather, settings)(parameters, access, settings)
        if isinstance(inputs, NotPublishedYet):
            return _not_there(inputs)
        calculation = calculate(inputs)
        report = write(calculation, settings.reports_dir)
    publish(report, settings.reports_url.rstrip("/"))
    message = summary.ended(report)
    is_report = parameters.report.rules_quarter is None  # a back-cast is nobody's report
    try:
        if is_report and (settings.delivery_folder or settings.smtp_host):
            retrying(deliver, settings)(parameters.report, settings)
    except (KlyngeError, OSError) as caught:
        error = StorageError.of(caught)
        said = f"{message}, not delivered: "
        if error.facts.get("known"):
            return Completed(message=said + summary.one_line(error), data=report)
        return summary.failed(parameters.report.label, error, said)
    return Completed(message=message, data=report)


def _not_there(error: NotPublishedYet) -> State:
    """Return the state of a run that found nothing: red once somebody should ask where it is."""
    if _day() < error.facts["overdue_from"]:
        return Completed(message=f"awaiting {error.facts['awaited']}", data=error)
    return Failed(name=OVERDUE, message=f"overdue: {error.facts['awaited']}", data=error)
