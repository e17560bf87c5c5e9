"""`klynge scenario`: what would be allocated if a rule or an amount were another."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows.terminal import options
from schemas.quarter import Quarter


def scenario(
    name: Annotated[str, typer.Argument(help="Names its folder, such as hoejere-beloeb.")],
    quarter: Annotated[
        Quarter, typer.Argument(parser=options.quarter, metavar="QUARTER", help="Such as 2022K1.")
    ],
    override: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY.COLUMN=VALUE",
            help="COST.amount_dkk=KRONER, MUNICIPALITY@CLUSTER.fraction=P/Q, .basis=whole, "
            ".districts='CODE CODE', or MUNICIPALITY@CLUSTER=none to leave. Repeatable.",
        ),
    ] = None,
    file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Overrides in TOML: a table a key.")
    ] = None,
    cluster: options.ShownClusters = None,
    rules: options.Rules = None,
    data_dir: options.DataDir = None,
    reports_dir: options.ReportsDir = None,
    as_json: options.AsJson = False,
    as_csv: options.AsCsv = False,
) -> None:
    """Show what other rules or amounts would give.

    The difference to the real allocation is shown. The report is written to
    reports/scenarios/NAME, marked on every page, and never becomes a revision.
    """
    from flows.terminal import output
    from flows.terminal.comparison_view import View
    from pipeline.analysis.scenario import Scenario, read_set, read_toml
    from pipeline.analysis.scenario_report import run_scenario
    from schemas.report_name import ReportName

    output.one_form(as_json, as_csv)
    overrides = read_toml(file.read_text(encoding="utf-8"), str(file)) if file else []
    overrides += [read_set(text) for text in override or []]
    report = run_scenario(
        Scenario(name, tuple(overrides)),
        ReportName(quarter, rules),
        options.settings(data_dir, reports_dir),
    )
    if as_json:
        output.print_json({**report.manifest, "difference": report.difference()})
        return
    titles = (report.real.report.label, report.calculation.report.label)
    areas = report.calculation.inputs.reference.areas
    view = View(report.comparison, titles, areas, only_changed=True).limited_to(cluster or [])
    if as_csv:
        output.print_csv(view.rows())
        return
    view.print()
    print(f"\nScenario, not in force. Written: {report.folder}")
