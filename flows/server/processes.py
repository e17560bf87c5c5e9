"""The Prefect server and worker that `klynge server` starts, by their process ids."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from flows.server import deployments
from flows.server import local as local_server
from flows.server.local import ServerError
from pipeline.errors import UsageError

DEFAULT_PORT: Final = 4200
LAST_PORT: Final = 65_535
STOP_SECONDS: Final = 30.0
_POLL_SECONDS: Final = 0.1


@dataclass(frozen=True)
class Processes:
    """What was started: the port of the server, and the ids of both processes."""

    port: int
    server: int
    worker: int

    @property
    def api_url(self) -> str:
        """Address of the server's API."""
        return f"http://{local_server.HOST}:{self.port}/api"

    @property
    def ui_url(self) -> str:
        """Address to open in a browser."""
        return f"http://{local_server.HOST}:{self.port}"


def up(environment: Mapping[str, str]) -> Processes:
    """Start a server, put the deployments on it, and start a worker; unless they run.

    Raises:
        ServerError: One of them does not start, or the port is taken.
    """
    running = recorded(environment)
    if running and is_alive(running.server) and is_alive(running.worker):
        return running
    down(environment)
    port = _port(environment)
    folder = local_server.home(environment)
    settings = local_server.prefect_environment(environment, port)
    Path(settings["PREFECT_HOME"]).mkdir(parents=True, exist_ok=True)
    arguments = ["server", "start", "--host", local_server.HOST, "--port", str(port)]
    with (folder / "server.log").open("ab") as log:
        server = local_server.start(arguments, settings, log)
    processes = Processes(port, server.pid, 0)
    _record(environment, processes)
    local_server.wait_until_healthy(processes.api_url, server, folder / "server.log")
    deployments.deploy(settings)
    with (folder / "worker.log").open("ab") as log:
        worker = local_server.start(["worker", "start", "--pool", deployments.POOL], settings, log)
    processes = Processes(port, server.pid, worker.pid)
    _record(environment, processes)
    return processes


def down(environment: Mapping[str, str]) -> bool:
    """Stop worker and server, and return whether any of them ran."""
    running = recorded(environment)
    if running is None:
        return False
    alive = [process for process in (running.worker, running.server) if is_alive(process)]
    for process in alive:
        _stop(process)
    _file(environment).unlink()
    return bool(alive)


def recorded(environment: Mapping[str, str]) -> Processes | None:
    """Return what was started and not stopped, alive or not."""
    try:
        return Processes(**json.loads(_file(environment).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None


def is_alive(process: int) -> bool:
    """Whether a process is there and is one of Prefect's: an id may belong to another by now."""
    if not process:
        return False
    command = ["ps", "-p", str(process), "-o", "stat=,command="]
    shown = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return "prefect" in shown and not shown.startswith("Z")


def _stop(process: int) -> None:
    os.killpg(process, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while is_alive(process):
        if time.monotonic() > deadline:
            os.killpg(process, signal.SIGKILL)
            return
        time.sleep(_POLL_SECONDS)


def _port(environment: Mapping[str, str]) -> int:
    text = environment.get("KLYNGE_SERVER_PORT", str(DEFAULT_PORT))
    port = int(text) if text.isascii() and text.isdecimal() else 0
    if not 0 < port <= LAST_PORT:
        raise UsageError(f"KLYNGE_SERVER_PORT is {text!r}; it must be a port, 1 to {LAST_PORT}.")
    if local_server.is_taken(port):
        raise ServerError(
            f"Port {port} is taken by another program.", "Set KLYNGE_SERVER_PORT to a free one."
        )
    return port


def _file(environment: Mapping[str, str]) -> Path:
    return local_server.home(environment) / "server.json"


def _record(environment: Mapping[str, str], processes: Processes) -> None:
    _file(environment).write_text(json.dumps(asdict(processes)), encoding="utf-8")
