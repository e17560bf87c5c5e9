"""`klynge transition`: from one structure to another on the same people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from flows.terminal import options
from flows.terminal.shared import Shared
from schemas.quarter import Quarter
from schemas.records import Language

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flows.terminal.screen import Part
    from pipeline.analysis.transition_report import TransitionReport

_COLUMNS = ("before_dkk", "after_dkk", "change_dkk", "change_least_dkk", "change_most_dkk")
_HEADINGS = (">Before", ">After", ">Change", ">Least", ">Most")


def transition(
    before: Annotated[Quarter, options.QUARTER.argument("Whose rules are before.", "BEFORE")],
    after: Annotated[Quarter, options.QUARTER.argument("Whose rules are after.", "AFTER")],
    shared: Shared,
    population: Annotated[
        Quarter | None,
        options.QUARTER.option("Population quarter; the newest stored if it is left out."),
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
) -> None:
    """Show what each municipality pays and with whom, before and after a change of structure.

    Every cluster shares the same amount on the same population, so that only the structure
    differs. The range covers all combinations of what is uncertain, by alternatives.csv. A
    workbook, a page and CSV are written to reports/transitions.
    """
    from pipeline.analysis.transition_report import write_transition

    acquisition = shared.acquisition(offline=True)
    written = write_transition(before, after, population, amount, language, acquisition)
    tables = {"rows": written.rows, "effects": written.effects}
    shared.show(_parts(written), {"folder": written.folder, **tables}, written.rows)


def _parts(written: TransitionReport) -> Iterator[Part]:
    from flows.terminal.screen import styled, table
    from pipeline.reporting.texts import whole

    yield table(
        ["<Municipality", *_HEADINGS],
        [
            [
                f"{row['municipality_code']} {row['municipality_name']}",
                *(whole(row[column], Language.ENGLISH) for column in _COLUMNS),
            ]
            for row in written.rows
        ],
    )
    yield "Least and most: the change over all combinations of the uncertain rules."
    yield styled(f"Written: {written.folder}")
