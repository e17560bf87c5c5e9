"""Back-fill: many quarters in one go, the same figures as one by one; a failure stops no other."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pandas as pd
import pytest

from schemas.quarter import Quarter, quarter_range
from tests.analysis.bundled import BUNDLED
from tests.analysis.quarters import replace_quarters
from tests.conftest import Klynge
from tests.statbank_emulator import StatBankEmulator

RULES = ("--rules", "2022K1")
SPAN = ("--offline", "--from", "2016K1", "--to", "2023K1", *RULES)
TABLE = "fordeling-2016K1-2023K1-rules-2022K1"


def rows(content: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content)))


def test_the_table_holds_what_each_report_holds(klynge: Klynge, reports_dir: Path) -> None:
    """Each quarter's rows are those of its own report, with the quarter of the rules added."""
    ended = klynge("backfill", *SPAN)
    assert (ended.exit_code, ended.err) == (0, "")
    for name in ("fordeling", "puljer"):
        path = reports_dir / "backfill" / f"{name}-2016K1-2023K1-rules-2022K1.csv"
        table = rows(path.read_text("utf-8"))
        assert list(dict.fromkeys(row["quarter"] for row in table)) == BUNDLED
        for quarter in ("2016K1", "2022K1"):
            label = quarter if quarter == "2022K1" else f"{quarter}-rules-2022K1"
            klynge("run", quarter, *(() if quarter == "2022K1" else RULES))
            report = rows((reports_dir / label / "r1" / f"{name}-{label}.csv").read_text("utf-8"))
            own = [row for row in table if row["quarter"] == quarter]
            assert [{**row, "rules": "2022K1"} for row in report] == own


def test_reports_are_written_too(klynge: Klynge, reports_dir: Path) -> None:
    """--reports writes the full report of each quarter, and a second run finds it unchanged."""
    span = ("--offline", "--from", "2022K1", "--to", "2023K1", "--reports")
    ended = klynge("backfill", *span, "--format=json")
    summary = json.loads(ended.out)
    assert [row["report"] for row in summary["quarters"]] == [
        str(reports_dir / quarter / "r1") for quarter in ("2022K1", "2023K1")
    ]
    assert summary["left_out"] == ["2022K2", "2022K3", "2022K4"]
    assert klynge("backfill", *span).exit_code == 0
    assert not (reports_dir / "2022K1" / "r2").exists()


def test_a_quarter_that_fails_stops_no_other(
    klynge: Klynge, data_dir: Path, reports_dir: Path
) -> None:
    """A broken snapshot fails its quarter and the one compared with it; the others are written."""
    answer = next((data_dir / "snapshots" / "FOLK1A" / "2019K1").glob("*.csv"))
    answer.write_bytes(answer.read_bytes().replace(b";2019K1;", b";2019K2;", 1))
    next((data_dir / "snapshots" / "KKBEF1" / "2017K1").glob("*.json")).write_text("{}")
    ended = klynge("backfill", *SPAN)
    assert ended.exit_code == 50
    assert "FAILED 2019K1:" in ended.err
    assert "differs from its sidecar" in ended.err
    assert "FAILED 2017K1:" in ended.err
    table = rows((reports_dir / "backfill" / f"{TABLE}.csv").read_text("utf-8"))
    assert {row["quarter"] for row in table} == {"2016K1", "2021K1", "2022K1", "2023K1"}


def test_rules_that_are_missing_fail_by_quarter(klynge: Klynge, reports_dir: Path) -> None:
    """Without --rules the quarters before the clusters fail, and say how to go on."""
    ended = klynge("backfill", "--offline", "--from", "2021K1", "--to", "2022K1", "--format=json")
    failure = json.loads(ended.out)["failures"][0]
    assert (ended.exit_code, failure["quarter"], failure["exit_code"]) == (40, "2021K1", 40)
    assert "--rules 2022K1" in failure["reason"]


def test_a_swapped_snapshot_is_not_taken_for_another(klynge: Klynge, data_dir: Path) -> None:
    """Two answers in each other's place fail, although together they hold every quarter once."""
    import hashlib

    folders = [data_dir / "snapshots" / "FOLK1A" / quarter for quarter in ("2018K1", "2019K1")]
    answers = [next(folder.glob("*.csv")).read_bytes() for folder in folders]
    for folder, content in zip(folders, reversed(answers), strict=True):
        sidecar = json.loads(next(folder.glob("*.json")).read_text("utf-8"))
        for path in folder.iterdir():
            path.unlink()
        digest = hashlib.sha256(content).hexdigest()
        (folder / f"{digest[:12]}.csv").write_bytes(content)
        sidecar.update(sha256=digest, bytes=len(content))
        (folder / f"{digest[:12]}.json").write_text(json.dumps(sidecar), "utf-8")
    ended = klynge("backfill", *SPAN, "--format=json")
    failed = {row["quarter"] for row in json.loads(ended.out)["failures"]}
    assert failed == {"2018K1", "2019K1", "2020K1"}  # 2020K1 is compared with 2019K1


def test_csv_is_the_table_itself(klynge: Klynge, reports_dir: Path) -> None:
    """--format csv prints the table that was written."""
    ended = klynge("backfill", *SPAN, "--format=csv")
    assert ended.out == (reports_dir / "backfill" / f"{TABLE}.csv").read_text("utf-8")


def test_csv_says_on_standard_error_what_failed(klynge: Klynge) -> None:
    """A pipe gets the table alone, and whoever looks on is told why the exit code is not 0."""
    ended = klynge("backfill", "--offline", "--from", "2021K1", "--to", "2022K1", "--format=csv")
    assert ended.exit_code == 40
    assert ended.out.startswith("quarter,")
    assert ended.err.startswith("FAILED 2021K1: No cluster is in force in 2021K1")
    nothing = klynge("backfill", "--offline", "--from", "2021K1", "--to", "2021K1", "--format=csv")
    header, *rows = ended.out.splitlines()
    assert rows
    assert (nothing.exit_code, nothing.out) == (40, f"{header}\n")
    assert nothing.err.startswith("FAILED 2021K1: ")


def test_parquet_holds_the_same_table(klynge: Klynge, reports_dir: Path) -> None:
    """Where pyarrow is installed, --parquet writes the same rows with their types."""
    pytest.importorskip("pyarrow")
    assert klynge("backfill", *SPAN, "--parquet").exit_code == 0
    table = pd.read_parquet(reports_dir / "backfill" / f"{TABLE}.parquet")
    assert table["population"].dtype == "int64"
    plain = pd.read_csv(reports_dir / "backfill" / f"{TABLE}.csv", dtype=str)
    assert len(table) == len(plain) == 800
    assert table["municipality_code"].tolist() == plain["municipality_code"].tolist()


def test_parquet_without_pyarrow_says_what_to_install(
    klynge: Klynge, monkeypatch: pytest.MonkeyPatch, reports_dir: Path
) -> None:
    """Without pyarrow --parquet ends with exit code 2 before anything is written."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    ended = klynge("backfill", *SPAN, "--parquet")
    assert ended.exit_code == 2
    assert "pip install 'klyngefordeling[parquet]'" in ended.err
    assert not reports_dir.exists()


def test_a_quarter_without_its_ages_is_told_to_lack_them(klynge: Klynge) -> None:
    """A quarter with totals, but without the ages that a key counts, is not called absent."""
    named = ("--name-da", "B", "--name-en", "B", "--from", "2022K1", "--source", "rm-klynger")
    assert klynge("add-key", "boern", *named, "--ages", "0-17").exit_code == 0
    assert klynge("add-cost", "b", "viborg", "100", *named, "--key", "boern").exit_code == 0
    ended = klynge("backfill", "--offline", "--from", "2022K1", "--to", "2023K1")
    assert ended.exit_code == 2
    assert "with all that its rules count.\n" in ended.err


def test_nothing_held_is_a_mistake(klynge: Klynge) -> None:
    """A span of which nothing is stored says what is."""
    ended = klynge("backfill", "--offline", "--from", "1990K1", "--to", "1991K1")
    assert ended.exit_code == 2
    assert "Stored: 2016K1, 2017K1" in ended.err


def test_seventy_six_quarters(klynge: Klynge, data_dir: Path, reports_dir: Path) -> None:
    """The quarters from 2008K1 to 2026K4 come out in order, each with all clusters."""
    wanted = quarter_range(Quarter(2008, 1), Quarter(2026, 4))
    replace_quarters(data_dir, wanted)
    ended = klynge(
        "backfill",
        "--offline",
        "--from",
        "2008K1",
        "--to",
        "2026K4",
        "--rules",
        "2022K1",
        "--format=json",
    )
    quarters = json.loads(ended.out)["quarters"]
    assert [row["quarter"] for row in quarters] == [str(quarter) for quarter in wanted]
    assert {row["clusters"] for row in quarters} == {22}
    assert not json.loads(ended.out)["left_out"]


def test_what_is_not_held_is_fetched(
    klynge: Klynge, data_dir: Path, statbank: StatBankEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The quarters between those stored come in one request a table; one too late fails alone."""
    monkeypatch.setenv("KLYNGE_STATBANK_URL", statbank.url)
    span = ("--from", "2022K1", "--to", "2023K2", *RULES)
    ended = klynge("backfill", *span, "--format=json")
    done = json.loads(ended.out)
    assert [row["quarter"] for row in done["quarters"]] == [
        "2022K1", "2022K2", "2022K3", "2022K4", "2023K1",
    ]  # fmt: skip
    assert [(row["quarter"], row["exit_code"]) for row in done["failures"]] == [("2023K2", 32)]
    assert ended.exit_code == 32
    asked = [(entry.function, entry.table) for entry in statbank.log]
    assert sorted(asked) == [
        (function, table) for function in ("data", "tableinfo") for table in ("FOLK1A", "KKBEF1")
    ]


def test_without_the_statbank_what_is_held_is_written(
    klynge: Klynge, reports_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If nobody answers, the quarters stored are written and the others fail with that reason."""
    monkeypatch.setenv("KLYNGE_STATBANK_URL", "http://127.0.0.1:9")
    ended = klynge("backfill", "--from", "2022K1", "--to", "2023K1", "--format=json")
    done = json.loads(ended.out)
    assert [row["quarter"] for row in done["quarters"]] == ["2022K1", "2023K1"]
    assert [row["quarter"] for row in done["failures"]] == ["2022K2", "2022K3", "2022K4"]
    assert ended.exit_code == 30
    assert (reports_dir / "backfill" / "fordeling-2022K1-2023K1.csv").exists()
