"""LibreOffice calculates what we wrote: the values in the file, and those of changed inputs."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import pytest
from openpyxl.workbook import Workbook

from pipeline.calculation.allocation import largest_remainder
from pipeline.reporting.content import Content
from pipeline.reporting.workbook.books import workbooks
from pipeline.reporting.workbook.live_columns import EXACT_TO, STEP
from schemas.records import Cluster
from tests.conftest import REPOSITORY
from tests.office import Texts, calculated, convert, needs_libreoffice, written
from tests.report_of import content_of
from tests.reporting.workbook.cells import Grid, changed, figures, grid, on_cover, opened, same
from tests.reporting.workbook.conftest import make_nasty

pytestmark = [needs_libreoffice, pytest.mark.slow]

Both = Callable[[str], tuple[Path, Path]]
"""Gives, by name, the workbook that we wrote and the one that LibreOffice calculated."""

Edited = Mapping[str, Texts]
"""What LibreOffice calculated of edited copies, by name."""

COPIES = 12
CHANGES_WANTED = 200
FRACTIONS = [Fraction(1), Fraction(1), Fraction(1), Fraction(1, 2), Fraction(2, 3), Fraction(3, 4)]


@dataclass(frozen=True)
class Case:
    """What a cluster's input cells are changed to: people and fraction by code, and an amount."""

    people: Mapping[str, int]
    fractions: Mapping[str, Fraction]
    amount_dkk: int

    @property
    def weights(self) -> dict[str, Fraction]:
        """The counted population by code."""
        return {code: count * self.fractions[code] for code, count in self.people.items()}


def random_case(chance: random.Random, codes: list[str]) -> Case:
    """Return inputs of any kind: ordinary, tied, zero, and large."""
    kind = chance.choice(["ordinary", "ordinary", "tied", "some zero", "all zero", "tiny"])
    tied = chance.randrange(1, 100_000)
    people = {
        code: {
            "tied": tied,
            "all zero": 0,
            "tiny": chance.randrange(4),
            "some zero": chance.choice([0, chance.randrange(1, 700_000)]),
        }.get(kind, chance.randrange(1, 700_000))
        for code in codes
    }
    same = chance.choice(FRACTIONS)
    fractions = {code: same if kind == "tied" else chance.choice(FRACTIONS) for code in codes}
    amount = chance.choice([chance.randrange(30), chance.randrange(10**6), 370_000, 10**9 + 7,
                            chance.randrange(10**11), 99_999, 100_000])  # fmt: skip
    return Case(people, fractions, amount)


def sheet_of(cluster: Cluster) -> str:
    """Return the name of the sheet of a cluster."""
    return cluster.name[:31].strip()


def inputs(sheet: Grid, book: Workbook, name: str, case: Case) -> dict[str, int]:
    """Return the input cells of a sheet with what they are changed to."""
    cells = {f"{sheet.letter('Uafrundet beløb')}{sheet.header - 1}": case.amount_dkk}
    for row in sheet.rows:
        code = str(book[name].cell(row, 1).value)
        cells[f"{sheet.letter('Folketal')}{row}"] = case.people[code]
        cells[f"{sheet.letter('Brøkens tæller')}{row}"] = case.fractions[code].numerator
        cells[f"{sheet.letter('Brøkens nævner')}{row}"] = case.fractions[code].denominator
    return cells


@dataclass(frozen=True)
class Change:
    """A copy of the national workbook with other numbers in its input cells.

    Args:
        cases: What each cluster's sheet was given.
        funds: The amounts of the shared funds.
        file: The copy.
    """

    cases: Mapping[str, Case]
    funds: list[int]
    file: bytes


def random_change(chance: random.Random, book: Workbook, names: list[str], file: bytes) -> Change:
    """Return a copy of a workbook with other numbers in the input cells of all clusters' sheets."""
    cases: dict[str, Case] = {}
    numbers: dict[str, dict[str, int]] = {}
    for name in names:
        table = grid(book[name])
        codes = [str(book[name].cell(row, 1).value) for row in table.rows]
        cases[name] = random_case(chance, codes)
        numbers[name] = inputs(table, book, name, cases[name])
    funds = [chance.randrange(10**8), chance.randrange(10**10)]
    table = grid(book["Puljer"])
    letters = [table.letter(f"Udgift {number}: Uafrundet") for number in (1, 2)]
    cells = [f"{letter}{table.header - 1}" for letter in letters]
    numbers["Puljer"] = dict(zip(cells, funds, strict=True))
    return Change(cases, funds, changed(file, numbers))


@pytest.fixture(scope="module")
def changes(content: Content, all_shared: bytes) -> list[Change]:
    """Copies of a national workbook, in which each cluster has a sheet, with changed inputs."""
    chance, book = random.Random(20220101), opened(all_shared)
    names = [sheet_of(result.cluster) for result in content.result.clusters]
    return [random_change(chance, book, names, all_shared) for _ in range(COPIES)]


def with_amount(file: bytes, amount_dkk: int) -> bytes:
    """Return the national workbook with another amount for Sundhedsklynge Syd."""
    table = grid(opened(file)["Sundhedsklynge Syd"])
    cell = f"{table.letter('Uafrundet beløb')}{table.header - 1}"
    return changed(file, {"Sundhedsklynge Syd": {cell: amount_dkk}})


@pytest.fixture(scope="module")
def nasty(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The national workbook with nasty texts in all names."""
    data_dir = tmp_path_factory.mktemp("nasty") / "data"
    shutil.copytree(REPOSITORY / "data", data_dir)
    make_nasty(data_dir)
    return workbooks(content_of(data_dir=data_dir))["fordeling-2022K1.xlsx"]


@pytest.fixture(scope="module")
def both(
    books: dict[str, bytes],
    all_shared: bytes,
    nasty: bytes,
    tmp_path_factory: pytest.TempPathFactory,
) -> Both:
    """Every workbook as we wrote it and as LibreOffice, started once for all, calculated it."""
    files = {
        **{Path(name).stem: book for name, book in books.items()},
        "shared": all_shared,
        "nasty": nasty,
    }
    folder = tmp_path_factory.mktemp("recalculated")
    paths = written(files, folder)
    pairs = dict(zip(files, zip(paths, convert(paths, "xlsx", folder), strict=True), strict=True))
    return lambda name: pairs[name]


@pytest.fixture(scope="module")
def edited(
    national: bytes, changes: list[Change], tmp_path_factory: pytest.TempPathFactory
) -> Edited:
    """What LibreOffice, started once for all, calculated of the changed copies."""
    limit = EXACT_TO // 574_362 * STEP  # the largest weight: København's people, doubled
    files = {
        **{f"copy{number}": change.file for number, change in enumerate(changes)},
        "within": with_amount(national, limit),
        "beyond": with_amount(national, limit + 10 * STEP),
    }
    return calculated(files, tmp_path_factory.mktemp("edited"))


def test_every_recalculated_value_is_the_one_in_the_file(
    books: dict[str, bytes], both: Both
) -> None:
    """Viewers that do not calculate show what LibreOffice calculates, in the national
    workbook and a cluster's, and where each cluster has a cost."""
    formulas = 0
    for path, result in map(both, ["shared", *(Path(name).stem for name in books)]):
        cached, recalculated = (figures(opened(of, values=True)) for of in (path, result))
        formulas += sum(str(cell).startswith("=") for cell in figures(opened(path)).values())
        assert cached.keys() <= recalculated.keys()
        wrong = {
            key: (value, recalculated[key])
            for key, value in cached.items()
            if not same(value, recalculated[key])
        }
        assert not wrong
    assert formulas > 3000


def test_changed_inputs_are_allocated_as_the_pipeline_does(
    changes: list[Change], edited: Edited, all_shared: bytes
) -> None:
    """Amounts, populations and fractions changed at random, with ties and zeros, give our kroner
    and add up; where there is nothing to allocate by, the control says so."""
    layout, compared, empty = opened(all_shared), 0, 0
    for number, change in enumerate(changes):
        cells = edited[f"copy{number}"]
        for name, case in change.cases.items():
            table = grid(layout[name])
            kroner, rank = table.letter("Fordelt beløb"), table.letter("Rang")
            found = {cells[name, f"A{row}"]: int(cells[name, f"{kroner}{row}"])
                     for row in table.rows}  # fmt: skip
            said = cells[name, f"{rank}{table.header - 1}"]
            if not any(case.weights.values()):
                assert set(found.values()) == {0}
                assert said == ("AFVIGER" if case.amount_dkk else "OK")
                empty += 1
                continue
            expected = {p.code: p.amount for p in largest_remainder(case.amount_dkk, case.weights)}
            assert found == expected, (name, case)
            assert sum(found.values()) == case.amount_dkk
            assert said == "OK"
            compared += 1
    assert compared >= CHANGES_WANTED
    assert empty > 0


def test_shared_funds_follow_the_clusters(
    content: Content, changes: list[Change], edited: Edited, all_shared: bytes
) -> None:
    """A population changed on a cluster's sheet moves the shared funds, which still add up."""
    table = grid(opened(all_shared)["Puljer"])
    ids = {sheet_of(row.cluster): row.cluster.cluster_id for row in content.result.clusters}
    for copy, change in enumerate(changes):
        cells = edited[f"copy{copy}"]
        weights = {
            cluster_id: sum(change.cases[name].weights.values(), Fraction(0))
            for name, cluster_id in ids.items()
        }
        for number, amount in enumerate(change.funds, start=1):
            letter = table.letter(f"Udgift {number}: Fordelt")
            found = [int(cells["Puljer", f"{letter}{row}"]) for row in table.rows]
            expected = {part.code: part.amount for part in largest_remainder(amount, weights)}
            assert dict(zip(ids.values(), found, strict=True)) == expected


def test_what_is_too_large_to_be_exact_is_said(edited: Edited, national: bytes) -> None:
    """Beyond what a spreadsheet counts exactly the control says AFVIGER, on the cover too."""
    sheet = "Sundhedsklynge Syd"
    table = grid(opened(national)[sheet])
    within, beyond = edited["within"], edited["beyond"]
    control = f"{table.letter('Rang')}{table.header - 1}"
    assert (within[sheet, control], beyond[sheet, control]) == ("OK", "AFVIGER")
    assert on_cover(beyond, "Alle kontroller er i orden").startswith("NEJ")


def test_texts_from_outside_are_not_calculated(both: Both) -> None:
    """LibreOffice shows names that look like formulas as they are, and calculates all the rest."""
    cached, recalculated = (figures(opened(of, values=True)) for of in both("nasty"))
    wrong = [key for key, value in cached.items() if not same(value, recalculated.get(key))]
    assert not wrong
