"""Every name and number is whole, at any width of the terminal and through a pipe."""

from __future__ import annotations

import os
import pty
import re
import shlex
import struct
import subprocess
from pathlib import Path

import pytest

from tests.conftest import Klynge
from tests.processes import KLYNGE, environment, finish, read_until_closed, start

COSTS = [
    "Half a full-time post for the coordination of transitions between hospital and home",
    "Joint training of community nurses in acute treatment at home, second round",
    "Shared facilitator of the population responsibility project on chronic obstructive lungs",
    "Secretariat of the cluster, including meetings, travel and the annual conference",
]
COMMANDS = [
    "run 2023K1",
    "run 2023K1 --cluster amager-hvidovre",
    "compare 2022K1 2023K1",
    "compare 2022K1 2022K1-rules-2027K1",
    "transition 2026K4 2027K1 --amount 1000000",
    "clusters --quarter 2023K1",
    "explain 2023K1 amager-hvidovre 169",
    "scenario dyrere 2023K1 --set post-1.amount_dkk=900000 --replace",
    "backfill --from 2022K1 --to 2023K1 --offline",
]
WHOLE = {
    "run 2023K1": [*COSTS, "Høje-Taastrup", "København", "districts"],
    "compare 2022K1 2023K1": [*COSTS, "Høje-Taastrup"],
    "compare 2022K1 2022K1-rules-2027K1": ["Sundhedsklynge Syd", "Høje-Taastrup"],
    "transition 2026K4 2027K1 --amount 1000000": ["Ringkøbing-Skjern", "Faaborg-Midtfyn"],
    "clusters --quarter 2023K1": [*COSTS, "Lyngby-Taarbæk"],
    "explain 2023K1 amager-hvidovre 169": ["Høje-Taastrup"],
}
"""What must be found unbroken, but for a line that ends between two words."""


@pytest.fixture
def four_costs(klynge: Klynge, data_dir: Path, reports_dir: Path) -> dict[str, str]:
    """The environment of a folder in which one cluster shares four costs with long names."""
    for number, name in enumerate(COSTS, start=1):
        amount = str(1_234_567_890 * number)
        added = ["add-cost", f"post-{number}", "amager-hvidovre", amount, "--from", "2022K1",
                 "--name-da", f"{name}, dansk", "--name-en", name,
                 "--source", "memo-syd-2022"]  # fmt: skip
        assert klynge(*added).exit_code == 0
    assert klynge("run", "2022K1", "--offline").exit_code == 0
    return environment(data_dir, reports_dir)


def shown(command: str, columns: int, env: dict[str, str]) -> str:
    """Return what a command prints on a terminal with so many columns."""
    import fcntl
    import termios

    reader, writer = pty.openpty()
    fcntl.ioctl(writer, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    env = {**env, "TERM": "xterm", "COLUMNS": str(columns)}
    arguments = [KLYNGE, *shlex.split(command)]
    with subprocess.Popen(arguments, env=env, stdout=writer, stdin=writer, stderr=writer) as run:
        os.close(writer)
        read = read_until_closed(reader)
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", read.decode())
    assert run.returncode == 0, text
    return text.replace("\r\n", "\n")


def words(text: str) -> str:
    """Return a text with one blank wherever there is any."""
    return " ".join(text.split())


def numbers(text: str) -> set[str]:
    """Return the numbers of a text."""
    return set(re.findall(r"[+-]?\d[\d,.]*\d", text))


def test_nothing_is_cut_at_any_width(four_costs: dict[str, str]) -> None:
    """A pipe has a line a row; a terminal shows the same names and numbers, turned if need be."""
    for command in COMMANDS:
        finish(start(*shlex.split(command), env=four_costs))  # what it writes is there now
        ended = finish(start(*shlex.split(command), env=four_costs))
        piped = ended.stdout
        assert ended.returncode == 0, ended.stderr
        for name in WHOLE.get(command, []):
            assert name in piped, (command, name)
        for columns in (80, 100, 140):
            text = shown(command, columns, four_costs)
            assert numbers(piped) - numbers(text) == set(), (command, columns)
            lines = re.split(r"[\r\n]+", text)  # a progress bar is drawn over and over
            longest = max(len(line) for line in lines if "/" not in line)
            assert longest <= columns, (command, columns)
            assert "…" not in text
            for name in WHOLE.get(command, []):
                assert name in words(text), (command, columns, name)
