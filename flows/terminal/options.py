"""How a quarter, a report, a place and a jump are named on the command line, and completed."""

import csv
import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.settings import setting
from schemas.quarter import Quarter
from schemas.records import AREA_CODE, DISTRICT_CODE, LARGEST_AMOUNT_DKK
from schemas.report_name import ReportName


def quarters(incomplete: str) -> list[str]:
    """Return the quarters stored that begin like this."""
    folder: Path = setting("data_dir", os.environ)
    stored = {path.name for path in folder.glob("snapshots/*/????K?")}
    return sorted(quarter for quarter in stored if quarter.startswith(incomplete.upper()))


def written(incomplete: str) -> list[str]:
    """Return the reports and scenarios written that begin like this."""
    folder: Path = setting("reports_dir", os.environ)
    pages = folder.glob("*/*/fordeling-*.html")
    labels = {path.stem.removeprefix("fordeling-") for path in pages}
    return sorted(label for label in labels if label.startswith(incomplete))


def reports(incomplete: str) -> list[str]:
    """Return the quarters stored and the reports written that begin like this."""
    return sorted({*quarters(incomplete), *written(incomplete)})


def _named(file: str, code: str, name: str, **only: str) -> Callable[[str], list[tuple[str, str]]]:
    """Return a completer of the codes and names of a table, each told with the other."""

    def completed(incomplete: str) -> list[tuple[str, str]]:
        rows = [row for row in _rows(file) if only.items() <= row.items()]
        codes = [(row[code], row[name]) for row in rows]
        names = [(form, row[code]) for row in rows for form in (row[name], row[name].lower())]
        found = [pair for pair in codes if pair[0].startswith(incomplete)]
        found = found or [pair for pair in names if pair[0].startswith(incomplete)]
        if os.environ.get("_KLYNGE_COMPLETE") == "complete_bash":  # others quote by themselves
            found = [(re.sub(r"([^\w.:*-])", r"\\\1", form), of) for form, of in found]
        return found

    return completed


def _rows(name: str) -> Iterator[dict[str, str]]:
    """Yield the rows of a reference file; none where it cannot be read, as a shell expects."""
    with suppress(OSError, UnicodeDecodeError):
        path: Path = setting("data_dir", os.environ) / "reference" / name
        yield from csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines())


def _area_code(text: str) -> str:
    if not re.fullmatch(f"{AREA_CODE}|{DISTRICT_CODE}", text):
        raise ValueError(f"{text!r} is not a code; write it like 147, or 1004 for a district")
    return text


def whole_kroner(text: str) -> int:
    """Return an amount; a point or a comma, which would mean another in Denmark, is refused."""
    if not re.fullmatch("[0-9]{1,13}", text) or int(text) > LARGEST_AMOUNT_DKK:
        raise ValueError(f"{text!r} must be digits, less than or equal to {LARGEST_AMOUNT_DKK}")
    return int(text)


@dataclass(frozen=True)
class Kind:
    """A kind of what is typed: its word in the help, how a shell completes it, its parser.

    What the parser does not understand is the user's mistake.
    """

    metavar: str
    completed: Callable[[str], Any] | None = None
    parse: Callable[[str], Any] = str
    such_as: str = ""

    def argument(self, what: str = "", metavar: str = "") -> Any:
        """Return an argument of this kind, with its help."""
        told: dict[str, Any] = {"metavar": metavar or self.metavar, "help": what or self.such_as}
        return typer.Argument(parser=self._read, autocompletion=self.completed, **told)

    def option(self, what: str, *names: str) -> Any:
        """Return an option of this kind, with its help; without a name, of the parameter's."""
        told: dict[str, Any] = {"metavar": self.metavar, "help": what}
        return typer.Option(*names, parser=self._read, autocompletion=self.completed, **told)

    def _read(self, text: str) -> Any:
        try:
            return self.parse(text)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None


CLUSTER = Kind("CLUSTER", _named("clusters.csv", "cluster_id", "name"))
SCOPE = Kind("SCOPE", CLUSTER.completed)
MUNICIPALITY = Kind("MUNICIPALITY", _named("areas.csv", "code", "name", kind="municipality"))
COST = Kind("COST", _named("costs.csv", "cost_id", "name_da"))
KEY = Kind("ID", _named("keys.csv", "key_id", "name_da"))
SOURCE = Kind("ID", _named("sources.csv", "source_id", "title"))
QUARTER = Kind("QUARTER", quarters, Quarter.parse, "Such as 2022K1.")
REPORT = Kind(
    "REPORT",
    reports,
    ReportName.parse,
    "Such as 2022K1, 2022K1-en, its revision 2022K1:r1, or 2019K1-rules-2022K1.",
)
WRITTEN = replace(REPORT, completed=written)
KRONER = Kind("KRONER")
PART = Kind("P/Q")
TEXT = Kind("TEXT")

Cluster = Annotated[str, CLUSTER.argument("Id or name of the cluster.")]
Municipality = Annotated[str, MUNICIPALITY.argument("Code or name of the municipality.")]
ShownClusters = Annotated[
    list[str] | None, CLUSTER.option("Show this cluster, by id or name. Repeatable.")
]
Rules = Annotated[
    Quarter | None,
    QUARTER.option("Apply the rules of another quarter: a back-cast, kept apart from the reports."),
]
Offline = Annotated[bool, typer.Option(help="Use stored snapshots only; ask nobody.")]
Refresh = Annotated[bool, typer.Option(help="Ask the StatBank also for what is stored.")]
AcceptJump = Annotated[
    list[str] | None,
    Kind("CODE", parse=_area_code).option(
        "Accept, on record, that this municipality or district changed so much. Repeatable."
    ),
]
