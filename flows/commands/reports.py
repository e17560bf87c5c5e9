"""`klynge run`, `backfill` and `deliver`: reports, calculated, written and handed on."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.server import embedded
from flows.terminal import options
from flows.terminal.remedies import told
from pipeline.plain_text import terminal_text
from schemas.quarter import Quarter
from schemas.records import Language
from schemas.report_name import ReportName

if TYPE_CHECKING:
    from pipeline.analysis.backfill import Backfilled
    from pipeline.snapshots.acquisition import Acquisition


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
    report_name = ReportName(quarter, rules, language=language)
    parameters = Parameters(report_name, estimate_districts, settings.contact)
    shown = _chosen_clusters(cluster, report_name.rules, acquisition) if cluster else []
    if prefect:
        report = embedded.run_flow(parameters, access)
    else:
        report = pipeline_run.run(parameters, acquisition)
    if as_json:
        console.print_json(report.outcome.manifest)
    elif not quiet:
        console.print_report(report, shown)


def _chosen_clusters(written: list[str], quarter: Quarter, acquisition: Acquisition) -> list[str]:
    """Return the ids of the clusters to show, and stop before anything is written if one is not."""
    from pipeline.calculation.membership import rules_in_force
    from pipeline.reference import names

    rules = rules_in_force(acquisition.reference, quarter)
    known = names.clusters(rules.clusters)
    return [names.find("cluster", text, known).code for text in written]


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
    from pipeline.delivery.mail import read_issue

    targets = delivery.configured_targets(settings)
    if dry_run:
        issue = read_issue(report, settings.reports_dir)
        console.print_delivery(delivery.plan(issue, targets), "to be delivered")
    else:
        done = delivery.deliver(report, settings, targets, context.obj)
        console.print_delivery(done, "delivered")


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

    What is not stored is fetched, unless --offline. A quarter that fails is reported at the end,
    and the others are written; the exit code is that of the worst.
    """
    from flows.terminal import screen as output
    from flows.terminal.screen import progress
    from pipeline.analysis.backfill import Request
    from pipeline.analysis.backfill import backfill as calculate_all
    from pipeline.snapshots.acquisition import Access, Acquisition

    options.log_to_terminal(verbose)
    output.one_form(as_json, as_csv)
    access = Access(offline, accept_jumps=tuple(accept_jump or ()))
    settings = options.settings(data_dir, reports_dir)
    acquisition = Acquisition(settings, access, context.obj)
    request = Request(first, last, rules, settings.contact, reports, parquet)
    done = calculate_all(request, acquisition, partial(progress, doing="Back-filling"))
    if as_json:
        output.print_json(_as_dict(done))
    elif as_csv:
        print(done.files[0].read_text(encoding="utf-8") if done.files else "", end="")
        for quarter, error in done.failures.items():
            print(terminal_text(f"FAILED {quarter}: {told(error)}"), file=sys.stderr)
    else:
        _print(done)
    raise typer.Exit(max((error.exit_code for error in done.failures.values()), default=0))


def _as_dict(done: Backfilled) -> dict[str, Any]:
    return {
        "files": [str(path) for path in done.files],
        "quarters": _summaries(done),
        "failures": [
            {"quarter": str(quarter), "exit_code": error.exit_code, "reason": told(error)}
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
            "shared_funds_dkk": sum(fund.cost.amount_dkk for fund in row.result.shared_funds),
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
        console.say(f"FAILED {quarter}: {told(error)}", "bold red")
