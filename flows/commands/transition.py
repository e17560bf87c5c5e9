"""`klynge transition`: from one structure to another on the same people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from flows.terminal import options
from schemas.quarter import Quarter
from schemas.records import Language

if TYPE_CHECKING:
    from pipeline.analysis.transition_report import TransitionReport

_COLUMNS = ("before_dkk", "after_dkk", "change_dkk", "change_least_dkk", "change_most_dkk")
_HEADINGS = ("Before", "After", "Change", "Least", "Most")


def transition(
    before: Annotated[
        Quarter,
        typer.Argument(parser=options.quarter, metavar="BEFORE", help="Whose rules are before."),
    ],
    after: Annotated[
        Quarter,
        typer.Argument(parser=options.quarter, metavar="AFTER", help="Whose rules are after."),
    ],
    population: Annotated[
        Quarter | None,
        typer.Option(
            parser=options.quarter,
            metavar="QUARTER",
            help="Population quarter; the newest stored if it is left out.",
        ),
    ] = None,
    amount: Annotated[
        int | None,
        typer.Option(
            metavar="KRONER",
            min=0,
            help="What each cluster shares; that of the costs before if it is left out.",
        ),
    ] = None,
    language: Annotated[Language, typer.Option(help="Language of what is written.")] = (
        Language.DANISH
    ),
    data_dir: options.DataDir = None,
    reports_dir: options.ReportsDir = None,
    as_json: options.AsJson = False,
    as_csv: options.AsCsv = False,
) -> None:
    """Show what each municipality pays and with whom, before and after a change of structure.

    Every cluster shares the same amount on the same population, so that only the structure
    differs. The range covers all combinations of what is uncertain, by alternatives.csv. A
    workbook, a page and CSV are written to reports/transitions.
    """
    from flows.terminal import screen as output
    from pipeline.analysis.transition_report import write_transition
    from pipeline.snapshots.acquisition import Acquisition

    output.one_form(as_json, as_csv)
    acquisition = Acquisition.offline(options.settings(data_dir, reports_dir))
    written = write_transition(before, after, population, amount, language, acquisition)
    if as_json:
        tables = {"rows": written.rows, "effects": written.effects}
        output.print_json({"folder": str(written.folder), **tables})
    elif as_csv:
        output.print_csv(written.rows)
    else:
        _print(written)


def _print(written: TransitionReport) -> None:
    from flows.terminal.screen import Terminal, table
    from pipeline.reporting.texts import whole

    console = Terminal()
    rows = table(("Municipality", "left"), *((heading, "right") for heading in _HEADINGS))
    for row in written.rows:
        amounts = (whole(row[column], Language.ENGLISH) for column in _COLUMNS)
        rows.add_row(f"{row['municipality_code']} {row['municipality_name']}", *amounts)
    console.print(rows)
    console.say("Least and most: the change over all combinations of the uncertain rules.")
    console.say(f"Written: {written.folder}", "bold")
