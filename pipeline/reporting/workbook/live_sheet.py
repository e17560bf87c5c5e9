"""Writes a live table: headings, labels above the columns, input cells, page."""

from typing import Any, Final

from pipeline.reporting.texts import Catalogue
from pipeline.reporting.workbook.book import Book, Column, Sheet, fitting
from pipeline.reporting.workbook.live_columns import HELPERS, OF_A_COST, SCALED
from pipeline.reporting.workbook.live_table import Amount, LiveTable
from schemas.records import LARGEST_AMOUNT_DKK

_MAX_PEOPLE: Final = 10**7
_MAX_DENOMINATOR: Final = 1000


def write_live_sheet(book: Book, live: LiveTable, title: str, table: str) -> None:
    """Write a live table, which gets a name, on its own sheet with a title."""
    sheet = Sheet(book, live.sheet, title, live.lines)
    columns = [_column(book.text, live, *key) for key in live.columns]
    _write_totals(sheet, live)
    sheet.next_row = live.data.first - 1
    data = sheet.table(table, columns, live.cells, 1 if live.linked else 2)
    printed = list(live.columns).index(("weight", 0))
    sheet.worksheet.print_area(0, 0, data.last - 1, printed - 1)
    _validate(sheet, live)


def _column(text: Catalogue, live: LiveTable, kind: str, number: int) -> Column:
    if kind == "label":
        heading = live.label_headings[number]
        return Column(heading, "text", fitting((r.labels[number] for r in live.rows), 34))
    linked = live.linked and kind in ("people", "denominator")
    heading = text(f"live.{kind}_linked" if linked else f"live.{kind}")
    if kind in OF_A_COST and len(live.amounts) > 1:
        heading = text("live.of_cost", number=number + 1, heading=heading)
    header = "helper_header" if kind in (*HELPERS, *SCALED) else "number_header"
    style = "helper" if linked else live.kinds[kind].style
    return Column(heading, style, live.kinds[kind].width, header)


def _write_totals(sheet: Sheet, live: LiveTable) -> None:
    text, totals_row = sheet.book.text, live.data.first - 2
    labels = []
    for position, (kind, cost) in enumerate(live.columns):
        total = live.totals.get((kind, cost))
        if total is None:
            label = text("cluster.total") if position == 0 else ""
            sheet.write(totals_row - 1, position, "", "total_label")
            sheet.write(totals_row, position, label, "total")
            continue
        label = _total_label(text, live.amounts[cost], kind)
        labels.append((label, live.kinds[kind].width + 1))
        sheet.write(totals_row - 1, position, label, "total_number_label")
        sheet.write(totals_row, position, total, live.kinds[kind].total_style)
        if kind == "counted":
            sheet.show_halves(totals_row - 1, position, totals_row - 1)
    sheet.fit_row(totals_row - 1, labels)


def _total_label(text: Catalogue, amount: Amount, kind: str) -> str:
    if kind == "exact":
        return text("live.total_exact", name=text("live.cost_name", name=amount.name[:60]))
    return text(f"live.total_{kind}")


def _validate(sheet: Sheet, live: LiveTable) -> None:
    text = sheet.book.text
    amount = _whole(0, LARGEST_AMOUNT_DKK, text("live.input_amount"), text("live.error"))
    for cost in range(len(live.amounts)):
        cell = f"{live.columns['exact', cost]}{live.data.first - 2}"
        sheet.worksheet.data_validation(cell, amount)
    if live.linked:
        return
    denominator = f"={live.columns['denominator', 0]}{live.data.first}"
    limits: dict[str, tuple[int, int | str]] = {
        "people": (0, _MAX_PEOPLE),
        "numerator": (1, denominator),
        "denominator": (1, _MAX_DENOMINATOR),
    }
    cells = {key: f"{at}{live.data.first}:{at}{live.data.last}"
             for (key, _), at in live.columns.items() if key in limits}  # fmt: skip
    if live.inputs:
        above = {key: f"{live.columns[key, 0]}{live.data.first - 2}" for key in live.inputs}
        cells |= above
        limits |= {
            "capped": (1, _MAX_PEOPLE),
            "equal": (0, f"={above['by_people']}"),
            "by_people": (1, _MAX_DENOMINATOR),
        }
    for key, at in cells.items():
        lowest, highest = limits[key]
        rule = _whole(lowest, highest, text(f"live.input_{key}"), text("live.error"))
        sheet.worksheet.data_validation(at, rule)


def _whole(lowest: int, highest: int | str, hint: str, error: str) -> dict[str, Any]:
    return {
        "validate": "integer",
        "criteria": "between",
        "minimum": lowest,
        "maximum": highest,
        "input_message": hint,
        "error_message": error,
    }
