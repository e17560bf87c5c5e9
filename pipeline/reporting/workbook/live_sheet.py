"""Writes a live table: headings, labels above the columns, input cells, page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from pipeline.reporting.texts import Catalogue
from pipeline.reporting.workbook.book import Book, Column, Sheet, fitting
from pipeline.reporting.workbook.live_layout import Layout
from pipeline.reporting.workbook.live_table import LiveTable

_WIDTHS: Final = {
    "people": 13, "numerator": 9, "denominator": 9, "counted": 13, "share": 17, "exact": 17,
    "kroner": 14, "rest": 13, "rank": 10, "weight": 13, "place": 13, "step": 15, "floor": 15,
}  # fmt: skip
_STYLES: Final = {
    "people": "input", "numerator": "input", "denominator": "input", "counted": "whole",
    "share": "percent",
    "exact": "exact", "kroner": "money", "rest": "helper", "rank": "helper", "weight": "helper",
    "place": "helper", "step": "helper", "floor": "helper",
}  # fmt: skip
_HELPERS: Final = ("weight", "place", "step", "floor")
_TOTAL_STYLES: Final = {"share": "total_percent", "exact": "input", "rank": "total_outcome"}

MAX_AMOUNT_DKK: Final = 10**12
"""Largest amount that an input cell takes: a third of Denmark's yearly product."""

_MAX_PEOPLE: Final = 10**7
_MAX_DENOMINATOR: Final = 1000


def write_live_sheet(book: Book, live: LiveTable, title: str, table: str) -> Sheet:
    """Write a live table on its own sheet.

    Args:
        book: The workbook.
        live: The table.
        title: Title of the sheet.
        table: Name of the table.
    """
    layout = live.layout
    sheet = Sheet(book, layout.sheet, title, layout.lines)
    columns = list(_columns(book.text, layout))
    _write_totals(sheet, live)
    sheet.next_row = layout.header_row
    sheet.table(table, columns, live.cells)
    printed = layout.columns.index("weight")
    sheet.worksheet.print_area(0, 0, layout.last - 1, printed - 1)
    _validate(sheet, layout)
    return sheet


def _kind(key: str) -> tuple[str, int]:
    """Return what a column is, and of which cost: `kroner0` is `kroner` of the first."""
    kind = key.rstrip("0123456789")
    return kind, int(key[len(kind) :] or 0)


def _columns(text: Catalogue, layout: Layout) -> Iterator[Column]:
    for position, key in enumerate(layout.columns):
        kind, cost = _kind(key)
        if kind == "label":
            heading = layout.label_headings[position]
            texts = [row.labels[position] for row in layout.rows]
            yield Column(heading, "text", fitting(heading, texts, 34))
            continue
        heading = _heading(text, layout, kind, cost)
        header = "helper_header" if kind in _HELPERS else "number_header"
        yield Column(heading, _style(layout, kind), _WIDTHS[kind], header)


def _heading(text: Catalogue, layout: Layout, kind: str, cost: int) -> str:
    linked = layout.linked and kind in ("people", "denominator")
    heading = text(f"live.{kind}_linked" if linked else f"live.{kind}")
    if kind in ("exact", "kroner", "rest", "rank", "step", "floor") and len(layout.amounts) > 1:
        return text("live.of_cost", number=cost + 1, heading=heading)
    return heading


def _style(layout: Layout, kind: str) -> str:
    if layout.linked and kind in ("people", "denominator"):
        return "helper"
    return _STYLES[kind]


def _write_totals(sheet: Sheet, live: LiveTable) -> None:
    layout, text, totals = live.layout, sheet.book.text, live.totals
    labels = []
    for position, key in enumerate(layout.columns):
        kind, cost = _kind(key)
        if key not in totals:
            label = text("cluster.total") if position == 0 else ""
            sheet.write(layout.labels_row, position, "", "total_label")
            sheet.write(layout.totals_row, position, label, "total")
            continue
        label = _total_label(text, layout, kind, cost)
        labels.append((label, _WIDTHS[kind] + 1))
        sheet.write(layout.labels_row, position, label, "total_number_label")
        style = _TOTAL_STYLES.get(kind, "total_whole")
        if kind == "counted" and live.scale > 1:
            style = "total_counted"
        sheet.write(layout.totals_row, position, totals[key], style)
    sheet.fit_row(layout.labels_row, labels)


def _total_label(text: Catalogue, layout: Layout, kind: str, cost: int) -> str:
    amount = layout.amounts[cost]
    if kind == "exact":
        name = text("live.cost_name", name=amount.name[:60]) if amount.entered else amount.name
        return text("live.total_exact", name=name)
    return text(f"live.total_{kind}")


def _validate(sheet: Sheet, layout: Layout) -> None:
    text = sheet.book.text
    amount = _whole(0, MAX_AMOUNT_DKK, text("live.input_amount"), text("live.error"))
    for cost in range(len(layout.amounts)):
        sheet.worksheet.data_validation(layout.total(f"exact{cost}").replace("$", ""), amount)
    if layout.linked:
        return
    denominator = f"={layout.letters['denominator']}{layout.first}"
    limits: dict[str, tuple[int, int | str]] = {
        "people": (0, _MAX_PEOPLE),
        "numerator": (1, denominator),
        "denominator": (1, _MAX_DENOMINATOR),
    }
    for key, (lowest, highest) in limits.items():
        rule = _whole(lowest, highest, text(f"live.input_{key}"), text("live.error"))
        sheet.worksheet.data_validation(layout.column(key).replace("$", ""), rule)


def _whole(lowest: int, highest: int | str, hint: str, error: str) -> dict[str, Any]:
    return {
        "validate": "integer",
        "criteria": "between",
        "minimum": lowest,
        "maximum": highest,
        "input_message": hint,
        "error_message": error,
    }
