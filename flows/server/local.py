"""Prefect's server and worker on this machine: their environment, their start and their end.

Nothing here imports Prefect, so that a server can start while the caller still imports. What runs
is found among the processes of the system, so no record of it can be lost or out of date. How a
process is started apart from ours and stopped, which Windows does in its own way, stands here.
"""

from __future__ import annotations

import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from flows.server import deployments
from flows.server.deployments import ServerError
from pipeline.settings import setting

if TYPE_CHECKING:
    from psutil import Process

HOST: Final = "127.0.0.1"
START_SECONDS: Final = 120.0
"""How long a first start may take; it creates the database."""

STOP_SECONDS: Final = 30.0
_POLL_SECONDS: Final = 0.02
_UNTIL_EOF: Final = "from flows.server.local import prefect_until_eof; prefect_until_eof()"


def home(environment: Mapping[str, str]) -> Path:
    """Return the folder of the server's database and logs: `KLYNGE_HOME`."""
    folder: Path = setting("home", environment)
    return folder.expanduser().resolve()


def prefect_environment(environment: Mapping[str, str], port: int) -> dict[str, str]:
    """Return the environment for Prefect with sane settings: loopback, no telemetry, our home.

    What the environment sets itself, such as a log level, is kept. The home is created.
    """
    folder = home(environment) / "prefect"
    folder.mkdir(parents=True, exist_ok=True)
    url = f"http://{HOST}:{port}/api"
    sane = {
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        # Leases in memory would be lost with the server, and their slots taken for good.
        "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": (
            "prefect.server.concurrency.lease_storage.filesystem"
        ),
        **environment,
        "PREFECT_HOME": str(folder),
        "PREFECT_API_URL": url,
        "PREFECT_SERVER_API_HOST": HOST,
        "PREFECT_SERVER_API_PORT": str(port),
        "PREFECT_SERVER_UI_API_URL": url,
    }
    if postgres := setting("postgres_url", environment):
        _, _, address = postgres.partition("://")
        sane["PREFECT_API_DATABASE_CONNECTION_URL"] = f"postgresql+asyncpg://{address}"
    return sane


def free_port() -> int:
    """Return a port on loopback that is free just now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def start(
    arguments: list[str],
    environment: Mapping[str, str],
    log: IO[bytes] | int,
    until_eof: bool = False,
) -> subprocess.Popen[bytes]:
    """Start a command of Prefect in the background, out of reach of this terminal's Ctrl-C.

    With `until_eof` it ends with this process, however this one ends; otherwise it stays.
    """
    program = ["-c", _UNTIL_EOF] if until_eof else ["-m", "prefect"]
    return subprocess.Popen(
        [sys.executable, *program, *arguments],
        env=dict(environment),
        stdin=subprocess.PIPE if until_eof else subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # without effect on Windows, which has a flag for it
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
    )


def prefect_until_eof() -> None:
    """Be Prefect's command line until standard input ends: a pipe from whoever started this.

    The system closes the pipe when that process is gone, also one that was killed.
    """
    threading.Thread(target=_end_at_eof, daemon=True).start()
    runpy.run_module("prefect", run_name="__main__", alter_sys=True)


def _end_at_eof() -> None:
    os.read(0, 1)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(STOP_SECONDS)
    os._exit(1)


def is_healthy(api_url: str) -> bool:
    """Whether a server answers at an address."""
    import urllib.request

    try:
        with urllib.request.urlopen(f"{api_url}/health", timeout=5) as answer:
            return bool(json.load(answer))
    except (OSError, ValueError):
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


def up(environment: Mapping[str, str]) -> str:
    """Start a server, our deployments and a worker, unless they run; return the API's address.

    Raises:
        ServerError: One of them does not start, or the port is taken.
    """
    api_url = running_server(environment)
    if api_url and running(environment, "worker"):
        return api_url
    down(environment)
    settings = prefect_environment(environment, _port(environment))
    api_url, folder = settings["PREFECT_API_URL"], home(environment)
    with (folder / "server.log").open("ab") as log:
        server = start(["server", "start"], settings, log)
    wait_until_healthy(api_url, server, folder / "server.log")
    deployments.deploy(settings)
    with (folder / "worker.log").open("ab") as log:
        start(deployments.WORKER, settings, log)
    return api_url


def down(environment: Mapping[str, str]) -> bool:
    """Stop worker and server, and return whether any of them ran."""
    import psutil

    found = [*running(environment, "worker"), *running(environment, "server")]
    for process in found:
        with suppress(psutil.NoSuchProcess):  # it ended with the one before
            _stop([process, *process.children(recursive=True)])
    return bool(found)


def running(environment: Mapping[str, str], command: str) -> dict[Process, str]:
    """Return the processes of `prefect server` or `worker` on our home, with the API's address."""
    import psutil

    folder = str(home(environment) / "prefect")
    found = {}
    for process in psutil.process_iter():
        with suppress(psutil.Error):  # it just ended, or is another user's
            if process.cmdline()[2:5] == ["prefect", command, "start"]:
                variables = process.environ()
                if variables.get("PREFECT_HOME") == folder:
                    found[process] = variables["PREFECT_API_URL"]
    return found


def running_server(environment: Mapping[str, str]) -> str | None:
    """Return the address of the API of the server on our home, if it answers."""
    return next(filter(is_healthy, running(environment, "server").values()), None)


def _stop(family: list[Process]) -> None:
    import psutil

    for process in family:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    _, stubborn = psutil.wait_procs(family, STOP_SECONDS)
    for process in stubborn:
        process.kill()


def _port(environment: Mapping[str, str]) -> int:
    port: int = setting("server_port", environment)
    with socket.socket() as probe:
        if probe.connect_ex((HOST, port)) == 0:
            message = f"Port {port} is taken by another program."
            raise ServerError(message, "Set KLYNGE_SERVER_PORT to a free one.")
    return port
