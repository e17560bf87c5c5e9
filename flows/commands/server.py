"""`klynge server` and `klynge serve`: Prefect's server and worker on this machine."""

import os
import runpy
import sys
from shlex import quote
from typing import Annotated

import typer

from flows.server import deployments
from flows.server import local as local_server
from flows.server.environment import (
    API_URL,
    client_environment,
    home,
    secret,
    secret_file,
    server_environment,
    set_folders,
)
from flows.server.health import Part, look
from flows.terminal.shared import Command, Shared

app = typer.Typer(
    help="Start, watch and stop a Prefect server and worker on this machine.",
    epilog="Example: klynge server up",
    no_args_is_help=True,
)

command = app.command(cls=Command)


@command
def up(shared: Shared) -> None:
    """Start the server and a worker, with our deployments on it; print where to look."""
    set_folders(shared.settings)
    api_url = local_server.up(os.environ)
    print(f"Prefect's UI: {api_url.removesuffix('/api')}, password: klynge server open")
    print(f"To use it from a shell: export PREFECT_API_URL={api_url}")
    print(f'and: export PREFECT_API_AUTH_STRING="$(cat {quote(str(secret_file(os.environ)))})"')
    print("A run: prefect deployment run quarterly/on-demand -p quarter=2022K1")
    print("To stop: klynge server down")


@app.command("open", cls=Command)
def open_pages() -> None:
    """Show the server's pages in a browser, and the password that they ask for once."""
    import webbrowser

    api_url = local_server.running_server(os.environ)
    if api_url is None:
        raise deployments.ServerError("No server runs on this home.", "Start it: klynge server up")
    pages = api_url.removesuffix("/api")
    print(f"Prefect's UI: {pages}")
    print(f"Password: {secret(os.environ)}")
    webbrowser.open(pages)


@command
def start() -> None:
    """Be the server until it is stopped: for systemd or a container."""
    os.environ.update(server_environment(os.environ))
    os.umask(0o077)  # the database is its user's alone
    _be_prefect("server", "start")


@command
def down() -> None:
    """Stop the worker and the server; the history stays."""
    print("Stopped." if local_server.down(os.environ) else "Nothing was running.")


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
        [*map(str, found), f"History, logs and secret: {home(os.environ)}"],
        [{**row._asdict(), "level": row.level.name.lower()} for row in found],
        exit_code=max(row.level for row in found),
    )


@command
def deploy() -> None:
    """Put the work pool, deployments and automations on the server of PREFECT_API_URL."""
    settings = client_environment(os.environ)
    local_server.wait_until_healthy(settings[API_URL], local_server.CORRECT, seconds=0)
    deployments.deploy(settings)
    print("Deployed: quarterly/scheduled, quarterly/on-demand, backfill/on-demand.")


def serve(shared: Shared) -> None:
    """Deploy to the server of PREFECT_API_URL, and run what it schedules from this process."""
    set_folders(shared.settings)
    os.environ.update(client_environment(os.environ))
    local_server.wait_until_healthy(os.environ[API_URL], local_server.CORRECT)
    deployments.deploy(os.environ)
    _be_prefect(*deployments.WORKER, "--limit", "2")


def _be_prefect(*arguments: str) -> None:
    sys.argv[1:] = arguments
    runpy.run_module("prefect", run_name="__main__", alter_sys=True)
