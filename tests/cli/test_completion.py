"""A bash in a terminal completes each kind of argument, as it is typed."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from tests.processes import KLYNGE, environment

PROMPT = "READY>"
SECONDS = 60

pytestmark = pytest.mark.skipif(
    sys.platform == "win32" or shutil.which("bash") is None, reason="needs a bash"
)


class Bash:
    """An interactive bash in a terminal of its own, with the completion of klynge."""

    def __init__(self, env: dict[str, str]) -> None:
        self.reader, writer = pty.openpty()
        env = {**env, "PS1": PROMPT, "TERM": "dumb", "COLUMNS": "200", "INPUTRC": os.devnull}
        env["PATH"] = f"{Path(KLYNGE).parent}{os.pathsep}{env['PATH']}"
        self.process = subprocess.Popen(
            ["bash", "--norc", "--noprofile", "-i"], stdin=writer, stdout=writer, stderr=writer,
            env=env, start_new_session=True,
        )  # fmt: skip
        os.close(writer)
        self.until(PROMPT)
        self.type('eval "$(klynge --show-completion bash)"; bind "set bell-style none"\n')
        self.until(f"\n{PROMPT}")

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self.reader, keys.encode())

    def until(self, end: str) -> str:
        """Return what the terminal shows until a text comes."""
        read = ""
        while end not in read.replace("\r", ""):
            ready, _, _ = select.select([self.reader], [], [], SECONDS)
            assert ready, f"no {end!r} in {read!r}"
            read += os.read(self.reader, 65_536).decode(errors="replace")
        return read

    def completed(self, line: str) -> list[str]:
        """Type a line, press the tabulator, and return the words that the shell then has."""
        self.type(f"{line}\t")
        self.type("\x01printf '<%s>' \x05\n")  # to the front, and run: the words are printed
        shown = self.until(f">{PROMPT}" if PROMPT else ">")
        return re.findall(r"<[^<>]*>", shown.replace("\r", "").split("\n")[-1])


@pytest.fixture(scope="module")
def bash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bash]:
    """The shell, on the repository's data and one report."""
    reports = tmp_path_factory.mktemp("reports")
    (reports / "2022K1-rules-2027K1").mkdir()
    shell = Bash(environment(REPOSITORY / "data", reports))
    yield shell
    shell.type("\x15exit\n")
    shell.process.wait(SECONDS)
    os.close(shell.reader)


@pytest.mark.parametrize(
    ("typed", "last"),
    [
        ("klynge transi", "transition"),
        ("klynge run 2024", "2024K1"),
        ("klynge run --rules 2023", "2023K1"),
        ("klynge run --cluster amager-hv", "amager-hvidovre"),
        ("klynge run --cluster Midtkl", "Midtklyngen (Viborg)"),
        ("klynge explain 2022K1-ru", "2022K1-rules-2027K1"),
        ("klynge explain 2022K1 amager-hvidovre Høje-T", "Høje-Taastrup"),
        ("klynge change-cost halvt", "halvt-aarsvaerk"),
        ("klynge add-cost x viborg 1 --source memo-syd-2022-r", "memo-syd-2022-roedovre"),
        ("klynge compare 2022K1 2023K1 --form", "--format"),
    ],
)
def test_bash_completes(bash: Bash, typed: str, last: str) -> None:
    """What is completed is one word for the shell, blanks and brackets in it too."""
    assert bash.completed(typed)[-1] == f"<{last}>"
