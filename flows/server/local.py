"""Prefect's server and worker on this machine: their start and their end.

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
from base64 import b64encode
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from flows.server import deployments
from flows.server import environment as env
from flows.server.deployments import ServerError
from pipeline.machine import untrusted
from pipeline.settings import setting

if TYPE_CHECKING:
    from psutil import Process

_START_SECONDS: Final = 120  # a first start creates the database
STOP_SECONDS: Final = 30.0
_CORRECT: Final = f"Start it, or correct {env.API_URL}."
_POLL_SECONDS: Final = 0.02
_UNTIL_EOF: Final = "from flows.server.local import prefect_until_eof; prefect_until_eof()"


def free_port() -> int:
    """Return a port on loopback that is free just now."""
    with socket.create_server((env.LOOPBACK, 0)) as probe:
        return int(probe.getsockname()[1])


def start(
    arguments: list[str],
    environment: Mapping[str, str],
    log: Path = Path(os.devnull),
    until_eof: bool = False,
) -> subprocess.Popen[bytes]:
    """Start a command of Prefect in the background, out of reach of this terminal's Ctrl-C.

    With `until_eof` it ends with this process, however this one ends; otherwise it stays.
    """
    program = ["-c", _UNTIL_EOF] if until_eof else ["-m", "prefect"]
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, *program, *arguments],
            env=dict(environment),
            stdin=subprocess.PIPE if until_eof else subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            umask=0o077 if arguments[0] == "server" else -1,  # the database is its user's alone
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


def is_healthy(api_url: str, what: str = "health", held: str = "") -> bool:
    """Whether a server answers at an address: as `ready` with its database, else to a secret.

    Raises:
        AccessRefused: It shows a certificate that is not trusted.
    """
    import ssl
    from http.client import HTTPException
    from urllib.request import ProxyHandler, build_opener

    try:
        opener = build_opener(ProxyHandler({} if env.host_here(api_url) else None))
        opener.addheaders = [("Authorization", f"Basic {b64encode(held.encode()).decode()}")]
        with opener.open(f"{api_url}/{what}", timeout=5) as answer:
            return bool(json.load(answer))
    except (OSError, ValueError, HTTPException) as error:  # nothing, or what is no server
        if isinstance(reason := getattr(error, "reason", None), ssl.SSLCertVerificationError):
            raise untrusted(f"The server at {api_url}", reason) from None
        return False


def wait_until_healthy(
    api_url: str, hint: str = "", server: subprocess.Popen[bytes] | None = None, wait: bool = False
) -> None:
    """Let a server answer: at once, or in time with `wait` or while the one started here lives.

    Raises:
        ServerError: It ended, or does not answer in time.
    """
    deadline = time.monotonic() + (_START_SECONDS if server or wait else 0)
    while not is_healthy(api_url):
        if (server and server.poll() is not None) or time.monotonic() > deadline:
            raise ServerError(f"No Prefect server answers at {api_url}.", hint or _CORRECT)
        time.sleep(_POLL_SECONDS)


def up(environment: Mapping[str, str]) -> str:
    """Start a server, our deployments and a worker, unless they run; return the API's address.

    Raises:
        ServerError: One of them does not start, or the port is taken.
    """
    settings = env.server_environment(environment)
    settings[env.API_URL] = running_server(environment) or _start_server(settings)
    if not running(environment, "worker"):
        deployments.deploy(settings)
        start(deployments.WORKER, settings, env.home(environment) / "worker.log")
    return settings[env.API_URL]


def _start_server(settings: Mapping[str, str]) -> str:
    down(settings)  # a worker whose server is gone, or a server that does not answer
    check_alone(settings)
    api_url, log = settings[env.API_URL], env.home(settings) / "server.log"
    wait_until_healthy(
        api_url, f"Look at {log}, and at the room there.", start(["server", "start"], settings, log)
    )
    return api_url


def check_alone(environment: Mapping[str, str]) -> None:
    """Check that a server can start on our home, and on its port.

    Raises:
        ServerError: Another one runs there, or another program.
    """
    if api_url := running_server(environment):
        said = f"The server of {env.home(environment)} runs already: {api_url.removesuffix('/api')}"
        raise ServerError(said, "To stop it: klynge server down")
    port: int = setting("server_port", environment)
    with socket.socket() as probe:
        if probe.connect_ex((env.LOOPBACK, port)) == 0:
            said = f"Port {port} is taken by another program."
            raise ServerError(said, "Set KLYNGE_SERVER_PORT to a free one.")


def down(environment: Mapping[str, str]) -> bool:
    """Stop worker and server, and return whether any of them ran."""
    import psutil

    found = [*running(environment, "worker"), *running(environment, "server")]
    for process in found:
        with suppress(psutil.NoSuchProcess):  # it ended with the one before
            # The runs first: a worker would kill them before they have told that they are stopped.
            _stop(process.children(recursive=True))
            _stop([process])
    return bool(found)


def _stop(processes: list[Process]) -> None:
    import psutil

    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    for stubborn in psutil.wait_procs(processes, STOP_SECONDS)[1]:
        stubborn.kill()


def running(environment: Mapping[str, str], command: str) -> dict[Process, str]:
    """Return the processes of `prefect server` or `worker` on our home, with the API's address."""
    import psutil

    folder = str(env.home(environment) / "prefect")
    found = {}
    for process in psutil.process_iter():
        with suppress(psutil.Error):  # it just ended, or is another user's
            if process.cmdline()[2:5] == ["prefect", command, "start"]:
                variables = process.environ()
                if variables.get("PREFECT_HOME") == folder:
                    found[process] = variables[env.API_URL]
    return found


def reached(environment: Mapping[str, str], wait: bool = False) -> dict[str, str]:
    """Return the environment of what talks to the server that is known, once it answers."""
    settings = env.client_environment(environment, known_server(environment))
    wait_until_healthy(settings[env.API_URL], wait=wait)
    return settings


def known_server(environment: Mapping[str, str]) -> str | None:
    """Return the address of the server that the environment names, else of that on our home."""
    return environment.get(env.API_URL, "").strip().rstrip("/") or running_server(environment)


def running_server(environment: Mapping[str, str]) -> str | None:
    """Return the address of the API of the server on our home, if it answers."""
    return next(filter(is_healthy, running(environment, "server").values()), None)
