"""What is stored is enough: nobody is asked for it, and it is what is told when nobody answers."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Barrier, Thread

import pytest

from pipeline.calculation.calculate import Parameters
from pipeline.calculation.plausibility import AcceptedJump
from pipeline.errors import Remedy, StatBankUnavailable, UsageError
from pipeline.settings import Settings
from pipeline.snapshots.acquisition import Access, Acquisition
from pipeline.snapshots.store import SnapshotStore, plain_figures
from schemas.quarter import Quarter
from schemas.report_name import ReportName
from schemas.source_tables import AGE_TABLES
from tests.conftest import PretendClock
from tests.processes import NOBODY

NEWEST = "2026K1"


@pytest.fixture
def cut_off(data_dir: Path) -> Acquisition:
    """The bundled data, and a StatBank that does not answer."""
    settings = Settings(data_dir, Path("nowhere"), statbank_url=NOBODY)
    return Acquisition(settings, Access(), PretendClock().as_clock())


def parameters(quarter: str) -> Parameters:
    """Return what a report of a quarter is asked for by."""
    return Parameters(ReportName(Quarter.parse(quarter)))


def test_nobody_is_asked_for_what_is_stored(cut_off: Acquisition) -> None:
    """Unless it is to be fetched anew."""
    assert [row.quarter for row in cut_off.snapshots(parameters("2022K1"))] == ["2022K1"] * 2
    cut_off.access = Access(refresh=True)
    with pytest.raises(StatBankUnavailable):
        cut_off.snapshots(parameters("2022K1"))


@pytest.mark.parametrize("rules", [None, Quarter(2027, 1)], ids=["districts", "no districts"])
def test_offline_nobody_is_asked_for_what_is_not_stored(
    cut_off: Acquisition, rules: Quarter | None
) -> None:
    """Whichever tables the rules count by, a quarter that is not stored is said to be so."""
    cut_off.access = Access(offline=True)
    with pytest.raises(UsageError, match="2024K2"):
        cut_off.snapshots(Parameters(ReportName(Quarter(2024, 2), rules)))


@pytest.mark.parametrize(
    "ask",
    [
        Acquisition.newest,
        lambda bank: bank.snapshots(parameters("2024K2")),
        lambda bank: list(bank.fetch_all([Quarter(2024, 2)])),
    ],
    ids=["its newest quarter", "a quarter that is not stored", "to fetch alone"],
)
def test_without_an_answer_the_newest_quarter_stored_is_named(
    cut_off: Acquisition, ask: Callable[[Acquisition], object]
) -> None:
    """Whatever was asked, the message says what can be had now."""
    with pytest.raises(StatBankUnavailable) as caught:
        ask(cut_off)
    assert caught.value.hint.endswith(f"The newest quarter stored is {NEWEST}.")
    assert caught.value.remedy is Remedy.USE_STORED


def test_without_an_answer_nothing_is_promised_that_is_not_stored(
    cut_off: Acquisition, data_dir: Path
) -> None:
    """What stands in no folder cannot be used instead."""
    shutil.rmtree(data_dir / "snapshots")
    with pytest.raises(StatBankUnavailable) as caught:
        list(cut_off.fetch_all([Quarter(2024, 2)]))
    assert (caught.value.hint, caught.value.remedy) == ("Try again later.", None)


def test_a_quarter_is_stored_with_all_tables_that_it_needs(
    cut_off: Acquisition, data_dir: Path
) -> None:
    """One table of the two is no quarter; where no district is counted it is."""
    assert str(cut_off.stored_quarters()[-1]) == NEWEST
    shutil.rmtree(data_dir / "snapshots" / "KKBEF1" / NEWEST)
    left = Acquisition.offline(cut_off.settings)
    assert Quarter.parse(NEWEST) not in left.stored_quarters()
    assert Quarter.parse(NEWEST) in left.stored_quarters(Quarter(2027, 1))


@pytest.mark.parametrize(("ages", "people"), [("0-17", 18), ("125-", 1), ("", 126)])
def test_of_ages_those_are_counted_that_are_asked_for(
    data_dir: Path, ages: str, people: int
) -> None:
    """One person of each age; a sum that the StatBank leaves out is not there."""
    source = AGE_TABLES[0]
    rows = [
        f"{code};TOT;{age};TOT;2022K1;{count if code == '101' else '..'}"
        for code in ("101", "084")
        for age, count in (("IALT", 126), *((age, 1) for age in source.ages))
    ]
    content = "\n".join([";".join(source.header), *rows]).encode("utf-8-sig")
    (stored,) = SnapshotStore(data_dir).all("FOLK1A", Quarter(2022, 1))
    asked = replace(stored, query=source.query(("101", "084"), [Quarter(2022, 1)]))
    assert plain_figures(source, asked, content, ages) == {"101": people}


def test_retrievals_stored_at_once_are_all_kept(data_dir: Path) -> None:
    """Eight that begin together, each having read what was there: eight more, one after another."""
    quarter, begin = Quarter(2022, 1), Barrier(8)
    (before,) = SnapshotStore(data_dir).all("FOLK1A", quarter)

    def store_one(second: int) -> None:
        store = SnapshotStore(data_dir)
        content = store.read(store.all("FOLK1A", quarter)[0])
        begin.wait()
        store.add(replace(before, retrieved_at=f"2026-11-11T07:15:0{second}Z"), content)

    threads = [Thread(target=store_one, args=[second]) for second in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = SnapshotStore(data_dir).all("FOLK1A", quarter)
    first = before.sequence
    assert [row.sequence for row in kept] == list(range(first, first + 9))
    assert len({row.retrieved_at for row in kept}) == 9


@pytest.mark.parametrize(
    ("recorded", "read"),
    [
        ({"accepted_jumps": ["147"]}, {"accepted_jumps": (AcceptedJump("147", "", 0, 0, ""),)}),
        ({"updated": "2022-02-11\N{NO-BREAK SPACE}08:00"},
         {"updated": "2022-02-11\N{NO-BREAK SPACE}08:00"}),
    ],
    ids=["a code alone, of an earlier version", "a blank that breaks no line"],
)  # fmt: skip
def test_a_sidecar_is_read_as_it_is(
    data_dir: Path, recorded: dict[str, object], read: dict[str, object]
) -> None:
    """What an earlier version wrote, and every sign that moves no cursor."""
    (sidecar,) = (data_dir / "snapshots" / "FOLK1A" / "2022K1").glob("*.json")
    sidecar.write_text(json.dumps(json.loads(sidecar.read_bytes()) | recorded), "utf-8")
    found = SnapshotStore(data_dir).newest("FOLK1A", Quarter(2022, 1))
    assert {name: getattr(found, name) for name in read} == read


def test_an_answer_as_it_always_is_needs_no_pandas(
    cut_off: Acquisition, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only an odd row is looked at as at the door, which takes a hundred times as long."""
    monkeypatch.setitem(sys.modules, "pipeline.statbank.answers", None)
    stored = cut_off.store.newest("FOLK1A", Quarter(2022, 1))
    assert stored
    assert cut_off.reader.read(stored).people["101"] == 644_431
