"""The files of a report, by name: figures for machines, and what people read."""

from __future__ import annotations

from pipeline.calculation.calculate import Calculation
from pipeline.reporting.content import Content
from pipeline.reporting.csv_files import excel_csv, machine_csv
from pipeline.reporting.rows import (
    ALLOCATION_COLUMNS,
    FUND_COLUMNS,
    allocation_rows,
    fund_rows,
)
from pipeline.reporting.texts import Catalogue


def figure_files(calculation: Calculation) -> dict[str, bytes]:
    """Return the figures as CSV; they tell whether a calculation changed.

    A scenario stands in each row.

    Raises:
        AllocationError: The figures are not what they must be; a fault of the calculation.
    """
    report, label = calculation.report, calculation.report.label
    marked = {"scenario": report.scenario} if report.scenario else {}
    rows = [{**marked, **row} for row in allocation_rows(calculation.result)]
    funds = [{**marked, **row} for row in fund_rows(calculation.result)]
    columns = (*marked, *ALLOCATION_COLUMNS)
    return {
        f"fordeling-{label}.csv": machine_csv(rows, columns).encode(),
        f"fordeling-{label}-excel.csv": excel_csv(rows, columns, Catalogue(report.language)),
        f"puljer-{label}.csv": machine_csv(funds, (*marked, *FUND_COLUMNS)).encode(),
    }


def readable_files(content: Content) -> dict[str, bytes]:
    """Return the workbooks and the page, which a rerun that changes nothing need not make."""
    from pipeline.reporting.page import page
    from pipeline.reporting.workbook.books import workbooks

    return {f"fordeling-{content.label}.html": page(content), **workbooks(content)}
