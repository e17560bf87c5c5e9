"""The terminal: tables, sentences, JSON and CSV, and a progress bar on standard error."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipeline.plain_text import terminal_text
from pipeline.reporting.rows import machine_csv
from pipeline.reporting.texts import whole
from schemas.records import Language

Item = TypeVar("Item")

PIPE_WIDTH = 100
"""Columns of the tables where the output is not a terminal."""


class Terminal(Console):
    """A terminal wraps sentences at its width; a pipe gets each in one line, without colour."""

    def __init__(self) -> None:
        super().__init__(highlight=False, markup=False)
        if not self.is_terminal:
            super().__init__(width=PIPE_WIDTH, no_color=True, markup=False, highlight=False)

    def render_str(self, text: str, **given: Any) -> Text:
        """Draw a sentence or a cell, in which nothing moves the cursor."""
        return super().render_str(terminal_text(text), **given)

    def on_broken_pipe(self) -> None:
        """Leave it to the command line; rich would end the program with 1."""
        raise BrokenPipeError

    def say(self, sentence: str, style: str = "") -> None:
        """Print a sentence, in one line where it is piped."""
        self.print(sentence, style=style, soft_wrap=not self.is_terminal)


def table(*columns: tuple[str, str]) -> Table:
    """Return an empty table; each column is a heading and `left` or `right`."""
    rows = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for heading, justify in columns:
        number = justify == "right"
        rows.add_column(
            heading, justify="right" if number else "left", overflow="fold", no_wrap=number
        )
    return rows


def kroner(amount_dkk: int) -> str:
    """Return an amount as text, such as `370,000 kr.`."""
    return f"{whole(amount_dkk, Language.ENGLISH)} kr."


def progress(items: Iterable[Item], doing: str) -> Iterable[Item]:
    """Hand the items on, with a progress bar where standard error is a terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        return items
    return _with_bar(items, doing, console)


def _with_bar(items: Iterable[Item], doing: str, console: Console) -> Iterator[Item]:
    from rich.progress import track  # only where there is a terminal to show it on

    yield from track(items, description=doing, console=console, transient=True)


def one_form(as_json: bool, as_csv: bool) -> None:
    """Refuse both forms at once.

    Raises:
        typer.BadParameter: Both are asked for.
    """
    if as_json and as_csv:
        raise typer.BadParameter("choose one of --json and --csv")


def print_json(value: Any) -> None:
    """Print a value as JSON."""
    print(json.dumps(value, ensure_ascii=False, indent=1))


def print_csv(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print rows as CSV for machines; the first row names the columns."""
    print(machine_csv(rows), end="")
