"""The workbooks: the national one, and one a cluster that its co-chair can send on."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence

from pipeline.calculation.quarter import ClusterResult
from pipeline.reporting.content import Content
from pipeline.reporting.workbook import overview
from pipeline.reporting.workbook.book import Book, Sheet
from pipeline.reporting.workbook.control import control_sheet
from pipeline.reporting.workbook.cover import Contents, notes_sheet, write_cover
from pipeline.reporting.workbook.development_sheet import (
    cluster_development,
    clusters_development,
)
from pipeline.reporting.workbook.live_sheet import write_live_sheet
from pipeline.reporting.workbook.live_table import LiveTable
from pipeline.reporting.workbook.plan import Plan, plan_of, sheet_name


def workbooks(content: Content) -> dict[str, bytes]:
    """Return all workbooks of a report by file name; their live tables are laid out once.

    Raises:
        KlyngeError: A snapshot of an earlier quarter differs from its sidecar, or is broken.
        Warning: XlsxWriter could not write what it was given; a fault of ours.
    """
    plan = plan_of(content)
    with warnings.catch_warnings(action="error"):
        clusters = {
            f"{folder}/{result.cluster.cluster_id}-{content.label}.xlsx": _cluster(plan, result)
            for result in plan.clusters
            for folder in [content.structure(result).folder]
        }
        return {f"fordeling-{content.label}.xlsx": _national(plan), **clusters}


def _national(plan: Plan) -> bytes:
    content = plan.content
    book = Book(content, content.text("cover.title"))
    cover = Sheet(book, content.text("sheet.cover"), content.text("cover.title"))
    clusters = overview.clusters_sheet(book, plan)
    municipalities = overview.municipalities_sheet(book, plan)
    for live, title, table in _live_sheets(plan):
        write_live_sheet(book, live, title, table)
    clusters_development(book, plan, clusters)
    all_allocated = control_sheet(book, plan, municipalities)
    notes_sheet(book, content.notes)
    contents = _contents(plan, ["clusters", "municipalities"])
    write_cover(cover, contents, all_allocated, content.notes)
    return book.close()


def _cluster(whole: Plan, result: ClusterResult) -> bytes:
    plan = whole.of_cluster(result)
    content = plan.content
    title = content.text("cover.cluster_title", cluster=result.cluster.name)
    book = Book(content, title)
    cover = Sheet(book, content.text("sheet.cover"), title)
    for live, heading, table in _live_sheets(plan):
        write_live_sheet(book, live, heading, table)
    cluster_development(book, plan, result)
    all_allocated = control_sheet(book, plan, None)
    notes = content.notes_on(result)
    notes_sheet(book, notes)
    write_cover(cover, _contents(plan, []), all_allocated, notes)
    return book.close()


def _live_sheets(plan: Plan) -> Iterator[tuple[LiveTable, str, str]]:
    """Yield each live table with the title of its sheet and its own name."""
    text = plan.content.text
    for result in plan.clusters:
        cluster_id = result.cluster.cluster_id
        kind = plan.content.structure(result).anchor.capitalize()
        title = text("live.title", cluster=result.cluster.name)
        yield plan.live[cluster_id], title, f"{kind}_{cluster_id.replace('-', '_')}"
    for structure, live in plan.funds.items():
        title = plan.content.of_structure(structure).text("funds.title")
        yield live, title, f"Puljer_{structure}"


def _contents(plan: Plan, overviews: Sequence[str]) -> Contents:
    text = plan.content.text

    def described(key: str) -> tuple[str, str]:
        return sheet_name(text, key), text(f"sheet_holds.{key}")

    clusters = [
        (plan.live[result.cluster.cluster_id].sheet, result.cluster.name)
        for result in plan.clusters
    ]
    funds = [(live.sheet, text("sheet_holds.funds")) for live in plan.funds.values()]
    last = [described(key) for key in ("development", "control", "notes")]
    return [*map(described, overviews), *clusters, *funds, *last]
