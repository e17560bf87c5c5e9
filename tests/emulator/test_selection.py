"""Rules select what is documented, and counts agree with the recorded ones."""

import pytest

from tests.emulator.asking import data, get, periods, rows
from tests.statbank_emulator import StatBankEmulator

ALL_FIVE = {code: ["*"] for code in ("OMRÅDE", "KØN", "ALDER", "CIVILSTAND", "Tid")}


def quarters(bank: StatBankEmulator, *rules: str) -> list[str]:
    """List the quarters that rules select for the whole country."""
    return [row[0] for row in rows(data(bank, {"Tid": list(rules)}))]


def areas(bank: StatBankEmulator, *rules: str) -> list[str]:
    """List the areas that rules select in one quarter."""
    answer = data(bank, {"OMRÅDE": list(rules), "Tid": ["2020K1"]})
    return [row[0] for row in rows(answer)]


def test_the_span_of_the_recordings_has_71_quarters(recorded_span: StatBankEmulator) -> None:
    """The counts below are made on the same quarters as the recorded ones."""
    assert len(periods(recorded_span)) == 71


@pytest.mark.parametrize(
    ("rule", "count"),
    [
        ("*K1", 18),
        ("202*K1", 6),
        (">=2024K1", 7),
        ("<=2020K1", 49),
        (">=2023K1<=2024K2", 6),
        ("*", 71),
    ],
)
def test_a_rule_selects_as_many_quarters_as_recorded(
    recorded_span: StatBankEmulator, rule: str, count: int
) -> None:
    """Wildcards and ranges select the recorded numbers of quarters."""
    assert len(quarters(recorded_span, rule)) == count


@pytest.mark.parametrize(
    ("rule", "selected"),
    [
        ("(-n+5)", ["2024K3", "2024K4", "2025K1", "2025K2", "2025K3"]),
        ("(1)", ["2025K3"]),
        ("(2)", ["2025K2"]),
        ("-(1)", ["2008K1"]),
        ("-(2)", ["2008K2"]),
        ("-(-n+3)", ["2008K1", "2008K2", "2008K3"]),
        (">2024K4<2025K3", ["2025K1", "2025K2"]),
        ("<2008K2", ["2008K1"]),
        (">=2025K3<=2031K1", ["2025K3"]),
    ],
)
def test_nth_rules_and_ranges_select_these_quarters(
    recorded_span: StatBankEmulator, rule: str, selected: list[str]
) -> None:
    """Nth rules count from the newest, behind a minus from the oldest, and come sorted."""
    assert quarters(recorded_span, rule) == selected


def test_two_ranges_in_a_list_are_a_union(recorded_span: StatBankEmulator) -> None:
    """Bounds as separate items select everything, as recorded."""
    assert len(quarters(recorded_span, ">=2010K1", "<=2015K4")) == 71


def test_quarters_come_sorted_and_once(recorded_span: StatBankEmulator) -> None:
    """Whatever the order and repetition of the request, periods are sorted."""
    assert quarters(recorded_span, "2020k2", "(1)", "2008K1", "2020K2", "2025K3") == [
        "2008K1",
        "2020K2",
        "2025K3",
    ]


def test_periods_can_come_newest_first(recorded_span: StatBankEmulator) -> None:
    """`timeOrder` turns periods around."""
    answer = data(recorded_span, {"Tid": ["(-n+3)"]}, timeOrder="descending")
    assert [row[0] for row in rows(answer)] == ["2025K3", "2025K2", "2025K1"]


def test_areas_come_in_request_order_and_once(statbank: StatBankEmulator) -> None:
    """Values of other variables keep the order of the request."""
    assert areas(statbank, "851", "101", "851", "000") == ["851", "101", "000"]


def test_a_wildcard_gives_the_order_of_the_table(statbank: StatBankEmulator) -> None:
    """`08*` gives the regions from 084 to 081 among what starts alike."""
    assert areas(statbank, "08*") == ["084", "085", "083", "082", "081"]


def test_a_time_left_out_is_the_newest(statbank: StatBankEmulator) -> None:
    """Without time there is one period, the newest, in the last column."""
    answer = data(statbank, {"OMRÅDE": ["101"]})
    assert rows(answer) == [["101", "2023K1", "653664"]]
    assert answer.content.decode("utf-8-sig").startswith("OMRÅDE;TID;INDHOLD\r\n")


def test_variables_left_out_are_eliminated(statbank: StatBankEmulator) -> None:
    """No variables, and variables without values, give the total of the country."""
    assert rows(data(statbank, {"KØN": [], "Tid": []})) == [["2023K1", "5932654"]]


def test_rows_nest_in_request_order(statbank: StatBankEmulator) -> None:
    """The variable named last changes fastest, and one placed in the head comes last."""
    variables = [
        {"code": "tid", "values": ["2022K1", "2023K1"], "placement": "Head"},
        {"code": "køn", "values": ["2", "1"]},
        {"code": "område", "values": ["147", "101"]},
    ]
    answer = data(statbank, {}, variables=variables)
    assert answer.text.lstrip("\ufeff").startswith("KØN;OMRÅDE;TID;INDHOLD")
    assert [tuple(row[:3]) for row in rows(answer)[:3]] == [
        ("2", "147", "2022K1"),
        ("2", "147", "2023K1"),
        ("2", "101", "2022K1"),
    ]


def test_an_address_selects_like_a_body(statbank: StatBankEmulator) -> None:
    """A GET with commas and a head in its key gives the same bytes as the POST."""
    parameters = {"lang": "en", "valuePresentation": "Code", "Tid(Head)": ">=2022K4"}
    got = get(statbank, "/data/folk1a/csv", **{"OMRÅDE": "101,147", **parameters})
    assert got.content == data(statbank, {"OMRÅDE": ["101", "147"], "Tid": [">=2022K4"]}).content


def test_the_cell_limit_counts_as_recorded(recorded_span: StatBankEmulator) -> None:
    """Everything in FOLK1A is 85 210 650 cells, in the numbers of either language."""
    danish = data(recorded_span, ALL_FIVE, lang="da")
    assert (danish.status_code, danish.json()["errorTypeCode"]) == (400, "REQUEST-LIMIT")
    assert "op mod 85.210.650 celler er over begrænsningen på 1.000.000" in danish.text
    english = data(recorded_span, ALL_FIVE).json()["message"]
    assert "up to 85,210,650 cells is over the limit of max. 1,000,000 cells" in english


def test_a_rule_that_matches_nothing_is_an_unknown_value(statbank: StatBankEmulator) -> None:
    """Wildcards, ranges and nth rules without a match are refused (inferred)."""
    for rule in ("2031*", ">2031K1", "(99)", "sum(2020K1;2020K2)"):
        assert f"Can't find value: {rule} (Tid)" in data(statbank, {"Tid": [rule]}).text
