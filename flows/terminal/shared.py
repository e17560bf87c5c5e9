"""What every command shares: its options, and how what it returns is shown."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from typer.core import TyperCommand

from pipeline.clock import Clock
from pipeline.settings import Settings, variable

if TYPE_CHECKING:
    from flows.terminal.screen import Part
    from pipeline.reporting.rows import Rows

Function = TypeVar("Function", bound=Callable[..., None])


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
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="Print CSV: comma, decimal point, UTF-8.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Print each step.")] = False,
) -> None:
    """Declare the options that commands share."""


class Shared(typer.Context):
    """The context of a command: the clock, and the shared options as `given`."""

    given: dict[str, Any]

    @property
    def clock(self) -> Clock:
        """The clock and the pause."""
        clock: Clock = self.obj
        return clock

    @property
    def settings(self) -> Settings:
        """The settings of the environment, with the folders that are given."""
        folders = {variable(name): self.given.get(name) for name in ("data_dir", "reports_dir")}
        given = {name: str(path) for name, path in folders.items() if path}
        return Settings.from_environment({**os.environ, **given})

    def show(
        self, parts: Iterable[Part], document: Any = None, rows: Rows | str = (), exit_code: int = 0
    ) -> None:
        """Print what a command has to show, in the form that is asked for.

        Args:
            parts: Sentences and tables for people.
            document: The same as JSON.
            rows: The same as CSV: rows, or the content of a file.
            exit_code: How the command ends.
        """
        from flows.terminal import screen

        if self.given.get("as_json"):
            screen.print_json(document)
        elif self.given.get("as_csv"):
            screen.print_csv(rows)
        elif not self.given.get("quiet"):
            screen.print_parts(parts)
        if exit_code:
            raise typer.Exit(exit_code)


class Command(TyperCommand):
    """A command with the shared options that its function names by `shares`."""

    context_class = Shared

    def __init__(self, *args: Any, callback: Callable[..., None], **more: Any) -> None:
        super().__init__(*args, callback=callback, **more)
        self.shared = vars(callback).get("shared", ())
        self.params += [row for row in _declared() if row.name in self.shared]

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Keep the shared options in the context, apart from the arguments of the function."""
        rest = super().parse_args(ctx, args)
        ctx.given = {name: ctx.params.pop(name) for name in self.shared}
        if ctx.given.get("as_json") and ctx.given.get("as_csv"):
            raise typer.BadParameter("choose one of --json and --csv")
        if "verbose" in ctx.given:
            _log_to_terminal(ctx.given["verbose"])
        return rest


@cache
def _declared() -> list[Any]:
    declaring = typer.Typer(add_completion=False)
    declaring.command()(_options)
    return typer.main.get_command(declaring).params


def shares(*names: str) -> Callable[[Function], Function]:
    """Give a command some of the shared options; it finds them in its context."""

    def shared(function: Function) -> Function:
        vars(function)["shared"] = names
        return function

    return shared


def _log_to_terminal(verbose: bool) -> None:
    """Let each step be printed to standard error, or only warnings."""
    level = logging.INFO if verbose else logging.WARNING
    terminal = logging.StreamHandler(sys.stderr)
    terminal.setLevel(level)  # a flow logs its steps to Prefect also where they are not printed
    # What a flow fails with is printed once, by the command.
    terminal.addFilter(lambda line: verbose or not line.name.startswith("prefect"))
    logging.basicConfig(level=level, format="%(message)s", handlers=[terminal])
    logging.getLogger("urllib3").setLevel(logging.INFO if verbose else logging.ERROR)
    logging.getLogger("httpx").setLevel(logging.WARNING)
