"""`klynge`, the command line. Heavy imports stand in the commands, so that help comes at once."""

import atexit
import gc
import io
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated

import typer

from flows.commands import analysis, audit, inputs, reports, rules
from flows.commands.server import app as server
from flows.commands.server import serve
from flows.terminal.remedies import told
from flows.terminal.shared import Command
from pipeline.errors import KlyngeError, StorageError, UsageError
from pipeline.machine import Clock, installed_version
from pipeline.plain_text import terminal_text

app = typer.Typer(
    name="klynge",
    help="What each municipality owes for the costs it shares in its health cluster, to the krone.",
    epilog="Example: klynge run 2022K1",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _print_version(asked: bool) -> None:
    if asked:
        print(f"klynge {installed_version()}")
        raise typer.Exit


@app.callback()
def _version(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version)
    ] = False,
) -> None:
    """What `klynge` itself is asked."""


EXAMPLES: Mapping[Callable[..., None], str] = {
    reports.run: "run 2022K1 --cluster amager-hvidovre",
    inputs.init: "init",
    inputs.fetch: "fetch --from 2022K1 --to 2023K1",
    reports.deliver: "deliver 2022K1 --dry-run",
    inputs.status: "status",
    rules.clusters: "clusters --quarter 2027K1",
    analysis.explain: "explain 2022K1 amager-hvidovre roedovre",
    analysis.compare: "compare 2022K1 2023K1",
    analysis.transition: "transition 2026K4 2027K1",
    analysis.scenario: "scenario hoejere-beloeb 2022K1 --set halvt-aarsvaerk.amount_dkk=400000",
    reports.backfill: "backfill --from 2016K1 --to 2023K1 --rules 2022K1",
    inputs.check: "check 2022K1",
    audit.audit: "audit notat.xlsx --quarter 2022K1 --cluster amager-hvidovre",
    rules.add_cost: "add-cost halvt-aarsvaerk viborg 370000 --name-da '½ årsværk' "
    "--name-en 'Half a full-time post' --from 2023K1 --source rm-klynger",
    rules.add_key: "add-key boern --name-da '0-17-årige' --name-en 'Aged 0-17' "
    "--ages 0-17 --population-of year_before --from 2023K1 --source memo-syd-2022",
    rules.add_membership: "add-membership amager-hvidovre greve --from 2024K1 --fraction 1/2 "
    "--source memo-syd-2022",
    rules.change_cost: "change-cost halvt-aarsvaerk --amount 381100 --from 2026K1",
    rules.end_cost: "end-cost halvt-aarsvaerk --last 2025K4",
    rules.add_source: "add-source notat-2026 --title 'Memo on 2026'",
    rules.end_membership: "end-membership koege greve --last 2023K4",
    serve: "serve, with PREFECT_API_URL set to the server",
}
for function, example in EXAMPLES.items():
    app.command(cls=Command, epilog=f"Example: klynge {example}")(function)
app.add_typer(server, name="server")
program = typer.main.get_command(app)


def main(clock: Clock | None = None) -> None:
    """Run the command line; a user's mistake ends with one message and its own exit code."""
    _collect_garbage_rarely()
    _print_any_sign()
    try:
        _check_arguments(sys.argv[1:])
        program(obj=clock or Clock())
    except BrokenPipeError:  # the reader of a pipe, such as head, had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except (KlyngeError, OSError) as caught:
        error = StorageError.of(caught)
        print(f"klynge: {terminal_text(told(error))}", file=sys.stderr)
        sys.exit(error.exit_code)


def _collect_garbage_rarely() -> None:
    """Spare a short command a third of its time, which went into collecting among its imports."""
    gc.set_threshold(100_000)
    atexit.register(gc.freeze)


def _print_any_sign() -> None:
    """Let a terminal that lacks a sign, as many on Windows do, show its number instead."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")


def _check_arguments(arguments: Sequence[str]) -> None:
    """Refuse what could move the cursor of a terminal that a message shows it on."""
    for argument in arguments:
        if terminal_text(argument) != argument:
            raise UsageError(f"An argument has signs that are no text: {argument[:100]!a}")
