"""Every name and number is whole, at any width of the terminal and through a pipe."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from pipeline.errors import InvalidData
from tests.conftest import Klynge
from tests.processes import NOBODY
from tests.statbank_emulator import StatBankEmulator

COSTS = [
    "Half a full-time post for the coordination of transitions between hospital and home",
    "Joint training of community nurses in acute treatment at home, second round",
    "Shared facilitator of the population responsibility project on chronic obstructive lungs",
    "Secretariat of the cluster, including meetings, travel and the annual conference",
]
COMMANDS: dict[str, list[str]] = {
    "run 2023K1": [*COSTS, "Høje-Taastrup", "København", "districts"],
    "run 2023K1 --cluster amager-hvidovre": [*COSTS, "Høje-Taastrup"],
    "compare 2022K1 2023K1": [*COSTS, "Høje-Taastrup"],
    "compare 2022K1 2022K1-rules-2027K1": ["Sundhedsklynge Syd", "Høje-Taastrup"],
    "transition 2026K4 2027K1 --amount 1000000": ["Ringkøbing-Skjern", "Faaborg-Midtfyn"],
    "clusters --quarter 2023K1": [*COSTS, "Lyngby-Taarbæk"],
    "explain 2023K1 amager-hvidovre 169": ["Høje-Taastrup"],
    "scenario dyrere 2023K1 --set post-1.amount_dkk=900000 --replace": [COSTS[0]],
    "backfill --from 2022K1 --to 2023K1 --offline": ["Not stored, left out: 2022K2"],
    "fetch --from 2022K1 --to 2023K1": ["already stored"],
    "status": ["newest published 2023K1", "2022K1 r1", "to be delivered"],
    "check": ["coverage 2022K1 to 2022K4"],
    "audit docs/tables/notat-2022-trykfejl.csv": ["Glostrup", "14,548"],
    "deliver 2022K1 --dry-run": ["2022K1 r1 to be delivered"],
    "server status": ["nothing answers at"],
}
"""What must be found unbroken, but for a line that ends between two words."""

EXIT_CODES = {
    "audit docs/tables/notat-2022-trykfejl.csv": InvalidData.exit_code,
    "server status": 2,
}


@pytest.fixture
def four_costs(
    klynge: Klynge, tmp_path: Path, statbank: StatBankEmulator, monkeypatch: pytest.MonkeyPatch
) -> Klynge:
    """The command line where one cluster shares four costs with long names."""
    monkeypatch.setenv("KLYNGE_STATBANK_URL", statbank.url)
    (tmp_path / "delivered").mkdir()
    monkeypatch.setenv("KLYNGE_DELIVERY_FOLDER", str(tmp_path / "delivered"))
    monkeypatch.setenv("KLYNGE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PREFECT_API_URL", NOBODY)
    for number, name in enumerate(COSTS, start=1):
        amount = str(1_234_567_890 * number)
        added = ["add-cost", f"post-{number}", "amager-hvidovre", amount, "--from", "2022K1",
                 "--name-da", f"{name}, dansk", "--name-en", name,
                 "--source", "memo-syd-2022"]  # fmt: skip
        assert klynge(*added).exit_code == 0
    assert klynge("run", "2022K1", "--offline").exit_code == 0
    return klynge


def words(text: str) -> str:
    """Return a text with one blank wherever there is any."""
    return " ".join(text.split())


def numbers(text: str) -> set[str]:
    """Return the numbers of a text."""
    return set(re.findall(r"[+-]?\d[\d,.]*\d", text))


def test_nothing_is_cut_at_any_width(four_costs: Klynge, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe has a line a row; a terminal shows the same names and numbers, turned if need be."""
    bold = 0
    for command, names in COMMANDS.items():
        arguments = shlex.split(command)
        four_costs(*arguments)  # what it writes is there now
        piped = four_costs(*arguments)
        assert piped.exit_code == EXIT_CODES.get(command, 0), (command, piped.err)
        assert [name for name in names if name not in piped.out] == [], command
        for columns in (80, 100, 140):
            with monkeypatch.context() as terminal:
                terminal.setenv("FORCE_COLOR", "1")
                terminal.setenv("TERM", "xterm")
                terminal.setenv("COLUMNS", str(columns))
                shown = four_costs(*arguments).out
            bold += shown.count("\x1b[1m")
            text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown)
            assert numbers(piped.out) - numbers(text) == set(), (command, columns)
            longest = max(len(line) for line in text.split("\n") if "/" not in line)
            assert longest <= columns, (command, columns)
            assert "…" not in text
            assert [name for name in names if name not in words(text)] == [], (command, columns)
    assert bold, "a terminal was meant"


@pytest.mark.parametrize("columns", [80, 100])
def test_a_long_value_goes_on_below_itself(
    written: Klynge, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    """A terminal sets what is left of a value below it, with words whole; a pipe in one line."""
    arguments = ("explain", "2022K1:r1", "amager-hvidovre", "101")
    piped = written(*arguments).out.splitlines()
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", str(columns))
    shown = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", written(*arguments).out).splitlines()
    assert words("\n".join(shown)) == words("\n".join(piped))
    on = [line for line in shown if line[:32].strip() not in {row[:32].strip() for row in piped}]
    assert len(on) > 1
    for line in on:
        alone = len(line.split()) == 1  # a word that has no room below the value
        assert line.startswith(" " * (4 if alone else 33)), line
    assert max(len(line) for line in shown if "/" not in line) <= columns
