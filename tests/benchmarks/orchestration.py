"""What Prefect costs: the flow against a running server, and without one.

    python -m tests.benchmarks.orchestration [RUNS]

Two commands of a pair run in turn. Without a server `klynge run --prefect` starts one of its own
beside its imports; it is compared with the same flow on the temporary server that Prefect starts by
itself. The first run in an empty home creates the database; it is measured once and not bounded.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from flows.server import local as local_server
from flows.server.environment import API_URL, server_environment
from tests.processes import KLYNGE, REPOSITORY, environment

RUNS = 5
SECONDS_OVER_A_RUN = 1.5
RATIO_OF_TEMPORARY_SERVER = 0.7
UNBOUNDED = float("inf")

PREFECTS_OWN_SERVER = """
from flows.server.embedded import run_flow
from pipeline.snapshots.acquisition import Access
from pipeline.calculation.calculate import Parameters
from schemas.quarter import Quarter
run_flow(Parameters(Quarter(2022, 1)), Access())
"""

Figure = tuple[str, float, str, float, str]
"""What, how much, of which unit, at most how much, and the detail."""

PLAIN = [KLYNGE, "run", "2022K1", "--quiet"]
FLOW = [*PLAIN, "--prefect"]
TEMPORARY = [sys.executable, "-c", PREFECTS_OWN_SERVER]


def seconds(command: Sequence[str], reports_dir: Path, **more: str) -> float:
    """Return the wall time of a command that writes its report into an empty folder."""
    shutil.rmtree(reports_dir, ignore_errors=True)
    env = environment(REPOSITORY / "data", reports_dir, **more)
    began = time.perf_counter()
    subprocess.run(command, env=env, cwd=REPOSITORY, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def in_turn(
    one: Sequence[str], other: Sequence[str], folder: Path, env: Mapping[str, str], runs: int
) -> tuple[float, float]:
    """Return the median seconds of two commands that ran in turn, after one of each to warm up."""
    found: tuple[list[float], list[float]] = ([], [])
    for turn in range(runs + 1):
        for times, command in zip(found, (one, other), strict=True):
            took = seconds(command, folder / "reports", **env)
            if turn:
                times.append(took)
    return statistics.median(found[0]), statistics.median(found[1])


@contextmanager
def running_server(home: Path) -> Iterator[dict[str, str]]:
    """Start a server in a home, and give what names it."""
    named = {"KLYNGE_HOME": str(home)}
    port = {"KLYNGE_SERVER_PORT": str(local_server.free_port())}
    settings = server_environment({**os.environ, **named, **port})
    server = local_server.start(["server", "start"], settings)
    try:
        local_server.wait_until_healthy(settings[API_URL], f"Look at {home}.", server)
        yield {**named, API_URL: settings[API_URL]}
    finally:
        server.terminate()
        server.wait()


def against_a_server(folder: Path, runs: int) -> Iterator[Figure]:
    """Yield what the flow costs over a plain run when a server is there."""
    with running_server(folder / "with-server") as named:
        flow, plain = in_turn(FLOW, PLAIN, folder, named, runs)
    what = "flow on a running server, over klynge run"
    yield what, flow - plain, "s", SECONDS_OVER_A_RUN, f"{flow:.2f} s - {plain:.2f} s"


def without_a_server(folder: Path, runs: int) -> Iterator[Figure]:
    """Yield what the flow costs where no server is, and its first run in an empty home."""
    home = folder / "without-server"
    quiet = {"PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1"}
    env = {"KLYNGE_HOME": str(home), "PREFECT_HOME": str(home / "prefect"), **quiet}
    first = seconds(FLOW, folder / "reports", **env)
    yield "klynge run --prefect, first in an empty home", first, "s", UNBOUNDED, "once"
    own, temporary = in_turn(FLOW, TEMPORARY, folder, env, runs)
    what = "klynge run --prefect / Prefect's own server"
    ratio = own / temporary
    yield what, ratio, "times", RATIO_OF_TEMPORARY_SERVER, f"{own:.2f} s / {temporary:.2f} s"


def figures(runs: int = RUNS) -> Iterator[Figure]:
    """Yield what Prefect costs, each figure with its bound."""
    with tempfile.TemporaryDirectory() as folder:
        yield from against_a_server(Path(folder), runs)
        yield from without_a_server(Path(folder), runs)


if __name__ == "__main__":
    for figure in figures(int(sys.argv[1]) if len(sys.argv) > 1 else RUNS):
        print("{:44} {:8.2f} {:5} {:7.1f}  {}".format(*figure), flush=True)
