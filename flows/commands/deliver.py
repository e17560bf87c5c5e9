"""`klynge deliver`: the newest revision to everyone who gets it."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.terminal import options
from schemas.quarter import Quarter


def deliver(
    context: typer.Context,
    quarter: Annotated[
        Quarter, typer.Argument(parser=options.quarter, metavar="QUARTER", help="Such as 2022K1.")
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be delivered; deliver nothing.")
    ] = False,
    data_dir: options.DataDir = None,
    reports_dir: options.ReportsDir = None,
    verbose: options.Verbose = False,
) -> None:
    """Deliver the newest revision of a quarter to the targets that have not got it yet."""
    options.log_to_terminal(verbose)
    settings = options.settings(data_dir, reports_dir)
    from flows.terminal import console
    from pipeline.delivery import deliver as delivery

    targets = delivery.configured_targets(settings)
    if dry_run:
        console.print_delivery(delivery.plan(str(quarter), settings, targets), "to be delivered")
    else:
        done = delivery.deliver(str(quarter), settings, targets, context.obj)
        console.print_delivery(done, "delivered")
