"""`klynge explain`, `compare` and `scenario`: where an amount comes from, and what changes it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.terminal import options
from schemas.quarter import Quarter
from schemas.report_name import ReportName

if TYPE_CHECKING:
    from pipeline.analysis.explain import Steps, Trail


def explain(
    report: Annotated[ReportName, options.report_argument("QUARTER")],
    cluster: options.Cluster,
    municipality: options.Municipality,
    data_dir: options.DataDir = None,
    reports_dir: options.ReportsDir = None,
    as_json: options.AsJson = False,
    as_csv: options.AsCsv = False,
) -> None:
    """Show where an amount comes from.

    The whole trail, from the krone back to the answer of the StatBank, with its sha256. Each
    number is worked out on the spot and compared with the report; a difference is an error.
    """

    from flows.terminal import screen as output
    from pipeline.analysis.explain import found_in_revision, trail
    from pipeline.reference import names
    from pipeline.run import calculation_of
    from pipeline.snapshots.acquisition import Acquisition

    output.one_form(as_json, as_csv)
    settings = options.settings(data_dir, reports_dir)
    calculation = calculation_of(report, Acquisition.offline(settings))
    clusters = names.clusters(calculation.result.rules.clusters)
    areas = names.municipalities(calculation.inputs.reference.areas.values())
    found = trail(
        calculation,
        names.find("cluster", cluster, clusters).code,
        names.find("municipality", municipality, areas).code,
    )
    steps = found.steps()
    if report_steps := found_in_revision(found, report, settings.reports_dir):
        steps["report"] = report_steps
    if as_json:
        output.print_json(_as_dict(found, steps))
    elif as_csv:
        output.print_csv(
            [
                {"about": about, "item": item, "value": value}
                for about, values in steps.items()
                for item, value in values.items()
            ]
        )
    else:
        _print(report, found, steps)


def _as_dict(found: Trail, steps: Steps) -> dict[str, object]:
    snapshot = {**steps["snapshot"], "query": dict(found.snapshot.query)}
    return {
        "report": found.calculation.report.label,
        "cluster_id": found.cluster.cluster.cluster_id,
        "cluster_name": found.cluster.cluster.name,
        "municipality_code": found.municipality_code,
        "municipality_name": found.member.name,
        "trail": {**steps, "snapshot": snapshot},
    }


def _print(report: ReportName, found: Trail, steps: Steps) -> None:
    from flows.terminal.screen import Terminal, table

    console = Terminal()
    cluster = found.cluster.cluster
    console.say(
        f"{found.member.name} ({found.municipality_code}) in {cluster.name} "
        f"({cluster.cluster_id}), {report}",
        "bold",
    )
    rows = table(("", "left"), ("", "left"))
    rows.show_header = False
    for about, values in steps.items():
        rows.add_row(about, style="bold")
        for item, value in values.items():
            rows.add_row(f"  {item}", value)
    console.print(rows)
    if "report" not in steps:
        console.say(f"No report of {report.label} is written yet: klynge run writes it.")


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

    from flows.terminal import comparison_view
    from flows.terminal import screen as output
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
    from flows.terminal import screen as output
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
        output.print_json({**report.manifest, "difference": report.difference})
        return
    titles = (report.real.report.label, report.calculation.report.label)
    areas = report.calculation.inputs.reference.areas
    view = View(report.comparison, titles, areas, only_changed=True).limited_to(cluster or [])
    if as_csv:
        output.print_csv(view.rows())
        return
    view.print()
    print(f"\nScenario, not in force. Written: {report.folder}")
