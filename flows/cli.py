"""`klynge`, the command line. Heavy imports stand in the commands, so that help comes at once."""

from __future__ import annotations

import atexit
import gc
import os
import sys

import typer

from flows.commands.clusters import clusters
from flows.commands.deliver import deliver
from flows.commands.fetch import fetch
from flows.commands.run import run
from flows.commands.serve import serve
from flows.commands.server import app as server
from flows.commands.status import status
from pipeline.clock import Clock
from pipeline.errors import KlyngeError, StorageError

app = typer.Typer(
    name="klynge",
    help="What each municipality owes for the costs it shares in its health cluster, to the krone.",
    epilog="Example: klynge run 2022K1",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command(epilog="Example: klynge run 2022K1 --cluster amager-hvidovre")(run)
app.command(epilog="Example: klynge fetch --from 2022K1 --to 2023K1")(fetch)
app.command(epilog="Example: klynge deliver 2022K1 --dry-run")(deliver)
app.command(epilog="Example: klynge status")(status)
app.command(epilog="Example: klynge clusters --quarter 2027K1")(clusters)

app.command(epilog="Example: klynge serve, with PREFECT_API_URL set to the server")(serve)
app.add_typer(server, name="server")


def main(clock: Clock | None = None) -> None:
    """Run the command line; a user's mistake ends with one message and its own exit code.

    Args:
        clock: The clock and the pause; those of the system if left out.
    """
    _collect_garbage_rarely()
    try:
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


def _fail(error: KlyngeError) -> None:
    print(f"klynge: {error}", file=sys.stderr)
    sys.exit(error.exit_code)
