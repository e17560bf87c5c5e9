"""The files of a report, by name: figures for machines, and what people read."""

from __future__ import annotations

from pipeline.calculation.calculate import Calculation
from pipeline.reporting.content import Content
from pipeline.reporting.csv_files import excel_csv, machine_csv
from pipeline.reporting.rows import allocation_table, pool_table
from pipeline.reporting.texts import Catalogue


def figure_files(calculation: Calculation) -> dict[str, bytes]:
    """Return the figures as CSV; they tell whether a calculation changed.

    A scenario stands in each row.

    Raises:
        AllocationError: The figures are not what they must be; a fault of the calculation.
    """
    label = calculation.parameters.label
    table, pools = allocation_table(calculation.result), pool_table(calculation.result)
    if calculation.parameters.scenario:
        table.insert(0, "scenario", calculation.parameters.scenario)
        pools.insert(0, "scenario", calculation.parameters.scenario)
    text = Catalogue(calculation.parameters.language)
    return {
        f"fordeling-{label}.csv": machine_csv(table),
        f"fordeling-{label}-excel.csv": excel_csv(table, text),
        f"puljer-{label}.csv": machine_csv(pools),
    }


def readable_files(content: Content) -> dict[str, bytes]:
    """Return the workbooks and the page, which a rerun that changes nothing need not make.

    Raises:
        KlyngeError: A snapshot of an earlier quarter differs from its sidecar, or is broken.
    """
    from pipeline.reporting.page import page
    from pipeline.reporting.workbook.books import workbooks

    return {f"fordeling-{content.label}.html": page(content), **workbooks(content)}
