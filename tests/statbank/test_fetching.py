"""What is asked of the StatBank, how often, and what is stored of its answers."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from filelock import FileLock, Timeout

from pipeline.calculation.calculate import Snapshot
from pipeline.files import write_atomically
from pipeline.machine import installed_version
from pipeline.snapshots.intake import rows_of
from pipeline.snapshots.store import SnapshotStore
from schemas.quarter import Quarter, quarter_range
from schemas.source_tables import CELL_LIMIT, FOLK1A, SOURCE_TABLES
from tests.conftest import REPOSITORY, Klynge, PretendClock
from tests.statbank.conftest import files_below
from tests.statbank_emulator import StatBankEmulator

QUARTER = Quarter.parse("2022K1")


def _newest(data_dir: Path, table: str) -> Snapshot:
    snapshot = SnapshotStore(data_dir).newest(table, QUARTER)
    assert snapshot is not None
    return snapshot


def _manifest(folder: Path) -> dict[str, object]:
    manifest: dict[str, object] = json.loads((folder / "manifest.json").read_text("utf-8"))
    return manifest


def test_a_fetched_quarter_gives_the_same_csv_as_the_bundled_one(
    asking: Klynge, data_dir: Path, reports_dir: Path, tmp_path: Path
) -> None:
    """From an empty snapshot folder the run gives the bundled quarter's CSV, byte for byte."""
    shutil.rmtree(data_dir / "snapshots")
    assert asking("run", "2022K1").exit_code == 0
    bundled = tmp_path / "bundled"
    arguments = ("--data-dir", str(REPOSITORY / "data"), "--reports-dir", str(bundled))
    assert asking("run", "2022K1", *arguments).exit_code == 0
    fetched_files, bundled_files = files_below(reports_dir), files_below(bundled)
    names = [name for name in bundled_files if name.endswith(".csv")]
    assert len(names) >= 3
    assert {name: fetched_files[name] for name in names} == {
        name: bundled_files[name] for name in names
    }


def test_a_run_asks_each_table_once_and_not_at_all_for_what_is_held(
    asking: Klynge, statbank: StatBankEmulator
) -> None:
    """One tableinfo and one data request a table; a rerun makes no request."""
    assert asking("run", "2022K1").exit_code == 0
    asked = [(entry.function, entry.table) for entry in statbank.log]
    assert sorted(asked) == [
        (function, table) for function in ("data", "tableinfo") for table in ("FOLK1A", "KKBEF1")
    ]
    statbank.clear_log()
    assert asking("run", "2022K1").exit_code == 0
    assert statbank.log == []


def test_a_run_says_who_asks(
    asking: Klynge, statbank: StatBankEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The User-Agent is honest, and names the contact of the settings."""
    monkeypatch.setenv("KLYNGE_CONTACT", "data@kommune.example")
    assert asking("run", "2022K1").exit_code == 0
    agents = {entry.user_agent for entry in statbank.log}
    assert agents == {f"klyngefordeling/{installed_version()} (data@kommune.example)"}


def test_the_sidecar_leads_back_to_the_request(
    asking: Klynge, statbank: StatBankEmulator, data_dir: Path
) -> None:
    """Query as sent, address, request id, table's update and time of retrieval are stored."""
    assert asking("run", "2022K1").exit_code == 0
    snapshot = _newest(data_dir, "FOLK1A")
    sent = [entry for entry in statbank.log if (entry.function, entry.table) == ("data", "FOLK1A")]
    assert snapshot.query == json.loads(sent[0].body)
    assert (snapshot.origin, snapshot.url) == ("fetched", f"{statbank.url}/data")
    assert snapshot.request_id
    assert snapshot.updated
    assert snapshot.retrieved_at.startswith("2026-11-23T08:")


def test_without_a_quarter_the_newest_that_both_tables_have(
    asking: Klynge, statbank: StatBankEmulator, reports_dir: Path
) -> None:
    """A table that is ahead does not decide; the run says the quarter it took."""
    statbank.withhold("FOLK1A", "2023K1")
    ended = asking("run")
    assert ended.exit_code == 0, ended.err
    assert "2022K4: population on 1 October 2022" in ended.out
    assert (reports_dir / "2022K4" / "r1").is_dir()


@pytest.mark.parametrize(
    ("table", "day"), [("FOLK1A", "11 February 2023"), ("KKBEF1", "6 February 2023")]
)
def test_a_run_waits_for_both_tables(
    asking: Klynge, statbank: StatBankEmulator, table: str, day: str, reports_dir: Path
) -> None:
    """Exit code 32 says which table lacks the quarter and when it usually comes; nothing is asked
    of the other table's data."""
    statbank.withhold(table, "2023K1")
    ended = asking("run", "2023K1")
    assert ended.exit_code == 32
    assert f"{table} 2023K1 is not published yet" in ended.err
    assert f"about {day} at 08:00" in ended.err
    assert statbank.count("data") == 0
    assert not reports_dir.exists()


def test_a_quarter_before_the_table_begins_is_said_so(asking: Klynge) -> None:
    """A quarter that will never come is not promised."""
    ended = asking("fetch", "2007K1")
    assert ended.exit_code == 32
    assert "FOLK1A starts with 2016K1; it has no 2007K1" in ended.err
    assert "klynge run" not in ended.err, "the newest quarter is not what was wanted"


def test_a_release_is_noticed(asking: Klynge, statbank: StatBankEmulator) -> None:
    """What was not published yet is there after the release."""
    statbank.withhold("FOLK1A", "2023K1")
    assert asking("run", "2023K1").exit_code == 32
    statbank.release("FOLK1A", "2023K1", updated="2023-02-10T08:00:00")
    assert asking("run", "2023K1").exit_code == 0


def test_offline_asks_nobody(asking: Klynge, statbank: StatBankEmulator) -> None:
    """--offline takes the newest quarter stored, or says that one is not stored."""
    ended = asking("run", "--offline", "--rules", "2022K1")
    assert ended.exit_code == 0, ended.err
    assert "2021K1-rules-2022K1" in ended.out
    ended = asking("run", "2022K1", "--offline")
    assert ended.exit_code == 2
    assert "No snapshot of FOLK1A 2022K1 is stored" in ended.err
    ended = asking("run", "--offline", "--refresh")
    assert ended.exit_code == 2
    assert "contradict each other" in ended.err
    assert statbank.log == []


def test_a_revised_figure_becomes_a_snapshot_and_a_revision_that_says_so(
    asking: Klynge, statbank: StatBankEmulator, reports_dir: Path, data_dir: Path
) -> None:
    """The earlier snapshot and revision stay; the reason names the area and by how much."""
    assert asking("run", "2022K1").exit_code == 0
    before = {**files_below(data_dir / "snapshots"), **files_below(reports_dir)}
    people = 53_053
    statbank.revise("FOLK1A", "2022K1", {"169": people + 12}, updated="2026-11-23T08:00:00")
    ended = asking("run", "2022K1", "--refresh")
    assert ended.exit_code == 0, ended.err
    reason = str(_manifest(reports_dir / "2022K1" / "r2")["reason"])
    assert "FOLK1A: 169 Høje-Taastrup changed from 53,053 to 53,065 inhabitants (+12)." in reason
    after = {**files_below(data_dir / "snapshots"), **files_below(reports_dir)}
    assert {name: after[name] for name in before} == before
    assert asking("run", "2022K1").out.count("Unchanged") == 1


def test_a_jump_is_measured_from_the_quarter_before(
    asking: Klynge, statbank: StatBankEmulator, data_dir: Path
) -> None:
    """Sixteen per cent since the quarter before stop an answer of many quarters; over the years
    since the oldest stored one they would pass. It is set aside under the quarter at fault.
    """
    statbank.revise("FOLK1A", "2022K2", {"169": 61_500})
    ended = asking("fetch", "--from", "2022K1", "--to", "2022K2")
    assert ended.exit_code == 20
    assert "169 Høje-Taastrup: 53053 in 2022K1, 61500 in 2022K2 (+15.9 %)" in ended.err
    (kept,) = (data_dir / "quarantine").glob("*.csv")
    assert re.fullmatch(r"FOLK1A-2022K2-[0-9a-f]{12}", kept.stem)
    assert "\n\n" not in ended.err


def test_an_answer_that_returns_is_current_again(
    asking: Klynge, statbank: StatBankEmulator, data_dir: Path
) -> None:
    """Figures that go and come back leave three retrievals of two answers, the last one current."""
    assert asking("fetch", "2022K1").exit_code == 0
    first = _newest(data_dir, "FOLK1A")
    statbank.revise("FOLK1A", "2022K1", {"169": 53_065}, updated="2026-11-23T08:00:00")
    assert asking("fetch", "2022K1", "--refresh").out.count("1 changed") == 1
    statbank.revise("FOLK1A", "2022K1", {"169": 53_053}, updated="2026-11-24T08:00:00")
    assert asking("fetch", "2022K1", "--refresh").out.count("1 changed") == 1
    newest = _newest(data_dir, "FOLK1A")
    assert (newest.sha256, newest.path) == (first.sha256, first.path)
    assert newest.retrieved_at > first.retrieved_at
    assert len(SnapshotStore(data_dir).all("FOLK1A", QUARTER)) == 3


def test_the_statbank_confirms_what_was_transcribed(
    klynge: Klynge, statbank: StatBankEmulator, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same bytes from the StatBank make a transcribed snapshot a fetched one, once."""
    monkeypatch.setenv("KLYNGE_STATBANK_URL", statbank.url)
    assert _newest(data_dir, "FOLK1A").origin == "transcribed"
    assert klynge("fetch", "2022K1", "--refresh").out.count("1 confirmed") == 2
    assert _newest(data_dir, "FOLK1A").origin == "fetched"
    assert klynge("fetch", "2022K1", "--refresh").out.count("1 same") == 2


def test_an_answer_that_is_gone_is_stored_again(
    asking: Klynge, statbank: StatBankEmulator, data_dir: Path
) -> None:
    """Asked for once more, the same bytes are there again, and what rests on them can be run."""
    assert asking("fetch", "2022K1").exit_code == 0
    lost = data_dir / _newest(data_dir, "FOLK1A").path
    content = lost.read_bytes()
    lost.unlink()
    assert asking("run", "2022K1").exit_code == 50
    assert asking("fetch", "2022K1", "--refresh").exit_code == 0
    assert lost.read_bytes() == content
    assert asking("run", "2022K1").exit_code == 0


def test_many_quarters_come_in_one_request_a_table(
    asking: Klynge, statbank: StatBankEmulator, data_dir: Path
) -> None:
    """29 quarters of two tables cost two tableinfo and two data requests."""
    ended = asking("fetch", "--from", "2016K1", "--to", "2023K1")
    assert ended.exit_code == 0, ended.err
    assert ended.out.splitlines() == [
        "FOLK1A: 28 new, 1 already stored",
        "KKBEF1: 28 new, 1 already stored",
    ]
    assert [statbank.count("tableinfo"), statbank.count("data")] == [2, 2]
    stored = SnapshotStore(data_dir).quarters("FOLK1A")
    assert stored == list(quarter_range(Quarter(2016, 1), Quarter(2023, 1)))


@pytest.mark.parametrize("last", ["2022K2", "2022K3"])
def test_a_quarter_of_many_is_byte_for_byte_what_it_is_alone(
    asking: Klynge, data_dir: Path, last: str
) -> None:
    """Its rows under the header are the bundled file's bytes; the whole answer is stored too.

    Of two as of more: a snapshot that held both would be refused by the next run.
    """
    assert asking("fetch", "--from", "2022K1", "--to", last).exit_code == 0
    assert asking("run", "2022K1", "--offline", "--quiet").exit_code == 0
    store = SnapshotStore(data_dir)
    snapshot = _newest(data_dir, "FOLK1A")
    (bundled,) = (REPOSITORY / "data" / "snapshots" / "FOLK1A" / "2022K1").glob("*.csv")
    assert store.read(snapshot) == bundled.read_bytes()
    assert snapshot.response is not None
    place = str(snapshot.response["path"])
    assert re.fullmatch(r"snapshots/FOLK1A/answers/[0-9a-f]{12}\.csv", place)
    whole = (data_dir / place).read_bytes()
    assert len(whole) == snapshot.response["bytes"]
    assert rows_of(QUARTER, whole) == store.read(snapshot)


def test_what_is_stored_is_written_while_no_other_fetch_can(
    asking: Klynge, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two at once would write one temporary file; the second waits at the lock of the store."""
    written = []

    def write_alone(path: Path, content: bytes) -> None:
        with pytest.raises(Timeout), FileLock(data_dir / "snapshots" / ".lock", timeout=0):
            pytest.fail("another fetch came in")
        write_atomically(path, content)
        written.append(path.parent.name)

    for module in ("intake", "store"):
        monkeypatch.setattr(f"pipeline.snapshots.{module}.write_atomically", write_alone)
    assert asking("fetch", "2022K2", "2022K3").exit_code == 0
    assert set(written) == {"answers", "2022K2", "2022K3"}


@pytest.mark.parametrize("count", [1, 76, 1587, 1588, 5000])
def test_a_query_stays_within_the_limit_of_cells(count: int) -> None:
    """Many quarters are split so that none is lost and no query asks for over a million cells."""
    quarters = quarter_range(Quarter(1000, 1), Quarter(1000, 1) + (count - 1))
    parts = FOLK1A.batches(105, quarters)
    assert [quarter for part in parts for quarter in part] == list(quarters)
    assert all(FOLK1A.cells(105, len(part)) <= CELL_LIMIT for part in parts)
    assert len(parts) == 1 + (count > 1587) + (count > 2 * 1587) + (count > 3 * 1587)


def test_estimated_districts_are_marked_in_every_output(
    asking: Klynge, statbank: StatBankEmulator, reports_dir: Path
) -> None:
    """Where KKBEF1 lacks the quarter, the last known shares carry on, and every figure says so."""
    statbank.withhold("KKBEF1", "2023K1")
    assert asking("run", "2023K1").exit_code == 32
    ended = asking("run", "2023K1", "--estimate-districts")
    assert ended.exit_code == 0, ended.err
    folder = reports_dir / "2023K1" / "r1"
    rows = (folder / "fordeling-2023K1.csv").read_text(encoding="utf-8").splitlines()
    marked = {tuple(row.split(",")[i] for i in (2, 5)) for row in rows if row.endswith(",true")}
    assert marked == {("amager-hvidovre", "101"), ("bispebjerg-frederiksberg", "101")}
    excel = (folder / "fordeling-2023K1-excel.csv").read_text(encoding="utf-8")
    assert sum(row.endswith(";ja") for row in excel.splitlines()) == 2
    findings = _manifest(folder)["findings"]
    assert isinstance(findings, list)
    assert findings[0]["subject"] == "districts_estimated"
    assert "are carried forward" in ended.out
    statbank.release("KKBEF1", "2023K1", updated="2023-02-06T08:00:00")
    assert asking("run", "2023K1", "--estimate-districts").exit_code == 0
    reason = str(_manifest(reports_dir / "2023K1" / "r2")["reason"])
    assert "the quarter whose districts are carried forward changed from 2022K4 to –." in reason


def test_an_estimate_adds_up_to_the_city(
    asking: Klynge, statbank: StatBankEmulator, reports_dir: Path
) -> None:
    """The estimated districts of both clusters are the city of FOLK1A, nobody lost."""
    statbank.withhold("KKBEF1", "2023K1")
    assert asking("run", "2023K1", "--estimate-districts").exit_code == 0
    inputs = json.loads((reports_dir / "2023K1" / "r1" / "inputs.json").read_text("utf-8"))
    districts = {code: row["population"] for code, row in inputs["KKBEF1"].items()}
    city = districts.pop("1000")
    assert sum(districts.values()) == city == inputs["FOLK1A"]["101"]["population"]


def test_status_tells_what_is_published_held_and_written(
    asking: Klynge, statbank: StatBankEmulator
) -> None:
    """Newest quarter, update and next release of both tables, snapshots and revisions."""
    assert asking("run", "2022K1").exit_code == 0
    ended = asking("status")
    assert ended.exit_code == 0
    told = " ".join(ended.out.split())
    assert "FOLK1A: 2 quarters stored (2021K1 to 2022K1)" in told
    assert "Reports: 2022K1 r1" in told
    assert "FOLK1A: newest published 2023K1, updated 11 February 2023" in told
    assert "next expected 2023K2 about 11 May 2023 at 08:00" in told


def test_status_tells_what_is_held_also_when_nobody_answers(
    asking: Klynge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the StatBank the local half is still told, with exit code 30."""
    monkeypatch.setenv("KLYNGE_STATBANK_URL", "http://127.0.0.1:9/v1")
    ended = asking("status")
    assert ended.exit_code == 30
    assert "FOLK1A: 1 quarters stored" in ended.out
    quiet = asking("status", "--quiet")
    assert (quiet.exit_code, quiet.out, quiet.err) == (30, "", ended.err)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("KLYNGE_STATBANK_URL", "http://api.statbank.dk/v1"),
        ("KLYNGE_STATBANK_URL", "ftp://127.0.0.1/v1"),
        ("KLYNGE_STATBANK_URL", "api.statbank.dk"),
        ("KLYNGE_READ_TIMEOUT_SECONDS", "soon"),
        ("KLYNGE_BUDGET_SECONDS", "-1"),
        ("KLYNGE_BUDGET_SECONDS", "inf"),
    ],
)
def test_a_wrong_setting_is_a_usage_error(
    asking: Klynge, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """Plain http goes to this machine only, and time limits are numbers; the variable is named."""
    monkeypatch.setenv(name, value)
    ended = asking("run", "2022K1")
    assert ended.exit_code == 2
    assert f"{name} is '{value}'" in ended.err


def test_a_quarter_to_fetch_must_be_named(asking: Klynge) -> None:
    """Nothing to fetch, or half a range, is a usage error with an example."""
    assert asking("fetch").exit_code == 2
    ended = asking("fetch", "--from", "2022K1")
    assert ended.exit_code == 2
    assert "--from 2022K1 --to 2023K1" in ended.err


@pytest.mark.live
def test_the_real_statbank_has_the_bundled_figures(
    klynge: Klynge, data_dir: Path, clock: PretendClock
) -> None:
    """FOLK1A and KKBEF1 of 2022K1, fetched from Statistics Denmark, are the bundled snapshots."""
    del clock
    before = {source.table: _newest(data_dir, source.table).sha256 for source in SOURCE_TABLES}
    ended = klynge("fetch", "2022K1", "--refresh")
    assert ended.exit_code == 0, ended.err
    after = {source.table: _newest(data_dir, source.table) for source in SOURCE_TABLES}
    assert {table: snapshot.sha256 for table, snapshot in after.items()} == before
    assert {snapshot.origin for snapshot in after.values()} == {"fetched"}
