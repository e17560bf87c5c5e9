"""`klynge fetch`, `status` and `check`: the snapshots and rules that reports rest on."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from flows.terminal import options
from pipeline.errors import UsageError
from schemas.quarter import Quarter, quarter_range

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.analysis.checks import Checked


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
    """Fetch the population of quarters from the StatBank and store it as snapshots."""
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


def status(
    context: typer.Context,
    data_dir: options.DataDir = None,
    reports_dir: options.ReportsDir = None,
) -> None:
    """Show what is stored and written, and what the StatBank has published."""
    settings = options.settings(data_dir, reports_dir)
    from flows.terminal import console
    from pipeline.delivery.deliver import newest_plan
    from pipeline.revisions.store import written_revisions
    from pipeline.snapshots.acquisition import Access, Acquisition

    acquisition = Acquisition(settings, Access(), context.obj)
    console.print_stored(acquisition.store, written_revisions(settings.reports_dir))
    if (plan := newest_plan(settings)) and plan.pending:
        console.print_delivery(plan, "to be delivered")
    console.print_published(acquisition.publication)


def check(
    quarter: Annotated[
        Quarter | None,
        typer.Argument(
            parser=options.quarter,
            metavar="QUARTER",
            help="Check only what this quarter rests on, and calculate it.",
        ),
    ] = None,
    fix_format: Annotated[
        bool,
        typer.Option(
            "--fix-format",
            help="First rewrite reference files in canonical form: order, quoting, line ends.",
        ),
    ] = False,
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
    as_csv: options.AsCsv = False,
) -> None:
    """Check rules and snapshots; write nothing.

    Reference data, coverage of the rules, and snapshots are checked. The exit code is that of
    the worst that was found; a finding that only needs explaining is 0.
    """
    from flows.terminal import screen as output
    from flows.terminal.screen import progress
    from pipeline.analysis.checks import check as run_checks
    from pipeline.calculation.calculate import Parameters
    from pipeline.reference.editing import fix_format as rewrite
    from schemas.report_name import ReportName

    output.one_form(as_json, as_csv)
    settings = options.settings(data_dir)
    rewritten = rewrite(settings.data_dir) if fix_format else []
    parameters = Parameters(ReportName(quarter)) if quarter else None
    watched = partial(progress, doing="Reading the snapshots")
    checked = list(run_checks(parameters, settings, watched))
    if as_json or as_csv:
        rows = [
            {"subject": row.subject, "exit_code": row.exit_code, "text": text}
            for row in checked
            for text in _texts(row) or [""]
        ]
        output.print_json(rows) if as_json else output.print_csv(rows)
    else:
        for path in rewritten:
            print(f"Rewritten in canonical form: {path}")
        _print(checked)
    raise typer.Exit(max((row.exit_code for row in checked), default=0))


def _texts(row: Checked) -> list[str]:
    """Return what was found, and what to type about it."""
    from flows.terminal.remedies import command, told

    found = [told(row.error)] if row.error else list(row.texts)
    return [*found, *filter(None, [command(row.remedy, {})])]


def _print(checked: Sequence[Checked]) -> None:
    from flows.terminal.screen import Terminal

    console = Terminal()
    for row in checked:
        texts = _texts(row)
        outcome = "FAILED" if row.error else "explain" if texts else "ok"
        console.say(f"{outcome:8}{row.subject}", style="bold red" if row.exit_code else "")
        for text in texts:
            console.say("\n".join(f"        {line}" for line in text.splitlines()))
    failed = sum(bool(row.exit_code) for row in checked)
    console.say(f"{len(checked)} checks, {f'{failed} failed' if failed else 'all right'}.")
