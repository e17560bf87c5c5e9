"""The manual, typer's with the settings and exit codes: `python -m tests.cli.manual`."""

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Final

import typer
from typer.cli import get_docs_for_click

from flows.cli import program
from pipeline import errors
from pipeline.settings import Settings, text_of, variable

PATH: Final = Path("docs/commands.md")
_WRITTEN: Final = """
Quarters are written as Statistics Denmark does, `2022K1`; `2022-Q1`, `22k1`, `K1 2022`, `1.
kvartal 2022` and the first day, `2022-01-01`, are understood, here, in forms and in the tables. A
municipality is written by its code or its name, a cluster by its id or its name; spelling is
forgiven as far as it leaves one thing only that can be meant.
"""


def manual() -> str:
    """Return the manual as markdown."""
    commands = get_docs_for_click(obj=program, ctx=typer.Context(program), name="klynge")
    return "\n".join([commands.rstrip(), "", *_settings(), "", *_exit_codes(), _WRITTEN])


def _settings() -> Iterator[str]:
    yield from ("## Settings", "", "One that is empty counts as not set.", "")
    yield from ("| variable | default | value | what |", "|---|---|---|---|")
    for row in fields(Settings):
        default = f"`{text}`" if (text := text_of(row.default)) else ""
        kind, what = row.metadata["kind"], row.metadata["what"]
        yield f"| `{variable(row.name)}` | {default} | {kind.must_be} | {what} |"


def _exit_codes() -> Iterator[str]:
    yield from ("## Exit codes", "", "| code | error | means |", "|---:|---|---|")
    yield "| 0 | | done; what only needs explaining is printed |"
    yield "| 1 | | a fault of ours: it keeps its traceback |"
    kinds = [
        kind
        for kind in errors.KlyngeError.__subclasses__()
        if kind.__module__.partition(".")[0] in ("flows", "pipeline")
    ]
    for kind in sorted(kinds, key=lambda kind: kind.exit_code):
        means = (kind.__doc__ or "").partition("\n")[0].rstrip(".")
        yield f"| {kind.exit_code} | {kind.__name__} | {means} |"


if __name__ == "__main__":
    PATH.write_text(manual(), encoding="utf-8")
