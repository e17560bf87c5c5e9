"""Words follow the structure, and a cost says what it is for and who settles it."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.files import json_bytes
from pipeline.revisions.store import report_files, sealed
from schemas.records import Language
from tests.conftest import Klynge
from tests.report_of import content_of

NAMES = r"clusters\.csv|klyngefordeling|klynge run"
"""What is no word of a text: the names of a file, of this program and of its command."""


def texts(files: dict[str, bytes]) -> Iterator[tuple[str, str]]:
    """Yield what a report says to people, and the names of its files."""
    for name, content in files.items():
        yield name, name
        if name.endswith(".xlsx"):
            package = zipfile.ZipFile(io.BytesIO(content))
            for part in package.namelist():
                yield f"{name} {part}", package.read(part).decode("utf-8")
        elif name.endswith((".html", "-excel.csv")):
            yield name, content.decode("utf-8-sig")


def said(quarter: str, language: Language, word: str, rules: str | None = None) -> list[str]:
    """Return the places of a report that say a word."""
    files, _ = report_files(content_of(quarter, language, rules=rules), {})
    found = ((name, re.sub(NAMES, "", text)) for name, text in texts(files))
    return [name for name, text in found if re.search(word, text, re.IGNORECASE)]


@pytest.mark.workbooks
@pytest.mark.parametrize("language", Language)
def test_a_report_on_councils_never_says_cluster(language: Language) -> None:
    """Sheets, columns, notes, page, CSV for Excel, table names and file names."""
    assert said("2026K1", language, "klynge|cluster", rules="2027K1") == []


@pytest.mark.workbooks
@pytest.mark.parametrize("language", Language)
def test_a_report_on_clusters_never_says_council(language: Language) -> None:
    """And the other way round, by the rules in force to the end of 2026."""
    assert said("2026K1", language, "sundhedsråd|sundhedsraad|council", rules="2026K4") == []


ROWS = {
    "structures": "brandvaesen,brandvæsener,brandvæsen,brandvæsener,brandvæsenet,brandvæsenerne,"
    "fire brigades,fire brigade,fire brigades,the fire brigade,the fire brigades",
    "clusters": "brand-oest,Brandvæsen Øst,brandvaesen,Østdanmark,,2027K1,,",
    "sources": "brandaftale,Aftale om brandvæsenet,,high,,",
    "memberships": "brand-oest,153,whole,,,2027K1,,brandaftale\n"
    "brand-oest,161,whole,,,2027K1,,brandaftale",
    "costs": "beredskab,Beredskab,Fire service,brand-oest,1000000,quarter,,2027K1,,brandaftale,",
}


@pytest.fixture
def third(data_dir: Path) -> None:
    """A fire brigade of two municipalities: rows and words alone."""
    for name, rows in ROWS.items():
        with (data_dir / "reference" / f"{name}.csv").open("a", encoding="utf-8") as file:
            file.write(f"{rows}\n")


@pytest.mark.workbooks
@pytest.mark.usefixtures("third")
def test_a_third_structure_gets_its_whole_report(klynge: Klynge, reports_dir: Path) -> None:
    """Its workbook, section, CSV, shares and kroner, in its own words, beside the councils."""
    ended = klynge("run", "2026K1", "--offline", "--rules", "2027K1")
    assert ended.exit_code == 0, ended.err
    assert "1,000,000 kr. a quarter" in ended.out
    folder = reports_dir / "2026K1-rules-2027K1" / "r1"
    label = folder.parent.name
    assert (folder / "brandvaesener" / f"brand-oest-{label}.xlsx").is_file()
    page = (folder / f"fordeling-{label}.html").read_text("utf-8")
    title = "Fordeling af fælles udgifter i brandvæsener og sundhedsråd"
    assert f"<h1>{title}</h1>" in page
    assert (
        "1.000.000 kr. pr. kvartal (Beredskab) fordeles mellem 2 kommuner i Brandvæsen Øst." in page
    )
    rows = csv.DictReader((folder / f"fordeling-{label}.csv").read_text("utf-8").splitlines())
    assert sum(int(row["amount_dkk"]) for row in rows if row["amount_dkk"]) == 1_000_000
    own = zipfile.ZipFile(folder / "brandvaesener" / f"brand-oest-{label}.xlsx")
    words = own.read("xl/sharedStrings.xml").decode()
    assert "Brandvæsen Øst" in words
    whole = zipfile.ZipFile(folder / f"fordeling-{label}.xlsx").read("xl/sharedStrings.xml")
    assert title in whole.decode()
    assert "sundhedsråd" not in words
    assert klynge("check").exit_code == 0


def findings(reports_dir: Path, label: str) -> dict[str, str]:
    """Return the findings of a first revision by subject."""
    manifest = json.loads((reports_dir / label / "r1" / "manifest.json").read_text("utf-8"))
    return {row["subject"]: row["text"] for row in manifest["findings"]}


@pytest.mark.page
def test_a_year_is_settled_once(klynge: Klynge, data_dir: Path, reports_dir: Path) -> None:
    """K1 settles without a word; another quarter says that it shows the key, and which settled."""
    _copy_quarter(data_dir, "2026K1", "2026K3")
    assert klynge("run", "2026K1", "--offline").exit_code == 0
    assert not findings(reports_dir, "2026K1").keys() & {"settled_before", "settled_later"}
    page = (reports_dir / "2026K1/r1/fordeling-2026K1.html").read_text("utf-8")
    assert "370.000 kr. pr. år (½ årsværk) fordeles mellem 11 kommuner" in page
    ended = klynge("run", "2026K3", "--offline")
    assert "370,000 kr. was settled by the population of 2026K1" in ended.out
    page = (reports_dir / "2026K3/r1/fordeling-2026K3.html").read_text("utf-8")
    told = "½ årsværk, Sundhedsklynge Syd: 370.000 kr. er afregnet efter folketallet i 2026K1."
    assert told in page


def test_each_cluster_is_told_how_its_own_cost_is_settled(klynge: Klynge, data_dir: Path) -> None:
    """Two clusters with a cost of one id each have their own finding, and only their own."""
    _copy_quarter(data_dir, "2026K1", "2026K3")
    name = ("--name-da", "½ årsværk", "--name-en", "Half a full-time post")
    where = ("viborg", "350000", "--from", "2023K1", "--source", "rm-klynger")
    assert klynge("add-cost", "halvt-aarsvaerk", *where, *name).exit_code == 0
    content = content_of("2026K3", data_dir=data_dir)
    told = [note for note in content.notes if note.subject == "Bemærkning" and "½" in note.text]
    syd, viborg = sorted((note.clusters, note.text) for note in told)
    assert syd[0] == ("amager-hvidovre",)
    assert syd[1].startswith("½ årsværk, Sundhedsklynge Syd: 370.000 kr. er afregnet efter")
    assert viborg[0] == ("viborg",)
    assert viborg[1].startswith("½ årsværk, Midtklyngen (Viborg): 350.000 kr. er for hele året")


@pytest.mark.parametrize(
    ("settled_by", "subject"), [("K4", "settled_later"), ("", "settlement_open")]
)
def test_a_settlement_to_come_or_open_is_said(
    settled_by: str, subject: str, klynge: Klynge, data_dir: Path, reports_dir: Path
) -> None:
    """The first quarter shows the key where the fourth settles, or says that it is open."""
    costs = data_dir / "reference" / "costs.csv"
    text = costs.read_text("utf-8").replace(",year,K1,", f",year,{settled_by},")
    costs.write_text(text, encoding="utf-8")
    assert klynge("run", "2026K1", "--offline").exit_code == 0
    assert subject in findings(reports_dir, "2026K1")


def _copy_quarter(data_dir: Path, old: str, new: str) -> None:
    """Store the figures of a quarter as those of another."""
    import hashlib

    for sidecar in list((data_dir / "snapshots").glob(f"*/{old}/*.json")):
        content = sidecar.with_suffix(".csv").read_bytes().replace(old.encode(), new.encode())
        digest = hashlib.sha256(content).hexdigest()
        folder = sidecar.parents[1] / new
        folder.mkdir(exist_ok=True)
        recorded = json.loads(sidecar.read_text("utf-8").replace(old, new))
        recorded |= {"sha256": digest, "bytes": len(content)}
        (folder / f"{digest[:12]}.csv").write_bytes(content)
        (folder / f"{digest[:12]}.json").write_text(json.dumps(recorded), encoding="utf-8")


def test_revisions_of_before_are_read(klynge: Klynge, data_dir: Path, reports_dir: Path) -> None:
    """Inputs without words, periods of costs and settlement replay, explain, and stay r1."""
    assert klynge("run", "2022K1", "--offline").exit_code == 0
    folder = reports_dir / "2022K1" / "r1"
    inputs = json.loads((folder / "inputs.json").read_text("utf-8"))
    del inputs["structures"], inputs["parameters"]["run"]["costs_ended"]
    for cost in inputs["costs"].values():
        del cost["per"], cost["settled_by"]
    _rewrite(folder, "inputs.json", json.dumps(inputs).encode())
    explained = klynge("explain", "2022K1:r1", "amager-hvidovre", "roedovre")
    assert (explained.exit_code, "12,801" in explained.out) == (0, True), explained.err
    assert klynge("compare", "2022K1:r1", "2023K1").exit_code == 0
    assert "Unchanged" in klynge("run", "2022K1", "--offline").out


def _rewrite(folder: Path, name: str, content: bytes) -> None:
    import hashlib

    (folder / name).write_bytes(content)
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    for output in manifest["outputs"]:
        if output["file"] == name:
            output |= {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    (folder / "manifest.json").write_bytes(json_bytes(sealed(manifest)))
