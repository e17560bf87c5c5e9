"""Every place that shows kroner shows those of the CSV, whatever keys, co-chairs and costs."""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from docx import Document

from pipeline.revisions.store import report_files
from tests.analysis.keys import KINDS, add_keys
from tests.conftest import REPOSITORY
from tests.report_of import content_of
from tests.reporting.workbook.cells import grid, opened

pytestmark = pytest.mark.slow

Row = Mapping[str, Any]
Files = Mapping[str, bytes]
SCOPES = {"fast": "viborg", "lige": "amager-hvidovre", "loft": "*"}
MORE_COSTS = """\
to,To ting,Two things,viborg,12345,quarter,,2022K1,2026K4,memo-syd-2022,
tre,To ting,Two things,viborg,777,once,K1,2022K1,2022K4,memo-syd-2022,
fire,Fire,Four,amager-hvidovre,999,year,,2022K1,2026K4,memo-syd-2022,fast
"""
"""Two costs of one name, one that each quarter settles, one by the key that another shares by."""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """The files of a report with costs by three keys, one in all clusters, each with a co-chair."""
    data_dir = tmp_path_factory.mktemp("every") / "data"
    shutil.copytree(REPOSITORY / "data", data_dir)
    add_keys(data_dir, {name: KINDS[name] for name in SCOPES}, SCOPES)
    clusters, costs = (data_dir / "reference" / f"{name}.csv" for name in ("clusters", "costs"))
    costs.write_text(costs.read_text("utf-8") + MORE_COSTS, "utf-8")
    members = (data_dir / "reference" / "memberships.csv").read_text("utf-8").splitlines()
    first = {cluster: code for cluster, code, *_ in (row.split(",") for row in members[::-1])}
    head, *rows = clusters.read_text("utf-8").splitlines()
    rows = [f"{row}{first[row.split(',')[0]]}" for row in rows]
    clusters.write_text("\n".join([head, *rows, ""]), "utf-8")
    return report_files(content_of(data_dir=data_dir), {}, previous="")[0]


def kroner(rows: Iterable[Row], amount: str, *by: str) -> Counter[Any]:
    """Return the sums of an amount by other columns; what is 0 is left out."""
    sums = Counter[Any]()
    for row in rows:
        sums[tuple(row[column] for column in by)] += whole(row[amount])
    return +sums


def whole(cell: object) -> int:
    """Return an amount as it is written anywhere, or nothing."""
    return int(re.sub(r"\D", "", str(cell)) or 0)


def allocated(files: Files) -> list[dict[str, str]]:
    """Return the rows of the CSV."""
    return list(csv.DictReader(io.StringIO(files["fordeling-2022K1.csv"].decode())))


def table(book: bytes, name: str) -> list[dict[str, Any]]:
    """Return the rows of the table of a sheet by heading."""
    sheet = opened(book, values=True)[name]
    letters = grid(sheet).letters
    return [
        {heading: sheet[f"{letter}{row}"].value for heading, letter in letters.items()}
        for row in grid(sheet).rows
    ]


def test_the_overviews_and_what_is_collected(files: Files) -> None:
    """In all by municipality and by cluster, a row a cost and municipality; and all that is paid is
    paid to a co-chair."""
    book, rows = files["fordeling-2022K1.xlsx"], allocated(files)
    municipalities = table(book, "Oversigt over kommuner")
    pays, net = "Betaler i alt (kr.)", next(name for name in municipalities[0] if "(+)" in name)
    by_code = kroner(rows, "amount_dkk", "municipality_code")
    assert kroner(municipalities, pays, "Kommunekode") == by_code
    assert sum(row[net] for row in municipalities) == 0
    clusters = table(book, "Oversigt over klynger")
    shared = next(name for name in clusters[0] if name.startswith("Udgifter"))
    assert kroner(clusters, shared, "Klynge") == kroner(rows, "amount_dkk", "cluster_name")
    both = kroner(rows, "amount_dkk", "municipality_code", "cluster_name")
    invoices = table(book, "Opkrævning")
    assert kroner(invoices, "Beløb (kr.)", "Kommunekode", "Klynge") == both
    assert len(invoices) == sum(bool(row["cost_id"]) for row in rows)
    own = [name for name in files if name.startswith("klynger/")]
    theirs = [row for name in own for row in table(files[name], "Opkrævning")]
    assert kroner(theirs, "Beløb (kr.)", "Kommunekode", "Klynge") == both


def test_no_share_by_a_key_is_called_one_of_the_population(files: Files) -> None:
    """Not in the file for Danish Excel either, which has both in one column."""
    heading, *_ = files["fordeling-2022K1-excel.csv"].decode("utf-8-sig").splitlines()
    assert {"Andel", "Nøgle-id"} <= set(heading.split(";"))


def test_the_memos(files: Files) -> None:
    """Every cost stands in one document, and in one sheet of the workbook."""
    by_place = Counter[Any](whole(row["amount_dkk"]) for row in allocated(files) if row["cost_id"])
    in_documents = Counter[Any](
        whole(cell.text)
        for name, content in files.items()
        if name.endswith(".docx")
        for shown in Document(io.BytesIO(content)).tables
        for row in shown.rows
        if row.cells[0].text.endswith("kr.)")
        for cell in row.cells[1:]
    )
    assert in_documents == by_place
    book = files["fordeling-2022K1.xlsx"]
    in_sheets = Counter[Any](
        cell
        for name in opened(book, values=True).sheetnames
        if name.startswith("Bilag")
        for label, *cells in (row.values() for row in table(book, name))
        if label.endswith("kr.)")
        for cell in cells
    )
    assert in_sheets == by_place


def test_the_page(files: Files) -> None:
    """What a municipality pays in each of its clusters."""
    page = files["fordeling-2022K1.html"].decode()
    body = page.partition('id="municipalities"')[2].partition("</tbody>")[0]
    cells = (re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in body.split("<tr")[2:])
    shown = [
        {"name": name, "cluster": re.sub("<.*?>", "", link), "pays": pays}
        for name, link, pays, *_ in cells
    ]
    expected = kroner(allocated(files), "amount_dkk", "municipality_name", "cluster_name")
    assert kroner(shown, "pays", "name", "cluster") == expected
