"""LibreOffice calculates what we wrote: the values in the file, and those of changed inputs."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import pytest
from openpyxl.workbook import Workbook

from pipeline.calculation.allocation import largest_remainder
from pipeline.reporting.content import Content
from pipeline.reporting.workbook.books import workbooks
from pipeline.reporting.workbook.live_table import EXACT_TO, STEP
from tests.office import convert, needs_libreoffice
from tests.report_of import content_of
from tests.reporting.workbook.cells import Grid, changed, figures, grid, opened

pytestmark = needs_libreoffice

COPIES = 12
CHANGES_WANTED = 200
FRACTIONS = [Fraction(1), Fraction(1), Fraction(1), Fraction(1, 2), Fraction(2, 3), Fraction(3, 4)]


def test_every_recalculated_value_is_the_one_in_the_file(
    books: dict[str, bytes], tmp_path: Path
) -> None:
    """Viewers that do not calculate show what LibreOffice calculates, in all 23 workbooks."""
    paths = [tmp_path / Path(name).name for name in books]
    for path, workbook in zip(paths, books.values(), strict=True):
        path.write_bytes(workbook)
    formulas = 0
    for path, result in zip(paths, convert(paths, "xlsx", tmp_path), strict=True):
        cached, recalculated = (figures(opened(of, values=True)) for of in (path, result))
        formulas += sum(str(cell).startswith("=") for cell in figures(opened(path)).values())
        assert cached.keys() <= recalculated.keys()
        wrong = {
            key: (value, recalculated[key])
            for key, value in cached.items()
            if not _same(value, recalculated[key])
        }
        assert not wrong
    assert formulas > 3000


def _same(cached: object, recalculated: object) -> bool:
    if isinstance(cached, float) and isinstance(recalculated, (int, float)):
        return recalculated == pytest.approx(cached, rel=1e-12)
    return cached == recalculated


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


def inputs(sheet: Grid, book: Workbook, name: str, case: Case) -> dict[str, int]:
    """Return the input cells of a sheet with what they are changed to."""
    cells = {f"{sheet.letter('Nøjagtigt beløb')}{sheet.header - 1}": case.amount_dkk}
    for row in sheet.rows:
        code = str(book[name].cell(row, 1).value)
        cells[f"{sheet.letter('Folketal')}{row}"] = case.people[code]
        cells[f"{sheet.letter('Brøkens tæller')}{row}"] = case.fractions[code].numerator
        cells[f"{sheet.letter('Brøkens nævner')}{row}"] = case.fractions[code].denominator
    return cells


@pytest.fixture(scope="module")
def changes(
    content: Content, national: bytes, tmp_path_factory: pytest.TempPathFactory
) -> list[tuple[dict[str, Case], list[int], Workbook]]:
    """Copies of the national workbook with changed inputs: the cases, the amounts of the shared
    funds, and what LibreOffice calculated."""
    folder, chance = tmp_path_factory.mktemp("changed"), random.Random(20220101)
    book = opened(national)
    sheets = [result.cluster.cluster_id for result in content.result.clusters]
    drawn, paths = [], []
    for copy in range(COPIES):
        cases = {}
        numbers: dict[str, dict[str, int]] = {}
        for name in sheets:
            table = grid(book[name])
            codes = [str(book[name].cell(row, 1).value) for row in table.rows]
            cases[name] = random_case(chance, codes)
            numbers[name] = inputs(table, book, name, cases[name])
        pools = [chance.randrange(10**8), chance.randrange(10**10)]
        table = grid(book["Puljer"])
        for number, amount in enumerate(pools, start=1):
            letter = table.letter(f"Udgift {number}: Nøjagtigt")
            numbers.setdefault("Puljer", {})[f"{letter}{table.header - 1}"] = amount
        path = folder / f"copy-{copy}.xlsx"
        path.write_bytes(changed(national, numbers))
        drawn.append((cases, pools))
        paths.append(path)
    results = [opened(path, values=True) for path in convert(paths, "xlsx", folder)]
    return [(*one, result) for one, result in zip(drawn, results, strict=True)]


def test_changed_inputs_are_allocated_as_the_pipeline_does(
    content: Content, changes: list[tuple[dict[str, Case], list[int], Workbook]], national: bytes
) -> None:
    """Amounts, populations and fractions changed at random, with ties and zeros, give our kroner
    and add up; where there is nothing to allocate by, the control says so."""
    layout, compared, empty = opened(national), 0, 0
    for cases, _, book in changes:
        for name, case in cases.items():
            table, sheet = grid(layout[name]), book[name]
            kroner, rank = table.letter("Fordelt beløb"), table.letter("Rang")
            found = {
                str(sheet.cell(row, 1).value): sheet[f"{kroner}{row}"].value for row in table.rows
            }
            said = sheet[f"{rank}{table.header - 1}"].value
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
    content: Content, changes: list[tuple[dict[str, Case], list[int], Workbook]], national: bytes
) -> None:
    """A population changed on a cluster's sheet moves the shared funds, which still add up."""
    table = grid(opened(national)["Puljer"])
    ids = [result.cluster.cluster_id for result in content.result.clusters]
    for cases, pools, book in changes:
        weights = {name: sum(cases[name].weights.values(), Fraction(0)) for name in ids}
        for number, amount in enumerate(pools, start=1):
            letter = table.letter(f"Udgift {number}: Fordelt")
            found = [book["Puljer"][f"{letter}{row}"].value for row in table.rows]
            expected = {part.code: part.amount for part in largest_remainder(amount, weights)}
            assert dict(zip(ids, found, strict=True)) == expected


def test_what_is_too_large_to_be_exact_is_said(national: bytes, tmp_path: Path) -> None:
    """Beyond what a spreadsheet counts exactly the control says AFVIGER, on the cover too."""
    table, sheet = grid(opened(national)["amager-hvidovre"]), "amager-hvidovre"
    cell = f"{table.letter('Nøjagtigt beløb')}{table.header - 1}"
    limit = EXACT_TO // 574_362 * STEP  # the largest weight: København's people, doubled
    paths = [tmp_path / "within.xlsx", tmp_path / "beyond.xlsx"]
    for path, amount in zip(paths, [limit, limit + 10 * STEP], strict=True):
        path.write_bytes(changed(national, {sheet: {cell: amount}}))
    within, beyond = (opened(path, values=True) for path in convert(paths, "xlsx", tmp_path))
    control = f"{table.letter('Rang')}{table.header - 1}"
    assert (within[sheet][control].value, beyond[sheet][control].value) == ("OK", "AFVIGER")
    allocated = {row[0].value: row[1].value for row in beyond["Forside"].iter_rows(min_row=3)}
    assert allocated["Alle beløb er fordelt"] == "nej"


def test_texts_from_outside_are_not_calculated(nasty_dir: Path, tmp_path: Path) -> None:
    """LibreOffice shows names that look like formulas as they are, and calculates all the rest."""
    path = tmp_path / "nasty.xlsx"
    path.write_bytes(workbooks(content_of(data_dir=nasty_dir))["fordeling-2022K1.xlsx"])
    (result,) = convert([path], "xlsx", tmp_path)
    cached, recalculated = (figures(opened(of, values=True)) for of in (path, result))
    wrong = [key for key, value in cached.items() if not _same(value, recalculated.get(key))]
    assert not wrong
