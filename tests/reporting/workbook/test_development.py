"""The development: the quarters stored up to the report's own, under the report's rules."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from openpyxl.worksheet.worksheet import Worksheet

from pipeline.calculation.development import development_of
from pipeline.reporting.content import Content
from pipeline.reporting.workbook.books import workbooks
from schemas.quarter import Quarter
from tests.conftest import REPOSITORY, Klynge
from tests.report_of import content_of
from tests.reporting.workbook.cells import grid, opened

HELD = ["2016K1", "2017K1", "2018K1", "2019K1", "2020K1", "2021K1", "2022K1"]


def row_of(sheet: Worksheet, name: str) -> dict[str, object]:
    """Return the cells of the one row of a cluster or municipality, by their headings."""
    table = grid(sheet)
    (row,) = (row for row in table.rows if sheet.cell(row, 1).value == name)
    return {heading: sheet[f"{letter}{row}"].value for heading, letter in table.letters.items()}


def test_each_cluster_has_a_row_with_the_quarters_held(content: Content, national: bytes) -> None:
    """Quarters up to the report's own, and none after it although 2023K1 is stored; no column
    says throughout that the quarter before is not stored."""
    sheet = opened(national, values=True)["Udvikling"]
    who, counted, *cells = row_of(sheet, "Sundhedsklynge Syd").items()
    assert who[1] == "Sundhedsklynge Syd"
    assert counted == ("Medregnet folketal (personer)", 598_032)
    series = content.development.clusters["amager-hvidovre"]
    shares = [pytest.approx(100 * share) for share in series.shares()]
    assert cells[:-1] == list(zip(HELD, shares, strict=True))
    assert cells[-1][0] == "Ændring siden året før (pp.)"
    assert cells[-1][1] == pytest.approx(100 * float(series.since(4) or 0), abs=0.005)


def test_shares_of_a_quarter_add_up_to_one(content: Content) -> None:
    """The clusters share the country, and members share their cluster, in every quarter."""
    development = content.development
    for group in [development.clusters, *development.members.values()]:
        for place in range(len(HELD)):
            assert sum((series.share(place) for series in group.values()), Fraction(0)) == 1


def test_clusters_of_another_structure_share_a_country_of_their_own(content: Content) -> None:
    """Where two structures are in force, each is the whole country."""
    calculation = content.calculation
    rules = calculation.result.rules
    (syd,) = (row for row in rules.clusters if row.cluster_id == "amager-hvidovre")
    other = replace(syd, cluster_id="andet", structure="andet")
    both = replace(
        rules,
        clusters=(*rules.clusters, other),
        structures={**rules.structures, "andet": rules.structures[syd.structure]},
        memberships=(
            *rules.memberships,
            *(replace(row, cluster_id="andet") for row in rules.members[syd.cluster_id]),
        ),
    )
    result = replace(calculation.result, rules=both)
    found = development_of(replace(calculation, result=result)).clusters
    assert found["andet"].share(-1) == 1
    assert found[syd.cluster_id] == content.development.clusters[syd.cluster_id]


def test_a_change_is_the_difference_of_two_shares(content: Content) -> None:
    """The change since the year before, of København in Syd, from the figures themselves."""
    series = content.development.members["amager-hvidovre"]["101"]
    assert tuple(series.quarters[-2:]) == (Quarter(2021, 1), Quarter(2022, 1))
    assert series.since(4) == series.share(-1) - series.share(-2)
    assert series.since(1) is None
    assert series.counted_population(-1) == 287_181


def test_the_earlier_quarters_count_under_the_rules_of_the_report() -> None:
    """Rødovre counts by half in 2016 too, long before there was a cluster to be in."""
    series = content_of().development.members["amager-hvidovre"]["175"]
    people = content_of("2016K1", rules="2022K1").result.population.by_area["175"]
    assert series.counted_population(0) == Fraction(people, 2)


def test_a_report_without_earlier_quarters_can_be_written(data_dir: Path) -> None:
    """The first quarter stored has a development of one quarter, and no column of changes."""
    report = content_of("2016K1", data_dir=data_dir, rules="2022K1")
    book = workbooks(report)[f"fordeling-{report.label}.xlsx"]
    sheet = opened(book, values=True)["Udvikling"]
    headings = ["Klynge", "Medregnet folketal (personer)", "2016K1"]
    assert list(row_of(sheet, "Sundhedsklynge Syd")) == headings


def test_a_later_quarter_is_no_reason_for_a_revision(
    klynge: Klynge, data_dir: Path, reports_dir: Path
) -> None:
    """A quarter that arrives after the report leaves it unchanged; one before it does too, and a
    revision written later records what it showed."""
    held = data_dir / "snapshots"
    for table in ("FOLK1A", "KKBEF1"):
        for quarter in ("2020K1", "2023K1"):
            shutil.rmtree(held / table / quarter)
    assert klynge("run", "2022K1", "--offline").exit_code == 0
    manifest = json.loads((reports_dir / "2022K1/r1/manifest.json").read_text(encoding="utf-8"))
    shown = [row["quarter"] for row in manifest["history"] if row["table"] == "KKBEF1"]
    assert shown == [quarter for quarter in HELD[:-1] if quarter != "2020K1"]
    for table in ("FOLK1A", "KKBEF1"):
        for quarter in ("2020K1", "2023K1"):
            shutil.copytree(REPOSITORY / "data/snapshots" / table / quarter, held / table / quarter)
    assert "Unchanged" in klynge("run", "2022K1", "--offline").out
    assert not (reports_dir / "2022K1/r2").exists()


def test_an_edited_snapshot_of_an_earlier_quarter_stops_the_report(
    klynge: Klynge, data_dir: Path, reports_dir: Path
) -> None:
    """Evidence that was edited is not shown: exit code 50, the file is named, nothing written."""
    (path,) = (data_dir / "snapshots/FOLK1A/2017K1").glob("*.csv")
    path.write_bytes(path.read_bytes().replace(b"1", b"2", 1))
    ended = klynge("run", "2022K1", "--offline")
    assert ended.exit_code == 50
    assert path.name in ended.err
    assert not list(reports_dir.glob("*/r*"))
