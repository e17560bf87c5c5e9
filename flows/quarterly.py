"""The quarterly flow: fetch, calculate, write, publish, as tasks with history.

What happens stands in `pipeline`; the tasks only call it. Prefect's cache is off: our snapshots
are the cache, and writing is idempotent by itself.
"""

from pathlib import Path

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE

from flows.summary import markdown
from pipeline.acquisition import held_snapshots
from pipeline.calculation import Calculation, Held, Parameters
from pipeline.calculation import calculate as calculate_quarter
from pipeline.reporting.revisions import Outcome
from pipeline.reporting.revisions import write as write_revision
from pipeline.run import Report
from pipeline.settings import Settings
from pipeline.snapshots import SnapshotStore


@task(cache_policy=NO_CACHE, persist_result=False)
def fetch(parameters: Parameters, data_dir: Path) -> Held:
    """Find the snapshots of the quarter."""
    return held_snapshots(parameters, SnapshotStore(data_dir))


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
def quarterly(parameters: Parameters, data_dir: Path, reports_dir: Path) -> Report:
    """Calculate a quarter and write its report."""
    held = fetch(parameters, data_dir)
    calculation = calculate(parameters, held, data_dir)
    report = Report(calculation, write(calculation, reports_dir))
    publish(report)
    return report


def run_flow(parameters: Parameters, settings: Settings) -> Report:
    """Run the flow in this process, on Prefect's temporary server unless one is configured."""
    return quarterly(parameters, settings.data_dir, settings.reports_dir)
