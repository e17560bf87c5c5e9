"""`klynge`, the command line. Heavy imports stand in the commands, so that help comes at once."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.errors import KlyngeError, StorageError, UsageError
from pipeline.settings import Settings
from schemas.quarter import Quarter

if TYPE_CHECKING:
    from pipeline.calculation import Parameters

app = typer.Typer(
    name="klynge",
    help="What each municipality owes for the costs it shares in its health cluster, to the krone.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _quarter(text: str) -> Quarter:
    try:
        return Quarter.parse(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


DataDir = Annotated[
    Path | None,
    typer.Option(help="Folder with reference data and snapshots.", envvar="KLYNGE_DATA_DIR"),
]
ReportsDir = Annotated[
    Path | None, typer.Option(help="Folder of the reports.", envvar="KLYNGE_REPORTS_DIR")
]


def _settings(data_dir: Path | None, reports_dir: Path | None = None) -> Settings:
    given = {"KLYNGE_DATA_DIR": data_dir, "KLYNGE_REPORTS_DIR": reports_dir}
    options = {name: str(path) for name, path in given.items() if path}
    return Settings.from_environment({**os.environ, **options})


@app.command(epilog="Example: klynge run 2022K1 --cluster amager-hvidovre")
def run(
    quarter: Annotated[
        Quarter | None,
        typer.Argument(
            parser=_quarter,
            metavar="[QUARTER]",
            help="Population quarter, such as 2022K1; the newest one held if it is left out.",
        ),
    ] = None,
    rules: Annotated[
        Quarter | None,
        typer.Option(
            parser=_quarter,
            metavar="QUARTER",
            help="Apply the rules of another quarter: a back-cast, kept apart from the reports.",
        ),
    ] = None,
    cluster: Annotated[
        list[str] | None,
        typer.Option(help="Show this cluster's members; the report always holds all. Repeatable."),
    ] = None,
    data_dir: DataDir = None,
    reports_dir: ReportsDir = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the manifest.")] = False,
    prefect: Annotated[bool, typer.Option(help="Run as a Prefect flow, with history.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Print each step.")] = False,
) -> None:
    """Calculate a quarter and write its report, unless it is already there unchanged."""
    _log_to_terminal(verbose)
    settings = _settings(data_dir, reports_dir)
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


@app.command(epilog="Example: klynge clusters --quarter 2027K1")
def clusters(
    quarter: Annotated[
        Quarter | None,
        typer.Option(
            parser=_quarter,
            metavar="QUARTER",
            help="Quarter whose rules to show; the current one if it is left out.",
        ),
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """List the clusters in force, their members and how each counts."""
    from datetime import date

    from flows import console
    from pipeline.membership import rules_in_force
    from pipeline.reference import load_reference

    reference = load_reference(_settings(data_dir).data_dir)
    rules = rules_in_force(
        quarter or Quarter.of_day(date.today()),
        reference.clusters,
        reference.memberships,
        reference.costs,
    )
    console.print_clusters(rules, reference)


def _log_to_terminal(verbose: bool) -> None:
    level = logging.INFO if verbose else logging.WARNING
    logging.basicConfig(level=level, format="%(message)s", stream=sys.stderr)


def main() -> None:
    """Run the command line; a user's mistake ends with one message and its own exit code."""
    try:
        app()
    except KlyngeError as error:
        _fail(error)
    except BrokenPipeError:  # the reader of a pipe, such as head, had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        _fail(StorageError.of(error))


def _fail(error: KlyngeError) -> None:
    print(f"klynge: {error}", file=sys.stderr)
    sys.exit(error.exit_code)
