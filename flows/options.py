"""Options that commands share, and how their values are read."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from pipeline.settings import Settings
from schemas.quarter import Quarter


def quarter(text: str) -> Quarter:
    """Read a quarter given as an option or argument."""
    try:
        return Quarter.parse(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


DataDir = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="Reference data and snapshots.", envvar="KLYNGE_DATA_DIR"),
]
ReportsDir = Annotated[
    Path | None, typer.Option(metavar="FOLDER", help="The reports.", envvar="KLYNGE_REPORTS_DIR")
]


def settings(data_dir: Path | None, reports_dir: Path | None = None) -> Settings:
    """Return the settings of the environment, with these folders where they are given."""
    given = {"KLYNGE_DATA_DIR": data_dir, "KLYNGE_REPORTS_DIR": reports_dir}
    options = {name: str(path) for name, path in given.items() if path}
    return Settings.from_environment({**os.environ, **options})


Refresh = Annotated[bool, typer.Option("--refresh", help="Ask the StatBank also for what is held.")]
AcceptJump = Annotated[
    list[str] | None,
    typer.Option(
        metavar="CODE",
        help="Accept an implausible change of this municipality or district. Repeatable.",
    ),
]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Print each step.")]


def offline_unless(refresh: bool, offline: bool) -> bool:
    """Return `offline`; to refresh needs the StatBank, so both at once is a mistake."""
    if offline and refresh:
        raise typer.BadParameter("--offline and --refresh contradict each other")
    return offline


def log_to_terminal(verbose: bool) -> None:
    """Let each step be printed to standard error, or only warnings."""
    level = logging.INFO if verbose else logging.WARNING
    terminal = logging.StreamHandler(sys.stderr)
    terminal.setLevel(level)  # a flow logs its steps to Prefect also where they are not printed
    logging.basicConfig(level=level, format="%(message)s", handlers=[terminal])
    logging.getLogger("urllib3").setLevel(logging.INFO if verbose else logging.ERROR)
    logging.getLogger("httpx").setLevel(logging.WARNING)
