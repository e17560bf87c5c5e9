"""The sheet of a key in LibreOffice: as issued, and with cap, equal part and people changed."""

import random
from fractions import Fraction
from pathlib import Path

import pytest

from pipeline.reporting.content import Content
from pipeline.reporting.page import page
from pipeline.reporting.workbook.books import workbooks
from pipeline.settings import Settings
from pipeline.snapshots.acquisition import Access, Acquisition
from schemas.quarter import Quarter
from tests.analysis.keys import KINDS, add_keys
from tests.conftest import PretendClock
from tests.office import Texts, calculated, convert, needs_libreoffice
from tests.report_of import content_of
from tests.reporting.workbook.cells import changed, figures, grid, opened, same
from tests.statbank_emulator import StatBankEmulator

pytestmark = [needs_libreoffice, pytest.mark.slow]

CLUSTER = "amager-hvidovre"
COPIES = 6


@pytest.fixture
def keyed(data_dir: Path, statbank: StatBankEmulator) -> Content:
    """The report of 2022K1 with a cost of Sundhedsklynge Syd by each kind of key."""
    add_keys(data_dir, KINDS, dict.fromkeys(KINDS, CLUSTER))
    settings = Settings(data_dir, Path("nowhere"), statbank_url=statbank.url)
    acquisition = Acquisition(settings, Access(), PretendClock().as_clock())
    list(acquisition.fetch_all([Quarter.parse("2022K1")]))
    return content_of(data_dir=data_dir)


def expected(sheet: dict[str, list[int]], inputs: tuple[int, int, int, int]) -> list[int]:
    """Work the kroner out from the definitions; `inputs` are amount, cap, and p and q."""
    amount, cap, p, q = inputs
    reached = [
        min(Fraction(people * above, below), Fraction(cap))
        for people, above, below in zip(*sheet.values(), strict=True)
    ]
    part, everybody = Fraction(p, q), sum(reached)
    exact = [amount * ((1 - part) * people / everybody + part / len(reached)) for people in reached]
    kroner = [int(value) for value in exact]
    ranked = sorted(range(len(exact)), key=lambda row: (kroner[row] - exact[row], row))
    for row in ranked[: amount - sum(kroner)]:
        kroner[row] += 1
    return kroner


def test_every_input_of_a_key_refuses_nonsense(keyed: Content) -> None:
    """Each cell that may be changed says what it takes, those above the table too. A member has one
    part of what is equal, or the fraction with which it counts; no cap is more than anybody has."""
    book = opened(workbooks(keyed)[f"klynger/{CLUSTER}-2022K1.xlsx"])
    for name in (name for name in book.sheetnames if "Nøgle" in name):
        sheet = book[name]
        cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
        free = {(cell.row, cell.column) for cell in cells if not cell.protection.locked}
        rules = sheet.data_validations.dataValidation
        least = {rule.prompt: rule.formula1 for rule in rules}
        assert least[keyed.text("live.input_equal")] == "0"
        areas = [area for rule in rules for area in rule.sqref.ranges]
        assert free == {place for area in areas for row in area.rows for place in row}
        table = grid(sheet)
        equal = table.letter("Lige dele med fælles nævner")
        parts = {sheet[f"{equal}{row}"].value for row in table.rows}
        assert name.endswith("lige") or parts == {1}
        cap = sheet[f"{table.letter('Heraf højst')}{table.header - 1}"].value
        assert cap == {"loft": 50_000, "alt": 8_000}.get(name.rpartition(" ")[2], 10_000_000)


def test_a_sheet_of_a_key_names_what_it_shows(keyed: Content) -> None:
    """A share by a key is none of the population, and an amount is divided in smaller steps. Cover,
    overview and page say that not all is by population."""
    book, how = opened(workbooks(keyed)["fordeling-2022K1.xlsx"]), "befolkningsandel eller nøgle"
    for name in ("Forside", "Oversigt over klynger"):
        assert any(how in str(cell.value) for row in book[name].iter_rows() for cell in row)
    assert how in page(keyed).decode()
    for name in (name for name in book.sheetnames if "Nøgle" in name):
        said = [str(cell.value) for row in book[name].iter_rows() for cell in row if cell.value]
        assert not any("efolkningsandel" in text for text in said), name
        if "Bilag" not in name:
            assert said[0].startswith(f"{name}: fordeling efter nøgle") or len(name) == 31
            assert "Andel (procent)" in said
            assert "Antal hele 10.000 kr. i beløbet" in said


def test_half_a_person_is_shown_in_a_sheet_of_a_key(keyed: Content) -> None:
    """Rødovre's half shows its decimal as the sum does, before and after a cap."""
    book = opened(workbooks(keyed)[f"klynger/{CLUSTER}-2022K1.xlsx"])
    for name in (name for name in book.sheetnames if "Nøgle" in name):
        table = grid(book[name])
        shown = {str(area.sqref) for area in book[name].conditional_formatting}
        for heading in ("Medregnet folketal", "Heraf højst"):
            column = table.letter(heading)
            assert f"{column}{table.rows[0]}:{column}{table.rows[-1]}" in shown, (name, shown)


def test_a_key_is_calculated_by_libreoffice(keyed: Content, tmp_path: Path) -> None:
    """Every cell is what was written; with other inputs the kroner are those of the definitions,
    and the controls say that the key was changed."""
    chance = random.Random(16)
    book = workbooks(keyed)[f"klynger/{CLUSTER}-2022K1.xlsx"]
    (name,) = [sheet for sheet in opened(book).sheetnames if sheet.endswith("Nøgle alt")]
    table = grid(opened(book)[name])
    above = table.header - 1
    places = {key: f"{table.letter(heading)}{above}" for key, heading in (
        ("amount", "Uafrundet beløb"), ("cap", "Heraf højst"), ("p", "Ligelig del"),
        ("q", "Efter personer"))}  # fmt: skip
    people = table.letter("Folketal")
    cases = {}
    for copy in range(COPIES):
        inputs = (
            chance.randrange(1, 10**8),
            chance.randrange(1, 60_000),
            chance.randrange(0, 9),
            9,
        )
        counts = {f"{people}{row}": chance.randrange(1, 400_000) for row in table.rows}
        numbers = {**dict(zip(places.values(), inputs, strict=True)), **counts}
        cases[f"copy{copy}"] = changed(book, {name: numbers}), inputs
    issued = tmp_path / "issued.xlsx"
    issued.write_bytes(book)
    (first,) = convert([issued], "xlsx", tmp_path / "office")
    ours, theirs = (figures(opened(file, values=True)) for file in (issued, first))
    assert [place for place in ours if not same(ours[place], theirs.get(place))] == []
    copies = calculated({copy: file for copy, (file, _) in cases.items()}, tmp_path / "office")
    control = grid(opened(book)["Kontrol"])
    for copy_name, (_, inputs) in cases.items():
        cells = copies[copy_name]

        def column(heading: str, cells: Texts = cells) -> list[int]:
            return [int(cells[name, f"{table.letter(heading)}{row}"]) for row in table.rows]

        parts = {h: column(h) for h in ("Folketal", "Brøkens tæller", "Brøkens nævner")}
        assert column("Fordelt beløb") == expected(parts, inputs)
        told = {
            (cells["Kontrol", f"A{row}"], cells["Kontrol", f"F{row}"])
            for row in control.rows
            if cells["Kontrol", f"B{row}"] == name
        }
        assert ("De fordelte kroner summer til beløbet", "OK") in told
        assert ("Nøgle som udgivet", "AFVIGER") in told
