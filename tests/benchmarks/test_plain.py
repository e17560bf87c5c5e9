"""What a run is measured against makes the same report, so that the ratio means something."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from openpyxl import load_workbook

from tests.benchmarks.reporting import record
from tests.conftest import Klynge


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
    """The same files, the same CSV bytes, and in each workbook the same sheets and cells; the memo
    as a document is python-docx's work, and left out.
    """
    assert klynge("run", "2022K1").exit_code == 0
    recorded = tmp_path / "cells.json"
    record(recorded)
    script = str(Path(__file__).with_name("plain.py"))
    subprocess.run(
        [sys.executable, script, str(data_dir), str(tmp_path / "plain"), str(recorded)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    ours, theirs = reports_dir / "2022K1" / "r1", tmp_path / "plain" / "2022K1" / "r1"
    names = [name for name in sorted(relative_files(ours)) if not name.endswith(".docx")]
    assert sorted(relative_files(theirs)) == names
    for name in names:
        if name.endswith(".csv"):
            assert (theirs / name).read_bytes() == (ours / name).read_bytes()
        if name.endswith(".xlsx"):
            assert cells(theirs / name) == cells(ours / name)


def relative_files(folder: Path) -> list[str]:
    """Return the files below a folder."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return [path.relative_to(folder).as_posix() for path in files]
