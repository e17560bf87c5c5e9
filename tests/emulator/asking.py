"""Short ways to ask the emulator; no proxy of the environment is used."""

from typing import Any

import requests

from tests.statbank_emulator import StatBankEmulator

TIMEOUT_SECONDS = 5.0
TOTALS = {"KØN": ["TOT"], "ALDER": ["IALT"], "CIVILSTAND": ["TOT"]}
CITY_TOTALS = {"KON": ["TOT"], "ALDER": ["TOT"], "CIVILSTAND": ["TOT"]}


def send(
    bank: StatBankEmulator, path: str, timeout: float = TIMEOUT_SECONDS, **options: Any
) -> requests.Response:
    """Post something to a path behind `/v1`."""
    with requests.Session() as session:
        session.trust_env = False
        return session.post(bank.url + path, timeout=timeout, **options)


def tableinfo(bank: StatBankEmulator, table: str = "FOLK1A") -> requests.Response:
    """Ask for the description of a table."""
    path = "/s30/tableinfo" if table == "KKBEF1" else "/tableinfo"
    return send(bank, path, json={"table": table, "lang": "en"})


def data(
    bank: StatBankEmulator,
    selection: dict[str, list[str]],
    table: str = "FOLK1A",
    **settings: Any,
) -> requests.Response:
    """Ask for data as the product does."""
    usual = {"format": "CSV", "lang": "en", "valuePresentation": "Code"}
    variables = [{"code": code, "values": values} for code, values in selection.items()]
    path = "/s30/data" if table == "KKBEF1" else "/data"
    return send(bank, path, json={"table": table, "variables": variables} | usual | settings)


def rows(response: requests.Response) -> list[list[str]]:
    """Split an answer into cells, without its header.

    Raises:
        AssertionError: The answer is a refusal.
    """
    assert response.status_code == 200, response.text
    lines = response.content.decode("utf-8-sig").splitlines()[1:]
    return [line.split(";") for line in lines]


def figures(bank: StatBankEmulator, quarter: str, *areas: str) -> list[int]:
    """Give the figures of areas of FOLK1A in one quarter."""
    answer = data(bank, {"OMRÅDE": list(areas), **TOTALS, "Tid": [quarter]})
    return [int(row[-1]) for row in rows(answer)]


def codes(document: dict[str, Any]) -> dict[str, list[str]]:
    """Give the value codes of each variable of a description."""
    return {each["id"]: [value["id"] for value in each["values"]] for each in document["variables"]}


def periods(bank: StatBankEmulator, table: str = "FOLK1A") -> list[str]:
    """List the published quarters."""
    return codes(tableinfo(bank, table).json())["Tid"]
