"""The commands of the documentation, run for real.

`python -m tests.cli.transcripts` puts what they print now into the page.

A block that is marked `console` holds commands after `$ ` and below each what it printed. They run
in order, in one folder with a copy of the bundled data; a last `| head -N` is understood.
"""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from flows.cli import main

REPOSITORY = Path(__file__).parents[2]
PAGE = REPOSITORY / "docs" / "analysts.md"
_BLOCK = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.DOTALL | re.MULTILINE)
_HEAD = re.compile(r"^(?P<command>.*) \| head -(?P<lines>\d+)$")


def current(page: str) -> str:
    """Return a page with what its commands print now; run in a folder that holds the data."""
    return _BLOCK.sub(lambda block: "".join(_lines(block[0])), page)


def _lines(block: str) -> Iterator[str]:
    for line in block.splitlines():
        if line.startswith("$ "):
            yield f"{line}\n"
            yield from (f"{printed}\n" for printed in _printed(line.removeprefix("$ ")))


def _printed(command: str) -> list[str]:
    head = _HEAD.match(command)
    name, *arguments = shlex.split(head["command"] if head else command)
    assert name == "klynge"
    out, exit_code = _run(arguments)
    lines = [line.rstrip() for line in out.splitlines()]
    if head and len(lines) > int(head["lines"]):
        lines = lines[: int(head["lines"])]
    return [*lines, f"[exit code {exit_code}]"] if exit_code else lines


def _run(arguments: list[str]) -> tuple[str, int]:
    out = io.StringIO()
    before, sys.argv = sys.argv, ["klynge", *arguments]
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            main()
    except SystemExit as ended:
        return out.getvalue(), int(ended.code or 0)
    finally:
        sys.argv = before
    return out.getvalue(), 0


def copy_data(folder: Path) -> None:
    """Copy the bundled data into a folder, and the table that the page audits."""
    for part in ("data/reference", "data/snapshots", "docs/tables"):
        shutil.copytree(REPOSITORY / part, folder / part)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        copy_data(Path(folder))
        with contextlib.chdir(folder):
            page = current(PAGE.read_text(encoding="utf-8"))
    PAGE.write_text(page, encoding="utf-8")
