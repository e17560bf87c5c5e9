"""The quarterly flow: fetch, calculate, write, publish, as tasks with history.

What happens stands in `pipeline`; the tasks only call it. Prefect's cache is off: our snapshots
are the cache, and writing is idempotent by itself.
"""

from pathlib import Path

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE

from flows.summary import markdown
from pipeline.acquisition import Access, Acquisition
from pipeline.calculation import Calculation, Held, Parameters
from pipeline.calculation import calculate as calculate_quarter
from pipeline.clock import Clock
from pipeline.reporting.revisions import Outcome
from pipeline.reporting.revisions import write as write_revision
from pipeline.run import Report
from pipeline.settings import Settings


@task(cache_policy=NO_CACHE, persist_result=False)
def fetch(parameters: Parameters, access: Access, settings: Settings) -> Held:
    """Get the snapshots of the quarter, held or fetched."""
    return Acquisition(settings, access, Clock()).hold(parameters)


@task(cache_policy=NO_CACHE, persist_result=False)
def calculate(parameters: Parameters, held: Held, data_dir: Path) -> Calculation:
    """Validate and calculate."""
    return calculate_quarter(parameters, held, data_dir)


@task(cache_policy=NO_CACHE, persist_result=False)
def write(calculation: Calculation, reports_dir: Path) -> Outcome:
    """Write the next revision, unless nothing changed."""
    return write_revision(calculation, reports_dir)


@task(cache_policy=NO_CACHE, persist_result=False)
def publish(report: Report) -> None:
    """Show the result in Prefect."""
    create_markdown_artifact(markdown(report), key="fordeling")


@flow(name="quarterly", flow_run_name="fordeling-{parameters.label}")
def quarterly(parameters: Parameters, access: Access, settings: Settings) -> Report:
    """Calculate a quarter and write its report."""
    held = fetch(parameters, access, settings)
    calculation = calculate(parameters, held, settings.data_dir)
    report = Report(calculation, write(calculation, settings.reports_dir))
    publish(report)
    return report


def run_flow(parameters: Parameters, access: Access, settings: Settings) -> Report:
    """Run the flow in this process, on Prefect's temporary server unless one is configured."""
    return quarterly(parameters, access, settings)
