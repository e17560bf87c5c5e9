"""`klynge check`: everything but writing."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from flows.terminal import options
from schemas.quarter import Quarter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.analysis.checks import Checked


def check(
    quarter: Annotated[
        Quarter | None,
        typer.Argument(
            parser=options.quarter,
            metavar="[QUARTER]",
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
    accept_jump: options.AcceptJump = None,
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
    as_csv: options.AsCsv = False,
) -> None:
    """Check rules and snapshots; write nothing.

    Reference data, coverage of the rules, and snapshots are checked. The exit code is that of
    the worst that was found; a finding that only needs explaining is 0.
    """
    from flows.terminal import output
    from flows.terminal.screen import progress
    from pipeline.analysis.checks import check as run_checks
    from pipeline.calculation.inputs import Parameters
    from pipeline.reference.editing import fix_format as rewrite
    from schemas.report_name import ReportName

    output.one_form(as_json, as_csv)
    settings = options.settings(data_dir)
    rewritten = rewrite(settings.data_dir) if fix_format else []
    parameters = (
        Parameters(ReportName(quarter), accept_jumps=tuple(accept_jump or ())) if quarter else None
    )
    watched = partial(progress, doing="Reading the snapshots")
    checked = list(run_checks(parameters, settings, watched))
    if as_json or as_csv:
        rows = [
            {"subject": row.subject, "exit_code": row.exit_code, "text": text}
            for row in checked
            for text in row.texts or ("",)
        ]
        output.print_json(rows) if as_json else output.print_csv(rows)
    else:
        for path in rewritten:
            print(f"Rewritten in canonical form: {path}")
        _print(checked)
    raise typer.Exit(max((row.exit_code for row in checked), default=0))


def _print(checked: Sequence[Checked]) -> None:
    from flows.terminal.screen import Terminal

    console = Terminal()
    for row in checked:
        outcome = "FAILED" if row.exit_code else "explain" if row.texts else "ok"
        console.say(f"{outcome:8}{row.subject}", style="bold red" if row.exit_code else "")
        for text in row.texts:
            console.say("\n".join(f"        {line}" for line in text.splitlines()))
    failed = sum(bool(row.exit_code) for row in checked)
    console.say(f"{len(checked)} checks, {f'{failed} failed' if failed else 'all right'}.")
