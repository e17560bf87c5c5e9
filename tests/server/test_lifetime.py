"""The server that `klynge run --prefect` starts: it adds not a byte, and ends with the command."""

from __future__ import annotations

import lzma
import signal
import sqlite3
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.error import HTTPError

import psutil
import pytest

from tests.processes import REPOSITORY, contents, environment, finish, kill, start
from tests.statbank_emulator import StatBankEmulator, faults
from tests.waiting import wait_until

NOT_HELD = "2022K2"
SECONDS_TO_END = 20


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose history the oldest Prefect made that is allowed; this one goes on with it."""
    folder = tmp_path_factory.mktemp("home")
    (folder / "prefect").mkdir()
    former = lzma.decompress((REPOSITORY / "tests" / "former" / "prefect-3.8.8.db.xz").read_bytes())
    (folder / "prefect" / "prefect.db").write_bytes(former)
    return folder


def test_prefect_writes_the_same_bytes(home: Path, data_dir: Path, tmp_path: Path) -> None:
    """`--prefect` on Prefect's temporary server writes what a plain run writes."""
    for folder, options in (("plain", []), ("flow", ["--prefect"])):
        env = environment(data_dir, tmp_path / folder, KLYNGE_HOME=str(home))
        ended = finish(start("run", "2022K1", *options, env=env))
        assert ended.returncode == 0, ended.stderr
    assert contents(tmp_path / "flow") == contents(tmp_path / "plain")
    assert len(contents(tmp_path / "flow")) > 1


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
    can still say so, the run is called crashed and not left running in the history. While the
    server runs it takes nothing from whoever does not hold the secret of the home.
    """
    servers = [
        child
        for child in psutil.Process(hanging.pid).children(recursive=True)
        if "server" in child.cmdline()
    ]
    assert servers
    with pytest.raises(HTTPError, match="401"):
        urllib.request.urlopen(f"{servers[0].environ()['PREFECT_API_URL']}/admin/version")
    hanging.send_signal(how)
    _, left = psutil.wait_procs(servers, SECONDS_TO_END)
    for server in left:
        server.kill()
    assert left == []
    hanging.wait(SECONDS_TO_END)
    if how is not signal.SIGKILL:
        assert states(home)[-1] == "CRASHED"
    assert states(home)[0] == "COMPLETED"  # the run of before
