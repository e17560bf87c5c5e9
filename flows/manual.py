"""The manual of the commands, generated from the code: `python -m flows.manual`."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import typer

from pipeline import errors

PATH: Final = Path("docs/commands.md")
_INTRODUCTION: Final = """# klynge(1)

Generated from the code by `python -m flows.manual`; a test holds it to be current.

Quarters are written as Statistics Denmark does, `2022K1`; `2022Q1` and lower case are understood. A
municipality is written by its code or its name, a cluster by its id or its name; spelling is
forgiven as far as it leaves one thing only that can be meant.
"""
_COMPLETION: Final = """## Completion

`klynge --install-completion` makes the shell complete commands, options, quarters, clusters and
municipalities; `klynge --show-completion` prints what it would install.
"""


def manual() -> str:
    """Return the manual as markdown."""
    from flows.cli import app

    group: Any = typer.main.get_command(app)
    parts = [_INTRODUCTION]
    parts += ["\n".join(_command(name, command)) for name, command in group.commands.items()]
    return "\n".join([*parts, _COMPLETION, "\n".join(_exit_codes())])


def _command(name: str, command: Any) -> Iterator[str]:
    arguments = [row for row in command.params if row.param_type_name == "argument"]
    options = [row for row in command.params if row.param_type_name == "option"]
    yield f"## klynge {name}"
    yield ""
    synopsis = [_synopsis(row) for row in (*arguments, *options) if row.name != "help"]
    yield f"`{' '.join(['klynge', name, *synopsis])}`"
    yield ""
    yield inspect.cleandoc(command.help)
    yield ""
    for row in arguments:
        yield f"- **{_metavar(row)}**: {row.help}"
    for row in options:
        yield f"- **{_option(row)}**: {row.help}{_environment(row)}"
    yield ""
    yield f"{command.epilog.replace('Example: ', 'Example: `')}`"
    yield ""


def _metavar(row: Any) -> str:
    return str(row.metavar or row.name.upper()).strip("[]")


def _synopsis(row: Any) -> str:
    if row.param_type_name == "argument":
        text = _metavar(row)
    else:
        text = row.opts[0] if row.is_flag else f"{row.opts[0]} {_metavar(row)}"
    repeated = f"{text}..." if getattr(row, "multiple", False) else text
    return repeated if row.required else f"[{repeated}]"


def _option(row: Any) -> str:
    names = ", ".join(row.opts)
    return names if row.is_flag else f"{names} {_metavar(row)}"


def _environment(row: Any) -> str:
    return f" Environment: `{row.envvar}`." if row.envvar else ""


def _exit_codes() -> Iterator[str]:
    yield "## Exit codes"
    yield ""
    yield "| code | error | means |"
    yield "|---:|---|---|"
    yield "| 0 | | done; what only needs explaining is printed |"
    yield "| 1 | | a fault of ours: it keeps its traceback |"
    kinds = [kind for _, kind in inspect.getmembers(errors, inspect.isclass)]
    coded = [kind for kind in kinds if issubclass(kind, errors.KlyngeError)]
    for kind in sorted(coded, key=lambda kind: kind.exit_code):
        if kind is not errors.KlyngeError:
            meaning = (kind.__doc__ or "").partition("\n")[0].rstrip(".")
            yield f"| {kind.exit_code} | {kind.__name__} | {meaning} |"
    yield ""


if __name__ == "__main__":
    PATH.parent.mkdir(exist_ok=True)
    PATH.write_text(manual(), encoding="utf-8")
