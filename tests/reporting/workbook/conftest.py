"""The reports that the tests of the workbook look at, made once."""

from __future__ import annotations

import csv
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from pipeline.calculation.calculate import calculate
from pipeline.reporting.content import Content
from pipeline.reporting.workbook.books import workbooks
from schemas.records import Language
from tests.conftest import REPOSITORY
from tests.report_of import FIRST, content_of

NASTY = [
    '=HYPERLINK("http://evil.example","Klik her")',
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "＝1+1",
    "a\x01\x02\x1b[31mb",
    "x" * 300,
    "🏥 «Sund» 'hed' \"klynge\" <b>&amp;</b>",
    "to\nlinjer\r\nog en til",
    "[Ark]*?:/\\ 'x'!A1",
    "{name} {0} %s",
]


@pytest.fixture(scope="session")
def content() -> Content:
    """The report of 2022K1 in Danish."""
    return content_of()


@pytest.fixture(scope="session")
def books(content: Content) -> dict[str, bytes]:
    """All its workbooks by file name."""
    return workbooks(content)


@pytest.fixture(scope="session")
def national(books: dict[str, bytes]) -> bytes:
    """Its national workbook."""
    return books["fordeling-2022K1.xlsx"]


@pytest.fixture(scope="session")
def syd(books: dict[str, bytes]) -> bytes:
    """The workbook of Sundhedsklynge Syd."""
    return books["klynger/amager-hvidovre-2022K1.xlsx"]


@pytest.fixture(scope="session")
def shared(content: Content) -> Content:
    """2022K1 if every cluster shared a cost, so that each has a sheet in the national workbook."""
    inputs, costs = content.calculation.inputs, content.calculation.inputs.reference.costs
    others = [
        replace(costs[0], scope=result.cluster.cluster_id)
        for result in content.result.clusters
        if not result.allocations
    ]
    reference = replace(inputs.reference, costs=(*costs, *others))
    return Content(calculate(replace(inputs, reference=reference)), 1, FIRST)


@pytest.fixture(scope="session")
def shared_books(shared: Content) -> dict[str, bytes]:
    """All its workbooks by file name, one a cluster."""
    return workbooks(shared)


@pytest.fixture(scope="session")
def all_shared(shared_books: dict[str, bytes]) -> bytes:
    """Its national workbook."""
    return shared_books["fordeling-2022K1.xlsx"]


@pytest.fixture(scope="session")
def english() -> bytes:
    """The national workbook of 2022K1 in English."""
    return workbooks(content_of(language=Language.ENGLISH))["fordeling-2022K1-en.xlsx"]


@pytest.fixture(scope="session")
def later() -> bytes:
    """The national workbook of 2023K1, which says what changed since 2022K1."""
    return workbooks(content_of("2023K1"))["fordeling-2023K1.xlsx"]


@pytest.fixture(scope="session")
def councils(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The national workbook of councils, one of which has three members, a cost and a co-chair."""
    data_dir = tmp_path_factory.mktemp("councils") / "data"
    shutil.copytree(REPOSITORY / "data", data_dir)
    costs = data_dir / "reference" / "costs.csv"
    row = "koordinator,Koordinator,Coordinator,sundhedsraad-hovedstaden,1250000,year,,2027K1,,"
    costs.write_text(f"{costs.read_text('utf-8')}{row}memo-syd-2022,\n", encoding="utf-8")
    clusters = data_dir / "reference" / "clusters.csv"
    lines = clusters.read_text("utf-8").splitlines()
    led = [f"{line}101" if line.startswith("sundhedsraad-hovedstaden") else line for line in lines]
    clusters.write_text("\n".join(led), encoding="utf-8")
    content = content_of("2026K1", data_dir=data_dir, rules="2027K1")
    return workbooks(content)["fordeling-2026K1-rules-2027K1.xlsx"]


def make_nasty(data_dir: Path) -> None:
    """Give clusters, costs, municipalities, sources and notes names that hold a nasty text."""
    edits = {
        "clusters.csv": ["name", "region"],
        "costs.csv": ["name_da", "name_en"],
        "areas.csv": ["name"],
        "districts.csv": ["name"],
        "sources.csv": ["title", "remark"],
        "assumptions.csv": ["text_da", "text_en"],
    }
    for file, columns in edits.items():
        path = data_dir / "reference" / file
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        for number, column in enumerate(columns):
            table[column] = [NASTY[(row + number) % len(NASTY)] + "." for row in range(len(table))]
        table.to_csv(path, index=False, quoting=csv.QUOTE_ALL)


@pytest.fixture
def nasty_dir(data_dir: Path) -> Path:
    """Data whose names hold a nasty text."""
    make_nasty(data_dir)
    return data_dir
