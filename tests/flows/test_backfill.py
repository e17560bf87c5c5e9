"""The back-fill flow: quarters over a task runner, each a report of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import Klynge
from tests.flows.conftest import EndedRun, Run
from tests.prefect_site import Site
from tests.processes import contents
from tests.statbank_emulator import StatBankEmulator, faults

RANGE = {"from_quarter": "2022K1", "to_quarter": "2022K4", "reports": True}
LABELS = ["2022K1", "2022K2", "2022K3", "2022K4"]


def shown_rows(environment: Site, run: EndedRun) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = json.loads(str(environment.artifacts(run.id)["backfill"].data))
    return rows


def test_range_in_few_queries(
    backfill: Run, environment: Site, statbank: StatBankEmulator, reports_dir: Path
) -> None:
    """A year is fetched with a query a table, written a report a quarter, and then unchanged.

    However its quarters were typed, the run is named by them as all else is.
    """
    run = backfill(**{**RANGE, "from_quarter": "1. kvartal 2022", "to_quarter": "2022k4"})
    assert (run.message, environment.read(run.id).name) == ("4 written", "backfill-2022K1-2022K4")
    assert statbank.count("data") == 2
    assert sorted(folder.name for folder in reports_dir.glob("????K?")) == LABELS
    assert [row["quarter"] for row in shown_rows(environment, run)] == LABELS
    assert backfill(**RANGE).message == "4 unchanged"


def test_one_table_of_many_quarters(
    backfill: Run, klynge: Klynge, reports_dir: Path, tmp_path: Path
) -> None:
    """Without reports the flow writes the one table that the command writes, byte for byte."""
    run = backfill(from_quarter="2016K1", to_quarter="2023K1", rules="2022K1", offline=True)
    assert run.message == "8 calculated"
    there = tmp_path / "by-command"
    span = ("--offline", "--from", "2016K1", "--to", "2023K1", "--rules", "2022K1")
    assert klynge("backfill", *span, "--reports-dir", str(there)).exit_code == 0
    assert contents(reports_dir) == contents(there)


def test_progress_is_shown(backfill: Run, environment: Site, reports_dir: Path) -> None:
    """The progress of a back-fill ends at a hundred percent, and where its tables are is told."""
    run = backfill(from_quarter="2022K1", to_quarter="2022K1")
    shown = environment.artifacts(run.id)
    assert float(str(shown["backfill-progress"].data)) == 100
    there = sorted(map(str, (reports_dir / "backfill").glob("*.csv")))
    told = str(shown["backfill"].description).replace("\\", "")
    assert told == f"1 quarter: {', '.join(there)}"


def test_one_failing_quarter_stops_no_other(
    backfill: Run, environment: Site, statbank: StatBankEmulator, reports_dir: Path
) -> None:
    """A quarter without rules fails with its reason, and the quarters beside it are written."""
    run = backfill(from_quarter="2021K4", to_quarter="2022K1", reports=True)
    assert run.name == "Failed"
    assert run.message.startswith("1 of 2 failed, first 2021K4: ")
    assert shown_rows(environment, run)[1] == {"quarter": "2022K1", "result": "written r1"}
    assert [folder.name for folder in reports_dir.glob("????K?")] == ["2022K1"]


def test_back_casts(backfill: Run, reports_dir: Path) -> None:
    """Rules of another quarter make back-casts, kept apart from the reports."""
    run = backfill(from_quarter="2021K4", to_quarter="2022K1", rules="2022K1", reports=True)
    assert run.message == "2 written"
    assert sorted(folder.name for folder in reports_dir.glob("????K?*")) == [
        "2021K4-rules-2022K1",
        "2022K1",
    ]


def test_statbank_away_for_good(backfill: Run, statbank: StatBankEmulator) -> None:
    """Nothing is calculated when the population cannot be had."""
    statbank.fail(faults.unavailable(), times=None, function="any")
    run = backfill(**RANGE)
    assert run.name == "Failed"
    assert "The StatBank did not answer" in run.message


def test_range_the_wrong_way_round(backfill: Run) -> None:
    """A range that ends before it starts is refused in words."""
    run = backfill(from_quarter="2023K1", to_quarter="2022K1")
    assert run.message == "2022K1 lies before 2023K1."


def test_dask(backfill: Run, monkeypatch: pytest.MonkeyPatch, reports_dir: Path) -> None:
    """On a Dask cluster the same reports are written."""
    pytest.importorskip("prefect_dask", reason="the extra [dask] is not installed")
    monkeypatch.setenv("KLYNGE_TASK_RUNNER", "dask")
    run = backfill(**RANGE)
    assert run.message == "4 written"
    assert sorted(folder.name for folder in reports_dir.glob("????K?")) == LABELS
