"""A live table of unusual inputs holds the values that a spreadsheet calculates from its formulas.

Viewers that do not calculate show the values as written: also where a fraction is not a half, and
where the control says that an amount is too large to be exact.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipeline.reporting.content import Content
from pipeline.reporting.workbook.books import workbooks
from schemas.records import LARGEST_AMOUNT_DKK
from tests.conftest import REPOSITORY
from tests.office import convert, needs_libreoffice
from tests.report_of import content_of
from tests.reporting.workbook.cells import figures, grid, opened, same
from tests.revisions.changing import set_amount

SYD = "amager-hvidovre"
FRACTIONS = {f"{SYD},175,fraction,1/2": f"{SYD},175,fraction,2/3",
             "herlev-gentofte,175,fraction,1/2": "herlev-gentofte,175,fraction,1/3"}  # fmt: skip


@pytest.fixture(scope="module")
def unusual(tmp_path_factory: pytest.TempPathFactory) -> Content:
    """2022K1 with two thirds of Rødovre in one cluster, and the largest amount."""
    data_dir = tmp_path_factory.mktemp("unusual") / "data"
    shutil.copytree(REPOSITORY / "data", data_dir)
    set_amount(data_dir, LARGEST_AMOUNT_DKK)
    path = data_dir / "reference" / "memberships.csv"
    text = path.read_text(encoding="utf-8")
    for old, new in FRACTIONS.items():
        assert text.count(old) == 1
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return content_of(data_dir=data_dir)


@pytest.fixture(scope="module")
def book(unusual: Content) -> bytes:
    """Its national workbook."""
    return workbooks(unusual)["fordeling-2022K1.xlsx"]


def test_the_written_values_are_the_calculation(unusual: Content, book: bytes) -> None:
    """Two thirds of Rødovre, every krone and rank, and a control that holds."""
    sheet = opened(book, values=True)[SYD]
    table = grid(sheet)
    result = next(row for row in unusual.result.clusters if row.cluster.cluster_id == SYD)
    parts = result.allocations[0].parts
    shown = {
        str(sheet.cell(row, 1).value): [
            sheet[f"{table.letter(name)}{row}"].value
            for name in ("Brøkens tæller", "Brøkens nævner", "Medregnet", "Fordelt", "Rang")
        ]
        for row in table.rows
    }
    assert shown["175"][:3] == [2, 3, 27_588]
    assert {code: row[3:] for code, row in shown.items()} == {
        code: [part.amount, part.rank] for code, part in parts.items()
    }
    total = table.header - 1
    assert sheet[f"{table.letter('Fordelt')}{total}"].value == LARGEST_AMOUNT_DKK
    assert sheet[f"{table.letter('Rang')}{total}"].value == "OK"


@needs_libreoffice
@pytest.mark.slow
def test_libreoffice_calculates_the_written_values(book: bytes, tmp_path: Path) -> None:
    """Every formula of every sheet, the control among them, gives what stands in the file."""
    path = tmp_path / "unusual.xlsx"
    path.write_bytes(book)
    (result,) = convert([path], "xlsx", tmp_path)
    cached, recalculated = (figures(opened(of, values=True)) for of in (path, result))
    wrong = [key for key, value in cached.items() if not same(value, recalculated.get(key))]
    assert not wrong
