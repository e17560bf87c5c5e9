"""The files of a revision, in Danish and in English, as the command line writes them."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from tests.conftest import Klynge
from tests.reporting.workbook.cells import opened


def test_a_revision_holds_a_workbook_a_cluster_with_a_cost_and_the_page(
    klynge: Klynge, reports_dir: Path
) -> None:
    """Everything is there under its name, and the manifest lists each file with its sha256."""
    assert klynge("run", "2022K1", "--offline").exit_code == 0
    folder = reports_dir / "2022K1/r1"
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    listed = {output["file"]: output["sha256"] for output in manifest["outputs"]}
    there = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*.*")}
    del there["manifest.json"]
    assert {name: hashlib.sha256(p.read_bytes()).hexdigest() for name, p in there.items()} == listed
    assert {"fordeling-2022K1.xlsx", "fordeling-2022K1.html"} < set(listed)
    own = [name for name in listed if name.startswith("klynger/")]
    assert own == ["klynger/amager-hvidovre-2022K1.xlsx"]


def test_english_has_its_own_folder_and_revisions(klynge: Klynge, reports_dir: Path) -> None:
    """A report in English neither adds to a Danish revision nor makes a new one of it."""
    assert klynge("run", "2022K1", "--offline").exit_code == 0
    ended = klynge("run", "2022K1", "--offline", "--language", "en")
    assert ended.exit_code == 0
    assert "Unchanged" in klynge("run", "2022K1", "--offline").out
    english = reports_dir / "2022K1-en/r1"
    manifest = json.loads((english / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["parameters"]["language"] == "en"
    for label in ("2022K1", "2022K1-en"):
        own = reports_dir / label / "r1" / "klynger" / f"amager-hvidovre-{label}.xlsx"
        assert klynge("audit", str(own)).exit_code == 0, "what we hand on passes our own audit"
    cover = opened(english / "fordeling-2022K1-en.xlsx").worksheets[0]
    assert cover.title == "Cover"
    machine = [reports_dir / f"2022K1{s}/r1/fordeling-2022K1{s}.csv" for s in ("", "-en")]
    assert machine[0].read_bytes() == machine[1].read_bytes()
    assert (english / "fordeling-2022K1-en-excel.csv").read_text("utf-8-sig").startswith("Quarter,")


def test_the_contact_of_the_settings_stands_on_the_cover(
    klynge: Klynge, reports_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who reads the report knows whom to ask, on the cover, the page and in the manifest."""
    monkeypatch.setenv("KLYNGE_CONTACT", "sundhed@kommune.example")
    assert klynge("run", "2022K1", "--offline").exit_code == 0
    folder = reports_dir / "2022K1/r1"
    cover = opened(folder / "fordeling-2022K1.xlsx").worksheets[0]
    assert dict(row[:2] for row in cover.iter_rows(values_only=True))["Kontakt"] == (
        "sundhed@kommune.example"
    )
    assert "sundhed@kommune.example" in (folder / "fordeling-2022K1.html").read_text("utf-8")


def test_a_second_revision_says_what_changed(
    klynge: Klynge, data_dir: Path, reports_dir: Path
) -> None:
    """The cover of r2 names the amount before and after; r1 stays as it was."""
    assert klynge("run", "2022K1", "--offline").exit_code == 0
    costs = data_dir / "reference/costs.csv"
    costs.write_text(costs.read_text("utf-8").replace("370000", "380000"), encoding="utf-8")
    assert klynge("run", "2022K1", "--offline").exit_code == 0
    for number, words in ((1, ["Første udgave"]), (2, ["370.000", "380.000"])):
        book = opened(reports_dir / f"2022K1/r{number}/fordeling-2022K1.xlsx")
        cover = dict(row[:2] for row in book.worksheets[0].iter_rows(values_only=True))
        assert cover["Udgave"] == f"{number}. udgave"
        assert all(word in cover["Ændret siden sidst"] for word in words)


def test_what_rests_on_an_estimate_is_marked(
    klynge: Klynge, data_dir: Path, reports_dir: Path
) -> None:
    """Without the quarter's districts, the clusters of København are marked wherever they stand,
    the control says FORKLARET, and no other cluster is marked."""
    shutil.rmtree(data_dir / "snapshots/KKBEF1/2022K1")
    assert klynge("run", "2022K1", "--offline", "--estimate-districts").exit_code == 0
    folder = reports_dir / "2022K1/r1"
    book = opened(folder / "fordeling-2022K1.xlsx", values=True)
    for name in ("Oversigt over klynger", "Puljer", "Udvikling"):
        marked = {cell.value for cell in book[name]["A"] if "(skøn)" in str(cell.value)}
        assert marked == {"Sundhedsklynge Byen (skøn)", "Sundhedsklynge Syd (skøn)"}
    control = {row[0]: row[5] for row in book["Kontrol"].iter_rows(values_only=True)}
    assert control["Medlemskaber med skønnede bydele"] == "FORKLARET"
    assert (folder / "fordeling-2022K1.html").read_text("utf-8").count("Syd (skøn)") >= 3
