"""`klynge server`: a Prefect server and worker on this machine."""

from __future__ import annotations

import os

import typer

from flows.server import deployments
from flows.server import local as local_server
from flows.server import processes as server_processes
from flows.terminal import options

app = typer.Typer(
    help="Start and stop a Prefect server and worker on this machine.",
    epilog="Example: klynge server up",
    no_args_is_help=True,
)


@app.command()
def up(data_dir: options.DataDir = None, reports_dir: options.ReportsDir = None) -> None:
    """Start the server and a worker, with our deployments on it; print where to look."""
    settings = options.settings(data_dir, reports_dir)
    folders = {
        "KLYNGE_DATA_DIR": str(settings.data_dir.resolve()),
        "KLYNGE_REPORTS_DIR": str(settings.reports_dir.resolve()),
    }
    running = server_processes.up({**os.environ, **folders})
    print(f"Prefect's UI: {running.ui_url}")
    print(f"To use it from a shell: export PREFECT_API_URL={running.api_url}")
    print("A run: prefect deployment run quarterly/on-demand -p quarter=2022K1")
    print("To stop: klynge server down")


@app.command()
def down() -> None:
    """Stop the worker and the server; the history stays."""
    print("Stopped." if server_processes.down(os.environ) else "Nothing was running.")


@app.command()
def status() -> None:
    """Say whether the server and the worker run, and where their history and logs are."""
    running = server_processes.recorded(os.environ)
    worker = running is not None and server_processes.is_alive(running.worker)
    healthy = running is not None and local_server.is_healthy(running.api_url)
    print(f"Server: {running.ui_url if running and healthy else 'not running'}")
    print(f"Worker: {'running' if worker else 'not running'}")
    database = "Postgres" if "KLYNGE_POSTGRES_URL" in os.environ else "SQLite"
    print(f"History ({database}) and logs: {local_server.home(os.environ)}")


@app.command()
def deploy() -> None:
    """Put the work pool, deployments and automation on the server of PREFECT_API_URL."""
    deployments.deploy(os.environ)
    print("Deployed: quarterly/scheduled, quarterly/on-demand, backfill/on-demand.")
