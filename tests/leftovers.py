"""Ends what a test run leaves behind, however it ended: a killed run cleans up nothing itself.

Every process of a run has the run's name in its environment. A watcher outside the run reads from
a pipe that closes when the run is over, and then ends each process of that name.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
from filelock import FileLock

VARIABLE = "KLYNGEFORDELING_TEST_RUN"

_pipes: list[subprocess.Popen[bytes]] = []


def watch() -> None:
    """Start the watcher, unless this process belongs to a run that is watched already."""
    if VARIABLE not in os.environ:
        os.environ[VARIABLE] = uuid.uuid4().hex
        command = [sys.executable, "-m", "tests.leftovers"]
        _pipes.append(subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True))


def shared(name: str, make: Callable[[Path], object]) -> Path:
    """Return a folder that is made once in a run, by the first worker that asks for it."""
    folder = _folder(os.environ[VARIABLE])
    folder.mkdir(exist_ok=True)
    with FileLock(folder / f"{name}.lock"):
        if not (folder / name).exists():
            make(folder / f"{name}.tmp")
            (folder / f"{name}.tmp").rename(folder / name)
    return folder / name


def _folder(run: str) -> Path:
    return Path(tempfile.gettempdir()) / f"klyngefordeling-tests-{run}"


def end_all(run: str) -> None:
    """End every process of a run but this one."""
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.pid != os.getpid() and process.environ().get(VARIABLE) == run:
                process.kill()


if __name__ == "__main__":
    sys.stdin.read()
    end_all(os.environ[VARIABLE])
    shutil.rmtree(_folder(os.environ[VARIABLE]), ignore_errors=True)
