"""Whole processes, measured: wall time and peak memory."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.processes import REPOSITORY, environment

KIB_A_MB = 1000 * 1000 / 1024

LAUNCHER = """
import os, sys, time
began = time.perf_counter()
null = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
process = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=null)
_, status, used = os.wait4(process, 0)
print(time.perf_counter() - began, used.ru_maxrss, os.waitstatus_to_exitcode(status))
"""
"""Starts a command from a small process: its peak memory begins with that of who starts it."""

Command = Callable[[Path], list[str]]
"""What to run, given a folder that is not there yet."""


@dataclass(frozen=True)
class Measured:
    """Seconds on the wall and peak memory in MB (10**6 bytes), medians of several runs."""

    seconds: float
    peak_mb: float


def run_once(command: Sequence[str]) -> Measured:
    """Run a command that must succeed; its output is thrown away."""
    env = environment(REPOSITORY / "data", REPOSITORY / "reports")
    launched = [sys.executable, "-S", "-c", LAUNCHER, *command]
    said = subprocess.check_output(launched, env=env, cwd=REPOSITORY, text=True).split()
    if int(said[2]):
        sys.exit(f"{' '.join(command)} ended with {said[2]}")
    return Measured(float(said[0]), int(said[1]) / KIB_A_MB)


def interleaved(one: Command, other: Command, runs: int) -> tuple[Measured, Measured]:
    """Run two commands in turn, after one run of each that writes bytecode and warms the disk."""
    found: tuple[list[Measured], list[Measured]] = ([], [])
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(runs + 1):
            for side, command in enumerate((one, other)):
                measured = run_once(command(Path(folder) / f"{turn}-{side}"))
                if turn:
                    found[side].append(measured)
    return _median(found[0]), _median(found[1])


def _median(found: Sequence[Measured]) -> Measured:
    return Measured(
        statistics.median(run.seconds for run in found),
        statistics.median(run.peak_mb for run in found),
    )
