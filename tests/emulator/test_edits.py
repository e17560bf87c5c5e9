"""Each content fault changes one thing in an otherwise honest answer."""

from collections.abc import Callable

import pytest

from tests.emulator.asking import CITY_TOTALS, TOTALS, codes, data, rows, tableinfo
from tests.statbank_emulator import Fault, StatBankEmulator, edits, tableinfo_edits
from tests.statbank_emulator.tables import TABLES

SELECTION = {"OMRÅDE": list(TABLES[0].parts_of), **TOTALS, "Tid": ["2023K1"]}
PLACE = SELECTION["OMRÅDE"].index("147")
Rows = list[list[str]]


def edited(bank: StatBankEmulator, fault: Fault) -> tuple[Rows, Rows]:
    """Give the rows of the honest answer and of the one that meets the fault, which keeps the
    byte order mark."""
    honest = data(bank, SELECTION)
    bank.fail(fault)
    wrong = data(bank, SELECTION)
    assert wrong.content.startswith(edits.BOM)
    return rows(honest), rows(wrong)


@pytest.mark.parametrize(
    ("fault", "row"),
    [
        (edits.figure_text("..", "147"), lambda row: [*row[:-1], ".."]),
        (edits.formula_code("147"), lambda row: ['=HYPERLINK("http://example.invalid")', *row[1:]]),
    ],
    ids=["figure", "code"],
)
def test_one_cell_is_written_wrongly(
    statbank: StatBankEmulator, fault: Fault, row: Callable[[list[str]], list[str]]
) -> None:
    """Only the row of the area told is another."""
    honest, wrong = edited(statbank, fault)
    assert wrong == [*honest[:PLACE], row(honest[PLACE]), *honest[PLACE + 1 :]]


def test_rows_are_missing_doubled_new_or_short(statbank: StatBankEmulator) -> None:
    """A row is left out, repeated, repeated with another figure, unheard of, or cut."""
    honest, missing = edited(statbank, edits.missing_row("147"))
    row = honest[PLACE]
    assert [each for each in honest if each not in missing] == [row]
    assert edited(statbank, edits.duplicate_row("147"))[1] == [*honest, row]
    conflicting = edited(statbank, edits.conflicting_duplicate("147"))[1]
    assert conflicting[-1] == [*row[:-1], str(int(row[-1]) + 1)]
    assert edited(statbank, edits.new_area_row("999", 7))[1][-1] == ["999", *row[1:-1], "7"]
    assert edited(statbank, edits.short_last_row())[1] == [*honest[:-1], honest[-1][:-2]]


def test_columns_are_renamed_added_or_of_another_quarter(statbank: StatBankEmulator) -> None:
    """The header says another name or one column more, or every row another quarter."""
    statbank.fail(edits.renamed_column("INDHOLD", "ANTAL"))
    assert data(statbank, SELECTION).text.splitlines()[0].endswith(";TID;ANTAL")
    honest, wider = edited(statbank, edits.extra_column())
    assert wider == [[*row[:-1], "Number", row[-1]] for row in honest]
    _, later = edited(statbank, edits.wrong_quarter("2022K4"))
    assert later == [[*row[:4], "2022K4", row[5]] for row in honest]


def test_the_encoding_is_not_what_the_header_says(statbank: StatBankEmulator) -> None:
    """The body is latin-1 without a byte order mark; a refusal is left alone."""
    statbank.fail(edits.latin_1(), times=2)
    answer = data(statbank, SELECTION)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.content.startswith("OMRÅDE;KØN".encode("latin-1"))
    assert data(statbank, {"OMRÅDE": ["999"]}).json()["errorTypeCode"] == "EXTRACT-NOTFOUND"


def test_the_country_is_not_the_sum(statbank: StatBankEmulator) -> None:
    """Only the total row changes, in either table."""
    honest, broken = edited(statbank, edits.broken_identity(5))
    assert broken == [[*honest[0][:-1], "5932659"], *honest[1:]]
    selection = {"OMRKK": ["1000"], **CITY_TOTALS, "Tid": ["2023K1"]}
    statbank.fail(edits.broken_identity(), table="KKBEF1")
    assert rows(data(statbank, selection, table="KKBEF1"))[0][-1] == "653649"


def test_a_jump_keeps_the_sums(statbank: StatBankEmulator) -> None:
    """The municipality doubles, and region and country grow as much."""
    honest, jumped = edited(statbank, edits.jump("147"))
    grown = {a[0]: int(b[-1]) - int(a[-1]) for a, b in zip(honest, jumped, strict=True)}
    more = dict.fromkeys(("000", "084", "147"), int(honest[PLACE][-1]))
    assert {area: people for area, people in grown.items() if people} == more


@pytest.mark.parametrize(
    ("fault", "variable", "gone"),
    [
        (tableinfo_edits.missing_total_code(), "KØN", "TOT"),
        (tableinfo_edits.missing_quarter("2023K1"), "Tid", "2023K1"),
        (tableinfo_edits.area_gone("411"), "OMRÅDE", "411"),
        (tableinfo_edits.new_area_code("999"), "OMRÅDE", ""),
        (tableinfo_edits.missing_variable("ALDER"), "ALDER", "all"),
        (tableinfo_edits.inactive(), "Tid", ""),
    ],
    ids=lambda part: getattr(part, "name", None),
)
def test_a_description_is_wrong_in_one_place(
    statbank: StatBankEmulator, fault: Fault, variable: str, gone: str
) -> None:
    """One value or variable is gone, an area is new or the table inactive; all else stands."""
    honest = tableinfo(statbank).json()
    statbank.fail(fault)
    changed = tableinfo(statbank).json()
    new = ["999"] * (fault.name == "new area code")
    expected = codes(honest)
    expected[variable] = [code for code in expected[variable] if code != gone] + new
    if gone == "all":
        del expected[variable]
    assert codes(changed) == expected
    assert changed["active"] is (fault.name != "inactive")
    assert data(statbank, SELECTION).status_code == 200
