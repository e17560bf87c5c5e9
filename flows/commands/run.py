"""`klynge run`: get what a quarter rests on, calculate it, and write its report."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.server import embedded
from flows.terminal import options
from pipeline.reporting.numbers import Language
from pipeline.settings import Settings
from schemas.quarter import Quarter


def run(
    context: typer.Context,
    quarter: Annotated[
        Quarter | None,
        typer.Argument(
            parser=options.quarter,
            metavar="QUARTER",
            help="Population quarter, such as 2022K1; the newest published if it is left out.",
        ),
    ] = None,
    rules: options.Rules = None,
    cluster: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ID",
            help="Show this cluster's members; the report always holds all. Repeatable.",
        ),
    ] = None,
    offline: options.Offline = False,
    refresh: options.Refresh = False,
    accept_jump: options.AcceptJump = None,
    estimate_districts: Annotated[
        bool,
        typer.Option(
            "--estimate-districts",
            help="Where KKBEF1 lacks the quarter, carry the last known districts forward.",
        ),
    ] = False,
    language: Annotated[
        Language,
        typer.Option(help="Language of the report; each has its own folder and revisions."),
    ] = Language.DANISH,
    data_dir: options.DataDir = None,
    reports_dir: options.ReportsDir = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the manifest.")] = False,
    prefect: Annotated[
        bool, typer.Option("--prefect", help="Run as a Prefect flow, with history.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
    verbose: options.Verbose = False,
) -> None:
    """Calculate a quarter and write its report, unless it is already there unchanged."""
    options.log_to_terminal(verbose)
    settings = options.settings(data_dir, reports_dir)
    if prefect:
        embedded.prepare(settings)
    from flows.terminal import console
    from pipeline import run as pipeline_run
    from pipeline.calculation.calculate import Parameters
    from pipeline.snapshots.acquisition import Access, Acquisition

    access = Access(options.offline_unless(refresh, offline), refresh, tuple(accept_jump or ()))
    acquisition = Acquisition(settings, access, context.obj)
    quarter = quarter or acquisition.newest()
    back_cast = None if rules == quarter else rules
    parameters = Parameters(
        quarter,
        back_cast,
        estimate_districts,
        access.accept_jumps,
        language,
        settings.contact,
    )
    shown = (
        _chosen_clusters(cluster, parameters.rules_quarter or quarter, settings) if cluster else []
    )
    if prefect:
        report = embedded.run_flow(parameters, access)
    else:
        report = pipeline_run.run(parameters, acquisition, settings)
    if as_json:
        console.print_json(report.outcome.manifest)
    elif not quiet:
        console.print_report(report, shown)


def _chosen_clusters(written: list[str], quarter: Quarter, settings: Settings) -> list[str]:
    """Return the ids of the clusters to show, and stop before anything is written if one is not."""
    from pipeline.calculation.membership import rules_in_force
    from pipeline.reference import names
    from pipeline.reference.tables import load_reference

    reference = load_reference(settings.data_dir)
    rules = rules_in_force(quarter, reference.clusters, reference.memberships, reference.costs)
    known = names.clusters(rules.clusters)
    return [names.find("cluster", text, known).code for text in written]
