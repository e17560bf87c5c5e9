"""A command line that asks the emulator, and stores no snapshot but one earlier quarter."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.conftest import Klynge
from tests.statbank_emulator import StatBankEmulator

EARLIER = "2021K1"


@pytest.fixture
def asking(
    klynge: Klynge, data_dir: Path, statbank: StatBankEmulator, monkeypatch: pytest.MonkeyPatch
) -> Klynge:
    """`klynge` pointed at the emulator, with 2021K1 stored so that jumps can be seen."""
    for folder in (data_dir / "snapshots").glob("*/*"):
        if folder.name != EARLIER:
            shutil.rmtree(folder)
    monkeypatch.setenv("KLYNGE_STATBANK_URL", statbank.url)
    return klynge


def files_below(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder by its relative path."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
