"""A StatBank client that nobody here wrote gets along with the emulator."""

import importlib
from typing import Any

import pytest

from tests.statbank_emulator import StatBankEmulator


@pytest.fixture
def client(statbank: StatBankEmulator, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Point denstatbank at the emulator, past any proxy."""
    denstatbank = importlib.import_module("denstatbank")
    made = denstatbank.StatBankClient(lang="en")
    monkeypatch.setattr(made, "_base_url", f"{statbank.url}/")
    monkeypatch.setattr(made.session, "trust_env", False)
    with made.session:
        yield made


def test_it_lists_tables(client: Any) -> None:
    """Its frame of tables has FOLK1A with period texts."""
    tables = client.tables()
    assert tables.loc[0, ["id", "firstPeriod", "latestPeriod"]].tolist() == [
        "FOLK1A",
        "2016Q1",
        "2023Q1",
    ]


def test_it_walks_the_subjects(client: Any) -> None:
    """Its tree of subjects ends in the table."""
    (top,) = client.subjects(["1"], include_tables=True, recursive=True, as_tree=False)
    assert top["subjects"][0]["subjects"][0]["tables"][0]["id"] == "FOLK1A"


def test_it_reads_tableinfo(client: Any) -> None:
    """Its frame of values has all of them."""
    values = client.tableinfo("folk1a", variables_df=True)
    counts = values.groupby("variable").size().to_dict()
    assert counts == {"region": 105, "sex": 3, "age": 127, "marital status": 5, "time": 29}


# denstatbank sets an index in place, which pandas 3.1 announces the end of.
@pytest.mark.filterwarnings("ignore:The inplace keyword in DataFrame.set_index")
def test_it_reads_data(client: Any) -> None:
    """Its frame of JSON-stat has the bundled figures, with texts as index."""
    variables = [
        client.variable_dict("OMRÅDE", ["101", "147"]),
        client.variable_dict("Tid", ["2022K1", "2023K1"]),
    ]
    frame = client.data("folk1a", variables=variables)
    assert frame.loc[("Copenhagen", "2023Q1")].item() == 653664
    assert frame.shape == (4, 1)


def test_it_prints_a_refusal(client: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """What it prints for an unknown value is the message of the StatBank."""
    variables = [client.variable_dict("OMRÅDE", ["999"])]
    assert client.data("FOLK1A", variables=variables) is None
    assert capsys.readouterr().out == "Can't find value: 999 (OMRÅDE)\n"
