"""`klynge compare`: two quarters, or two revisions."""

from __future__ import annotations

from typing import Annotated

from flows.terminal import options
from schemas.report_name import ReportName


def compare(
    before: Annotated[ReportName, options.report_argument("BEFORE")],
    after: Annotated[ReportName, options.report_argument("AFTER")],
    cluster: options.ShownClusters = None,
    data_dir: options.DataDir = None,
    reports_dir: options.ReportsDir = None,
    as_json: options.AsJson = False,
    as_csv: options.AsCsv = False,
) -> None:
    """Show what changed per municipality, and why.

    The change is attributed to the krone, in this order: the municipality's own population, the
    others' population, the rules, the amount.
    """

    from flows.terminal import comparison_view, output
    from pipeline.calculation.comparison import compare as compare_results
    from pipeline.run import calculation_of
    from pipeline.snapshots.acquisition import Acquisition

    output.one_form(as_json, as_csv)
    acquisition = Acquisition.offline(options.settings(data_dir, reports_dir))
    first, second = calculation_of(before, acquisition), calculation_of(after, acquisition)
    view = comparison_view.View(
        compare_results(first.result, second.result),
        (str(before), str(after)),
        {**first.inputs.reference.areas, **second.inputs.reference.areas},
    )
    view = view.limited_to(cluster or [])
    if as_json:
        output.print_json(view.as_dict())
    elif as_csv:
        output.print_csv(view.rows())
    else:
        view.print()
