"""What a run is measured against makes the same report, so that the ratio means something."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from openpyxl import load_workbook

from tests.conftest import Klynge

AS_MANY_CELLS = 0.1
"""The plain workbook words its notes in its own way, with at most a tenth more or fewer cells."""


def cells(path: Path) -> dict[str, int]:
    """Return the number of filled cells by sheet."""
    book = load_workbook(path, read_only=True)
    found = {
        sheet.title: sum(value is not None for row in sheet.values for value in row)
        for sheet in book
    }
    book.close()
    return found


def test_the_plain_script_writes_the_same_report(
    klynge: Klynge, data_dir: Path, reports_dir: Path, tmp_path: Path
) -> None:
    """The same files, the same CSV bytes, the same sheets with about as many cells."""
    assert klynge("run", "2022K1").exit_code == 0
    script = str(Path(__file__).with_name("plain.py"))
    subprocess.run(
        [sys.executable, script, str(data_dir), str(tmp_path / "plain")],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    ours, theirs = reports_dir / "2022K1" / "r1", tmp_path / "plain" / "2022K1" / "r1"
    names = sorted(path.name for path in ours.iterdir())
    assert sorted(path.name for path in theirs.iterdir()) == names
    for name in names:
        if name.endswith(".csv"):
            assert (theirs / name).read_bytes() == (ours / name).read_bytes()
    wanted, found = (cells(folder / "fordeling-2022K1.xlsx") for folder in (ours, theirs))
    assert list(found) == list(wanted)
    for sheet, count in wanted.items():
        assert abs(found[sheet] - count) <= max(2, count * AS_MANY_CELLS), sheet
