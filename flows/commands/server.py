"""`klynge server` and `klynge serve`: Prefect's server and worker on this machine."""

from __future__ import annotations

import os
import runpy
import sys
from pathlib import Path

import typer

from flows.server import deployments
from flows.server import local as local_server
from flows.terminal import options

app = typer.Typer(
    help="Start and stop a Prefect server and worker on this machine.",
    epilog="Example: klynge server up",
    no_args_is_help=True,
)


@app.command()
def up(data_dir: options.DataDir = None, reports_dir: options.ReportsDir = None) -> None:
    """Start the server and a worker, with our deployments on it; print where to look."""
    _set_folders(data_dir, reports_dir)
    api_url = local_server.up(os.environ)
    print(f"Prefect's UI: {api_url.removesuffix('/api')}")
    print(f"To use it from a shell: export PREFECT_API_URL={api_url}")
    print("A run: prefect deployment run quarterly/on-demand -p quarter=2022K1")
    print("To stop: klynge server down")


@app.command()
def down() -> None:
    """Stop the worker and the server; the history stays."""
    print("Stopped." if local_server.down(os.environ) else "Nothing was running.")


@app.command()
def status() -> None:
    """Say whether the server and the worker run, and where their history and logs are."""
    api_url = local_server.running_server(os.environ)
    worker = local_server.running(os.environ, "worker")
    print(f"Server: {api_url.removesuffix('/api') if api_url else 'not running'}")
    print(f"Worker: {'running' if worker else 'not running'}")
    database = "Postgres" if "KLYNGE_POSTGRES_URL" in os.environ else "SQLite"
    print(f"History ({database}) and logs: {local_server.home(os.environ)}")


@app.command()
def deploy() -> None:
    """Put the work pool, deployments and automation on the server of PREFECT_API_URL."""
    deployments.deploy(os.environ)
    print("Deployed: quarterly/scheduled, quarterly/on-demand, backfill/on-demand.")


def serve(data_dir: options.DataDir = None, reports_dir: options.ReportsDir = None) -> None:
    """Deploy to the server of PREFECT_API_URL, and run what it schedules from this process."""
    _set_folders(data_dir, reports_dir)
    deployments.deploy(os.environ)
    sys.argv[1:] = [*deployments.WORKER, "--limit", "2"]
    runpy.run_module("prefect", run_name="__main__", alter_sys=True)


def _set_folders(data_dir: Path | None, reports_dir: Path | None) -> None:
    settings = options.settings(data_dir, reports_dir)
    os.environ["KLYNGE_DATA_DIR"] = str(settings.data_dir.resolve())
    os.environ["KLYNGE_REPORTS_DIR"] = str(settings.reports_dir.resolve())
