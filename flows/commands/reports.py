"""`klynge run`, `backfill` and `deliver`: reports, calculated, written and handed on."""

from functools import partial
from typing import Annotated

import typer

from flows.server import embedded
from flows.terminal import options
from flows.terminal.remedies import told
from flows.terminal.shared import Shared
from pipeline.plain_text import terminal_text
from schemas.quarter import Quarter
from schemas.records import Language
from schemas.report_name import ReportName


def run(
    shared: Shared,
    quarter: Annotated[
        Quarter | None,
        options.QUARTER.argument(
            "Population quarter, such as 2022K1; the newest published if it is left out."
        ),
    ] = None,
    rules: options.Rules = None,
    cluster: options.ShownClusters = None,
    offline: options.Offline = False,
    refresh: options.Refresh = False,
    accept_jump: options.AcceptJump = None,
    estimate_districts: Annotated[
        bool,
        typer.Option(
            help="Where KKBEF1 lacks the quarter, carry the last known districts forward.",
        ),
    ] = False,
    language: Annotated[
        Language,
        typer.Option(help="Language of the report; each has its own folder and revisions."),
    ] = Language.DANISH,
    prefect: Annotated[bool, typer.Option(help="Run as a Prefect flow, with history.")] = False,
) -> None:
    """Calculate a quarter and write its report, unless it is already there unchanged.

    With --format json, the manifest of the revision is printed.
    """
    server = embedded.prepare(shared.settings) if prefect else None
    from flows.terminal.report_view import report_parts
    from pipeline import run as pipeline_run
    from pipeline.calculation.calculate import Parameters
    from pipeline.calculation.membership import in_force
    from pipeline.reference.names import cluster_ids
    from pipeline.reporting.rows import allocation_rows

    acquisition = shared.acquisition(offline, refresh, accept_jump)
    name = ReportName(quarter or acquisition.newest(), rules, language=language)
    parameters = Parameters(name, estimate_districts, shared.settings.contact)
    # One that is not known stops the run before anything is written.
    shown = cluster_ids(cluster, in_force(acquisition.reference, name).clusters) if cluster else []
    if prefect:
        report = embedded.run_flow(parameters, acquisition.access, server)
    else:
        report = pipeline_run.run(parameters, acquisition)
    rows = allocation_rows(report.calculation.result)
    rows = [row for row in rows if row["cluster_id"] in shown or not shown]
    shared.show(report_parts(report, shown), report.manifest, rows)


def deliver(
    report: Annotated[ReportName, options.WRITTEN.argument()],
    shared: Shared,
    dry_run: Annotated[
        bool, typer.Option(help="Show what would be delivered; deliver nothing.")
    ] = False,
) -> None:
    """Deliver the newest revision of a report to the targets that have not got it yet."""
    from flows.terminal import console
    from pipeline.delivery import deliver as delivery
    from pipeline.delivery.mail import read_issue

    settings = shared.settings
    targets = delivery.configured_targets(settings)
    if dry_run:
        done = delivery.plan(read_issue(report, settings.reports_dir), targets)
    else:
        done = delivery.deliver(report, settings, targets, shared.obj)
    shared.show(console.delivery_parts(done, "to be delivered" if dry_run else "delivered"))


def backfill(
    first: Annotated[Quarter, options.QUARTER.option("First quarter.", "--from")],
    last: Annotated[Quarter, options.QUARTER.option("Last quarter.", "--to")],
    shared: Shared,
    rules: options.Rules = None,
    reports: Annotated[
        bool, typer.Option(help="Write the full report of each quarter too.")
    ] = False,
    parquet: Annotated[bool, typer.Option(help="Write the table as Parquet too.")] = False,
    offline: options.Offline = False,
    accept_jump: options.AcceptJump = None,
) -> None:
    """Calculate many quarters as one tidy table.

    What is not stored is fetched, unless --offline. A quarter that fails is reported at the end,
    and the others are written; the exit code is that of the worst.
    """
    from flows.terminal import console, screen
    from pipeline.analysis.backfill import HEADER, Request
    from pipeline.analysis.backfill import backfill as calculate_all

    acquisition = shared.acquisition(offline, accept_jump=accept_jump)
    request = Request(first, last, rules, shared.settings.contact, reports, parquet)
    done = calculate_all(request, acquisition, partial(screen.progress, doing="Back-filling"))
    table = done.files[0].read_text(encoding="utf-8") if done.files else HEADER
    failures = [
        {"quarter": quarter, "exit_code": error.exit_code, "reason": told(error)}
        for quarter, error in done.failures.items()
    ]
    document = {
        "files": done.files,
        "quarters": done.rows,
        "failures": failures,
        "left_out": done.left_out,
    }
    shared.show(console.backfill_parts(done), document, table)
    for failure in failures:
        said = f"FAILED {failure['quarter']}: {failure['reason']}"
        typer.echo(terminal_text(said), err=True)
    raise typer.Exit(max((error.exit_code for error in done.failures.values()), default=0))
