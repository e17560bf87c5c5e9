"""Options that commands share, how their values are read, and what the shell completes."""

from __future__ import annotations

import csv
import logging
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.settings import Settings, setting, variable
from schemas.quarter import Quarter
from schemas.records import AREA_CODE, DISTRICT_CODE
from schemas.report_name import ReportName

_MUNICIPALITY = "municipality"


def quarters(incomplete: str) -> list[str]:
    """Return the quarters stored that begin like this."""
    stored = {path.name for path in (_data_dir() / "snapshots").glob("*/????K?")}
    return sorted(quarter for quarter in stored if quarter.startswith(incomplete.upper()))


def clusters(incomplete: str) -> list[tuple[str, str]]:
    """Return the ids and names of clusters that begin like this, each with the other."""
    rows = [(row["cluster_id"], row["name"]) for row in _rows("clusters.csv")]
    return _beginning(incomplete, rows)


def municipalities(incomplete: str) -> list[tuple[str, str]]:
    """Return the codes and names of municipalities that begin like this, each with the other."""
    rows = [
        (row["code"], row["name"]) for row in _rows("areas.csv") if row["kind"] == _MUNICIPALITY
    ]
    return _beginning(incomplete, rows)


def _beginning(incomplete: str, rows: list[tuple[str, str]]) -> list[tuple[str, str]]:
    by_code = [(code, name) for code, name in rows if code.startswith(incomplete)]
    names = [(form, code) for code, name in rows for form in (name, name.lower())]
    return by_code or [(form, code) for form, code in names if form.startswith(incomplete)]


def _rows(name: str) -> Iterator[dict[str, str]]:
    """Return the rows of a reference file; none where it cannot be read, as a shell expects."""
    try:
        text = (_data_dir() / "reference" / name).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return iter(())
    return csv.DictReader(text.splitlines())


def _data_dir() -> Path:
    return Path(setting("data_dir", os.environ))


def area_code(text: str) -> str:
    """Read the code of a municipality or district given as an option."""
    if not re.fullmatch(f"{AREA_CODE}|{DISTRICT_CODE}", text):
        raise typer.BadParameter(
            f"{text!r} is not a code; write it like 147, or 1004 for a district"
        )
    return text


def quarter(text: str) -> Quarter:
    """Read a quarter given as an option or argument."""
    try:
        return Quarter.parse(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def report_name(text: str) -> ReportName:
    """Read a quarter, back-cast or revision given as an argument."""
    try:
        return ReportName.parse(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def report_argument(metavar: str) -> Any:
    """Return an argument that names a report or one of its revisions."""
    return typer.Argument(
        parser=report_name,
        autocompletion=quarters,
        metavar=metavar,
        help="Such as 2022K1, 2022K1-en, its revision 2022K1:r1, or 2019K1-rules-2022K1.",
    )


Cluster = Annotated[
    str,
    typer.Argument(metavar="CLUSTER", help="Id or name of the cluster.", autocompletion=clusters),
]
Municipality = Annotated[
    str,
    typer.Argument(
        metavar="MUNICIPALITY",
        help="Code or name of the municipality.",
        autocompletion=municipalities,
    ),
]
ShownClusters = Annotated[
    list[str] | None,
    typer.Option(
        "--cluster",
        metavar="CLUSTER",
        help="Show this cluster, by id or name. Repeatable.",
        autocompletion=clusters,
    ),
]
DataDir = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="Reference data and snapshots.", envvar="KLYNGE_DATA_DIR"),
]
ReportsDir = Annotated[
    Path | None, typer.Option(metavar="FOLDER", help="The reports.", envvar="KLYNGE_REPORTS_DIR")
]

Rules = Annotated[
    Quarter | None,
    typer.Option(
        parser=quarter,
        metavar="QUARTER",
        help="Apply the rules of another quarter: a back-cast, kept apart from the reports.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print CSV: comma, decimal point, UTF-8.")]


def settings(data_dir: Path | None, reports_dir: Path | None = None) -> Settings:
    """Return the settings of the environment, with these folders where they are given."""
    given = {"data_dir": data_dir, "reports_dir": reports_dir}
    options = {variable(name): str(path) for name, path in given.items() if path}
    return Settings.from_environment({**os.environ, **options})


Offline = Annotated[bool, typer.Option("--offline", help="Use stored snapshots only; ask nobody.")]
Refresh = Annotated[
    bool, typer.Option("--refresh", help="Ask the StatBank also for what is stored.")
]
AcceptJump = Annotated[
    list[str] | None,
    typer.Option(
        parser=area_code,
        metavar="CODE",
        help="Accept, on record, that this municipality or district changed so much. Repeatable.",
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
    # What a flow fails with is printed once, by the command.
    terminal.addFilter(lambda line: verbose or not line.name.startswith("prefect"))
    logging.basicConfig(level=level, format="%(message)s", handlers=[terminal])
    logging.getLogger("urllib3").setLevel(logging.INFO if verbose else logging.ERROR)
    logging.getLogger("httpx").setLevel(logging.WARNING)
