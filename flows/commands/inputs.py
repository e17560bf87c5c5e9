"""`klynge init`, `fetch`, `status` and `check`: the rules and snapshots that reports rest on."""

from collections import Counter
from dataclasses import asdict
from functools import partial
from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from flows.terminal import options
from flows.terminal.shared import Shared
from pipeline.errors import UsageError
from schemas.quarter import Quarter


def init(
    shared: Shared,
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="FOLDER", help="Where its folder data stands, or is to stand."),
    ] = None,
    update: Annotated[
        bool, typer.Option(help="Show what newer rules would change; write nothing.")
    ] = False,
    write: Annotated[bool, typer.Option(help="Write what --update shows.")] = False,
) -> None:
    """Start a data folder with the rules and figures that come with klynge, or update one.

    An update brings rows that nobody here changed, and figures of quarters that are not there.
    What an analyst changed, added or removed stays.
    """
    from flows.terminal import console, screen
    from pipeline.reference import bundled

    data_dir = folder / "data" if folder else shared.settings.data_dir
    if not (update or write):
        bundled.initialise(data_dir)
        keepers = f"Who keeps which table current: {data_dir / 'README.md'}"
        report = f"A report{f', in {folder}' if folder and folder.name else ''}: klynge run 2022K1"
        shared.show((screen.styled(f"Written: {data_dir}"), keepers, report), {"folder": data_dir})
        return
    planned = bundled.planned_update(data_dir)
    if write:
        bundled.write_update(data_dir, planned)
    rows = [asdict(row) for row in planned.rows]
    document = {"rows": rows, "quarters": planned.quarters, "written": write}
    shared.show(console.update_parts(planned, write, quote(str(data_dir))), document)


def fetch(
    shared: Shared,
    quarters: Annotated[list[Quarter] | None, options.QUARTER.argument()] = None,
    first: Annotated[Quarter | None, options.QUARTER.option("First of a range.", "--from")] = None,
    last: Annotated[Quarter | None, options.QUARTER.option("Last of a range.", "--to")] = None,
    rules: Annotated[Quarter | None, options.QUARTER.option("By another quarter's rules.")] = None,
    refresh: options.Refresh = False,
    accept_jump: options.AcceptJump = None,
) -> None:
    """Fetch the population of quarters from the StatBank and store it as snapshots."""
    from flows.terminal import console
    from pipeline.analysis.backfill import Request

    if (first is None) != (last is None):
        raise UsageError("--from and --to belong together.", "Example: --from 2022K1 --to 2023K1")
    ranged = Request(first, last).quarters if first and last else ()
    wanted = sorted({*(quarters or ()), *ranged})
    if not wanted:
        raise UsageError("No quarter to fetch.", "Example: klynge fetch 2022K1 2023K1")
    acquisition = shared.acquisition(refresh=refresh, accept_jump=accept_jump)
    asked = {row for quarter in wanted for row in acquisition.wanted(quarter, rules)}
    tables = Counter(sorted(source.table for source, _ in asked))
    shared.show(console.fetched_parts(tables, acquisition.fetch_all(wanted, rules)))


def status(shared: Shared) -> None:
    """Show what is stored and written, and what the StatBank has published."""
    from flows.terminal import console
    from pipeline.delivery.deliver import newest_plan
    from pipeline.revisions.store import written_revisions

    revisions = written_revisions(shared.settings.reports_dir)
    plan = newest_plan(shared.settings)
    shared.show(console.status_parts(shared.acquisition(), revisions, plan))


def check(
    shared: Shared,
    quarter: Annotated[
        Quarter | None,
        options.QUARTER.argument("Check only what this quarter rests on, and calculate it."),
    ] = None,
    fix_format: Annotated[
        bool, typer.Option(help="First rewrite files in canonical form: order, quotes, line ends.")
    ] = False,
) -> None:
    """Check rules and snapshots; write nothing.

    Reference data, coverage of the rules, and snapshots are checked. The exit code is that of
    the worst that was found; a finding that only needs explaining is 0.
    """
    from flows.terminal import console, screen
    from pipeline.analysis.checks import check as run_checks
    from pipeline.calculation.calculate import Parameters
    from pipeline.reference.editing import fix_format as rewrite
    from schemas.report_name import ReportName

    settings = shared.settings
    rewritten = rewrite(settings.data_dir) if fix_format else []
    parameters = Parameters(ReportName(quarter)) if quarter else None
    watched = partial(screen.progress, doing="Reading the snapshots")
    checked = list(run_checks(parameters, settings, watched))
    rows = [
        {"subject": row.subject, "exit_code": row.exit_code, "text": text}
        for row in checked
        for text in console.found_by(row) or [""]
    ]
    exit_code = max((row.exit_code for row in checked), default=0)
    shared.show(console.checked_parts(checked, rewritten), rows, rows, exit_code)
