"""What is killed while it writes leaves the old or the new, whole, and no lock behind."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.reference.editing import not_canonical
from pipeline.reference.tables import load_reference
from pipeline.snapshots.store import SnapshotStore
from schemas.quarter import Quarter
from schemas.source_tables import SOURCE_TABLES
from tests.analysis.quarters import add_quarter
from tests.killing import pause_seconds, run
from tests.processes import contents, environment
from tests.statbank_emulator import StatBankEmulator

KILLS = 25
"""Of each of the four: a hundred in all."""

COSTS_OF_BEFORE = 3
SEED = int(os.environ.get("KLYNGE_TEST_SEED", "20220701"))
Folders = tuple[Path, Path]


@dataclass(frozen=True)
class Written:
    """A command that writes, and what must hold after it, killed or not.

    Args:
        arguments: The command line.
        written: Which of the folders it writes to: data, reports or the delivery's.
        holds: Raises unless everything is whole; returns whether it is done.
    """

    arguments: str
    written: str
    holds: Callable[[Path], bool]


def _costs(root: Path) -> bool:
    """The tables are valid and as the commands write them, with the costs of before and after."""
    ids = {cost.cost_id for cost in load_reference(root / "data", remember=False).costs}
    assert list(not_canonical(root / "data")) == []
    added = {cost_id for cost_id in ids if cost_id.startswith("post")}
    assert len(ids - added) == COSTS_OF_BEFORE
    return bool(added)


def _stored(root: Path) -> list[int]:
    """Return the people of Frederiksberg in each answer, each compared with its record."""
    store = SnapshotStore(root / "data")
    found = []
    for source in SOURCE_TABLES:
        for snapshot in store.all(source.table, Quarter(2022, 1)):
            content = store.read(snapshot).decode("utf-8-sig")
            rows = dict(line.split(";TOT;IALT;TOT;2022K1;") for line in content.splitlines()
                        if ";IALT;" in line)  # fmt: skip
            found += [int(rows["147"])] if rows else []
    return found


def _refreshed(root: Path) -> bool:
    """The stored answers are whole, the old one among them."""
    people = _stored(root)
    assert people[0] == 103_608
    return people[-1] == 103_609


def _accepted(root: Path) -> bool:
    """The sidecars can be read, and the acceptance is in the newest or in none."""
    snapshots = SnapshotStore(root / "data").all("FOLK1A", Quarter(2022, 2))
    return [jump.code for jump in snapshots[-1].accepted_jumps] == ["167"]


def _delivered(root: Path) -> bool:
    """The delivered revision is whole or not there."""
    there = root / "delivered" / "2022K1" / "r1"
    if there.exists():
        assert contents(there) == contents(root / "reports" / "2022K1" / "r1")
    return (root / "reports" / "2022K1" / "deliveries" / "r1.json").exists()


COMMANDS = {
    "add-cost": Written(
        "add-cost post viborg 1 --name-da a --name-en b --from 2022K1 --source rm-klynger",
        "data/reference",
        _costs,
    ),
    "fetch --refresh": Written("fetch 2022K1 --refresh", "data/snapshots", _refreshed),
    "deliver": Written("deliver 2022K1", "", _delivered),
    "acceptance": Written("fetch 2022K2 --accept-jump 167", "data/snapshots", _accepted),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_killed_while_writing(
    name: str, data_dir: Path, first_report: Path, tmp_path: Path, statbank: StatBankEmulator
) -> None:
    """After each kill all is whole, and the same command completes; nothing is left over."""
    command, dice = COMMANDS[name], random.Random(f"{SEED} {name}")
    statbank.revise("FOLK1A", "2022K1", {"147": 103_609})
    if name == "acceptance":
        add_quarter(data_dir, Quarter(2022, 2), {"167": 25_000})
    shutil.copytree(first_report, tmp_path / "reports")

    def again(number: int, at: int, pause: float = 0) -> tuple[Path, int, int]:
        root = tmp_path / str(number)
        if not root.exists():
            root.mkdir()
            (root / "delivered").mkdir()
            shutil.copytree(data_dir, root / "data")
            shutil.copytree(tmp_path / "reports", root / "reports")
        given = environment(
            root / "data", root / "reports",
            KLYNGE_STATBANK_URL=statbank.url, KLYNGE_DELIVERY_FOLDER=str(root / "delivered"),
        )  # fmt: skip
        folder = str(root / command.written)
        words = command.arguments.split()
        if at < 0 and number:  # what is done already cannot be added a second time
            words = [word.replace("post", "post-2") for word in words]
        return root, *run(given, words, folder, at, pause)

    root, exit_code, writes = again(0, -1)
    assert (exit_code, command.holds(root), writes > 2) == (0, True, True)
    killed = 0
    for number in range(1, 4 * KILLS):
        if killed == KILLS:
            break
        pause = pause_seconds(dice.random())
        root, exit_code, _ = again(number, dice.randrange(writes), pause)
        killed += exit_code != 0
        command.holds(root)
        _, exit_code, _ = again(number, -1)
        assert (exit_code, command.holds(root)) == (0, True)
        assert [path.name for path in root.rglob("*.tmp")] == []
        shutil.rmtree(root)
    assert killed == KILLS
