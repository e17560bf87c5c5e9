"""A temporary server ends with the command that started it, however that one ends."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from tests.processes import environment, kill, start
from tests.statbank_emulator import StatBankEmulator, faults
from tests.waiting import wait_until

NOT_HELD = "2022K2"
SECONDS_TO_END = 20


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose database is created once."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def hanging(
    home: Path, data_dir: Path, reports_dir: Path, statbank: StatBankEmulator
) -> Iterator[subprocess.Popen[str]]:
    """`klynge run --prefect` in the middle of a run, waiting for the StatBank's figures."""
    statbank.fail(faults.hang(), times=None, function="data")
    variables = {
        "KLYNGE_HOME": str(home),
        "KLYNGE_STATBANK_URL": statbank.url,
        "KLYNGE_BUDGET_SECONDS": "600",
        "KLYNGE_READ_TIMEOUT_SECONDS": "600",
    }
    env = environment(data_dir, reports_dir) | variables
    process = start("run", NOT_HELD, "--prefect", env=env)
    wait_until(lambda: statbank.count("data") or process.poll() is not None, "asks for figures")
    yield process
    kill(process)


def states(home: Path) -> list[str]:
    """Return the states of the runs in a home's history, the newest last."""
    with closing(sqlite3.connect(home / "prefect" / "prefect.db")) as database:
        rows = database.execute("select state_type from flow_run order by created").fetchall()
    return [state for (state,) in rows]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_server_ends_with_the_command(
    hanging: subprocess.Popen[str], home: Path, how: signal.Signals
) -> None:
    """Stopped or killed in mid-run, the command leaves no server running; where it
    can still say so, the run is called crashed and not left running in the history.
    """
    servers = [
        child
        for child in psutil.Process(hanging.pid).children(recursive=True)
        if "server" in child.cmdline()
    ]
    assert servers
    hanging.send_signal(how)
    _, left = psutil.wait_procs(servers, SECONDS_TO_END)
    for server in left:
        server.kill()
    assert left == []
    hanging.wait(SECONDS_TO_END)
    if how is not signal.SIGKILL:
        assert states(home)[-1] == "CRASHED"
