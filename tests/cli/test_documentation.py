"""The documentation is what the code does: real outputs, a generated manual, and completion."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from flows.cli import app
from tests.cli import manual, transcripts
from tests.conftest import REPOSITORY, Klynge


def without_packing(page: str) -> str:
    """Return a page without the digest of a manifest, in which workbooks stand packed by zlib."""
    return re.sub(r"(sha256 of its manifest +)[0-9a-f]{64}", r"\1", page)


def test_every_output_in_the_documentation_is_real(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each command of the page prints what the page says; update: tests.cli.transcripts."""
    monkeypatch.delenv("KLYNGE_DATA_DIR", raising=False)
    monkeypatch.delenv("KLYNGE_REPORTS_DIR", raising=False)
    transcripts.copy_data(tmp_path)
    monkeypatch.chdir(tmp_path)
    page = transcripts.PAGE.read_text(encoding="utf-8")
    assert without_packing(transcripts.current(page)) == without_packing(page)


def test_every_command_of_an_analyst_is_shown() -> None:
    """No command between quarters is left out of the page."""
    shown = set(
        re.findall(r"^\$ klynge ([a-z-]+)", transcripts.PAGE.read_text("utf-8"), re.MULTILINE)
    )
    assert {
        "explain", "compare", "scenario", "backfill", "check",
        "add-cost", "add-membership", "end-membership",
    } <= shown  # fmt: skip


def test_the_manual_is_current() -> None:
    """docs/commands.md is what the code generates; update: python -m tests.cli.manual."""
    assert (REPOSITORY / manual.PATH).read_text(encoding="utf-8") == manual.manual()


def test_every_command_has_help_with_an_example(klynge: Klynge) -> None:
    """Each command explains itself and each of its parameters, and ends with an example."""
    group = typer.main.get_command(app)
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        ended = klynge(name, "--help")
        assert ended.exit_code == 0
        assert "Example: klynge" in " ".join(ended.out.split())
        assert all(row.help for row in command.params), name


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("klynge exp", ["explain"]),
        ("klynge explain 2022", ["2022K1"]),
        ("klynge explain 2022K1 amag", ["amager-hvidovre"]),
        ("klynge explain 2022K1 viborg 77", ["779", "773"]),
        ("klynge explain 2022K1 viborg ski", ["skive"]),
        ("klynge compare 2022K1 --clu", ["--cluster"]),
        ("klynge end-membership born", ["bornholm"]),
    ],
)
def test_the_shell_completes(words: str, expected: list[str]) -> None:
    """Commands, options, quarters stored, clusters and municipalities are completed."""
    code = "import sys; sys.argv[0] = 'klynge'; from flows.cli import main; main()"
    environment = {
        **os.environ,
        "_KLYNGE_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
        "KLYNGE_DATA_DIR": str(REPOSITORY / "data"),
    }
    ended = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=REPOSITORY,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert sorted(ended.stdout.split()) == sorted(expected)
