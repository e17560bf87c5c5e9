"""Writes a live table: headings, labels above the columns, input cells, page."""

from typing import Final

from pipeline.reporting.texts import Catalogue
from pipeline.reporting.workbook.book import Book, Column, Sheet, fitting
from pipeline.reporting.workbook.live_columns import HELPERS, OF_A_COST
from pipeline.reporting.workbook.live_table import LiveTable
from schemas.records import LARGEST_AMOUNT_DKK

_MAX_PEOPLE: Final = 10**7
_MAX_DENOMINATOR: Final = 1000


def write_live_sheet(book: Book, live: LiveTable) -> None:
    """Write a live table on its own sheet."""
    sheet = Sheet(book, live.sheet, live.title, live.lines)
    columns = [_column(book.text, live, *key) for key in live.columns]
    _write_totals(sheet, live)
    sheet.next_row = live.data.first - 1
    data = sheet.table(live.name, columns, [*map(live.cells_of, live.rows)], 2 - live.linked)
    printed = list(live.columns).index(("weight", 0))
    sheet.worksheet.print_area(0, 0, data.last - 1, printed - 1)
    _validate(sheet, live)


def _column(text: Catalogue, live: LiveTable, kind: str, number: int) -> Column:
    if kind == "label":
        heading = live.label_headings[number]
        return Column(heading, "text", fitting((r.labels[number] for r in live.rows), 34))
    linked = live.linked and kind in ("people", "denominator")
    said = f"live.{kind}_linked" if linked else f"live.{kind}"
    heading = text("live.share_by_key" if live.inputs and kind == "share" else said, step=live.step)
    if kind in OF_A_COST and len(live.allocations) > 1:
        heading = text("live.of_cost", number=number + 1, heading=heading)
    header = "helper_header" if kind in HELPERS else ""
    style = "helper" if linked else live.kinds[kind].style
    return Column(heading, style, live.kinds[kind].width, header_style=header)


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
        name = text("live.cost_name", name=text.cost_heading(live.allocations[cost].cost)[:60])
        label = text(f"live.total_{kind}", name=name, step=live.step)
        labels.append((label, live.kinds[kind].width + 1))
        sheet.write(totals_row - 1, position, label, "total_number_label")
        sheet.write(totals_row, position, total, live.kinds[kind].total_style)
        if kind == "counted":
            sheet.show_halves(totals_row - 1, position, totals_row - 1)
    sheet.fit_row(totals_row - 1, labels)


def _validate(sheet: Sheet, live: LiveTable) -> None:
    first, last, error = live.data.first, live.data.last, sheet.book.text("live.error")
    above = {key: f"{letter}{first - 2}" for key, letter in live.columns.items()}
    inputs: list[tuple[str, str, int, int | str]] = [
        (above["exact", cost], "amount", 0, LARGEST_AMOUNT_DKK)
        for cost in range(len(live.allocations))
    ]
    if not live.linked:
        denominator = f"={live.columns['denominator', 0]}{first}"
        for kind, lowest, highest in (
            ("people", 0, _MAX_PEOPLE),
            ("numerator", 1, denominator),
            ("denominator", 1, _MAX_DENOMINATOR),
        ):
            letter = live.columns[kind, 0]
            inputs.append((f"{letter}{first}:{letter}{last}", kind, lowest, highest))
    if live.inputs:
        inputs += [
            (above["capped", 0], "capped", 1, _MAX_PEOPLE),
            (above["equal", 0], "equal", 0, f"={above['by_people', 0]}"),
            (above["by_people", 0], "by_people", 1, _MAX_DENOMINATOR),
        ]
    for cells, key, lowest, highest in inputs:
        rule = {
            "validate": "integer",
            "criteria": "between",
            "minimum": lowest,
            "maximum": highest,
            "input_message": sheet.book.text(f"live.input_{key}"),
            "error_message": error,
        }
        sheet.worksheet.data_validation(cells, rule)
