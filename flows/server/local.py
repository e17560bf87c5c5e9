"""A Prefect server on this machine: its settings, its start, and whether it answers.

Nothing here imports Prefect, so that a server can start while the caller still imports.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Final

from pipeline.errors import KlyngeError

HOST: Final = "127.0.0.1"
START_SECONDS: Final = 120.0
"""How long a first start may take; it creates the database."""

_POLL_SECONDS: Final = 0.02


class ServerError(KlyngeError):
    """The local Prefect server or worker cannot be used."""


def home(environment: Mapping[str, str]) -> Path:
    """Return the folder of the server's database, logs and process ids: `KLYNGE_HOME`."""
    return Path(environment.get("KLYNGE_HOME") or Path.home() / ".klynge").resolve()


def prefect_environment(environment: Mapping[str, str], port: int) -> dict[str, str]:
    """Return the environment for Prefect with sane settings: loopback, no telemetry, our home.

    What the environment sets itself, such as a log level, is kept.

    Args:
        environment: The environment to start from.
        port: Port of the server on loopback.
    """
    url = f"http://{HOST}:{port}/api"
    sane = {
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        # Leases in memory would be lost with the server, and their slots taken for good.
        "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": (
            "prefect.server.concurrency.lease_storage.filesystem"
        ),
        "PREFECT_LOGGING_EXTRA_LOGGERS": "pipeline,flows",
        **environment,
        "PREFECT_HOME": str(home(environment) / "prefect"),
        "PREFECT_API_URL": url,
        "PREFECT_SERVER_UI_API_URL": url,
    }
    if postgres := environment.get("KLYNGE_POSTGRES_URL"):
        _, _, address = postgres.partition("://")
        sane["PREFECT_API_DATABASE_CONNECTION_URL"] = f"postgresql+asyncpg://{address}"
    return sane


def free_port() -> int:
    """Return a port on loopback that is free just now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def is_taken(port: int) -> bool:
    """Whether some program listens on a port on loopback."""
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def start(
    arguments: list[str], environment: Mapping[str, str], log: IO[bytes] | int
) -> subprocess.Popen[bytes]:
    """Start a command of Prefect in the background, in a session of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "prefect", *arguments],
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def is_healthy(api_url: str) -> bool:
    """Whether a server answers at an address."""
    try:
        with urllib.request.urlopen(f"{api_url}/health", timeout=5) as answer:
            return bool(json.load(answer))
    except (OSError, ValueError, urllib.error.URLError):
        return False


def wait_until_healthy(api_url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until a server that was started answers.

    Raises:
        ServerError: It ended, or does not answer in time.
    """
    deadline = time.monotonic() + START_SECONDS
    while not is_healthy(api_url):
        if server.poll() is not None or time.monotonic() > deadline:
            raise ServerError(f"Prefect's server did not start at {api_url}.", f"Look at {log}.")
        time.sleep(_POLL_SECONDS)
