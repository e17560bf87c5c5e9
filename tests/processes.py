"""The command line as a process of its own, the way a user starts it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
KLYNGE = str(Path(sys.executable).with_name("klynge"))
NOBODY = "http://127.0.0.1:9/v1"
"""A StatBank where no one listens: port 9 is for discarding (RFC 863), and nothing serves it."""

PATIENCE_SECONDS = 300.0
"""How long a command may take before a test gives it up; a run takes about a second."""


def environment(data_dir: Path, reports_dir: Path, **more: str) -> dict[str, str]:
    """Return this process's environment with the folders of a test, and bytecode kept.

    It reaches no StatBank: the stored snapshots must be enough.
    """
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    folders = {"KLYNGE_DATA_DIR": str(data_dir), "KLYNGE_REPORTS_DIR": str(reports_dir)}
    return {**kept, **folders, "KLYNGE_STATBANK_URL": NOBODY, **more}


def start(
    *arguments: str, env: dict[str, str], cwd: Path = REPOSITORY, umask: int = -1
) -> subprocess.Popen[str]:
    """Start `klynge` in a process group of its own, both of its streams piped."""
    return subprocess.Popen(
        [KLYNGE, *arguments],
        env=env,
        cwd=cwd,
        umask=umask,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    )


def finish(process: subprocess.Popen[str]) -> subprocess.CompletedProcess[str]:
    """Wait for a process and return what it said."""
    try:
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        kill(process)
        raise
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def kill(process: subprocess.Popen[str]) -> None:
    """End a process group at once and release its pipes."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder by its relative path; none if there is no folder.

    Locks, and what is remembered of tables found sound, are no content.
    """
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in (".lock", ".validated")
    }


def read_until_closed(reader: int) -> bytes:
    """Return all that programs print on a terminal, and close it."""
    read = b""
    try:
        while chunk := os.read(reader, 65_536):
            read += chunk
    except OSError:  # Linux ends a terminal that no one writes to with an error
        pass
    os.close(reader)
    return read
