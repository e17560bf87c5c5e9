"""`klynge server` and `klynge serve`: Prefect's server and worker on this machine."""

import os
import signal
import subprocess
import sys
from shlex import quote
from typing import Annotated

import typer

from flows.server import deployments, environment
from flows.server import local as local_server
from flows.server.health import Part, look
from flows.terminal.shared import Command, Form, Shared

app = typer.Typer(
    help="Start, watch and stop Prefect on this machine",
    epilog="Example: klynge server up",
    no_args_is_help=True,
)

command = app.command(cls=Command)


@command
def up(shared: Shared) -> None:
    """Start the server and a worker, with our deployments on it; print where to look."""
    from filelock import FileLock  # help does not wait for it

    environment.set_folders(shared.settings)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # as for `_be_prefect`
    with environment.own(os.environ) as home, FileLock(home / "up.lock"):  # of two, one starts it
        api_url = local_server.up(os.environ)
    file = quote(str(environment.secret_file(os.environ)))
    _tell(
        shared,
        f"Prefect's UI: {api_url.removesuffix('/api')}, password: klynge server open",
        f"To use it from a shell: export PREFECT_API_URL={api_url}",
        f'and: export PREFECT_API_AUTH_STRING="$(cat {file})"',
        "A run: prefect deployment run quarterly/on-demand -p quarter=2022K1",
        "To stop: klynge server down",
    )


def _tell(shared: Shared, *lines: str) -> None:
    """Show lines, to people as they are: some are there to be pasted into a shell."""
    if shared.given["form"] is not Form.TABLE or shared.given["quiet"]:
        shared.show(lines)
    else:
        print(*lines, sep="\n")


@app.command("open", cls=Command)
def open_pages(shared: Shared) -> None:
    """Show the server's pages in a browser, and the password that they ask for once."""
    import webbrowser

    api_url = local_server.known_server(os.environ) or environment.local_url(os.environ)
    local_server.wait_until_healthy(api_url, "Start it: klynge server up")
    settings = environment.client_environment(os.environ, api_url)
    pages, held = settings[environment.PAGES_URL], settings[environment.AUTHENTICATION]
    if not local_server.is_healthy(api_url, "admin/version", held):
        held = environment.secret(os.environ)
    _tell(shared, f"Prefect's UI: {pages}", f"Password: {held}")
    webbrowser.open(pages)


@command
def start() -> None:
    """Be the server until it is stopped: for systemd or a container."""
    local_server.check_alone(os.environ)
    os.environ.update(environment.server_environment(os.environ))
    os.umask(0o077)  # the database is its user's alone
    _be_prefect("server", "start")


@command
def down(shared: Shared) -> None:
    """Stop the worker and the server; the history stays."""
    _tell(shared, "Stopped." if local_server.down(os.environ) else "Nothing was running.")


@command
def status(
    shared: Shared,
    parts: Annotated[
        list[Part] | None,
        typer.Argument(metavar="PART", help="What to look at; everything if it is left out."),
    ] = None,
) -> None:
    """Say whether runs will come and come through, the worst first; fit for a monitor.

    PART is server, database, worker, schedule, run, quarter or delivery. The exit code is 2 where
    no run will come, 1 where runs go on and somebody must look, and 0 else.
    """
    found = look(os.environ, shared.settings, parts or ())
    shared.show(
        [*map(str, found), f"History, logs and secret: {environment.home(os.environ)}"],
        rows=[{**row._asdict(), "level": row.level.name.lower()} for row in found],
        exit_code=max(row.level for row in found),
    )


@command
def deploy(shared: Shared) -> None:
    """Put the deployments and automations on the server of PREFECT_API_URL, else of KLYNGE_HOME."""
    deployments.deploy(local_server.reached(os.environ))
    _tell(shared, "Deployed: quarterly/scheduled, quarterly/on-demand, backfill/on-demand.")


def serve(shared: Shared) -> None:
    """Deploy to the server of PREFECT_API_URL, and run what it schedules from this process."""
    environment.set_folders(shared.settings)
    os.environ.update(local_server.reached(os.environ, wait=True))
    deployments.deploy(os.environ)
    _be_prefect(*deployments.WORKER)


def _be_prefect(*arguments: str) -> None:
    # A script's background jobs ignore SIGINT, by which a worker ends, at SIGTERM too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    command = [sys.executable, "-m", "prefect", *arguments]  # as `up` and `down` find it
    if os.name == "nt":  # which knows no exec
        sys.exit(subprocess.call(command))
    os.execv(sys.executable, command)
