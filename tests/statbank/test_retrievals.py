"""Which answer is the newest, what of a range is kept, and what may not stop a run."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest

from pipeline.snapshots.store import SnapshotStore
from schemas.quarter import Quarter
from tests.conftest import Klynge, PretendClock
from tests.statbank_emulator import StatBankEmulator

ISLAND, AREA = "411", "147"


def texts_of(workbook: Path) -> list[str]:
    """Return the texts of all cells as a reader sees them."""
    sheets = openpyxl.load_workbook(workbook, data_only=True).worksheets
    return [str(cell) for sheet in sheets for row in sheet.values for cell in row if cell]


@pytest.mark.page
def test_a_clock_that_is_behind_hides_no_revision(
    asking: Klynge, statbank: StatBankEmulator, clock: PretendClock, data_dir: Path
) -> None:
    """The answer that came last counts, whatever the clock says, and the report says so."""
    assert asking("run", "2022K1", "--quiet").exit_code == 0
    statbank.revise("FOLK1A", "2022K1", {AREA: 103_608 + 700})
    clock.moment -= timedelta(days=1)
    ended = asking("run", "2022K1", "--refresh")
    assert (ended.exit_code, "2022K1/r2" in ended.out) == (0, True), ended.err
    said = "FOLK1A 2022K1 was retrieved on 22 November 2026 at 08:20 UTC, before the answer"
    assert (
        f"Finding: By the clock, {said} that it replaces (23 November 2026 at 08:16 UTC)"
        in ended.out
    )
    page = (data_dir.parent / "reports" / "2022K1" / "r2" / "fordeling-2022K1.html").read_text()
    assert "er efter uret hentet den 22. november 2026 kl. 08:20 UTC, før det svar" in page
    assert "the clock was wrong one of the times" in asking("check").out
    assert asking("explain", "2022K1:r2", "bispebjerg-frederiksberg", AREA).exit_code == 0
    sidecars = list((data_dir / "snapshots" / "FOLK1A" / "2022K1").glob("*.json"))
    assert all(path.with_suffix(".csv").exists() for path in sidecars)  # beside their answers
    assert sorted(json.loads(path.read_bytes())["sequence"] for path in sidecars) == [1, 2]


def test_what_was_stored_before_retrievals_were_counted_is_the_first(
    asking: Klynge, statbank: StatBankEmulator, data_dir: Path
) -> None:
    """The next one is the second, and two at the same time are no clock that was behind."""
    assert asking("fetch", "2022K1").exit_code == 0
    folder = data_dir / "snapshots" / "FOLK1A" / "2022K1"
    (first,) = folder.glob("*.json")
    of_before = json.loads(first.read_bytes())
    del of_before["sequence"]
    first.write_text(json.dumps(of_before), encoding="utf-8")
    statbank.revise("FOLK1A", "2022K1", {AREA: 103_608 + 700})
    assert asking("fetch", "2022K1", "--refresh").exit_code == 0
    (second,) = set(folder.glob("*.json")) - {first}
    sidecar = json.loads(second.read_bytes())
    assert sidecar["sequence"] == 1
    sidecar["retrieved_at"] = of_before["retrieved_at"]
    second.write_text(json.dumps(sidecar), encoding="utf-8")
    stored = SnapshotStore(data_dir).all("FOLK1A", Quarter(2022, 1))
    assert [(row.sequence, row.clock_said) for row in stored] == [(0, ""), (1, "")]


def test_a_range_keeps_the_quarters_that_are_sound(
    asking: Klynge, statbank: StatBankEmulator, data_dir: Path
) -> None:
    """One quarter that jumps is named and set aside; those beside it are stored."""
    statbank.revise("FOLK1A", "2021K3", {AREA: 250_000})
    ended = asking("fetch", "--from", "2021K2", "--to", "2021K4")
    assert ended.exit_code == 20
    assert "The population of 2021K3 jumped implausibly:\n  147 Frederiksberg" in ended.err
    assert "klynge fetch 2021K3 --accept-jump 147" in ended.err
    stored = {path.parent.name for path in (data_dir / "snapshots").glob("FOLK1A/*/*.json")}
    assert stored == {"2021K1", "2021K2", "2021K4"}
    assert len(list((data_dir / "snapshots").glob("KKBEF1/2021K?/*.json"))) == 4
    assert asking("fetch", "2021K3", "--accept-jump", AREA).exit_code == 0


def test_what_is_set_aside_is_named_by_the_first_quarter_that_is_wrong(
    asking: Klynge, statbank: StatBankEmulator, data_dir: Path
) -> None:
    """The whole answer is kept once, with what is said of all quarters that are wrong."""
    for quarter, count in (("2021K3", 250_000), ("2021K4", 400_000)):
        statbank.revise("FOLK1A", quarter, {AREA: count})
    ended = asking("fetch", "--from", "2021K2", "--to", "2021K4")
    assert ended.exit_code == 20
    (kept,) = (data_dir / "quarantine").glob("*.csv")
    assert kept.name.startswith("FOLK1A-2021K3-")
    reason = json.loads(kept.with_suffix(".json").read_bytes())["reason"]
    assert all(f"The population of {quarter} jumped" in reason for quarter in ("2021K3", "2021K4"))


@pytest.mark.workbooks
def test_christiansoe_stops_nothing(
    asking: Klynge, statbank: StatBankEmulator, reports_dir: Path
) -> None:
    """That half of the island left is a remark, in a report that is like any other, and in no
    cluster's own workbook.
    """
    statbank.revise("FOLK1A", "2022K1", {ISLAND: 45})
    ended = asking("run", "2022K1")
    assert ended.exit_code == 0, ended.err
    assert "Finding: Christiansø (411) moved from 90 inhabitants" in ended.out
    assert asking("check").exit_code == 0
    workbooks = {
        path.stem: texts_of(path) for path in (reports_dir / "2022K1" / "r1").rglob("*.xlsx")
    }
    remark = "Christiansø (411) er ændret fra 90 indbyggere"
    told = {name for name, texts in workbooks.items() if remark in " ".join(texts)}
    assert told == {"fordeling-2022K1"}
    assert len(workbooks) == 2
    assert not [name for name, texts in workbooks.items() if "AFVIGER" in texts]


def accept_and_lose(asking: Klynge, statbank: StatBankEmulator, data_dir: Path) -> None:
    """Fetch a jump that is accepted, of which the acceptance is then lost."""
    statbank.revise("FOLK1A", "2022K1", {AREA: 250_000})
    assert asking("fetch", "2022K1", "--accept-jump", AREA).exit_code == 0
    (sidecar,) = (data_dir / "snapshots" / "FOLK1A" / "2022K1").glob("*.json")
    sidecar.write_text(json.dumps(json.loads(sidecar.read_bytes()) | {"accepted_jumps": []}))


def test_an_acceptance_is_kept_though_the_answer_is_the_same(
    asking: Klynge, statbank: StatBankEmulator, data_dir: Path
) -> None:
    """It is recorded once, for every command, with the figures that were looked at."""
    accept_and_lose(asking, statbank, data_dir)
    for command in ("check", "run 2022K1", f"explain 2022K1 bispebjerg-frederiksberg {AREA}"):
        ended = asking(*command.split())
        assert (ended.exit_code, "fetch 2022K1 --accept-jump 147" in ended.out + ended.err) == (
            20,
            True,
        )
    accepted = asking("fetch", "2022K1", "--refresh", "--accept-jump", AREA)
    assert "FOLK1A: 1 accepted" in accepted.out
    assert "FOLK1A: 1 same" in asking("fetch", "2022K1", "--refresh", "--accept-jump", AREA).out
    assert not (data_dir / "snapshots" / "FOLK1A" / "answers").exists()  # its own is the whole
    for command in ("check", "run 2022K1", f"explain 2022K1 bispebjerg-frederiksberg {AREA}"):
        assert asking(*command.split()).exit_code == 0
    statbank.revise("FOLK1A", "2022K1", {AREA: 260_000})
    changed = asking("fetch", "2022K1", "--refresh")
    assert (changed.exit_code, "260000 in 2022K1" in changed.err) == (20, True)


def test_what_is_stored_can_be_accepted_without_asking(
    asking: Klynge, statbank: StatBankEmulator, data_dir: Path
) -> None:
    """An acceptance that got lost is recorded again on the answer that is there."""
    accept_and_lose(asking, statbank, data_dir)
    asked = statbank.count("data")
    assert asking("check", "2022K1").exit_code == 20
    again = asking("fetch", "2022K1", "--accept-jump", AREA)
    assert (again.exit_code, "FOLK1A: 1 accepted" in again.out) == (0, True), again.err
    assert asking("check", "2022K1").exit_code == 0
    assert statbank.count("data") == asked


def test_an_acceptance_is_of_one_answer(asking: Klynge, statbank: StatBankEmulator) -> None:
    """Another one with the same jump is looked at again, though only one person elsewhere moved."""
    statbank.revise("FOLK1A", "2022K1", {AREA: 250_000})
    assert asking("fetch", "2022K1", "--accept-jump", AREA).exit_code == 0
    statbank.revise("FOLK1A", "2022K1", {AREA: 250_000, "101": 644_432})
    again = asking("fetch", "2022K1", "--refresh")
    assert (again.exit_code, "250000 in 2022K1" in again.err) == (20, True)
