"""The workbooks: the national one, and one a cluster with a cost that its co-chair can send on."""

import warnings

from pipeline.calculation.quarter import ClusterResult
from pipeline.reporting.content import Content
from pipeline.reporting.workbook import billing, development_sheet, overview
from pipeline.reporting.workbook.book import Book, Sheet
from pipeline.reporting.workbook.control import control_sheet
from pipeline.reporting.workbook.cover import notes_sheet, write_cover
from pipeline.reporting.workbook.live_sheet import write_live_sheet
from pipeline.reporting.workbook.plan import Plan, plan_of


def workbooks(content: Content) -> dict[str, bytes]:
    """Return all workbooks of a report by file name.

    Raises:
        Warning: XlsxWriter could not write what it was given; a fault of ours.
    """
    with warnings.catch_warnings(action="error"):
        clusters = {
            f"{folder}/{result.cluster.cluster_id}-{content.label}.xlsx": _cluster(plan, result)
            for result in content.result.clusters
            for folder in [content.structure(result).folder]
            for plan in [plan_of(content, result)]
            if plan.sections
        }
        return {f"fordeling-{content.label}.xlsx": _national(plan_of(content)), **clusters}


def _national(plan: Plan) -> bytes:
    content = plan.content
    book = Book(content, content.text("cover.title"))
    cover = Sheet(book, content.text("sheet.cover"), content.text("cover.title"))
    overview.clusters_sheet(book, plan)
    municipalities = overview.municipalities_sheet(book, plan)
    if plan.keys:
        overview.keys_sheet(book, plan)
    for live in plan.tables:
        write_live_sheet(book, live)
    for result in plan.sections:
        billing.memo_sheet(book, plan, result)
    if plan.sections:
        billing.invoices_sheet(book, plan)
    billing.changes_sheet(book, content)
    development_sheet.clusters_development(book, content)
    all_allocated = control_sheet(book, plan, municipalities)
    notes_sheet(book, content.notes)
    write_cover(cover, all_allocated)
    return book.close()


def _cluster(plan: Plan, result: ClusterResult) -> bytes:
    content = plan.content
    title = content.text("cover.cluster_title", cluster=result.cluster.name)
    book = Book(content, title)
    cover = Sheet(book, content.text("sheet.cover"), title)
    for live in plan.tables:
        write_live_sheet(book, live)
    billing.invoices_sheet(book, plan)
    write_cover(cover, control_sheet(book, plan, None), result)
    return book.close()
