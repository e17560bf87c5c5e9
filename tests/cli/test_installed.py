"""Without the repository: a wheel in an environment of its own, in an empty folder."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY, Klynge
from tests.processes import contents, environment

START = "from flows.cli import main; main()"


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a new environment with the wheel, and the libraries of this one."""
    folder = tmp_path_factory.mktemp("installed")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=REPOSITORY, check=True, capture_output=True)
    venv.create(folder / "env", with_pip=False, symlinks=os.name != "nt")
    paths = {"base": str(folder / "env"), "platbase": str(folder / "env")}
    packages = Path(sysconfig.get_path("purelib", "venv", paths))
    (wheel,) = folder.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(packages)
    # A folder that a .pth file names is searched, but its own .pth files are not: no repository.
    (packages / "libraries.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return Path(sysconfig.get_path("scripts", "venv", paths)) / Path(sys.executable).name


def run(python: Path, folder: Path, *arguments: str) -> str:
    """Return what the installed command prints in a folder."""
    given = {name: text for name, text in environment(folder, folder).items()
             if name not in ("KLYNGE_DATA_DIR", "KLYNGE_REPORTS_DIR", "PYTHONPATH")}  # fmt: skip
    ended = subprocess.run(
        [str(python), "-c", START, *arguments],
        cwd=folder, env=given, capture_output=True, encoding="utf-8",
    )  # fmt: skip
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout


def test_a_wheel_starts_in_an_empty_folder(python: Path, tmp_path: Path) -> None:
    """`klynge init .` and `klynge run 2022K1` give the memo's amounts, and no file lies about."""
    assert "Written: data" in run(python, tmp_path, "init", ".")
    assert "Written: reports/2022K1/r1" in run(python, tmp_path, "run", "2022K1").replace("\\", "/")
    table = (tmp_path / "reports/2022K1/r1/fordeling-2022K1.csv").read_text(encoding="utf-8")
    amounts = {row["municipality_code"]: row["amount_dkk"]
               for row in csv.DictReader(table.splitlines())
               if row["cost_id"] == "halvt-aarsvaerk"}  # fmt: skip
    assert amounts["175"] == "12801"
    assert sum(map(int, amounts.values())) == 370_000
    assert {path.name for path in tmp_path.iterdir()} == {"data", "reports"}
    assert "Nothing is newer." in run(python, tmp_path, "init", ".", "--update")


def test_an_update_is_shown_before_it_is_written(klynge: Klynge, tmp_path: Path) -> None:
    """Rows of a newer version come, an analyst's stay, and --write does what --update shows."""
    begun = klynge("init", str(tmp_path / "here"))
    assert f"A report, in {tmp_path / 'here'}: klynge run 2022K1" in " ".join(begun.out.split())
    costs = tmp_path / "here/data/reference/costs.csv"
    given = costs.with_name(".bundled") / "costs.csv"
    ours = costs.read_text(encoding="utf-8").replace("370000", "381100")
    theirs = ours.replace("40000000", "39000000")
    costs.write_text(theirs, encoding="utf-8")  # as if 40 million came with the newer version
    given.write_text(given.read_text("utf-8").replace("40000000", "39000000"), encoding="utf-8")
    before = contents(tmp_path)
    shown = klynge("init", str(tmp_path / "here"), "--update")
    assert shown.out.count("amount_dkk 39000000 becomes 40000000") == 2
    told = f"klynge init --update --write --data-dir {tmp_path / 'here/data'} writes it"
    assert told in " ".join(shown.out.split())
    assert contents(tmp_path) == before
    assert klynge("init", str(tmp_path / "here"), "--update", "--write").out.endswith("Written.\n")
    assert costs.read_text(encoding="utf-8") == ours
    assert klynge("init", str(tmp_path / "here"), "--update").out == "Nothing is newer.\n"


def test_a_folder_that_is_there_names_the_update(klynge: Klynge) -> None:
    """Starting again touches nothing, and says which command brings newer rules."""
    ended = klynge("init")
    assert ended.exit_code == 2
    assert "is there already, and was left as it is" in ended.err
    assert "klynge init --update" in ended.err


def test_a_folder_that_cannot_be_started_is_named(klynge: Klynge, tmp_path: Path) -> None:
    """The message names what was asked for, and no temporary name of ours."""
    (tmp_path / "file").touch()
    ended = klynge("init", str(tmp_path / "file"))
    assert ended.exit_code == 51
    assert ended.err.startswith(f"klynge: {tmp_path / 'file' / 'data'}{os.sep}")


def test_the_update_of_a_named_folder_names_it(klynge: Klynge, tmp_path: Path) -> None:
    """The command that is told looks at the folder that was named, and at no other."""
    folder = tmp_path / "med blank"
    klynge("init", str(folder))
    said = klynge("init", str(folder)).err
    assert f"klynge init --update --data-dir '{folder / 'data'}'" in " ".join(said.split())


def test_a_folder_without_data_names_the_start(klynge: Klynge, tmp_path: Path) -> None:
    """Whoever runs in an empty folder is told how to start one, and nothing is left behind."""
    ended = klynge("add-membership", "koege", "greve", "--from", "2024K1", "--source", "x",
                   "--data-dir", str(tmp_path / "empty"))  # fmt: skip
    assert ended.exit_code == 20
    assert "klynge init" in ended.err
    assert not (tmp_path / "empty").exists()
