"""The emulator can be served from the command line."""

import signal
import subprocess
import sys

import pytest
import requests

from tests.statbank_emulator.__main__ import main
from tests.statbank_emulator.server import SNAPSHOTS

REPOSITORY = SNAPSHOTS.parents[1]


def test_it_prints_its_address_and_serves_until_interrupted() -> None:
    """The first line is where it serves; Ctrl-C ends it without noise."""
    command = [sys.executable, "-m", "tests.statbank_emulator", "--since", "2022K1"]
    with subprocess.Popen(
        [*command, "--until", "2022K2"],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        with requests.Session() as session:
            session.trust_env = False
            url = process.stdout.readline().strip()
            query = {"table": "FOLK1A", "lang": "en"}
            info = session.post(f"{url}/tableinfo", json=query, timeout=60).json()
        process.send_signal(signal.SIGINT)
        _, noise = process.communicate(timeout=60)
    assert [value["id"] for value in info["variables"][-1]["values"]] == ["2022K1", "2022K2"]
    assert (process.returncode, noise) == (0, "")


def test_a_wrong_quarter_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """A quarter in English is not one."""
    with pytest.raises(SystemExit):
        main(["--until", "2022Q2"])
    assert "2022Q2" in capsys.readouterr().err
