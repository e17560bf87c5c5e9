"""LibreOffice and Chromium, for the tests that look at a report as its readers do."""

from __future__ import annotations

import csv
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from openpyxl.utils import get_column_letter

needs_libreoffice = pytest.mark.skipif(
    shutil.which("soffice") is None,
    reason="LibreOffice (libreoffice-calc) is not installed; it recalculates the workbook",
)

CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium")
"""Without a screen the shell does the same in half of the time."""

needs_chromium = pytest.mark.skipif(
    CHROMIUM is None or find_spec("playwright") is None,
    reason="Chromium (chromium-headless-shell or chromium) is not installed; it shows the pages",
)


@contextmanager
def chromium() -> Iterator[Any]:
    """Headless Chromium."""
    from playwright.sync_api import sync_playwright

    flags = ["--no-sandbox", "--disable-background-networking"]
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield browser
        browser.close()


_PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode"
 oor:op="fuse"><value>0</value></prop></item>
<item oor:path="/org.openoffice.Setup/L10N"><prop oor:name="ooSetupSystemLocale"
 oor:op="fuse"><value>da-DK</value></prop></item>
</oor:items>
"""
"""Recalculates on load, which LibreOffice does not do by itself; Danish, as the readers are."""

_SECONDS = 500


_EVERY_SHEET = "csv:Text - txt - csv (StarCalc):59,34,76,1,,0,false,false,false,false,false,-1"
"""Semicolons, UTF-8, values as they are instead of as they are shown, and a file a sheet."""

Texts = Mapping[tuple[str, str], str]
"""What stands in the cells by sheet and cell, as text with Danish decimals."""


def convert(files: Sequence[Path], to: str, folder: Path) -> list[Path]:
    """Convert spreadsheets in one go, recalculated; return the results in the same order.

    Args:
        files: The spreadsheets; their names must differ.
        to: `xlsx` or `pdf`.
        folder: Where the results and LibreOffice's own files go.
    """
    said = _office(files, to, folder)
    results = [folder / "out" / f"{file.stem}.{to}" for file in files]
    missing = [result.name for result in results if not result.is_file()]
    assert not missing, f"LibreOffice made no {missing}: {said}"
    return results


def written(files: Mapping[str, bytes], folder: Path) -> list[Path]:
    """Write workbooks by name to a folder; return where, in the same order."""
    paths = [folder / f"{name}.xlsx" for name in files]
    for path, file in zip(paths, files.values(), strict=True):
        path.write_bytes(file)
    return paths


def calculated(files: Mapping[str, bytes], folder: Path) -> Mapping[str, Texts]:
    """Return what the cells of workbooks hold once they are recalculated, by their names.

    Half of the work of another workbook, and what is read is read at once.

    Args:
        files: The workbooks; their names hold no hyphen.
        folder: Where they and LibreOffice's files go.
    """
    said = _office(written(files, folder), _EVERY_SHEET, folder)
    found: dict[str, dict[tuple[str, str], str]] = {name: {} for name in files}
    for path in (folder / "out").glob("*.csv"):
        book, _, sheet = path.stem.partition("-")
        with path.open(encoding="utf-8", newline="") as lines:
            for number, row in enumerate(csv.reader(lines, delimiter=";"), start=1):
                for column, text in enumerate(row, start=1):
                    found[book][sheet, f"{get_column_letter(column)}{number}"] = text
    assert all(found.values()), said
    return found


def _office(files: Sequence[Path], to: str, folder: Path) -> str:
    """Start LibreOffice once; return what it said."""
    profile = folder / "profile"
    (profile / "user").mkdir(parents=True, exist_ok=True)
    (profile / "user" / "registrymodifications.xcu").write_text(_PROFILE, encoding="utf-8")
    command = ["soffice", f"-env:UserInstallation={profile.as_uri()}", "--headless", "--norestore"]
    command += ["--convert-to", to, "--outdir", str(folder / "out"), *map(str, files)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    return f"{ended.stdout} {ended.stderr}"
