"""A shell in a terminal completes each kind of argument, as it is typed."""

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
SHELLS = {
    "bash": (
        "bash --norc --noprofile -i",
        'eval "$(klynge --show-completion)"; bind "set bell-style none"',
    ),
    "zsh": (
        "zsh -f -i",
        'autoload -Uz compinit; compinit -u -D; unsetopt beep; eval "$(klynge --show-completion)"',
    ),
    "fish": ("fish --no-config -i", "klynge --show-completion | source"),
}
"""How each is started without what its user has set, and given the completion of klynge."""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a terminal of Unix")


def _take_terminal() -> None:
    """Make the terminal that this process writes to its own: fish asks for one."""
    import fcntl
    import termios

    fcntl.ioctl(1, termios.TIOCSCTTY, 0)


class Shell:
    """An interactive shell in a terminal of its own, with the completion of klynge."""

    def __init__(self, name: str, env: dict[str, str]) -> None:
        program, setup = SHELLS[name]
        self.reader, writer = pty.openpty()
        env = {**env, "PS1": PROMPT, "TERM": "dumb", "COLUMNS": "200", "INPUTRC": os.devnull}
        env["PATH"] = f"{Path(KLYNGE).parent}{os.pathsep}{env['PATH']}"
        self.process = subprocess.Popen(
            program.split(), stdin=writer, stdout=writer, stderr=writer, env=env,
            start_new_session=True, preexec_fn=_take_terminal,
        )  # fmt: skip
        os.close(writer)
        self.type(f"{setup}\n")
        self.type("printf '%s%s' set up\n")
        self.until("setup")

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
        self.type("\x01printf '[[%s]]' \x05; printf '%s%s' en ded\n")  # its words are printed
        shown = self.until("ended")
        return re.findall(r"\[\[(.*?)\]\]", shown.replace("\r", ""))


@pytest.fixture(scope="module", params=SHELLS)
def shell(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shell]:
    """Each shell, on the repository's data and one report."""
    if shutil.which(request.param) is None:
        pytest.skip(f"needs {request.param}")
    reports = tmp_path_factory.mktemp("reports")
    (reports / "2022K1-rules-2027K1" / "r1").mkdir(parents=True)
    (reports / "2022K1-rules-2027K1" / "r1" / "fordeling-2022K1-rules-2027K1.html").touch()
    started = Shell(request.param, environment(REPOSITORY / "data", reports))
    yield started
    started.type("\x15exit\n")
    started.process.wait(SECONDS)
    os.close(started.reader)


@pytest.mark.parametrize(
    ("typed", "last"),
    [
        ("klynge transi", "transition"),
        ("klynge run 2024", "2024K1"),
        ("klynge run --rules 2023", "2023K1"),
        ("klynge run --cluster amager-hv", "amager-hvidovre"),
        ("klynge run --cluster Midtkl", "Midtklyngen (Viborg)"),
        ("klynge explain 2022K1-ru", "2022K1-rules-2027K1"),
        ("klynge deliver ", "2022K1-rules-2027K1"),
        ("klynge explain 2022K1 amager-hvidovre Høje-T", "Høje-Taastrup"),
        ("klynge explain 2022K1 viborg ski", "skive"),
        ("klynge change-cost halvt", "halvt-aarsvaerk"),
        ("klynge change-cost halvt-aarsvaerk --source rm-", "rm-klynger"),
        ("klynge add-cost x viborg 1 --source memo-syd-2022-r", "memo-syd-2022-roedovre"),
        ("klynge compare 2022K1 2023K1 --form", "--format"),
    ],
)
def test_a_shell_completes(shell: Shell, typed: str, last: str) -> None:
    """What is completed is one word for the shell, blanks and brackets in it too."""
    assert shell.completed(typed)[-1] == last
