"""How a quarter, a report, a place and a jump are named on the command line, and completed."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from pipeline.settings import setting
from schemas.quarter import Quarter
from schemas.records import AREA_CODE, DISTRICT_CODE
from schemas.report_name import ReportName

Value = TypeVar("Value")


def quarters(incomplete: str) -> list[str]:
    """Return the quarters stored that begin like this."""
    stored = {path.name for path in (_data_dir() / "snapshots").glob("*/????K?")}
    return sorted(quarter for quarter in stored if quarter.startswith(incomplete.upper()))


def reports(incomplete: str) -> list[str]:
    """Return the quarters stored and the reports written that begin like this."""
    folder = Path(setting("reports_dir", os.environ))
    written = {path.name for path in folder.glob("????K?*")}
    return sorted({*quarters(incomplete), *(row for row in written if row.startswith(incomplete))})


def _named(file: str, code: str, name: str, **only: str) -> Callable[[str], list[tuple[str, str]]]:
    """Return a completer of the codes and names of a table, each told with the other."""

    def completed(incomplete: str) -> list[tuple[str, str]]:
        rows = (row for row in _rows(file) if only.items() <= row.items())
        return _beginning(incomplete, [(row[code], row[name]) for row in rows])

    return completed


clusters = _named("clusters.csv", "cluster_id", "name")
municipalities = _named("areas.csv", "code", "name", kind="municipality")
costs = _named("costs.csv", "cost_id", "name_da")
keys = _named("keys.csv", "key_id", "name_da")
sources = _named("sources.csv", "source_id", "title")


def _beginning(incomplete: str, rows: list[tuple[str, str]]) -> list[tuple[str, str]]:
    by_code = [(code, name) for code, name in rows if code.startswith(incomplete)]
    names = [(form, code) for code, name in rows for form in (name, name.lower())]
    found = by_code or [(form, code) for form, code in names if form.startswith(incomplete)]
    if os.environ.get("_KLYNGE_COMPLETE") == "complete_bash":  # others quote by themselves
        found = [(re.sub(r"([^\w.:*-])", r"\\\1", form), of) for form, of in found]
    return found


def _rows(name: str) -> Iterator[dict[str, str]]:
    """Return the rows of a reference file; none where it cannot be read, as a shell expects."""
    try:
        text = (_data_dir() / "reference" / name).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return iter(())
    return csv.DictReader(text.splitlines())


def _data_dir() -> Path:
    return Path(setting("data_dir", os.environ))


def _read_by(parse: Callable[[str], Value]) -> Callable[[str], Value]:
    """Return a parser of what a user types: what it does not understand is the user's mistake."""

    def read(text: str) -> Value:
        try:
            return parse(text)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None

    return read


def _area_code(text: str) -> str:
    if not re.fullmatch(f"{AREA_CODE}|{DISTRICT_CODE}", text):
        raise ValueError(f"{text!r} is not a code; write it like 147, or 1004 for a district")
    return text


def quarter_argument(what: str = "Such as 2022K1.", metavar: str = "QUARTER") -> Any:
    """Return an argument that is a quarter, with its help."""
    return typer.Argument(
        parser=_read_by(Quarter.parse), autocompletion=quarters, metavar=metavar, help=what
    )


def quarter_option(name: str, what: str) -> Any:
    """Return an option that is a quarter, with its help."""
    return typer.Option(
        name, parser=_read_by(Quarter.parse), autocompletion=quarters, metavar="QUARTER", help=what
    )


def report_argument(metavar: str, parse: Callable[[str], Any] = ReportName.parse) -> Any:
    """Return an argument that names a report or one of its revisions."""
    return typer.Argument(
        parser=_read_by(parse),
        autocompletion=reports,
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
Rules = Annotated[
    Quarter | None,
    quarter_option(
        "--rules", "Apply the rules of another quarter: a back-cast, kept apart from the reports."
    ),
]
Offline = Annotated[bool, typer.Option("--offline", help="Use stored snapshots only; ask nobody.")]
Refresh = Annotated[
    bool, typer.Option("--refresh", help="Ask the StatBank also for what is stored.")
]
AcceptJump = Annotated[
    list[str] | None,
    typer.Option(
        parser=_read_by(_area_code),
        metavar="CODE",
        help="Accept, on record, that this municipality or district changed so much. Repeatable.",
    ),
]
