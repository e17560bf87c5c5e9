"""What a command says, for further work: JSON and CSV on standard output."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import typer

from pipeline.reporting.csv_files import machine_csv


def one_form(as_json: bool, as_csv: bool) -> None:
    """Refuse both forms at once.

    Raises:
        typer.BadParameter: Both are asked for.
    """
    if as_json and as_csv:
        raise typer.BadParameter("choose one of --json and --csv")


def print_json(value: Any) -> None:
    """Print a value as JSON."""
    print(json.dumps(value, ensure_ascii=False, indent=1))


def print_csv(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print rows as CSV for machines; the first row names the columns."""
    print(machine_csv(rows), end="")
