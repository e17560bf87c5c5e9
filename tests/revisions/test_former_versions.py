"""Folders that an older version left are read, replayed and continued: those of `tests/former`."""

from __future__ import annotations

import shutil
import tarfile
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY, Klynge
from tests.processes import contents

FORMER = REPOSITORY / "tests" / "former"


@pytest.mark.parametrize("archive", sorted(FORMER.glob("*.tar.xz")), ids=lambda path: path.name)
def test_folders_of_an_older_version(
    klynge: Klynge,
    data_dir: Path,
    reports_dir: Path,
    archive: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its figures and rules pass the checks, its revision explains itself, stays as it is and is
    handed on, and a changed amount becomes the next one.
    """
    monkeypatch.setenv("KLYNGE_DELIVERY_FOLDER", str(data_dir.parent))
    shutil.rmtree(data_dir)
    with tarfile.open(archive) as packed:
        packed.extractall(data_dir.parent, filter="data")
    before = contents(reports_dir / "2022K1" / "r1")
    assert klynge("check").exit_code == 0
    assert "13, all equal" in klynge("explain", "2022K1:r1", "amager-hvidovre", "rødovre").out
    assert klynge("deliver", "2022K1").exit_code == 0
    costs = data_dir / "reference" / "costs.csv"
    costs.write_text(costs.read_text("utf-8").replace("370000", "380000"), encoding="utf-8")
    ended = klynge("run", "2022K1")
    assert ended.exit_code == 0, ended.err
    assert f"Written: {reports_dir}/2022K1/r2" in ended.out
    assert "370,000" in klynge("compare", "2022K1:r1", "2022K1:r2").out
    assert contents(reports_dir / "2022K1" / "r1") == before
