"""Short ways to ask the emulator; no proxy of the environment is used."""

from typing import Any

import requests

from tests.statbank_emulator import StatBankEmulator

TIMEOUT_SECONDS = 5.0
TOTALS = {"KØN": ["TOT"], "ALDER": ["IALT"], "CIVILSTAND": ["TOT"]}


def send(
    bank: StatBankEmulator,
    method: str,
    path: str,
    timeout: float = TIMEOUT_SECONDS,
    **options: Any,
) -> requests.Response:
    """Send one request to a path behind `/v1`."""
    with requests.Session() as session:
        session.trust_env = False
        return session.request(method, bank.url + path, timeout=timeout, **options)


def get(bank: StatBankEmulator, path: str, **parameters: str) -> requests.Response:
    """Get a path with parameters."""
    return send(bank, "GET", path, params=parameters)


def post(bank: StatBankEmulator, path: str, **body: Any) -> requests.Response:
    """Post a JSON object."""
    return send(bank, "POST", path, json=body)


def data(
    bank: StatBankEmulator,
    selection: dict[str, list[str]],
    table: str = "FOLK1A",
    **settings: Any,
) -> requests.Response:
    """Ask for data as CSV with codes unless told otherwise."""
    usual = {"format": "CSV", "lang": "en", "valuePresentation": "Code"}
    variables = [{"code": code, "values": values} for code, values in selection.items()]
    path = "/s30/data" if table == "KKBEF1" else "/data"
    return post(bank, path, **({"table": table, "variables": variables} | usual | settings))


def rows(response: requests.Response) -> list[list[str]]:
    """Split a CSV or BULK answer into cells, without its header.

    Raises:
        AssertionError: The answer is a refusal.
    """
    assert response.status_code == 200, response.text
    lines = response.content.decode("utf-8-sig").splitlines()[1:]
    return [line.split(";") for line in lines]


def figures(bank: StatBankEmulator, quarter: str, *areas: str) -> list[int]:
    """Give the figures of areas of FOLK1A in one quarter."""
    answer = data(bank, {"OMRÅDE": list(areas), "Tid": [quarter]})
    return [int(row[-1]) for row in rows(answer)]


def periods(bank: StatBankEmulator, path: str = "/tableinfo/FOLK1A") -> list[str]:
    """List the published quarters."""
    return [value["id"] for value in get(bank, path).json()["variables"][-1]["values"]]
