"""`klynge`, the command line. Heavy imports stand in the commands, so that help comes at once."""

import atexit
import gc
import io
import os
import sys
from collections.abc import Sequence
from functools import partial
from typing import Annotated

import typer

from flows.commands.analysis import compare, explain, scenario
from flows.commands.audit import audit
from flows.commands.inputs import check, fetch, init, status
from flows.commands.reports import backfill, deliver, run
from flows.commands.rules import (
    add_cost,
    add_key,
    add_membership,
    add_source,
    change_cost,
    clusters,
    end_cost,
    end_membership,
)
from flows.commands.server import app as server
from flows.commands.server import serve
from flows.commands.transition import transition
from flows.terminal.remedies import told
from flows.terminal.shared import Command
from pipeline.errors import KlyngeError, StorageError, UsageError
from pipeline.machine import Clock
from pipeline.plain_text import terminal_text

app = typer.Typer(
    name="klynge",
    help="What each municipality owes for the costs it shares in its health cluster, to the krone.",
    epilog="Example: klynge run 2022K1",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
command = partial(app.command, cls=Command)


def _print_version(asked: bool) -> None:
    if asked:
        from pipeline.machine import installed_version

        print(f"klynge {installed_version()}")
        raise typer.Exit


@app.callback()
def _version(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", is_eager=True, callback=_print_version
        ),
    ] = False,
) -> None:
    """What `klynge` itself is asked."""


command(epilog="Example: klynge run 2022K1 --cluster amager-hvidovre")(run)
command(epilog="Example: klynge init")(init)
command(epilog="Example: klynge fetch --from 2022K1 --to 2023K1")(fetch)
command(epilog="Example: klynge deliver 2022K1 --dry-run")(deliver)
command(epilog="Example: klynge status")(status)
command(epilog="Example: klynge clusters --quarter 2027K1")(clusters)
command(epilog="Example: klynge explain 2022K1 amager-hvidovre roedovre")(explain)
command(epilog="Example: klynge compare 2022K1 2023K1")(compare)
command(epilog="Example: klynge transition 2026K4 2027K1")(transition)
command(
    epilog="Example: klynge scenario hoejere-beloeb 2022K1 --set halvt-aarsvaerk.amount_dkk=400000"
)(scenario)
command(epilog="Example: klynge backfill --from 2016K1 --to 2023K1 --rules 2022K1")(backfill)
command(epilog="Example: klynge check 2022K1")(check)
command(epilog="Example: klynge audit notat.xlsx --quarter 2022K1 --cluster amager-hvidovre")(audit)
command(
    epilog="Example: klynge add-cost halvt-aarsvaerk viborg 370000 --name-da '½ årsværk' "
    "--name-en 'Half a full-time post' --from 2023K1 --source rm-klynger"
)(add_cost)
command(
    epilog="Example: klynge add-key boern --name-da '0-17-årige' --name-en 'Aged 0-17' "
    "--ages 0-17 --population-of year_before --from 2023K1 --source memo-syd-2022"
)(add_key)
command(
    epilog="Example: klynge add-membership amager-hvidovre greve --from 2024K1 --fraction 1/2 "
    "--source memo-syd-2022"
)(add_membership)
command(epilog="Example: klynge change-cost halvt-aarsvaerk --amount 381100 --from 2026K1")(
    change_cost
)
command(epilog="Example: klynge end-cost halvt-aarsvaerk --last 2025K4")(end_cost)
command(epilog="Example: klynge add-source notat-2026 --title 'Memo on 2026'")(add_source)
command(epilog="Example: klynge end-membership koege greve --last 2023K4")(end_membership)

command(epilog="Example: klynge serve, with PREFECT_API_URL set to the server")(serve)
app.add_typer(server, name="server")


def main(clock: Clock | None = None) -> None:
    """Run the command line; a user's mistake ends with one message and its own exit code."""
    _collect_garbage_rarely()
    _print_any_sign()
    try:
        _check_arguments(sys.argv[1:])
        app(obj=clock or Clock())
    except KlyngeError as error:
        _fail(error)
    except BrokenPipeError:  # the reader of a pipe, such as head, had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        _fail(StorageError.of(error))


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


def _fail(error: KlyngeError) -> None:
    print(f"klynge: {terminal_text(told(error))}", file=sys.stderr)
    sys.exit(error.exit_code)
