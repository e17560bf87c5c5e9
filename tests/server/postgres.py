"""A throwaway Postgres cluster on loopback, from the packages of the system."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flows.server.local import free_port

USER = "postgres"


def binaries() -> Path | None:
    """Return the folder of Postgres' programs; None where it is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


@contextmanager
def cluster(programs: Path) -> Iterator[str]:
    """Start a cluster and return the address of its database; it is gone afterwards.

    Postgres refuses to run as root, so then it runs as its own user.
    """
    folder = Path(tempfile.mkdtemp(prefix="klynge-postgres-"))
    owner = USER if os.geteuid() == 0 else None
    if owner:
        shutil.chown(folder, owner)
    port = free_port()

    def call(program: str, *arguments: str) -> None:
        command = [str(programs / program), *arguments]
        subprocess.run(command, user=owner, cwd=folder, check=True, capture_output=True)

    data = str(folder / "data")
    call("initdb", "-D", data, "-A", "trust", "-U", USER, "--no-sync", "--locale=C", "-E", "UTF8")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder} -c fsync=off"
    log = str(folder / "log")
    call("pg_ctl", "-D", data, "-w", "-o", options, "-l", log, "start")
    try:
        yield f"postgresql://{USER}@127.0.0.1:{port}/postgres"
    finally:
        call("pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder)
