"""The figures in the workbooks are those of the calculation, in every workbook and language."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction

import pytest

from pipeline.calculation.calculate import calculate
from pipeline.reporting.content import Content
from pipeline.reporting.workbook.books import workbooks
from schemas.records import Cost, Language, Per
from tests.report_of import FIRST, content_of
from tests.reporting.workbook.cells import figures, grid, opened


def test_the_published_table_stands_on_the_sheet_of_syd(national: bytes) -> None:
    """The memo's eleven populations, shares at one decimal and kroner, and their sums."""
    sheet = opened(national, values=True)["Sundhedsklynge Syd"]
    table = grid(sheet)
    columns = [table.letter(name) for name in ("Medregnet", "Befolknings", "Fordelt")]
    rows = {
        sheet.cell(row, 2).value: (
            sheet[f"{columns[0]}{row}"].value,
            round(100 * sheet[f"{columns[1]}{row}"].value, 1),
            sheet[f"{columns[2]}{row}"].value,
        )
        for row in table.rows
    }
    assert rows == {
        "København": (287_181, 48.0, 177_678),
        "Høje-Taastrup": (53_053, 8.9, 32_824),
        "Albertslund": (27_599, 4.6, 17_075),
        "Ishøj": (23_225, 3.9, 14_369),
        "Vallensbæk": (16_488, 2.8, 10_201),
        "Brøndby": (35_651, 6.0, 22_057),
        "Glostrup": (23_514, 3.9, 14_548),
        "Hvidovre": (53_267, 8.9, 32_956),
        "Tårnby": (42_723, 7.1, 26_433),
        "Dragør": (14_640, 2.4, 9_058),
        "Rødovre": (20_691, 3.5, 12_801),
    }
    totals = table.header - 1
    assert [sheet[f"{letter}{totals}"].value for letter in columns] == [
        598_032, pytest.approx(1), 370_000,
    ]  # fmt: skip


def test_every_sheet_shows_what_was_calculated(
    shared: Content, shared_books: dict[str, bytes]
) -> None:
    """Counted population and kroner of every member of every cluster, in its own workbook."""
    for result in shared.result.clusters:
        name = f"klynger/{result.cluster.cluster_id}-2022K1.xlsx"
        sheet = opened(shared_books[name], values=True)[result.cluster.name[:31].strip()]
        table = grid(sheet)
        counted, kroner = table.letter("Medregnet"), table.letter("Fordelt")
        for member, row in zip(result.members, table.rows, strict=True):
            code = member.membership.municipality_code
            assert sheet.cell(row, 1).value == code
            assert Fraction(sheet[f"{counted}{row}"].value) == member.counted_population
            amounts = [allocation.parts[code].amount for allocation in result.allocations]
            assert sheet[f"{kroner}{row}"].value == sum(amounts)


def test_clusters_without_a_cost_stand_in_one_table(content: Content, national: bytes) -> None:
    """Their keys, a row a member, and no sheet each; the overview leads there."""
    book = opened(national, values=True)
    sheet = book["Fordelingsnøgler"]
    table = grid(sheet)
    rows = [[cell.value for cell in sheet[row]] for row in table.rows]
    expected = [
        [result.cluster.name, member.membership.municipality_code, f"{float(member.share):.12f}"]
        for result in content.result.clusters
        if not result.allocations
        for member in result.members
    ]
    assert [[row[0], row[1], f"{row[6]:.12f}"] for row in rows] == expected
    names = {result.cluster.name for result in content.result.clusters}
    assert names & set(book.sheetnames) == {"Sundhedsklynge Syd"}


def test_overviews_say_sums_above_their_headings(national: bytes) -> None:
    """People, what is paid and what the funds give, where a reader of totals looks first."""
    book = opened(national, values=True)
    for name, heading, total in (
        ("Oversigt over klynger", "Udgifter til fordeling", 370_000),
        ("Oversigt over klynger", "Andel af puljer", 80_000_000),
        ("Oversigt over kommuner", "Betaler i alt", 370_000),
    ):
        table = grid(book[name])
        assert book[name][f"{table.letter(heading)}{table.header - 1}"].value == total


def test_a_municipality_in_two_clusters_has_one_row(content: Content, national: bytes) -> None:
    """Rødovre pays in two clusters, and its row names both and the sum."""
    sheet = opened(national, values=True)["Oversigt over kommuner"]
    table = grid(sheet)
    assert len(table.rows) == 98
    row = next(row for row in table.rows if sheet.cell(row, 2).value == "Rødovre")
    cells = [cell.value for cell in sheet[row]]
    assert cells[3:] == ["Sundhedsklynge Syd", 12_801, "Sundhedsklynge Midt", 0, 12_801]


def test_the_workbook_of_a_cluster_says_the_same(national: bytes, syd: bytes) -> None:
    """What a co-chair sends on holds the figures of the national workbook, cell by cell."""
    name, own = "Sundhedsklynge Syd", opened(syd, values=True)
    assert own.sheetnames == ["Forside", name, "Opkrævning", "Kontrol"]
    here, there = (
        {place: cell for place, cell in figures(book).items() if place[0] == name}
        for book in (own, opened(national, values=True))
    )
    notes = (name, "A3")  # which say in which sheet the notes stand
    assert "arket Forside" in here.pop(notes)
    assert "arket Noter" in there.pop(notes)
    assert here == there


def test_the_cover_of_a_cluster_tells_its_funds_and_notes(syd: bytes) -> None:
    """What a cluster gets of the shared funds, and what explains its figures, on one page."""
    cover = opened(syd, values=True)["Forside"]
    rows = [row[:2] for row in cover.iter_rows(min_row=3, values_only=True)]
    funds = [text for subject, text in rows if subject == "Puljer"]
    assert [text.partition(" kr. ")[0].rpartition(" ")[2] for text in funds] == ["4.072.871"] * 2
    assert [text for subject, text in rows if "Rødovre tæller med 1/2" in str(text)]


def test_both_languages_hold_the_same_figures(national: bytes, english: bytes) -> None:
    """Every number stands in the same cell of the same sheet in Danish and in English."""
    danish, other = (opened(book, values=True) for book in (national, english))
    assert len(danish.sheetnames) == len(other.sheetnames)
    for ours, theirs in zip(danish, other, strict=True):
        numbers = [
            {cell.coordinate: cell.value for row in sheet.iter_rows() for cell in row
             if isinstance(cell.value, (int, float))}
            for sheet in (ours, theirs)
        ]  # fmt: skip
        tail = 1 if ours.title == "Kontrol" else 0
        assert numbers[tail] == numbers[1 - tail]


def test_the_cover_says_that_all_amounts_are_allocated(national: bytes, english: bytes) -> None:
    """The result of the control stands on the cover in a word."""
    for book, label, yes in ((national, "Alle kontroller er i orden", "ja"),
                             (english, "All controls hold", "yes")):  # fmt: skip
        cover = opened(book, values=True).worksheets[0]
        assert dict(row[:2] for row in cover.iter_rows(values_only=True))[label] == yes


def test_a_difference_is_said_in_words_and_explained(national: bytes) -> None:
    """Everything is OK but the two registers of København, and the remark says why they differ."""
    sheet = opened(national, values=True)["Kontrol"]
    table = grid(sheet)
    rows = [[cell.value for cell in sheet[row]] for row in table.rows]
    differing = [row for row in rows if row[5] != "OK"]
    assert [row[0] for row in differing] == ["KKBEF1 sammenholdt med FOLK1A for København"]
    assert differing[0][4] == -6
    assert differing[0][5] == "FORKLARET"
    assert "forskellige dage" in differing[0][6]


@pytest.mark.parametrize(
    ("quarter", "rules"), [("2019K1", "2022K1"), ("2023K1", None), ("2022K1", "2027K1")]
)
def test_other_quarters_and_rules_can_be_written(quarter: str, rules: str | None) -> None:
    """A back-cast, a quarter without shared funds, and the health councils of 2027."""
    report = content_of(quarter, rules=rules)
    book = opened(workbooks(report)[f"fordeling-{report.label}.xlsx"], values=True)
    costs = [row.cluster.name for row in report.result.clusters if row.allocations]
    assert set(costs) <= set(book.sheetnames)
    assert ("Fordelingsnøgler" in book.sheetnames) is (len(costs) < len(report.result.clusters))
    assert ("Puljer" in book.sheetnames) is bool(report.result.shared_funds)


def test_a_sheet_names_the_assumptions_and_the_notes_of_its_cluster_alone() -> None:
    """Where an assumption is not in force, no note on something else takes its place."""
    report = content_of("2022K1", rules="2027K1")
    council = report.result.clusters[0].cluster
    inputs, period = report.calculation.inputs, council.period
    cost = Cost(
        "post", "Post", "Post", council.cluster_id, 1_000, Per.YEAR, "", period, "memo-syd-2022"
    )
    shared = calculate(replace(inputs, reference=replace(inputs.reference, costs=(cost,))))
    content = Content(shared, 1, FIRST)
    (own,) = [row for row in content.result.sections if row.allocations]
    sheet = opened(workbooks(content)[f"fordeling-{content.label}.xlsx"])[own.cluster.name]
    said = re.findall(r"\[note (\d+)\]", str(sheet["A3"].value))
    wanted = [
        str(note.number)
        for note in content.notes
        if note.subject.startswith("Antagelse") or council.cluster_id in note.clusters
    ]
    assert said == wanted


def test_same_input_gives_same_bytes(books: dict[str, bytes]) -> None:
    """A report that is made again from the same input is the same file."""
    assert workbooks(content_of()) == books


def test_no_danish_is_left_in_the_english_workbook(english: bytes) -> None:
    """Headings and sheet names are English; names of places and of sources stay."""
    book = opened(english, values=True)
    danish = content_of(language=Language.DANISH).text
    words = {danish(f"sheet.{name}") for name in ("cover", "funds", "development", "notes")}
    assert not words & set(book.sheetnames)
    for sheet in book:
        for heading in grid(sheet).letters:
            assert "Kommune" not in heading
            assert "beløb" not in heading.casefold()
