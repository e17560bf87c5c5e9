"""Ends what a test run leaves behind, however it ended: a killed run cleans up nothing itself.

Every process of a run has the run's folder in its environment, in which all temporary files are. A
watcher outside the run reads from a pipe that closes when the run is over, and then ends each
process of the run and removes the folder. It is in memory where there is room: on a disk, flushing
and removing a small file takes twenty times as long.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
from filelock import FileLock

VARIABLE = "KLYNGEFORDELING_TEST_RUN"
MEMORY = Path("/dev/shm")
ENOUGH_BYTES = 4 * 2**30


def watch() -> None:
    """Start the watcher, unless this process belongs to a run that is watched already."""
    if VARIABLE not in os.environ:
        where = MEMORY if "TMPDIR" not in os.environ and _has_room(MEMORY) else None
        os.environ[VARIABLE] = os.environ["TMPDIR"] = tempfile.mkdtemp(prefix="tests-", dir=where)
        Path(os.environ[VARIABLE]).chmod(0o711)  # Postgres runs as another user
        tempfile.tempdir = None  # or what was asked for before would be remembered
        command = [sys.executable, "-m", "tests.leftovers"]
        reader, _ = os.pipe()  # which closes when this process ends, however it does
        watcher = subprocess.Popen(command, stdin=reader, start_new_session=True)
        os.close(reader)
        watcher.returncode = 0  # nobody waits for what outlives this process


def _has_room(folder: Path) -> bool:
    """Return whether a folder of memory takes a run, and lets programs in it be started."""
    if not (folder.is_dir() and os.access(folder, os.W_OK)):
        return False
    can_start = not os.statvfs(folder).f_flag & os.ST_NOEXEC
    return can_start and shutil.disk_usage(folder).free > ENOUGH_BYTES


def shared(name: str, make: Callable[[Path], object]) -> Path:
    """Return a folder that is made once in a run, by the first worker that asks for it."""
    folder = Path(os.environ[VARIABLE])
    with FileLock(folder / f"{name}.lock"):
        if not (folder / name).exists():
            make(folder / f"{name}.tmp")
            (folder / f"{name}.tmp").rename(folder / name)
    return folder / name


def end_all(run: str) -> None:
    """End every process of a run but this one."""
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.pid != os.getpid() and process.environ().get(VARIABLE) == run:
                process.kill()


if __name__ == "__main__":
    sys.stdin.read()
    end_all(os.environ[VARIABLE])
    shutil.rmtree(os.environ[VARIABLE], ignore_errors=True)
