"""LibreOffice and Chromium, for the tests that look at a report as its readers do."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

needs_libreoffice = pytest.mark.skipif(
    shutil.which("soffice") is None,
    reason="LibreOffice (libreoffice-calc) is not installed; it recalculates the workbook",
)

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


def convert(files: Sequence[Path], to: str, folder: Path) -> list[Path]:
    """Convert spreadsheets in one go, recalculated; return the results in the same order.

    Args:
        files: The spreadsheets; their names must differ.
        to: `xlsx` or `pdf`.
        folder: Where the results and LibreOffice's own files go.
    """
    profile, out = folder / "profile", folder / "out"
    (profile / "user").mkdir(parents=True, exist_ok=True)
    (profile / "user" / "registrymodifications.xcu").write_text(_PROFILE, encoding="utf-8")
    command = ["soffice", f"-env:UserInstallation={profile.as_uri()}", "--headless", "--norestore"]
    command += ["--convert-to", to, "--outdir", str(out), *map(str, files)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    results = [out / f"{file.stem}.{to}" for file in files]
    missing = [result.name for result in results if not result.is_file()]
    assert not missing, f"LibreOffice made no {missing}: {ended.stdout} {ended.stderr}"
    return results
