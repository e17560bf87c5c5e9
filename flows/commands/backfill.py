"""`klynge backfill`: many quarters in one go."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.terminal import options
from schemas.quarter import Quarter

if TYPE_CHECKING:
    from pipeline.analysis.backfill import Backfilled


def backfill(
    context: typer.Context,
    first: Annotated[
        Quarter,
        typer.Option("--from", parser=options.quarter, metavar="QUARTER", help="First quarter."),
    ],
    last: Annotated[
        Quarter,
        typer.Option("--to", parser=options.quarter, metavar="QUARTER", help="Last quarter."),
    ],
    rules: options.Rules = None,
    reports: Annotated[
        bool, typer.Option("--reports", help="Write the full report of each quarter too.")
    ] = False,
    parquet: Annotated[
        bool, typer.Option("--parquet", help="Write the table as Parquet too.")
    ] = False,
    offline: options.Offline = False,
    accept_jump: options.AcceptJump = None,
    data_dir: options.DataDir = None,
    reports_dir: options.ReportsDir = None,
    as_json: options.AsJson = False,
    as_csv: options.AsCsv = False,
    verbose: options.Verbose = False,
) -> None:
    """Calculate many quarters as one tidy table.

    What is not held is fetched, unless --offline. A quarter that fails is reported at the end,
    and the others are written; the exit code is that of the worst.
    """
    from flows.terminal import output
    from flows.terminal.screen import progress
    from pipeline.analysis.backfill import Request
    from pipeline.analysis.backfill import backfill as calculate_all
    from pipeline.snapshots.acquisition import Access, Acquisition

    options.log_to_terminal(verbose)
    output.one_form(as_json, as_csv)
    accepted = tuple(accept_jump or ())
    access = Access(offline, accept_jumps=accepted)
    settings = options.settings(data_dir, reports_dir)
    acquisition = Acquisition(settings, access, context.obj)
    request = Request(first, last, rules, accepted, settings.contact, reports, parquet)
    done = calculate_all(request, acquisition, partial(progress, doing="Back-filling"))
    if as_json:
        output.print_json(_as_dict(done))
    elif as_csv:
        print(done.files[0].read_text(encoding="utf-8") if done.files else "", end="")
    else:
        _print(done)
    raise typer.Exit(max((error.exit_code for error in done.failures.values()), default=0))


def _as_dict(done: Backfilled) -> dict[str, Any]:
    return {
        "files": [str(path) for path in done.files],
        "quarters": _summaries(done),
        "failures": [
            {"quarter": str(quarter), "exit_code": error.exit_code, "reason": str(error)}
            for quarter, error in done.failures.items()
        ],
        "left_out": [str(quarter) for quarter in done.left_out],
    }


def _summaries(done: Backfilled) -> list[dict[str, Any]]:
    return [
        {
            "quarter": str(quarter),
            "rules": str(row.result.rules.quarter),
            "clusters": len(row.result.clusters),
            "allocated_dkk": sum(
                allocation.cost.amount_dkk
                for cluster in row.result.clusters
                for allocation in cluster.allocations
            ),
            "shared_funds_dkk": sum(pool.cost.amount_dkk for pool in row.result.pools),
            "report": str(row.outcome.folder) if row.outcome else "",
        }
        for quarter, row in done.calculated.items()
    ]


def _print(done: Backfilled) -> None:
    from flows.terminal.screen import Terminal, kroner, table

    console = Terminal()
    rows = table(
        ("Quarter", "left"), ("Rules", "left"), ("Clusters", "right"), 
        ("Allocated", "right"), ("Shared funds", "right"), ("Report", "left"),
    )  # fmt: skip
    for row in _summaries(done):
        amounts = (kroner(row["allocated_dkk"]), kroner(row["shared_funds_dkk"]))
        rows.add_row(row["quarter"], row["rules"], str(row["clusters"]), *amounts, row["report"])
    console.print(rows)
    for path in done.files:
        console.say(f"Written: {path}", "bold")
    if done.left_out:
        console.say(f"Not stored, left out: {', '.join(map(str, done.left_out))}")
    for quarter, error in done.failures.items():
        console.say(f"FAILED {quarter}: {error}", "bold red")
