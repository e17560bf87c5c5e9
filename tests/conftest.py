"""Fixtures that tests of every kind share."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.clock import Clock
from tests.processes import NOBODY

pytest_plugins = [
    "tests.analysis.bundled",
    "tests.statbank_emulator.fixtures",
    "tests.prefect_site",
]

REPOSITORY = Path(__file__).parents[1]


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
    moment: datetime = datetime(2026, 11, 23, 8, 15, tzinfo=UTC)

    def now(self) -> datetime:
        """Return a moment later at each call."""
        self.moment += timedelta(minutes=1)
        return self.moment

    def as_clock(self) -> Clock:
        """Return the clock as the product takes it."""
        return Clock(lambda: sum(self.pauses_seconds), self.pauses_seconds.append, self.now)


Klynge = Callable[..., Ended]


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A copy of the repository's reference tables and bundled snapshots, free to break."""
    folder = tmp_path / "data"
    for part in ("reference", "snapshots"):
        shutil.copytree(REPOSITORY / "data" / part, folder / part)
    return folder


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
