"""The whole quarter is what was last approved, wherever it runs."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from tests.golden.approved import APPROVED, DIGESTS, report_now, to_approve
from tests.processes import contents, environment, finish, start


@pytest.fixture(scope="module")
def now() -> dict[str, bytes]:
    """The report as the code makes it now."""
    return to_approve(report_now())


@pytest.mark.parametrize(
    "name",
    [
        "fordeling-2022K1.csv",
        "fordeling-2022K1-excel.csv",
        "puljer-2022K1.csv",
        "puljer-2022K1-excel.csv",
        "opkraevning-2022K1-excel.csv",
    ],
)
def test_csv_is_the_approved_text(now: dict[str, bytes], name: str) -> None:
    """Every row, number and line end of a CSV file is the approved one."""
    assert now[name].decode() == (APPROVED / name).read_bytes().decode()


def test_every_file_has_its_approved_digest(now: dict[str, bytes]) -> None:
    """The workbooks unpacked, the page, the inputs and the manifest: tests.golden says why so."""
    assert json.loads(now[DIGESTS]) == json.loads((APPROVED / DIGESTS).read_bytes())


def test_packing_is_no_change_and_a_figure_is_one() -> None:
    """A workbook packed by another zlib is the approved one; another number in a cell is not."""

    def packed(level: int, number: str) -> bytes:
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as package:
            part = zipfile.ZipInfo("xl/worksheets/sheet1.xml")
            package.writestr(part, f"<v>{number}</v>" * 99, zipfile.ZIP_DEFLATED, level)
        return target.getvalue()

    ours, theirs, other = packed(9, "12801"), packed(1, "12801"), packed(9, "12802")
    assert ours != theirs
    one, same, changed = (to_approve({"x.xlsx": file}) for file in (ours, theirs, other))
    assert one == same
    assert one != changed


def test_surroundings_change_no_byte(data_dir: Path, tmp_path: Path) -> None:
    """Another hash seed, time zone, language, umask and working folder: the same bytes, packed."""
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
