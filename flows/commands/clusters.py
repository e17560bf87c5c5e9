"""`klynge clusters`: who belongs where."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from flows.terminal import options
from schemas.quarter import Quarter


def clusters(
    quarter: Annotated[
        Quarter | None,
        typer.Option(
            parser=options.quarter,
            metavar="QUARTER",
            help="Quarter whose rules to show; the current one if it is left out.",
        ),
    ] = None,
    data_dir: options.DataDir = None,
) -> None:
    """List the clusters in force, their members and how each counts."""
    from flows.terminal import console
    from pipeline.calculation.membership import rules_in_force
    from pipeline.reference.tables import load_reference

    reference = load_reference(options.settings(data_dir).data_dir)
    rules = rules_in_force(
        quarter or Quarter.of_day(date.today()),
        reference.clusters,
        reference.memberships,
        reference.costs,
    )
    console.print_clusters(rules, reference)
