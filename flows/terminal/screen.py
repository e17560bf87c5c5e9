"""The terminal: tables, sentences, JSON and CSV, and a progress bar on standard error."""

import io
import sys
from collections.abc import Iterable, Iterator, Sequence
from textwrap import fill
from typing import Any, Final, TypeVar

from rich.console import Console, JustifyMethod
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from pipeline.plain_text import terminal_text
from pipeline.reporting.texts import ENGLISH

Item = TypeVar("Item")
Part = str | Text | Table

_ENDLESS: Final = 100_000
"""Columns of a pipe: a row is one line, however long."""


class Terminal(Console):
    """A terminal wraps sentences at its width; a pipe gets each in one line, without colour."""

    def render_str(self, text: str, **given: Any) -> Text:
        """Draw a sentence or a cell, in which nothing moves the cursor."""
        return super().render_str(terminal_text(text), **given)

    def on_broken_pipe(self) -> None:
        """Leave it to the command line; rich would end the program with 1."""
        raise BrokenPipeError


def print_parts(parts: Iterable[Part]) -> None:
    """Print sentences and tables; a table that does not fit is printed as a block a row."""
    terminal = Terminal(highlight=False, markup=False)
    if not terminal.is_terminal:
        terminal.width = _ENDLESS
    endless = terminal.options.update(width=_ENDLESS)
    for part in parts:
        if not isinstance(part, Table):
            style = part.style if isinstance(part, Text) else None
            for line in str(part).splitlines() or [""]:
                terminal.print(_hanging(line, terminal.width), style=style, soft_wrap=True)
        elif Measurement.get(terminal, endless, part).maximum <= terminal.width:
            terminal.print(part)
        else:
            print_parts(_turned(part))


def _hanging(line: str, width: int) -> str:
    """Return a line wrapped between words, below where its last column begins if they fit there."""
    before, blanks, last = line.rpartition("  ")
    below = len(before + blanks)
    if below + max(map(len, last.split()), default=0) > width:
        below = 4
    indent = " " * below
    return fill(
        line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def _turned(drawn: Table) -> Iterator[Part]:
    headings = [str(column.header).replace("\n", " ") for column in drawn.columns]
    for name, *cells in zip(*(column.cells for column in drawn.columns), strict=True):
        yield styled(f"{headings[0]} {name}".strip())
        yield from (
            f"  {heading}: {cell}"
            for heading, cell in zip(headings[1:], cells, strict=True)
            if cell
        )


def print_as_it_is(content: str) -> None:
    """Print for machines: UTF-8 with LF, whatever a console such as that of Windows is set to."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    print(content, end="")


def styled(sentence: str, style: str = "bold") -> Text:
    """Return a sentence in a style, in which nothing moves the cursor."""
    return Text(terminal_text(sentence), style)


def table(
    headings: Iterable[str], rows: Iterable[Sequence[str]], total: Sequence[str] = ()
) -> Table:
    """Return a table, with a total as its last row in bold if there is one.

    Each heading begins with `<`, or with `>` over numbers: how its column is aligned.
    """
    drawn = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for heading in headings:
        justify: JustifyMethod = "right" if heading.startswith(">") else "left"
        drawn.add_column(heading[1:], justify=justify, no_wrap=True)
    for row in rows:
        drawn.add_row(*row)
    if total:
        drawn.add_row(*total, style="bold")
    return drawn


def kroner(amount_dkk: int) -> str:
    """Return an amount as text, such as `370,000 kr.`."""
    return f"{ENGLISH.number(amount_dkk)} kr."


def progress(items: Iterable[Item], doing: str, total: int | None = None) -> Iterable[Item]:
    """Hand the items on, with a progress bar where standard error is a terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        return items
    from rich.progress import track  # only where there is a terminal to show it on

    return track(items, description=doing, total=total, console=console, transient=True)
