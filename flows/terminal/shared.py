"""What every command shares: its options, and how what it returns is shown."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperArgument, TyperCommand

from pipeline.machine import Clock
from pipeline.settings import Settings

if TYPE_CHECKING:
    from flows.terminal.screen import Part
    from pipeline.reporting.rows import Rows
    from pipeline.snapshots.acquisition import Acquisition

Form = StrEnum("Form", "TABLE CSV JSON")
"""How what a command has to show is written."""


def _options(
    data_dir: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Reference data and snapshots.", envvar="KLYNGE_DATA_DIR"
        ),
    ] = None,
    reports_dir: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="The reports.", envvar="KLYNGE_REPORTS_DIR"),
    ] = None,
    form: Annotated[
        Form, typer.Option("--format", help="Text, CSV (comma, decimal point, UTF-8) or JSON.")
    ] = Form.TABLE,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Print each step.")] = False,
) -> None:
    """Declare the options that commands share."""


class Shared(typer.Context):
    """The context of a command: the clock as `obj`, and the shared options as `given`."""

    obj: Clock
    given: dict[str, Any]

    @property
    def settings(self) -> Settings:
        """The settings of the environment, with the folders that are given."""
        given = {name: self.given[name] for name in ("data_dir", "reports_dir") if self.given[name]}
        return replace(Settings.from_environment(os.environ), **given)

    def acquisition(
        self, offline: bool = False, refresh: bool = False, accept_jump: Iterable[str] | None = ()
    ) -> Acquisition:
        """Return what gets figures: stored ones, and unless `offline` from the StatBank."""
        from pipeline.snapshots.acquisition import Access, Acquisition

        access = Access(offline, refresh, tuple(accept_jump or ()))
        return Acquisition(self.settings, access, self.obj)

    def show(
        self,
        parts: Iterable[Part],
        document: Any = None,
        rows: Rows | str | None = None,
        exit_code: int = 0,
    ) -> None:
        """Print what a command has to show, in the form that is asked for.

        Args:
            parts: Sentences and tables for people.
            document: The same as JSON; the rows if it is left out.
            rows: The same as CSV: rows, or the content of a file; the sentences if it is left out.
            exit_code: How the command ends.
        """
        from flows.terminal import screen
        from pipeline.reporting.rows import machine_csv

        form = Form.TABLE if self.given["quiet"] else self.given["form"]
        if rows is None and form is not Form.TABLE:
            rows = [{"text": str(part)} for part in parts]
        if form is Form.JSON:
            value = rows if document is None else document
            text = json.dumps(value, ensure_ascii=False, indent=1, default=str)
            screen.print_as_it_is(f"{text}\n")
        elif form is Form.CSV:
            screen.print_as_it_is(rows if isinstance(rows, str) else machine_csv(rows or ()))
        elif self.given["quiet"]:
            list(parts)  # what fails on the way to them is told all the same
        else:
            screen.print_parts(parts)
        if exit_code:
            raise typer.Exit(exit_code)


class Command(TyperCommand):
    """A command with the options that all commands share."""

    context_class = Shared

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.params += _declared()
        for parameter in self.params:
            parameter.secondary_opts = []  # what is off is left out: there is no --no-
            if isinstance(parameter, TyperArgument):  # its name says more than Python's type
                vars(parameter)["display_type_rich"] = lambda ctx: ""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Keep the shared options in the context, apart from the arguments of the function."""
        try:
            rest = super().parse_args(ctx, args)
        except typer.BadParameter as error:
            error.message = error.message.removeprefix("Value error, ")  # a word of Python's
            raise
        ctx.given = {row.name: ctx.params.pop(row.name) for row in _declared()}
        _log_to_terminal(ctx.given["verbose"], ctx.given["quiet"])
        return rest

    def get_short_help_str(self, limit: int = 0) -> str:
        """Return the first sentence of the help as a whole."""
        return str(self.help).partition("\n\n")[0].replace("\n", " ").removesuffix(".")


@cache
def _declared() -> list[Any]:
    declaring = typer.Typer(add_completion=False)
    declaring.command()(_options)
    return typer.main.get_command(declaring).params


def _log_to_terminal(verbose: bool, quiet: bool) -> None:
    """Let each step be printed to standard error, or only warnings, or only errors."""
    level = logging.INFO if verbose else logging.ERROR if quiet else logging.WARNING
    terminal = logging.StreamHandler(sys.stderr)
    terminal.setLevel(level)  # a flow logs its steps to Prefect also where they are not printed
    # What a flow fails with is printed once, by the command.
    terminal.addFilter(lambda line: verbose or not line.name.startswith("prefect"))
    logging.basicConfig(level=level, format="%(message)s", handlers=[terminal])
    logging.getLogger("urllib3").setLevel(logging.INFO if verbose else logging.ERROR)
    logging.getLogger("httpx").setLevel(logging.WARNING)
