"""What comes with the package starts a folder, and reaches it later without undoing an edit."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

from pipeline.errors import StorageError, UsageError
from pipeline.reference import bundled, editing
from tests.conftest import REPOSITORY
from tests.processes import contents

COST = (
    "halvt-aarsvaerk,½ årsværk,Half a full-time post,amager-hvidovre,370000,year,K1,2022K1,2026K4"
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder as the package gives it."""
    bundled.initialise(tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def newer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What a newer version of the package brings: the same, until a test changes it."""
    folder = tmp_path / "package"
    shutil.copytree(REPOSITORY / "data", folder)
    monkeypatch.setattr(bundled, "bundled_data", lambda: folder)
    return folder


def change(data_dir: Path, table: str, old: str, new: str) -> None:
    """Replace the one place of a text in a table."""
    path = data_dir / "reference" / table
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def updated(data_dir: Path) -> bundled.Update:
    """Update a folder and return what was done."""
    update = bundled.planned_update(data_dir)
    bundled.write_update(data_dir, update)
    return update


def test_a_folder_starts_with_what_the_repository_holds(data: Path) -> None:
    """Rules, figures with their sidecars and the page on who owns what, and nothing else."""
    given = {name: file for name, file in contents(data).items() if ".bundled" not in name}
    here = contents(REPOSITORY / "data")
    assert given == {name: here[name] for name in given}
    assert {"reference/recipients.csv", "README.md"} < given.keys()
    assert sum(name.startswith("snapshots/") for name in given) == sum(
        name.startswith("snapshots/") for name in here
    )


def test_a_folder_that_is_there_is_left_alone(data: Path) -> None:
    """Starting again would undo every edit."""
    change(data, "costs.csv", "370000", "381100")
    before = contents(data)
    with pytest.raises(UsageError, match="is there already, and was left as it is"):
        bundled.initialise(data)
    assert contents(data) == before


def test_nothing_new_changes_nothing(data: Path, newer: Path) -> None:
    """The same rules again are no update, whatever was edited here."""
    change(data, "costs.csv", "370000", "381100")
    before = contents(data)
    assert updated(data).rows == ()
    assert contents(data) == before


Edit = Callable[[Path], None]


def amount(new: str) -> Edit:
    """Return an edit of the amount of half a post."""
    return lambda folder: change(folder, "costs.csv", COST, COST.replace("370000", new))


def nothing(folder: Path) -> None:
    """Edit nothing."""


@pytest.mark.parametrize(
    ("here", "there", "kept", "expected"),
    [
        (nothing, amount("400000"), [False], "400000"),
        (amount("381100"), nothing, [], "381100"),
        (amount("381100"), amount("400000"), [True], "381100"),
        (amount("400000"), amount("400000"), [], "400000"),
    ],
    ids=["changed there", "changed here", "changed in both", "changed alike"],
)
def test_a_row_changed_here_stays(
    data: Path, newer: Path, here: Edit, there: Edit, kept: list[bool], expected: str
) -> None:
    """A row takes the newer form only where nobody here touched it; a kept one is told."""
    here(data)
    there(newer)
    assert [row.kept for row in updated(data).rows] == kept
    assert COST.replace("370000", expected) in (data / "reference/costs.csv").read_text()


def test_a_row_that_ends_there_is_the_same_row(data: Path, newer: Path) -> None:
    """A rule is known by its ids and first quarter: where it changed here, no second one comes."""
    amount("381100")(data)
    change(newer, "costs.csv", COST, COST.replace("2026K4", "2025K4"))
    before = (data / "reference/costs.csv").read_text()
    assert [row.kept for row in updated(data).rows] == [True]
    assert (data / "reference/costs.csv").read_text() == before


def test_a_kept_row_is_told_once(data: Path, newer: Path) -> None:
    """What was seen and kept is not asked again until it comes otherwise."""
    amount("381100")(data)
    amount("400000")(newer)
    assert len(updated(data).rows) == 1
    assert updated(data).rows == ()


def test_rows_added_and_removed_on_either_side(data: Path, newer: Path) -> None:
    """New rows come, rows that went go, and those of an analyst's own stay."""
    for folder, name in ((data, "eget-notat"), (newer, "nyt-notat")):
        with (folder / "reference/sources.csv").open("a", encoding="utf-8") as file:
            file.write(f"{name},Et notat,,high,,\n")
    (added,) = updated(data).rows
    assert added.now is None
    text = (data / "reference/sources.csv").read_text()
    assert "eget-notat" in text
    assert "nyt-notat" in text


def test_figures_of_new_quarters_come_and_others_are_never_touched(data: Path, newer: Path) -> None:
    """A quarter of which the folder has figures keeps them; one of which it has none gets them."""
    shutil.rmtree(data / "snapshots/FOLK1A/2016K1")
    extra = data / "snapshots/FOLK1A/2022K1/note.csv"
    extra.write_text("ours")
    for path in (newer / "snapshots/FOLK1A/2022K1").iterdir():
        path.write_text("theirs")
    update = updated(data)
    assert update.quarters == ["2016K1"]
    assert len(list((data / "snapshots/FOLK1A/2016K1").iterdir())) == 2
    assert "theirs" not in {path.read_text() for path in extra.parent.iterdir()}


def test_the_quarters_that_come_are_told_in_order(data: Path) -> None:
    """Whichever folder the files of a quarter stand in, it is told once."""
    for quarter in ("2016K1", "2017K1", "2019K1", "2020K1", "2021K1", "2022K1"):
        for table in ("FOLK1A", "KKBEF1"):
            shutil.rmtree(data / "snapshots" / table / quarter)
    update = bundled.planned_update(data)
    assert update.quarters == ["2016K1", "2017K1", "2019K1", "2020K1", "2021K1", "2022K1"]


def test_an_update_waits_for_an_edit(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is written while somebody else writes the tables."""
    update = bundled.planned_update(data)
    monkeypatch.setattr(editing, "LOCK_TIMEOUT_SECONDS", 0.0)
    with FileLock(data / "reference" / editing.LOCK), pytest.raises(StorageError, match="held"):
        bundled.write_update(data, update)
