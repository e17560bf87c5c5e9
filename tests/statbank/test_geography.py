"""The codes of the regions change in 2027: three futures, each with and without an edit."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.conftest import Klynge
from tests.statbank.conftest import files_below
from tests.statbank_emulator import StatBankEmulator
from tests.statbank_emulator.tables import TABLES, Table

FOLK1A, KKBEF1 = TABLES
EAST = FOLK1A.parts_of["084"] + FOLK1A.parts_of["085"]
FUTURES = {
    "replaced": FOLK1A.regrouped({"086": EAST}, ["084", "085"]),
    "added": FOLK1A.regrouped({"086": EAST}, []),
    "unchanged": FOLK1A,
    "old ones emptied": FOLK1A.regrouped({"086": EAST, "084": (), "085": ()}, ["084", "085"]),
}
Rows = list[dict[str, str]]
Serve = Callable[[Table], StatBankEmulator]


@pytest.fixture
def serve(klynge: Klynge, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Serve a StatBank with this FOLK1A to the command line."""
    with ExitStack() as banks:

        def start(table: Table) -> StatBankEmulator:
            bank = StatBankEmulator("2008K1", "2028K1", tables=(table, KKBEF1))
            monkeypatch.setenv("KLYNGE_STATBANK_URL", bank.url)
            return banks.enter_context(bank)

        yield start


def edit(data_dir: Path, name: str, change: Callable[[Rows], Rows]) -> None:
    """Change the rows of a reference table."""
    path = data_dir / "reference" / f"{name}.csv"
    rows = list(csv.DictReader(path.read_text("utf-8").splitlines()))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(change(rows))


def one_region(rows: Rows) -> Rows:
    """End the two regions with 2026K4, and let their municipalities be in a third from 2027K1."""
    ended = [
        {**row, "last_quarter": "2026K4"}
        if row["code"] in ("084", "085") or row["region_code"] in ("084", "085")
        else row
        for row in rows
    ]
    begun = [
        {**row, "region_code": "086", "first_quarter": "2027K1"}
        for row in rows
        if row["region_code"] in ("084", "085")
    ]
    region = {"code": "086", "name": "Region Østdanmark", "kind": "region", "region_code": ""}
    return [*ended, {**region, "first_quarter": "2027K1", "last_quarter": ""}, *begun]


def one_region_alone(rows: Rows) -> Rows:
    """Change the rows of the regions, and leave those of the municipalities."""
    wanted = [row for row in one_region(rows) if row["kind"] == "region"]
    return [next((row for row in wanted if row["code"] == old["code"]), old) for old in rows] + [
        row for row in wanted if row["code"] == "086"
    ]


def findings(reports_dir: Path, quarter: str) -> list[str]:
    """Return the subjects of the findings of the newest revision."""
    newest = sorted((reports_dir / quarter).glob("r*"))[-1]
    manifest = json.loads((newest / "manifest.json").read_text("utf-8"))
    return [row["subject"] for row in manifest["findings"]]


@pytest.mark.parametrize("change", [None, one_region, one_region_alone])
@pytest.mark.parametrize("future", FUTURES)
def test_every_future_is_lived_through(
    future: str,
    change: Callable[[Rows], Rows] | None,
    serve: Serve,
    klynge: Klynge,
    data_dir: Path,
    reports_dir: Path,
) -> None:
    """2027K1 is written with and without an edit, 2022K1 stays byte for byte, `check` is clean."""
    assert klynge("run", "2022K1", "--offline").exit_code == 0
    before = files_below(reports_dir / "2022K1")
    bank = serve(FUTURES[future])
    if change:
        edit(data_dir, "areas", change)
    ended = klynge("run", "2027K1")
    assert ended.exit_code == 0, ended.err
    differ = (future == "unchanged") == bool(change)
    assert ("region_codes_differ" in findings(reports_dir, "2027K1")) == differ
    assert ("Finding: FOLK1A has other codes" in ended.out) == differ
    assert bank.count("data", "KKBEF1") == bank.count("tableinfo", "KKBEF1") == 0
    replayed = klynge("explain", "2022K1:r1", "amager-hvidovre", "roedovre")
    assert (replayed.exit_code, "12,801" in replayed.out) == (0, True), replayed.err
    again = klynge("run", "2022K1", "--offline")
    assert again.exit_code == 0, again.err
    assert files_below(reports_dir / "2022K1") == before
    checked = klynge("check")
    assert checked.exit_code == 0, checked.out
    assert checked.out.count("Enter the change in data/reference/areas.csv") == differ


@pytest.mark.parametrize("future", ["replaced", "added"])
def test_an_edit_after_the_fact_leaves_all_as_it_was(
    future: str, serve: Serve, klynge: Klynge, data_dir: Path, reports_dir: Path
) -> None:
    """Written without an edit, 2027K1 reads, replays and explains with it, and has no finding."""
    serve(FUTURES[future])
    assert klynge("run", "2027K1").exit_code == 0
    assert "region_codes_differ" in findings(reports_dir, "2027K1")
    edit(data_dir, "areas", one_region)
    explained = klynge("explain", "2027K1:r1", "sundhedsraad-hovedstaden", "koebenhavn")
    assert explained.exit_code == 0, explained.err
    assert klynge("run", "2027K1", "--refresh").exit_code == 0
    assert "region_codes_differ" not in findings(reports_dir, "2027K1")
    assert klynge("compare", "2022K1", "2027K1:r1").exit_code == 0


@pytest.mark.parametrize(
    ("table", "says"),
    [
        (FOLK1A.regrouped({}, ["155"]), "OMRÅDE 155 is gone"),
        (FOLK1A.regrouped({"999": ("155", "185"), "155": (), "185": ()}, ["155", "185"]), "999"),
    ],
)
def test_what_a_krone_hangs_on_still_stops(
    table: Table, says: str, serve: Serve, klynge: Klynge, reports_dir: Path
) -> None:
    """A municipality that is gone, or whose people stand under a code unknown here: exit 21."""
    serve(table)
    ended = klynge("run", "2027K1")
    assert (ended.exit_code, says in ended.err) == (21, True), ended.err
    assert not reports_dir.exists()


def merged(rows: Rows) -> Rows:
    """Dragør and Tårnby become one municipality, 999, in 2028K1, in areas or in memberships."""
    column = "code" if "code" in rows[0] else "municipality_code"
    both = [row for row in rows if row[column] in ("155", "185") and not row["last_quarter"]]
    ended = [{**row, "last_quarter": "2027K4"} if row in both else row for row in rows]
    return [*ended, {**both[0], column: "999", "first_quarter": "2028K1"}]


def split(rows: Rows) -> Rows:
    """What was one municipality, 999, to 2027K4, is Dragør and Tårnby from 2028K1."""
    column = "code" if "code" in rows[0] else "municipality_code"
    parts = [row for row in rows if row[column] in ("155", "185") and not row["last_quarter"]]
    kept = [row for row in rows if row not in parts]
    begun = [{**row, "first_quarter": "2028K1"} for row in parts]
    one = {**parts[0], column: "999", "first_quarter": "2027K1", "last_quarter": "2027K4"}
    before = [{**row, "last_quarter": "2026K4"} for row in parts if column == "code"]
    return [*kept, *before, one, *begun]


@pytest.mark.parametrize("change", [merged, split])
def test_a_municipality_is_merged_or_split(
    change: Callable[[Rows], Rows], serve: Serve, klynge: Klynge, data_dir: Path, reports_dir: Path
) -> None:
    """Each quarter is asked for and allocated by the municipalities that it has."""
    for name in ("areas", "memberships"):
        edit(data_dir, name, change)
    council = ["sundhedsraad-amager-vestegnen", "1000", "--name-da", "a", "--name-en", "b"]
    source = ("--from", "2027K1", "--source", "memo-syd-2022")
    assert klynge("add-cost", "post", *council, *source).exit_code == 0
    one = FOLK1A.regrouped({"999": ("155", "185")}, ["155", "185"])
    before, after = (FOLK1A, one) if change is merged else (one, FOLK1A)
    serve(before)
    first = klynge("run", "2027K4")
    assert first.exit_code == 0, first.err
    serve(after)
    second = klynge("run", "2028K1")
    assert second.exit_code == 0, second.err
    codes = {quarter: _codes(reports_dir, quarter) for quarter in ("2027K4", "2028K1")}
    both, merged_codes = {"155", "185"}, {"999"}
    assert codes["2027K4"] & (both | merged_codes) == (both if change is merged else merged_codes)
    assert codes["2028K1"] & (both | merged_codes) == (merged_codes if change is merged else both)
    assert klynge("run", "2027K4", "--offline").exit_code == 0
    assert klynge("check").exit_code == 0
    compared = klynge("compare", "2027K4", "2028K1", "--format=json")
    rows = json.loads(compared.out)["rows"]
    assert sum(row["change_dkk"] or 0 for row in rows) == 0


def _codes(reports_dir: Path, quarter: str) -> set[str]:
    text = (reports_dir / quarter / "r1" / f"fordeling-{quarter}.csv").read_text("utf-8")
    return {row["municipality_code"] for row in csv.DictReader(text.splitlines())}


def test_districts_are_asked_for_where_a_rule_counts_by_them(
    serve: Serve, klynge: Klynge, data_dir: Path
) -> None:
    """KKBEF1 is not needed from 2027K1; a back-cast of the rules of 2022 asks for it."""
    bank = serve(FOLK1A)
    assert klynge("fetch", "2027K1", "2027K2").exit_code == 0
    assert bank.count("tableinfo", "KKBEF1") == 0
    assert klynge("run", "2027K1", "--rules", "2022K1").exit_code == 0
    assert bank.count("data", "KKBEF1") == 1
    assert not (data_dir / "snapshots" / "KKBEF1" / "2027K2").exists()


def test_what_other_rules_lack_is_fetched_by_the_command_that_is_told(
    serve: Serve, klynge: Klynge
) -> None:
    """A fetch counts what was asked for, and what a back-cast then lacks has its own command."""
    serve(FOLK1A)
    assert klynge("fetch", "2027K1").out.splitlines() == ["FOLK1A: 1 new"]
    back_cast = ("run", "2027K1", "--rules", "2026K4", "--offline")
    refused = klynge(*back_cast)
    assert refused.exit_code == 2
    assert "The newest quarter stored is 2026K1.\n" in refused.err
    told = "To ask the StatBank for it: klynge fetch 2027K1 --rules 2026K4"
    assert refused.err.splitlines()[-1] == told
    fetched = klynge(*told.split("klynge ")[1].split())
    assert fetched.out.splitlines() == ["FOLK1A: 1 already stored", "KKBEF1: 1 new"]
    assert klynge(*back_cast).exit_code == 0
