"""The whole quarter is what was last approved, byte for byte, wherever it runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.golden.approved import APPROVED, DIGESTS, report_now, to_approve
from tests.processes import contents, environment, finish, start


@pytest.fixture(scope="module")
def now() -> dict[str, bytes]:
    """The report as the code makes it now."""
    return to_approve(report_now())


@pytest.mark.parametrize(
    "name", ["fordeling-2022K1.csv", "fordeling-2022K1-excel.csv", "puljer-2022K1.csv"]
)
def test_csv_is_the_approved_text(now: dict[str, bytes], name: str) -> None:
    """Every row, number and line end of a CSV file is the approved one."""
    assert now[name].decode() == (APPROVED / name).read_bytes().decode()


def test_every_file_has_its_approved_digest(now: dict[str, bytes]) -> None:
    """The workbook, the inputs and the manifest too; `python -m tests.golden` tells more."""
    assert json.loads(now[DIGESTS]) == json.loads((APPROVED / DIGESTS).read_bytes())


def test_surroundings_change_no_byte(data_dir: Path, tmp_path: Path) -> None:
    """Another hash seed, time zone, language, umask and working folder give the same files."""
    here = environment(data_dir, tmp_path / "one", PYTHONHASHSEED="1", TZ="UTC", LC_ALL="C.UTF-8")
    there = environment(
        data_dir, tmp_path / "two", PYTHONHASHSEED="4242", TZ="Pacific/Auckland", LC_ALL="C"
    )
    runs = [
        start("run", "2022K1", "--quiet", env=here, umask=0o022),
        start("run", "2022K1", "--quiet", env=there, umask=0o077, cwd=tmp_path),
    ]
    assert [finish(run).returncode for run in runs] == [0, 0]
    one, two = contents(tmp_path / "one"), contents(tmp_path / "two")
    assert sorted(one) == sorted(two)
    assert [name for name in one if one[name] != two[name]] == []
