"""Fixtures that tests of every kind share."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings

from pipeline.machine import Clock
from pipeline.reference.tables import load_reference
from pipeline.reporting.content import Content
from tests import leftovers
from tests.processes import NOBODY, environment, finish, start

os.environ["DO_NOT_TRACK"] = "1"  # Prefect tells its makers of an import, and nothing here goes out
gc.set_threshold(100_000, 50, 50)  # little here is garbage: 5 % of the time went into looking
settings.register_profile("klynge", deadline=None)  # a busy machine is no fault of a property
settings.load_profile("klynge")

pytest_plugins = [
    "tests.analysis.bundled",
    "tests.statbank_emulator.fixtures",
    "tests.prefect_site",
    "tests.listener",
    "tests.scheduling",
    "tests.shuffle",
]

REPOSITORY = Path(__file__).parents[1]

WHOLE_REPORTS = {
    "analysis", "benchmarks", "cli", "delivery", "flows", "fuzzing", "golden", "page", "revisions",
    "server", "statbank", "workbook",
}  # fmt: skip
"""Folders whose tests write reports or start programs, most of them: they are slow."""

WITHOUT_WORKBOOKS = {"analysis", "cli", "delivery", "flows", "reference", "revisions", "statbank"}
"""Folders that look into no workbook: within this process, short texts stand for them."""


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    exit_code: int
    out: str
    err: str


@dataclass
class PretendClock:
    """A clock on which a pause takes no time, and which remembers the pauses."""

    pauses_seconds: list[float] = field(default_factory=list)
    moment: datetime = datetime(2026, 11, 23, 8, 15, 0, 250_000, tzinfo=UTC)

    def now(self) -> datetime:
        """Return a moment later at each call."""
        self.moment += timedelta(minutes=1)
        return self.moment

    def as_clock(self) -> Clock:
        """Return the clock as the product takes it."""
        return Clock(lambda: sum(self.pauses_seconds), self.pauses_seconds.append, self.now)


Klynge = Callable[..., Ended]


def pytest_configure() -> None:
    """End a run that is terminated as Ctrl-C ends it, and leave no process behind in any case."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    leftovers.watch()


def pytest_sessionfinish() -> None:
    """Look once for garbage that cannot be finalised: pytest itself looks at all five times."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Call slow what writes whole reports."""
    for item in items:
        if item.path.parent.name in WHOLE_REPORTS:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(autouse=True)
def workbooks_stand_in(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make no workbook, memo or page where none is looked at: they take most of a report's time.

    A test marked `workbooks` has them, one marked `page` the page, and programs that a test starts
    make them all.
    """
    if request.path.parent.name not in WITHOUT_WORKBOOKS or _is(request, "workbooks"):
        return
    from pipeline.reporting import memo, page
    from pipeline.reporting.workbook import books

    monkeypatch.setattr(books, "workbooks", _texts_for_workbooks)
    monkeypatch.setattr(
        memo, "_document", lambda content, of: memo.memo_of(content, of).title.encode()
    )
    if not _is(request, "page"):
        monkeypatch.setattr(page, "page", lambda of: f"{of.label}, r{of.revision}".encode())


def _is(request: pytest.FixtureRequest, mark: str) -> bool:
    return request.node.get_closest_marker(mark) is not None


def _texts_for_workbooks(content: Content) -> dict[str, bytes]:
    names = [f"fordeling-{content.label}"]
    for result in content.result.clusters:
        folder = content.structure(result).folder
        names.append(f"{folder}/{result.cluster.cluster_id}-{content.label}")
    return {f"{name}.xlsx": f"{name}, r{content.revision}".encode() for name in names}


@pytest.fixture(scope="session")
def sound_data() -> Path:
    """The repository's reference tables, found sound once for all tests, and its snapshots."""

    def copy(folder: Path) -> None:
        for part in ("reference", "snapshots"):
            shutil.copytree(REPOSITORY / "data" / part, folder / part)
        load_reference(folder)

    return leftovers.shared("data", copy)


@pytest.fixture
def data_dir(tmp_path: Path, sound_data: Path) -> Path:
    """A copy of them, free to break."""
    return Path(shutil.copytree(sound_data, tmp_path / "data"))


@pytest.fixture
def reports_dir(tmp_path: Path) -> Path:
    """An empty folder for reports, not there yet."""
    return tmp_path / "reports"


@pytest.fixture
def clock() -> PretendClock:
    """The clock of the command line in this process."""
    return PretendClock()


@pytest.fixture
def klynge(
    data_dir: Path,
    reports_dir: Path,
    clock: PretendClock,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Klynge:
    """The command line in this process, on the copied data and the empty reports folder.

    It reaches no StatBank unless a test gives it one.
    """
    monkeypatch.setenv("KLYNGE_DATA_DIR", str(data_dir))
    monkeypatch.setenv("KLYNGE_REPORTS_DIR", str(reports_dir))
    monkeypatch.setenv("KLYNGE_STATBANK_URL", NOBODY)

    def call(*arguments: str) -> Ended:
        from flows.cli import main

        monkeypatch.setattr(sys, "argv", ["klynge", *arguments])
        capsys.readouterr()
        try:
            main(clock.as_clock())
            exit_code = 0
        except SystemExit as ended:
            exit_code = int(ended.code or 0)
        captured = capsys.readouterr()
        return Ended(exit_code, captured.out, captured.err)

    return call


@pytest.fixture(scope="session")
def first_report() -> Path:
    """A reports folder with the first revision of 2022K1, written once for all tests."""

    def write(folder: Path) -> None:
        env = environment(REPOSITORY / "data", folder)
        finish(start("run", "2022K1", "--quiet", env=env)).check_returncode()

    return leftovers.shared("first-report", write)


@pytest.fixture
def written(klynge: Klynge, first_report: Path, reports_dir: Path) -> Klynge:
    """The command line in this process, after `klynge run 2022K1`."""
    shutil.copytree(first_report, reports_dir)
    return klynge
