"""The documentation is what the code does: real outputs, a generated manual, and completion."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from flows.cli import program
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


def test_the_readme_shows_what_its_first_command_prints(
    klynge: Klynge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever starts by the README sees on the screen what stands below the command."""
    monkeypatch.delenv("KLYNGE_DATA_DIR", raising=False)
    monkeypatch.delenv("KLYNGE_REPORTS_DIR", raising=False)
    monkeypatch.chdir(tmp_path)
    shown = "\n".join(line.rstrip() for line in klynge("run", "2022K1").out.splitlines())
    assert f"klynge run 2022K1\n```\n\n```text\n{shown}\n```\n" in (
        (REPOSITORY / "README.md").read_text("utf-8")
    )


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
    for name, command in program.commands.items():  # type: ignore[attr-defined]
        ended = klynge(name, "--help")
        assert ended.exit_code == 0
        assert "Example: klynge" in " ".join(ended.out.split())
        assert all(row.help for row in command.params), name
