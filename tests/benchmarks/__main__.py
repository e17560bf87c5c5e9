"""Measure, print a table of what is bounded, and exit with 1 when a bound does not hold."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks import reporting
from tests.benchmarks.measuring import interleaved
from tests.processes import KLYNGE, REPOSITORY, environment

RUNS = 7
RATIO_OF_A_RUN = 1.2
RATIO_OF_A_RERUN = 0.9
PEAK_MB_OF_A_RUN = 100
RATIO_OF_HELP = 3
RATIO_OF_A_KEY = 2
SECONDS_OF_ALL_QUARTERS = 1
SECONDS_OF_A_FETCH = 2
SECONDS_A_MILLION = 2

AS_A_USER_HAS_IT = """
import runpy, sys
sys.modules["hypothesis"] = None
del sys.argv[0]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
"""Runs the script `klynge` without Hypothesis.

Pandera imports Hypothesis where it finds it, which is where tests are run, and not at a user's.
"""


@dataclass(frozen=True)
class Row:
    """A line of the table: what, how much of which unit, and at most how much."""

    what: str
    found: float
    unit: str
    bound: float
    detail: str

    @property
    def holds(self) -> bool:
        """Whether the bound holds."""
        return self.found <= self.bound

    def __str__(self) -> str:
        verdict = "holds" if self.holds else "BROKEN"
        return (
            f"{self.what:42} {self.found:8.2f} {self.unit:5} {self.bound:7.1f}  {verdict:7}"
            f" {self.detail}"
        )


def a_run(runs: int) -> Iterator[Row]:
    """Yield time and memory of `klynge run 2022K1`, and of a rerun, against the plain script."""
    klynge = [sys.executable, "-c", AS_A_USER_HAS_IT, KLYNGE]
    script = [sys.executable, str(Path(__file__).with_name("plain.py")), str(REPOSITORY / "data")]
    with tempfile.TemporaryDirectory() as kept:
        cells = Path(kept) / "cells.json"
        reporting.record(cells)
        ours, theirs = interleaved(
            lambda folder: [*klynge, "run", "2022K1", "--reports-dir", str(folder)],
            lambda folder: [*script, str(folder), str(cells)],
            runs,
        )
        again, plain = interleaved(
            lambda _: [*klynge, "run", "2022K1", "--reports-dir", kept],
            lambda folder: [*script, str(folder), str(cells)],
            runs,
        )
    yield Row(
        "klynge run 2022K1 / plain script",
        ours.seconds / theirs.seconds,
        "times",
        RATIO_OF_A_RUN,
        f"{ours.seconds:.3f} s / {theirs.seconds:.3f} s",
    )
    yield Row(
        "a rerun that changes nothing / plain script",
        again.seconds / plain.seconds,
        "times",
        RATIO_OF_A_RERUN,
        f"{again.seconds:.3f} s / {plain.seconds:.3f} s",
    )
    detail = f"plain script {theirs.peak_mb:.0f} MB"
    yield Row("klynge run 2022K1, peak memory", ours.peak_mb, "MB", PEAK_MB_OF_A_RUN, detail)


def help_text(runs: int) -> Iterator[Row]:
    """Yield the time of `klynge --help`, against importing Typer."""
    ours, theirs = interleaved(
        lambda _: [KLYNGE, "--help"],
        lambda _: [sys.executable, "-c", "import typer"],
        runs,
    )
    yield Row(
        "klynge --help / python -c 'import typer'",
        ours.seconds / theirs.seconds,
        "times",
        RATIO_OF_HELP,
        f"{ours.seconds:.3f} s / {theirs.seconds:.3f} s",
    )


def all_quarters(runs: int) -> Iterator[Row]:
    """Yield the time of calculating everything there is, after import."""
    command = [sys.executable, "-m", "tests.benchmarks.quarters"]
    env = environment(REPOSITORY / "data", REPOSITORY / "reports")
    printed = [subprocess.check_output(command, cwd=REPOSITORY, env=env) for _ in range(runs)]
    found, ratio = (
        statistics.median(map(float, row)) for row in zip(*map(bytes.split, printed), strict=True)
    )
    yield Row("22 clusters over 76 quarters", found, "s", SECONDS_OF_ALL_QUARTERS, "after import")
    detail = "ages, equal part and cap, in pairs"
    yield Row("the same by a key / by population", ratio, "times", RATIO_OF_A_KEY, detail)


def from_the_statbank(runs: int) -> Iterator[Row]:
    """Yield the time of fetching all there is, and the speed and memory of reading an answer."""
    seconds = statistics.median(_numbers("fetch")[0] for _ in range(runs))
    yield Row("fetch 76 quarters of both tables", seconds, "s", SECONDS_OF_A_FETCH, "emulator")
    rate, peak_mb = _numbers("parse")
    detail = f"{rate:,.0f} rows/s, {peak_mb:.0f} MB above the answer"
    yield Row(
        "a million rows of BULK, read and checked", 1e6 / rate, "s", SECONDS_A_MILLION, detail
    )


def _numbers(what: str) -> list[float]:
    command = [sys.executable, "-m", "tests.benchmarks.fetching", what]
    env = environment(REPOSITORY / "data", REPOSITORY / "reports")
    return [
        float(word) for word in subprocess.check_output(command, cwd=REPOSITORY, env=env).split()
    ]


def a_report(runs: int) -> Iterator[Row]:
    """Yield the time of writing everything that people read, against plain XlsxWriter calls."""
    ours, theirs = reporting.measure(runs)
    detail = f"{ours:.3f} s / {theirs:.3f} s"
    yield Row("a report / plain XlsxWriter calls", ours / theirs, "times", reporting.RATIO, detail)


def main() -> int:
    """Print the table and return the exit code."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    print(f"medians of {runs} runs in turn")
    print(f"{'':42} {'found':>8} {'':5} {'at most':>7}")
    holds = True
    for row in (
        *a_run(runs),
        *a_report(runs),
        *help_text(runs),
        *all_quarters(runs),
        *from_the_statbank(runs),
    ):
        print(row)
        holds = holds and row.holds
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
