"""`klynge fetch`: get snapshots of many quarters in few requests."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.terminal import options
from pipeline.errors import UsageError
from schemas.quarter import Quarter, quarter_range


def fetch(
    context: typer.Context,
    quarters: Annotated[
        list[Quarter] | None,
        typer.Argument(parser=options.quarter, metavar="QUARTER", help="Such as 2022K1."),
    ] = None,
    first: Annotated[
        Quarter | None,
        typer.Option("--from", parser=options.quarter, metavar="QUARTER", help="First of a range."),
    ] = None,
    last: Annotated[
        Quarter | None,
        typer.Option("--to", parser=options.quarter, metavar="QUARTER", help="Last of a range."),
    ] = None,
    refresh: options.Refresh = False,
    accept_jump: options.AcceptJump = None,
    data_dir: options.DataDir = None,
    verbose: options.Verbose = False,
) -> None:
    """Fetch the population of quarters from the StatBank and keep it as snapshots."""
    options.log_to_terminal(verbose)
    wanted = _wanted(quarters or [], first, last)
    settings = options.settings(data_dir)
    from flows.terminal import console
    from pipeline.snapshots.acquisition import Access, Acquisition

    access = Access(refresh=refresh, accept_jumps=tuple(accept_jump or ()))
    acquisition = Acquisition(settings, access, context.obj)
    console.print_fetched(wanted, acquisition.fetch_all(wanted))


def _wanted(quarters: list[Quarter], first: Quarter | None, last: Quarter | None) -> list[Quarter]:
    if (first is None) != (last is None):
        raise UsageError("--from and --to belong together.", "Example: --from 2022K1 --to 2023K1")
    if first and last and last < first:
        raise UsageError(
            f"--from {first} lies after --to {last}.", f"Example: --from {last} --to {first}"
        )
    ranged = quarter_range(first, last) if first and last else ()
    wanted = sorted({*quarters, *ranged})
    if not wanted:
        raise UsageError("No quarter to fetch.", "Example: klynge fetch 2022K1 2023K1")
    return wanted
