"""`klynge deliver`: the newest revision to everyone who gets it."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from flows.terminal import options
from schemas.report_name import ReportName


def deliver(
    context: typer.Context,
    report: Annotated[ReportName, options.report_argument("REPORT")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be delivered; deliver nothing.")
    ] = False,
    data_dir: options.DataDir = None,
    reports_dir: options.ReportsDir = None,
    verbose: options.Verbose = False,
) -> None:
    """Deliver the newest revision of a report to the targets that have not got it yet."""
    options.log_to_terminal(verbose)
    settings = options.settings(data_dir, reports_dir)
    from flows.terminal import console
    from pipeline.delivery import deliver as delivery
    from pipeline.delivery.settings import DeliverySettings

    targets = delivery.configured_targets(settings, DeliverySettings.from_environment(os.environ))
    if dry_run:
        console.print_delivery(delivery.plan(report, settings, targets), "to be delivered")
    else:
        done = delivery.deliver(report, settings, targets, context.obj)
        console.print_delivery(done, "delivered")
