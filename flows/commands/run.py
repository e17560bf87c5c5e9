"""`klynge run`: calculate a quarter and write its report."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from flows import options
from pipeline.errors import UsageError
from pipeline.settings import Settings
from schemas.quarter import Quarter

if TYPE_CHECKING:
    from pipeline.calculation import Parameters


def run(
    quarter: Annotated[
        Quarter | None,
        typer.Argument(
            parser=options.quarter,
            metavar="[QUARTER]",
            help="Population quarter, such as 2022K1; the newest one held if it is left out.",
        ),
    ] = None,
    rules: Annotated[
        Quarter | None,
        typer.Option(
            parser=options.quarter,
            metavar="QUARTER",
            help="Apply the rules of another quarter: a back-cast, kept apart from the reports.",
        ),
    ] = None,
    cluster: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ID",
            help="Show this cluster's members; the report always holds all. Repeatable.",
        ),
    ] = None,
    data_dir: options.DataDir = None,
    reports_dir: options.ReportsDir = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the manifest.")] = False,
    prefect: Annotated[
        bool, typer.Option("--prefect", help="Run as a Prefect flow, with history.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Print each step.")] = False,
) -> None:
    """Calculate a quarter and write its report, unless it is already there unchanged."""
    _log_to_terminal(verbose)
    settings = options.settings(data_dir, reports_dir)
    from flows import console
    from pipeline import run as pipeline_run

    parameters = _parameters(quarter, rules, settings)
    if prefect:
        from flows.quarterly import run_flow

        report = run_flow(parameters, settings)
    else:
        report = pipeline_run.run(parameters, settings)
    if as_json:
        console.print_json(report.outcome.manifest)
    elif not quiet:
        console.print_report(report, cluster or [])


def _parameters(quarter: Quarter | None, rules: Quarter | None, settings: Settings) -> Parameters:
    from pipeline.acquisition import newest_held
    from pipeline.calculation import Parameters
    from pipeline.snapshots import SnapshotStore

    quarter = quarter or newest_held(SnapshotStore(settings.data_dir))
    if quarter is None:
        raise UsageError(
            f"No snapshots are held below {settings.data_dir}.",
            "Run the command in the folder of the repository, or name the data folder with "
            "--data-dir.",
        )
    return Parameters(quarter, None if rules == quarter else rules)


def _log_to_terminal(verbose: bool) -> None:
    level = logging.INFO if verbose else logging.WARNING
    logging.basicConfig(level=level, format="%(message)s", stream=sys.stderr)
