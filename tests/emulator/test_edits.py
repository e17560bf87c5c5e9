"""Each content fault changes one thing in an otherwise honest answer."""

from typing import Any

import pytest

from tests.emulator.asking import CITY_TOTALS, TOTALS, codes, data, rows, tableinfo
from tests.statbank_emulator import Fault, StatBankEmulator, edits, tableinfo_edits
from tests.statbank_emulator.tables import TABLES

SELECTION = {"OMRÅDE": list(TABLES[0].parts_of), **TOTALS, "Tid": ["2023K1"]}
Rows = list[list[str]]


def edited(bank: StatBankEmulator, fault: Fault) -> tuple[Rows, Rows]:
    """Give the rows of the honest answer and of the one that meets the fault."""
    honest = data(bank, SELECTION)
    bank.fail(fault)
    return rows(honest), rows(data(bank, SELECTION))


def test_one_figure_is_written_wrongly(statbank: StatBankEmulator) -> None:
    """Only the figure of the area told is another text."""
    honest, wrong = edited(statbank, edits.figure_text("..", "147"))
    assert wrong == [*honest[:3], [*honest[3][:-1], ".."], *honest[4:]]


def test_rows_are_missing_doubled_or_new(statbank: StatBankEmulator) -> None:
    """A row is left out, repeated, repeated with another figure, or unheard of."""
    honest, missing = edited(statbank, edits.missing_row("147"))
    assert [row for row in honest if row not in missing] == [honest[3]]
    assert edited(statbank, edits.duplicate_row("147"))[1] == [*honest, honest[3]]
    conflicting = edited(statbank, edits.conflicting_duplicate("147"))[1]
    assert conflicting[-1] == [*honest[3][:-1], str(int(honest[3][-1]) + 1)]
    assert edited(statbank, edits.new_area_row("999", 7))[1][-1] == [
        "999",
        "TOT",
        "IALT",
        "TOT",
        "2023K1",
        "7",
    ]


def test_every_row_is_of_another_quarter(statbank: StatBankEmulator) -> None:
    """The figures are those of the quarter asked for, under another name."""
    honest, wrong = edited(statbank, edits.wrong_quarter("2022K4"))
    assert {row[4] for row in wrong} == {"2022K4"}
    assert [row[-1] for row in wrong] == [row[-1] for row in honest]


def test_columns_are_renamed_or_added(statbank: StatBankEmulator) -> None:
    """The header says another name, or one column more."""
    statbank.fail(edits.renamed_column("INDHOLD", "ANTAL"))
    assert data(statbank, SELECTION).text.splitlines()[0].endswith(";TID;ANTAL")
    statbank.fail(edits.extra_column())
    answer = data(statbank, SELECTION)
    assert answer.text.splitlines()[0].endswith(";TID;CONTENT_TYPE;INDHOLD")
    assert rows(answer)[0][-2:] == ["Number", "5932654"]


def test_the_last_row_is_short(statbank: StatBankEmulator) -> None:
    """Two cells are gone from the last row and from no other."""
    honest, short = edited(statbank, edits.short_last_row())
    assert short == [*honest[:-1], honest[-1][:-2]]


def test_the_encoding_is_not_what_the_header_says(statbank: StatBankEmulator) -> None:
    """The body is latin-1 without a byte order mark."""
    statbank.fail(edits.latin_1())
    answer = data(statbank, SELECTION)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.content.startswith("OMRÅDE;KØN".encode("latin-1"))


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
    people = int(honest[3][-1])
    assert {area: more for area, more in grown.items() if more} == dict.fromkeys(
        ("000", "084", "147"), people
    )


def test_a_code_is_a_formula(statbank: StatBankEmulator) -> None:
    """What a spreadsheet would run stands where a code should."""
    assert edited(statbank, edits.formula_code("147"))[1][3][0].startswith("=HYPERLINK(")


def test_a_refusal_is_not_edited(statbank: StatBankEmulator) -> None:
    """An edit meant for data leaves a refusal alone."""
    statbank.fail(edits.latin_1())
    assert data(statbank, {"OMRÅDE": ["999"]}).json()["errorTypeCode"] == "EXTRACT-NOTFOUND"


def described(bank: StatBankEmulator, fault: Fault) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give the honest description of FOLK1A and the one that meets the fault."""
    honest = tableinfo(bank).json()
    bank.fail(fault)
    return honest, tableinfo(bank).json()


def test_a_table_is_inactive(statbank: StatBankEmulator) -> None:
    """Nothing else changes, and data is still served."""
    honest, changed = described(statbank, tableinfo_edits.inactive())
    assert changed == honest | {"active": False}
    assert data(statbank, SELECTION).status_code == 200


def test_a_variable_is_missing(statbank: StatBankEmulator) -> None:
    """The variable is gone from the description."""
    honest, changed = described(statbank, tableinfo_edits.missing_variable("ALDER"))
    assert codes(changed) == {key: value for key, value in codes(honest).items() if key != "ALDER"}


@pytest.mark.parametrize(
    ("fault", "variable", "code"),
    [
        (tableinfo_edits.missing_total_code(), "KØN", "TOT"),
        (tableinfo_edits.missing_quarter("2023K1"), "Tid", "2023K1"),
        (tableinfo_edits.area_gone("411"), "OMRÅDE", "411"),
    ],
    ids=lambda part: getattr(part, "name", None),
)
def test_a_code_is_gone(statbank: StatBankEmulator, fault: Fault, variable: str, code: str) -> None:
    """One value of one variable is gone, and everything else stands."""
    honest, changed = described(statbank, fault)
    kept = [each for each in codes(honest)[variable] if each != code]
    assert codes(changed) == codes(honest) | {variable: kept}
    assert len(kept) == len(codes(honest)[variable]) - 1


def test_an_area_is_new(statbank: StatBankEmulator) -> None:
    """The description has one area more."""
    honest, changed = described(statbank, tableinfo_edits.new_area_code("999"))
    assert codes(changed)["OMRÅDE"] == [*codes(honest)["OMRÅDE"], "999"]
