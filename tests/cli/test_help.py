"""Help is quick, and shows how each command is used."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from flows.cli import program
from tests.conftest import Klynge
from tests.processes import environment, finish, start

HEAVY = ("pandas", "numpy", "pandera", "prefect", "xlsxwriter", "requests", "hypothesis")
LIST_IMPORTED = """
import json, sys
from flows.cli import main
sys.argv[0] = "klynge"
try:
    main()
finally:
    print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""
LIST_IMPORTED_FOR_HELP = """
import json, sys
from contextlib import suppress
from flows.cli import main
imported = {}
for command in ["", *sys.argv[1:]]:
    sys.argv = ["klynge", *command.split(), "--help"]
    with suppress(SystemExit):
        main()
    imported[command] = sorted(sys.modules)
print(json.dumps(imported), file=sys.stderr)
"""


def commands() -> list[str]:
    """Return the names of all commands, as the command line knows them."""
    return sorted(program.commands)  # type: ignore[attr-defined]


@pytest.mark.parametrize("command", ["", *commands()])
def test_help_has_an_example(klynge: Klynge, command: str) -> None:
    """`--help` of `klynge` and of every command shows a command that can be copied, and no sentence
    that is cut."""
    ended = klynge(*command.split(), "--help")
    assert ended.exit_code == 0
    assert not re.search(r"[a-z]\.\.\.", ended.out)
    assert f"Example: klynge {command}" in ended.out


def test_a_choice_that_is_none_is_told_in_plain_words(klynge: Klynge) -> None:
    """What may be chosen is listed, without the name of an exception."""
    ended = klynge("run", "2022K1", "--language", "fr")
    assert ended.exit_code == 2
    assert "Invalid value for '--language': 'fr' is not one of 'da', 'en'" in ended.err


def test_help_imports_nothing_heavy(data_dir: Path, reports_dir: Path) -> None:
    """Help comes at once: what calculates and writes is imported where it is used."""
    ended = subprocess.run(
        [sys.executable, "-c", LIST_IMPORTED_FOR_HELP, *commands()],
        env=environment(data_dir, reports_dir),
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    imported = json.loads(ended.stderr)
    assert imported.keys() == {"", *commands()}
    for names in imported.values():
        assert "typer" in names
        assert set(names).isdisjoint(HEAVY)


def test_a_run_does_not_import_prefect(data_dir: Path, reports_dir: Path) -> None:
    """Prefect takes longer to import than a run takes; only `--prefect` needs it."""
    ended = subprocess.run(
        [sys.executable, "-c", LIST_IMPORTED, "run", "2022K1", "--quiet"],
        env=environment(data_dir, reports_dir),
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    imported = set(json.loads(ended.stderr))
    assert {"xlsxwriter", "jinja2"} <= imported
    assert imported.isdisjoint({"prefect", "fastapi", "sqlalchemy"})


def test_a_run_on_sound_tables_needs_no_pandas(data_dir: Path, reports_dir: Path) -> None:
    """Tables that were found sound, and answers whose sha256 agrees, are read plainly."""
    (data_dir / "reference" / ".validated").unlink(missing_ok=True)
    imported = []
    for folder in ("first", "second"):
        ended = subprocess.run(
            [sys.executable, "-c", LIST_IMPORTED, "run", "2022K1", "--quiet"],
            env=environment(data_dir, reports_dir / folder),
            capture_output=True,
            encoding="utf-8",
            check=True,
        )
        imported.append(set(json.loads(ended.stderr)))
    assert {"pandas", "pandera"} <= imported[0]
    assert imported[1].isdisjoint({"pandas", "pandera", "numpy"})


def test_no_arguments_show_the_help(data_dir: Path, reports_dir: Path) -> None:
    """`klynge` alone tells what it can do, as a process of its own."""
    ended = finish(start(env=environment(data_dir, reports_dir)))
    assert "Usage: klynge" in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr
