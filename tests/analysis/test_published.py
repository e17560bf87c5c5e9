"""`klynge audit`: published tables as they come, in files of either form and turned either way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from openpyxl import Workbook

from pipeline.analysis.published import read_tables
from pipeline.calculation.audit import Column
from pipeline.errors import InvalidData
from tests.calculation.test_audit import MEMO
from tests.conftest import Klynge

NAMES = ("København (Valby, Vesterbro, Amager)**", *MEMO.names[1:-1], "Rødovre*")
FIGURES, SHARES, AMOUNTS = (MEMO.cells[column] for column in Column)


def danish(number: int) -> str:
    """Return a whole number as Danish text writes it."""
    return f"{number:,}".replace(",", ".")


def percent(share: int) -> str:
    """Return tenths of a percent as Danish text writes them."""
    return f"{share / 10:.1f} %".replace(".", ",")


def as_columns() -> list[list[str]]:
    """Return the memo as it was published: municipalities as columns, and its notes below."""
    return [
        ["", *NAMES],
        ["Indbyggertal 1. kvartal 2022", *map(danish, FIGURES)],
        ["Befolkningsandel", *map(percent, SHARES)],
        ["½ årsværk (370.000 kr.)", *map(danish, AMOUNTS)],
        ["Kilde: Danmarks Statistik"],
        ["* Rødovre betaler efter halvt indbyggertal, da kommunen indgår i to klynger"],
    ]


def csv(folder: Path, rows: list[list[str]], delimiter: str = ";", encoding: str = "utf-8") -> Path:
    """Write rows as a spreadsheet saves them."""
    quoted = (delimiter.join(f'"{cell}"' for cell in row) for row in rows)
    path = folder / "notat.csv"
    path.write_bytes("\r\n".join(quoted).encode(encoding))
    return path


def xlsx(folder: Path, rows: list[list[object]]) -> Path:
    """Write rows as a workbook whose first sheet holds something else."""
    workbook = Workbook()
    workbook.active["A1"] = "Følgebrev"
    sheet = workbook.create_sheet("Fordeling")
    for row in rows:
        sheet.append(row)
    path = folder / "notat.xlsx"
    workbook.save(path)
    return path


def assert_is_the_memo(path: Path) -> None:
    """The file holds the numbers of the memo, and its amount as the total."""
    (table,) = read_tables(path).values()
    assert dict(table.cells) == dict(MEMO.cells)
    assert dict(table.totals) == dict(MEMO.totals)
    assert dict(table.decimals) == dict(MEMO.decimals)


def test_the_memo_with_municipalities_as_columns(tmp_path: Path) -> None:
    """The memo is read as it was published, and its notes are no rows."""
    assert_is_the_memo(csv(tmp_path, as_columns()))


def test_the_memo_from_a_workbook(tmp_path: Path) -> None:
    """A workbook holds numbers rather than text; shares stand there as parts of 1."""
    rows: list[list[object]] = [
        ["Sundhedsklynge Syd"],
        ["", *NAMES],
        ["Indbyggertal", *FIGURES],
        ["Befolkningsandel", *(share / 1000 for share in SHARES)],
        ["½ årsværk (370.000 kr.)", *AMOUNTS],
    ]
    assert_is_the_memo(xlsx(tmp_path, rows))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252"])
def test_the_memo_in_english_form_as_rows(tmp_path: Path, encoding: str) -> None:
    """Municipalities as rows, comma between thousands, point before decimals, a row of totals."""
    body = zip(NAMES, FIGURES, SHARES, AMOUNTS, strict=True)
    rows = [
        ["Code", "Municipality", "Population", "Share", "Amount, DKK"],
        *([f"{row}", name, f"{people:,}", f"{share / 10}%", f"{amount:,}"]
          for row, (name, people, share, amount) in enumerate(body)),
        ["", "Total", "", "", "370,000"],
    ]  # fmt: skip
    assert_is_the_memo(csv(tmp_path, rows, ",", encoding))


def test_what_is_counted_goes_before_what_it_is_counted_from(tmp_path: Path) -> None:
    """Of the whole population and the half that counts, as our own workbook has them, the half."""
    rows = [["Kommune", "Folketal", "Medregnet folketal", "Beløb i kr."],
            ["Odder", "22", "11", "110"], ["Skive", "22", "22", "220"]]  # fmt: skip
    (table,) = read_tables(csv(tmp_path, rows)).values()
    assert table.cells[Column.FIGURE] == (11, 22)


def test_unrounded_amounts_of_a_workbook_count_to_the_oere(tmp_path: Path) -> None:
    """Of 333,333333 as a workbook keeps it, two decimals count."""
    rows: list[list[object]] = [
        ["Kommune", "Antal 0-17-årige", "Beløb"], ["Odder", 10, 1000 / 3], ["Skive", 20, 2000 / 3]
    ]  # fmt: skip
    (table,) = read_tables(xlsx(tmp_path, rows)).values()
    assert table.cells[Column.AMOUNT] == (33333, 66667)
    assert table.decimals[Column.AMOUNT] == 2


def test_round_figures_count_to_the_person(klynge: Klynge, tmp_path: Path) -> None:
    """Thousands are told as people, and what is right beside them to the last one."""
    rows = [
        ["Kommune", "Indbyggere", "Kr. pr. indbygger", "Kr."],
        ["Odder", "5.000", "0,25", "1.250"],
        ["Horsens", "15.000", "0,25", "3.750"],
    ]
    ended = klynge("audit", str(csv(tmp_path, rows)), "--quarter", "2022K1")
    assert ended.out.splitlines()[0] == "Kr.: 2 municipalities"
    assert "Odder, figure: printed 5,000, right would be 23,304" in ended.out
    assert "Horsens, figure: printed 15,000, right would be 94,443" in ended.out
    assert "indbygger" not in ended.out


def test_a_table_without_people_does_not_hold(klynge: Klynge, tmp_path: Path) -> None:
    """Nobody to share by is told of the table, and no fault of memberships."""
    rows = [["Kommune", "Indbyggere", "Kr."], ["Odder", "0", "10"], ["Ry", "0", "20"]]
    ended = klynge("audit", str(csv(tmp_path, rows)))
    assert (ended.exit_code, ended.err) == (20, "")
    assert "The table does not hold" in ended.out


def test_each_column_of_amounts_is_a_table(tmp_path: Path) -> None:
    """Two costs beside each other are two tables on the same figures."""
    rows = [["Kommune", "Folketal", "Post kr.", "Pulje kr."], ["Odder", "10", "100", "1"],
            ["Skive", "20", "200", "2"]]  # fmt: skip
    assert list(read_tables(csv(tmp_path, rows))) == ["Post kr.", "Pulje kr."]


def test_of_several_sheets_the_first_counts_that_says_most(klynge: Klynge, tmp_path: Path) -> None:
    """Its name is told, and another is named to be looked at; not one without shares before it."""
    path = tmp_path / "notat.xlsx"
    workbook = Workbook()
    for name, kroner, shares in (
        ("Oversigt", 5, ["", "", ""]),
        ("Syd, 2022", 5, ["Andel", "25 %", "75 %"]),
        ("Midt", 6, ["Andel", "25 %", "75 %"]),
    ):
        sheet = workbook.create_sheet(name)
        for row in zip(
            ["", "Ry", "Odder"], ["Antal", 1, 3], ["Kr.", kroner, 15], shares, strict=False
        ):
            sheet.append(row)
    workbook.save(path)
    assert klynge("audit", str(path)).out.startswith("Syd, 2022: Kr.: 2 municipalities\n")
    assert klynge("audit", str(path), "--sheet", "Midt").exit_code == 20
    with pytest.raises(InvalidData, match="on a sheet Syd"):
        read_tables(path, "Syd")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([["Kommune", "Navn"], ["Odder", "10"]], "has no table"),
        ([["Navn", "Antal", "Kr."], ["Odder", "10", "1"], ["Ry", "1O", "1"], ["Ry", "5", "1"]],
         "Ry has no number under Antal"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_told(tmp_path: Path, rows: list[list[str]], said: str) -> None:
    """A number that cannot be read is never passed over."""
    with pytest.raises(InvalidData, match=said):
        read_tables(csv(tmp_path, rows))


def test_another_kind_of_file_is_told_what_it_must_be(klynge: Klynge, tmp_path: Path) -> None:
    """Whoever has a PDF reads which files can be read."""
    path = tmp_path / "notat.pdf"
    path.write_bytes(b"%PDF-1.7\n\xe2\xe3\xcf\xd3\n1 0 obj\n")
    ended = klynge("audit", str(path))
    assert ended.exit_code == 20
    assert ended.err.splitlines()[1].startswith("CSV or xlsx, with headings such as Kommune")


def test_half_a_workbook_is_told(klynge: Klynge, tmp_path: Path) -> None:
    """A workbook that arrived in part is told as what it is."""
    path = xlsx(tmp_path, [["Kommune", "Kr."], ["Odder", "1"]])
    path.write_bytes(path.read_bytes()[:1000])
    ended = klynge("audit", str(path))
    assert ended.exit_code == 20
    assert ended.err.startswith(f"klynge: {path} is no workbook")


def test_the_command_recognises_the_memo(klynge: Klynge, tmp_path: Path) -> None:
    """The memo holds, and its figures are those of its cluster's memberships."""
    path = csv(tmp_path, as_columns())
    ended = klynge("audit", str(path), "--quarter", "2022K1", "--cluster", "amager-hvidovre")
    assert ended.exit_code == 0
    assert "The table holds." in ended.out
    assert "The StatBank's figures of 2022K1 are those of the table." in ended.out


def test_the_command_names_a_misprint(klynge: Klynge, tmp_path: Path) -> None:
    """A changed digit ends with 20, the row, and what would be right, also as JSON."""
    rows = as_columns()
    rows[3][7] = "14.584"
    path = str(csv(tmp_path, rows))
    ended = klynge("audit", path)
    assert ended.exit_code == 20
    assert "Glostrup, amount: printed 14,584, right would be 14,548" in ended.out
    (told,) = json.loads(klynge("audit", path, "--format=json").out).values()
    assert told["explanations"] == [
        {"where": "Glostrup", "column": "amount", "printed": "14,584", "right": ["14,548"]}
    ]


def test_figures_are_compared_with_the_members_given(klynge: Klynge, tmp_path: Path) -> None:
    """Members that no table of ours knows count whole; one is lacking, and one is none."""
    rows = [
        ["Kommune", "Folketal", "Kr."],
        ["Odder", "23304", "23304"],
        ["Hedensted", "47098", "47098"],
    ]
    ended = klynge("audit", str(csv(tmp_path, rows)), "--quarter", "2022K1",
                   "--member", "horsens", "--member", "hedensted")  # fmt: skip
    assert ended.exit_code == 20
    assert "Hedensted, figure: printed 47,098, right would be 47,099" in ended.out
    assert "The table lacks Horsens." in ended.out
    assert "The table also has Odder." in ended.out


def test_two_misprints_are_told_with_what_does_not_follow(klynge: Klynge, tmp_path: Path) -> None:
    """No single number explains two; the command says so and lists what does not follow."""
    rows = as_columns()
    rows[2][4], rows[3][10] = "9,3 %", "9.085"
    ended = klynge("audit", str(csv(tmp_path, rows)))
    assert ended.exit_code == 20
    assert "no single number explains it" in ended.out
    assert "Dragør, amount: printed 9,085, right would be 9,058" in ended.out


def test_members_need_a_quarter(klynge: Klynge, tmp_path: Path) -> None:
    """Members without a quarter are a mistake of use."""
    assert klynge("audit", str(csv(tmp_path, as_columns())), "--member", "odder").exit_code == 2
