"""A live table of unusual inputs holds the values that a spreadsheet calculates from its formulas.

Viewers that do not calculate show the values as written: also where a fraction is not a half, and
where the control says that an amount is too large to be exact.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.calculation.calculate import calculate
from pipeline.reporting.content import Content
from pipeline.reporting.workbook.books import workbooks
from tests.conftest import REPOSITORY
from tests.office import convert, needs_libreoffice
from tests.report_of import FIRST, calculation_of
from tests.reporting.workbook.cells import figures, grid, opened, same

SYD = "amager-hvidovre"
TOO_LARGE_DKK = 12 * 10**12
"""København's weight, thrice its people, times the hundred thousands of this is over 10**14."""
LONG = "En post med et meget langt navn, som ingen overskrift over en kolonne har plads til"
FRACTIONS = {f"{SYD},175,fraction,1/2": f"{SYD},175,fraction,2/3",
             "herlev-gentofte,175,fraction,1/2": "herlev-gentofte,175,fraction,1/3"}  # fmt: skip


@pytest.fixture(scope="module")
def unusual(tmp_path_factory: pytest.TempPathFactory) -> Content:
    """2022K1 with two thirds of Rødovre in one cluster, nobody in Dragør, and an amount beyond what
    is exact; and a cluster of a single person."""
    data_dir = tmp_path_factory.mktemp("unusual") / "data"
    shutil.copytree(REPOSITORY / "data", data_dir)
    path = data_dir / "reference" / "memberships.csv"
    text = path.read_text(encoding="utf-8")
    for old, new in FRACTIONS.items():
        assert text.count(old) == 1
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    inputs = calculation_of(data_dir=data_dir).inputs
    costs = inputs.reference.costs  # the door lets no such amount in
    (cost,) = (replace(row, amount_dkk=TOO_LARGE_DKK) for row in costs if row.scope == SYD)
    costs = (cost, replace(cost, scope="hobro", amount_dkk=10, name_da=LONG))
    areas, districts = inputs.figures
    people = areas.people
    moved = {"101": people["101"] + people["155"], "155": 0, "820": 1, "840": 0, "846": 0}
    moved["851"] = sum(people[code] for code in ("820", "840", "846", "851")) - 1
    figures = (replace(areas, people={**people, **moved}), districts)
    changed = replace(inputs, figures=figures, reference=replace(inputs.reference, costs=costs))
    return Content(calculate(changed), 1, FIRST)


@pytest.fixture(scope="module")
def book(unusual: Content) -> bytes:
    """Its national workbook."""
    return workbooks(unusual)["fordeling-2022K1.xlsx"]


def test_the_written_values_are_the_calculation(unusual: Content, book: bytes) -> None:
    """Two thirds of Rødovre, every krone and rank, and a control that does not hold."""
    sheet = opened(book, values=True)["Sundhedsklynge Syd"]
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
    assert sheet[f"{table.letter('Fordelt')}{total}"].value == TOO_LARGE_DKK
    assert sheet[f"{table.letter('Rang')}{total}"].value == "AFVIGER"


def test_a_long_name_of_a_cost_is_cut_above_its_columns(book: bytes) -> None:
    """After sixty signs: the row of sums stays as high as a few lines."""
    sheet = opened(book, values=True)["Klynge Syd (Hobro)"]
    above = [str(cell.value) for cell in sheet[grid(sheet).header - 2]]
    assert any(LONG[:60] in label for label in above)
    assert not any(LONG[:61] in label for label in above)


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
