"""A run of 2022K1, traced: gather, calculate, write, and nothing twice."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.processes import REPOSITORY, environment


def traced(data_dir: Path, reports_dir: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.architecture.traced", "run", "2022K1", "--quiet"]
    env = environment(data_dir, reports_dir)
    said = subprocess.run(command, env=env, cwd=REPOSITORY, check=True, capture_output=True)
    trace: dict[str, Any] = json.loads(said.stdout)
    return trace


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The bundled data, of which nothing is remembered yet, and no reports."""
    import shutil

    folder = tmp_path_factory.mktemp("traced")
    for part in ("reference", "snapshots"):
        ignored = shutil.ignore_patterns(".*")
        shutil.copytree(REPOSITORY / "data" / part, folder / "data" / part, ignore=ignored)
    return folder / "data", folder / "reports"


@pytest.fixture(scope="module")
def first(folders: tuple[Path, Path]) -> dict[str, Any]:
    """The first run."""
    return traced(*folders)


def test_no_file_is_opened_between_gather_and_write(first: dict[str, Any]) -> None:
    """All that a report rests on is read before anything is calculated, and nothing after."""
    assert Counter(phase for phase, _ in first["opened"]).keys() == {"gather", "write"}


def test_each_stored_file_is_read_once(first: dict[str, Any], folders: tuple[Path, Path]) -> None:
    """Reference tables, sidecars and answers, those of the quarters that are only shown too."""
    stored = Counter(path for _, path in first["opened"] if path.startswith(str(folders[0])))
    read = {path: times for path, times in stored.items() if path.endswith((".csv", ".json"))}
    assert len(read) == 11 + 2 * 7 * 2
    assert set(read.values()) == {1}


def test_each_reference_table_is_validated_once(
    first: dict[str, Any], folders: tuple[Path, Path]
) -> None:
    """By the first run; a second one finds the same files, and validates none."""
    assert set(first["validated"].values()) == {1}
    assert len(first["validated"]) == 11
    assert traced(*folders)["validated"] == {}


def test_our_frames_do_not_pile_up(first: dict[str, Any]) -> None:
    """From the command to the deepest helper there are at most twelve functions of ours."""
    assert first["deepest"] <= 12, first["stack"]
