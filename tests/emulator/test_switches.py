"""A test can publish, withhold and revise, and start afresh."""

import pytest

from tests.emulator.asking import CITY_TOTALS, data, figures, periods, rows, tableinfo
from tests.statbank_emulator import StatBankEmulator, faults
from tests.statbank_emulator.tables import TABLES


def updated(bank: StatBankEmulator) -> str:
    """Say when FOLK1A was updated."""
    return str(tableinfo(bank).json()["updated"])


def test_a_withheld_quarter_is_simply_not_there(statbank: StatBankEmulator) -> None:
    """It is absent from tableinfo, never the newest, and asking for it is an unknown value."""
    statbank.withhold("FOLK1A", "2023K1")
    assert periods(statbank)[-1] == "2022K4"
    assert rows(data(statbank, {}))[0][0] == "2022K4"
    answer = data(statbank, {"Tid": ["2023K1"]})
    assert answer.json() == {
        "errorTypeCode": "EXTRACT-NOTFOUND",
        "message": "Can't find value: 2023K1 (Tid)",
    }
    assert updated(statbank) < "2023"
    assert periods(statbank, "KKBEF1")[-1] == "2023K1"


def test_a_release_makes_a_quarter_appear(statbank: StatBankEmulator) -> None:
    """It is then in tableinfo and in data, and the update is the moment told."""
    statbank.withhold("FOLK1A", "2023K1")
    statbank.release("FOLK1A", "2023K1", updated="2023-02-10T08:00:00")
    assert periods(statbank)[-1] == "2023K1"
    assert figures(statbank, "2023K1", "000") == [5932654]
    assert updated(statbank) == "2023-02-10T08:00:00"


def test_a_quarter_beyond_the_start_can_be_released(statbank: StatBankEmulator) -> None:
    """Figures go on after the bundled ones, released at the usual moment."""
    statbank.release("FOLK1A", "2023K2")
    assert periods(statbank)[-2:] == ["2023K1", "2023K2"]
    assert figures(statbank, "2023K2", "101")[0] > 653664
    assert updated(statbank) == "2023-05-11T08:00:00"


def test_a_revision_reaches_the_areas_above(statbank: StatBankEmulator) -> None:
    """Region and country follow the municipality in that quarter and no other."""
    areas = ("000", "084", "101", "147")
    before, other = figures(statbank, "2022K1", *areas), figures(statbank, "2022K2", *areas)
    statbank.revise("FOLK1A", "2022K1", {"101": before[2] + 69}, updated="2023-03-01T08:00:00")
    more = [69, 69, 69, 0]
    assert figures(statbank, "2022K1", *areas) == [a + b for a, b in zip(before, more, strict=True)]
    assert figures(statbank, "2022K2", *areas) == other
    assert updated(statbank) == "2023-03-01T08:00:00"


def test_a_revised_district_reaches_the_city(statbank: StatBankEmulator) -> None:
    """The city is the sum of its districts after a revision as before."""
    statbank.revise("KKBEF1", "2022K1", {"1003": 80000, "1099": 0})
    selection = {"OMRKK": list(TABLES[1].parts_of), **CITY_TOTALS, "Tid": ["2022K1"]}
    counted = {row[0]: int(row[-1]) for row in rows(data(statbank, selection, table="KKBEF1"))}
    assert (counted["1003"], counted["1099"]) == (80000, 0)
    assert counted.pop("1000") == sum(counted.values())


def test_a_revision_of_a_sum_is_refused(statbank: StatBankEmulator) -> None:
    """Regions and the country can't be revised on their own."""
    with pytest.raises(ValueError, match="only base areas"):
        statbank.revise("FOLK1A", "2022K1", {"084": 1})


def test_the_log_tells_who_asked_for_what(statbank: StatBankEmulator) -> None:
    """Function, table, status, body and client are kept in order."""
    tableinfo(statbank)
    data(statbank, {"Tid": ["1900K1"]}, table="KKBEF1")
    first, second = statbank.log
    assert (first.function, first.table, first.status) == ("tableinfo", "FOLK1A", 200)
    assert (second.function, second.table, second.status) == ("data", "KKBEF1", 400)
    assert b"1900K1" in second.body
    assert second.user_agent.startswith("python-requests/")
    assert (statbank.count("data"), statbank.count("data", "FOLK1A")) == (1, 0)
    statbank.clear_log()
    assert statbank.log == []


def test_a_reset_undoes_everything(statbank: StatBankEmulator) -> None:
    """Figures, quarters, faults and log are as at the start."""
    start = tableinfo(statbank).content
    statbank.revise("FOLK1A", "2023K1", {"101": 1})
    statbank.release("FOLK1A", "2023K2", updated="2023-05-12T08:00:00")
    statbank.fail(faults.unavailable(), times=None, function="any")
    statbank.reset()
    assert statbank.log == []
    assert tableinfo(statbank).content == start
    assert figures(statbank, "2023K1", "101", "000") == [653664, 5932654]


def test_two_servers_do_not_share_anything(statbank: StatBankEmulator) -> None:
    """A second emulator starts from the bundled figures and its own quarters."""
    statbank.revise("FOLK1A", "2023K1", {"101": 1})
    with StatBankEmulator(since="2023K1", until="2023K1") as other:
        assert figures(other, "2023K1", "101") == [653664]
        assert periods(other) == ["2023K1"]
