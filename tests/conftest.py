"""Fixtures that tests of every kind share."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    exit_code: int
    out: str
    err: str


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
def klynge(
    data_dir: Path,
    reports_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Klynge:
    """The command line in this process, on the copied data and the empty reports folder."""
    monkeypatch.setenv("KLYNGE_DATA_DIR", str(data_dir))
    monkeypatch.setenv("KLYNGE_REPORTS_DIR", str(reports_dir))

    def call(*arguments: str) -> Ended:
        from flows.cli import main

        monkeypatch.setattr(sys, "argv", ["klynge", *arguments])
        capsys.readouterr()
        try:
            main()
            exit_code = 0
        except SystemExit as ended:
            exit_code = int(ended.code or 0)
        captured = capsys.readouterr()
        return Ended(exit_code, captured.out, captured.err)

    return call
