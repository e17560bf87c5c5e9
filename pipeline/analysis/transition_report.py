"""A transition as it is handed on: a workbook, a page and CSV, apart from the reports.

    reports/transitions/2026K4-2027K1-on-2026K1/     replaced when it is made again

The structures are those of two quarters, and the people those of a third. What is uncertain is read
from `alternatives.csv`, and how sure a rule is from its source.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from filelock import FileLock

from pipeline.calculation.calculate import Calculation, Parameters, calculate
from pipeline.calculation.transition import Transition
from pipeline.errors import Remedy, UsageError
from pipeline.files import replace_folder
from pipeline.reporting.content import Content
from pipeline.reporting.page import rendered
from pipeline.reporting.rows import machine_csv
from pipeline.reporting.texts import Catalogue
from pipeline.reporting.workbook.book import Book, Cell, Column, Sheet, fitting
from pipeline.run import gather
from pipeline.snapshots.acquisition import Acquisition
from schemas.quarter import Quarter
from schemas.records import Language, Reference
from schemas.report_name import ReportName

FOLDER: Final = "transitions"
Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class TransitionReport:
    """A row a municipality, a row an alternative and municipality that it moves, and the folder."""

    rows: Rows
    effects: Rows
    folder: Path


def write_transition(
    before: Quarter,
    after: Quarter,
    population: Quarter | None,
    amount_dkk: int | None,
    language: Language,
    acquisition: Acquisition,
) -> TransitionReport:
    """Compare the structures of two quarters on the people of one, and write what it comes to.

    Without a population that of the newest quarter stored counts, and without an amount, in whole
    kroner, that of the clusters' costs before.

    Raises:
        UsageError: The costs before are not of one amount, and none is given.
    """
    people = population or acquisition.newest()
    first, second = (
        calculate(gather(Parameters(ReportName(people, rules)), acquisition, history=False))
        for rules in (before, after)
    )
    amount = _amount(first) if amount_dkk is None else amount_dkk
    known = acquisition.reference
    rules = first.result.rules, second.result.rules
    counted = first.result.population, second.result.population
    by_district = max(counted, key=lambda row: len(row.by_district))
    transition = Transition(*rules, by_district, amount, known.alternatives)
    label = f"{before}-{after}-on-{people}" + ("-en" if language is Language.ENGLISH else "")
    content = Content(second, 0, ())
    content.text, content.issue, content.edition = Catalogue(language), label, ""
    rows = transition.moves()
    effects = list(_effects(transition, known, content.text))
    folder = acquisition.settings.reports_dir / FOLDER / label
    files = _files(label, content, _lines(transition, known, content.text), rows, effects)
    with FileLock(folder.with_name(f".{folder.name}.lock")):
        replace_folder(folder, files)
    return TransitionReport(rows, effects, folder)


def _amount(before: Calculation) -> int:
    amounts = {row.amount_dkk for row in before.result.rules.costs if not row.structure}
    if len(amounts) != 1:
        said = f"The costs of clusters in {before.report.rules} have {len(amounts)} amounts."
        raise UsageError(said, remedy=Remedy.NAME_AMOUNT)
    return amounts.pop()


def _effects(
    transition: Transition, reference: Reference, text: Catalogue
) -> Iterator[Mapping[str, Any]]:
    sources = {
        (row.cluster_id, row.municipality_code): reference.sources[row.source_id]
        for row in reference.memberships
    }
    for row, (before, after) in transition.effects():
        source = sources[row.from_cluster_id, row.municipality_code]
        for code in sorted({*before, *after}):
            if before[code] or after[code]:
                yield {
                    "alternative": text.choose(row.name_da, row.name_en),
                    "confidence": text(f"value.{source.confidence}"),
                    "municipality_code": code,
                    "municipality_name": reference.areas[code].name,
                    "moved_before_dkk": before[code],
                    "moved_after_dkk": after[code],
                }


def _lines(transition: Transition, reference: Reference, text: Catalogue) -> tuple[str, ...]:
    """Return the title and what stands below it."""
    values: dict[str, str | int] = {"population": str(transition.population.quarter)}
    for side, rules in (("before", transition.before), ("after", transition.after)):
        structures = [reference.structures[key] for key in rules.structures]
        values |= {side: str(rules.quarter), f"count_{side}": len(rules.clusters)}
        values[f"several_{side}"] = Catalogue(text.language, structures)("control.structure")
    return (
        text("transition.title", **values),
        text("transition.line", amount=transition.amount_dkk, **values),
        text("transition.steps"),
        text("transition.range", sheet=text("transition.effects_sheet")),
    )


def _files(
    label: str, content: Content, lines: Sequence[str], rows: Rows, effects: Rows
) -> dict[str, bytes]:
    text, (title, *more) = content.text, lines
    book = Book(content, title)
    tables = (
        ("Overgang", text("transition.sheet"), title, more, rows),
        ("Usikre", text("transition.effects_sheet"), text("transition.effects_title"), (), effects),
    )[: 2 if effects else 1]
    for name, sheet, heading, below, table in tables:
        Sheet(book, sheet, heading, below).table(name, *_table(text, table))
    shown = [(heading, *_table(text, table)) for _, _, heading, _, table in tables]
    page = rendered("transition.html", text, title=title, lines=more, tables=shown)
    return {
        f"overgang-{label}.xlsx": book.close(),
        f"overgang-{label}.html": page,
        f"overgang-{label}.csv": machine_csv(rows).encode(),
        f"usikre-regler-{label}.csv": machine_csv(effects).encode(),
    }


def _table(text: Catalogue, rows: Rows) -> tuple[list[Column], list[list[Cell]]]:
    """Return headings and cells; kroner stand to the right."""
    columns = []
    for key in rows[0]:
        style = "whole" if key.endswith("_dkk") else "text"
        texts = (text.number(row[key]) if style == "whole" else row[key] for row in rows)
        columns.append(Column(text(f"transition.{key}"), style, fitting(texts, 36)))
    return columns, [list(row.values()) for row in rows]
