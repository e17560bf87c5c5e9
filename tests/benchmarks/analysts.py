"""How fast `explain`, `compare` and `backfill` are: `python -m tests.benchmarks.analysts [RUNS]`.

`explain` and `compare` are measured against importing what they need: a process that imports the
very modules that the command has imported when it ends, and does nothing else. Both run without
Hypothesis, which Pandera imports where it finds it: where tests are run, and not at a user's.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from schemas.quarter import Quarter, quarter_range
from tests.analysis.quarters import replace_quarters
from tests.benchmarks.measuring import Measured, interleaved, run_once
from tests.processes import REPOSITORY, environment

RUNS = 7
RATIO_TO_IMPORTS = 1.3
SECONDS_OF_A_BACKFILL = 3.0
QUARTERS = quarter_range(Quarter(2008, 1), Quarter(2026, 4))
GROWTH_OF_TWICE_THE_QUARTERS = 2.2
"""Twice the quarters take twice the time, give or take what a busy machine adds."""

COMMANDS = {
    "explain": ["explain", "2022K1", "amager-hvidovre", "roedovre"],
    "compare": ["compare", "2022K1", "2023K1"],
}
RUN = """
import sys
sys.modules["hypothesis"] = None
from flows.cli import main
main()
"""
LIST = """
import atexit, sys
atexit.register(lambda: print("\\n".join(sys.modules), file=sys.stderr))
""" + RUN  # fmt: skip
IMPORT = """
import contextlib, importlib, sys
sys.modules["hypothesis"] = None
for name in sys.argv[1:]:
    with contextlib.suppress(ImportError):
        importlib.import_module(name)
"""


def modules(arguments: list[str]) -> list[str]:
    """Return the modules that a command has imported when it ends, in the order of import."""
    env = environment(REPOSITORY / "data", REPOSITORY / "reports")
    ended = subprocess.run(
        [sys.executable, "-c", LIST, *arguments],
        env=env, cwd=REPOSITORY, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [name for name in ended.stderr.split() if name not in ("__main__", "hypothesis")]


def against_imports(
    arguments: list[str], reports_dir: Path, runs: int
) -> tuple[Measured, Measured]:
    """Return a command, and the import of what it needs, each measured in turn."""
    arguments = [*arguments, "--reports-dir", str(reports_dir)]
    needed = modules(arguments)
    return interleaved(
        lambda _: [sys.executable, "-c", RUN, *arguments],
        lambda _: [sys.executable, "-c", IMPORT, *needed],
        runs,
    )


def prepare(data_dir: Path) -> None:
    """Fill a data folder with snapshots of 76 quarters."""
    shutil.copytree(REPOSITORY / "data", data_dir)
    replace_quarters(data_dir, QUARTERS)


def backfill_command(data_dir: Path, reports_dir: Path) -> list[str]:
    """Return the command that back-fills all 76 quarters."""
    span = ["--from", str(QUARTERS[0]), "--to", str(QUARTERS[-1]), "--rules", "2022K1"]
    folders = ["--data-dir", str(data_dir), "--reports-dir", str(reports_dir)]
    return [sys.executable, "-c", RUN, "backfill", "--offline", *span, *folders]


def seconds_of(count: int, data_dir: Path, reports_dir: Path, runs: int) -> float:
    """Return the median seconds of back-filling some quarters in this process, after import."""
    from pipeline.analysis.backfill import Request, backfill
    from pipeline.machine import Clock
    from pipeline.settings import Settings
    from pipeline.snapshots.acquisition import Access, Acquisition

    request = Request(QUARTERS[0], QUARTERS[count - 1], Quarter(2022, 1))
    settings = Settings(data_dir, reports_dir)
    found = []
    for _ in range(runs + 1):
        began = time.perf_counter()
        backfill(request, Acquisition(settings, Access(offline=True), Clock()))
        found.append(time.perf_counter() - began)
    return statistics.median(found[1:])


def line(what: str, found: float, unit: str, bound: float, detail: str) -> bool:
    """Print a line of the table and return whether its bound holds."""
    verdict = "holds" if found <= bound else "BROKEN"
    print(f"{what:42} {found:8.2f} {unit:5} {bound:7.1f}  {verdict:7} {detail}", flush=True)
    return found <= bound


def commands(reports_dir: Path, runs: int) -> Iterator[bool]:
    """Measure `explain`, with a report to compare with, and `compare`."""
    run_once([sys.executable, "-c", RUN, "run", "2022K1", "--reports-dir", str(reports_dir)])
    for name, arguments in COMMANDS.items():
        ours, imports = against_imports(arguments, reports_dir, runs)
        ratio = ours.seconds / imports.seconds
        detail = f"{ours.seconds:.3f} s / {imports.seconds:.3f} s"
        yield line(f"klynge {name} / its imports", ratio, "times", RATIO_TO_IMPORTS, detail)


def backfills(data_dir: Path, reports_dir: Path, runs: int) -> Iterator[bool]:
    """Measure the whole command, and how it grows with the quarters."""
    prepare(data_dir)
    whole = [run_once(backfill_command(data_dir, reports_dir)) for _ in range(runs + 1)][1:]
    seconds = statistics.median(run.seconds for run in whole)
    detail = f"the whole command; {statistics.median(run.peak_mb for run in whole):.0f} MB"
    yield line("klynge backfill, 76 quarters", seconds, "s", SECONDS_OF_A_BACKFILL, detail)
    half, full = (seconds_of(count, data_dir, reports_dir, runs) for count in (38, 76))
    detail = f"{full:.3f} s / {half:.3f} s after import"
    growth = GROWTH_OF_TWICE_THE_QUARTERS
    yield line("76 quarters / 38 quarters", full / half, "times", growth, detail)


def main(runs: int) -> bool:
    """Print the table and return whether every bound holds."""
    with tempfile.TemporaryDirectory() as folder:
        data_dir, reports_dir = Path(folder) / "data", Path(folder) / "reports"
        return all([*commands(reports_dir, runs), *backfills(data_dir, reports_dir, runs)])


if __name__ == "__main__":
    sys.exit(0 if main(int(sys.argv[1]) if len(sys.argv) > 1 else RUNS) else 1)
