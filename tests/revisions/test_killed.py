"""A run that is killed at any moment leaves whole revisions only, and the next run succeeds."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.reporting.workbook import books
from pipeline.revisions.store import read_revision
from tests import killing
from tests.conftest import Klynge
from tests.killing import Made
from tests.leftovers import shared
from tests.processes import PATIENCE_SECONDS, contents, environment, finish, kill, start
from tests.revisions.changing import revisions, set_amount

KILLS_WHILE_WORKING = 60
KILLS_WHILE_WRITING = 30
KILLS_FROM_THE_START = 10
"""Of the whole command, the interpreter's start and the imports included."""

ATTEMPTS_A_KILL = 3
"""A run may end before its moment comes; then there is another one."""

SEED = int(os.environ.get("KLYNGE_TEST_SEED", "20220701"))
"""The same seed gives the same moments, as parts of how long a run takes."""

Environment = dict[str, str]
Start = Callable[[Environment, float, Made], tuple[bool, float]]
"""Start a run and kill it at a moment, if it comes that far.

Return whether it was killed, and how long it took: in seconds, or in what its moments count.
"""

NOTHING_MADE: Made = {}
RUN = ("run", "2022K1", "--quiet")


def forked_run(env: Environment, seconds: float, made: Made = NOTHING_MADE) -> tuple[bool, float]:
    """Run in a process that was forked with everything imported, workbooks made anew."""
    began = time.monotonic()
    exit_code, _ = killing.run(env, RUN, patience=seconds)
    return exit_code != 0, time.monotonic() - began


def forked_run_by_its_writes(env: Environment, writes: float, made: Made) -> tuple[bool, float]:
    """Run as above, with workbooks that were made before; killed after so many writes."""
    report = str(Path(env["KLYNGE_REPORTS_DIR"], "2022K1"))
    at, pause = int(writes), killing.pause_seconds(writes % 1)
    exit_code, written = killing.run(env, RUN, report, at, pause, made, PATIENCE_SECONDS)
    return exit_code != 0, written


def whole_command(env: Environment, seconds: float, made: Made) -> tuple[bool, float]:
    """Run the command as a user starts it."""
    began = time.monotonic()
    process = start(*RUN, env=env)
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        kill(process)
    else:
        finish(process)
    assert process.returncode in (0, -signal.SIGKILL)
    return process.returncode != 0, time.monotonic() - began


@dataclass(frozen=True)
class Undisturbed:
    """Runs that nobody kills.

    Args:
        written_once: A reports folder with a first revision, of another amount than the data hold.
        made: The workbooks of the next revision, of a first and of a second one.
    """

    written_once: Path
    made: Made


@pytest.fixture
def undisturbed(sound_data: Path) -> Undisturbed:
    """Both cases of a run, once for all tests: a run after a kill has the same inputs."""

    def run_both(folder: Path) -> None:
        data_dir = Path(shutil.copytree(sound_data, folder / "data"))
        set_amount(data_dir, 360_000)
        killed, _ = forked_run(environment(data_dir, folder / "once"), PATIENCE_SECONDS)
        assert not killed
        set_amount(data_dir, 370_000)
        shutil.copytree(folder / "once", folder / "second")
        for case in ("first", "second"):
            killed, _ = forked_run(environment(data_dir, folder / case), PATIENCE_SECONDS)
            assert not killed

    folder = shared("undisturbed", run_both)
    made = {
        number: {
            name: file
            for name, file in contents(folder / case / "2022K1" / f"r{number}").items()
            if name.endswith(".xlsx")
        }
        for number, case in enumerate(("first", "second"), start=1)
    }
    return Undisturbed(folder / "once", made)


def whole(reports_dir: Path) -> list[str]:
    """Return the revisions after reading each and comparing every file with its manifest."""
    found = revisions(reports_dir)
    for name in found:
        folder = reports_dir / "2022K1" / name
        manifest = read_revision(folder)
        files = (path for path in folder.rglob("*") if path.is_file())
        on_disk = {path.relative_to(folder).as_posix() for path in files}
        assert on_disk == {"manifest.json", *(row["file"] for row in manifest["outputs"])}
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("run", "kills"),
    [
        (forked_run, KILLS_WHILE_WORKING),
        (forked_run_by_its_writes, KILLS_WHILE_WRITING),
        (whole_command, KILLS_FROM_THE_START),
    ],
    ids=["while working", "while writing", "from the start"],
)
def test_killed_at_random_moments(
    klynge: Klynge,
    data_dir: Path,
    tmp_path: Path,
    undisturbed: Undisturbed,
    monkeypatch: pytest.MonkeyPatch,
    run: Start,
    kills: int,
) -> None:
    """After each SIGKILL there are whole revisions only, and the next run completes the report.

    Every second run writes the first revision, the others a second one beside an earlier.
    """
    made = undisturbed.made
    monkeypatch.setattr(books, "workbooks", killing.workbooks_from(made))
    disturbed, length = run(environment(data_dir, tmp_path / "timed"), PATIENCE_SECONDS, made)
    assert not disturbed
    dice = random.Random(SEED)
    killed = 0
    for attempt in range(kills * ATTEMPTS_A_KILL):
        if killed == kills:
            break
        reports_dir = tmp_path / str(attempt)
        earlier = ["r1"] if attempt % 2 else []
        if earlier:
            shutil.copytree(undisturbed.written_once, reports_dir)
        moment = dice.uniform(0, length)
        in_time, took = run(environment(data_dir, reports_dir), moment, made)
        killed += in_time
        length = length if in_time else took  # a busy machine may be free by now
        complete = [*earlier, f"r{len(earlier) + 1}"]
        assert whole(reports_dir) in (earlier, complete), moment
        ended = klynge("run", "2022K1", "--quiet", "--reports-dir", str(reports_dir))
        assert ended.exit_code == 0, (moment, ended.err)
        assert whole(reports_dir) == complete, moment
        shutil.rmtree(reports_dir)
    assert killed == kills
