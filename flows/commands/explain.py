"""`klynge explain`: the whole trail of one amount."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

from flows.terminal import options
from schemas.report_name import ReportName

if TYPE_CHECKING:
    from pipeline.analysis.standing import Standing
    from pipeline.analysis.trail import Step, Trail


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

    from flows.terminal import output
    from pipeline.analysis import trail as lineage
    from pipeline.analysis.standing import stands_in
    from pipeline.reference import names
    from pipeline.run import calculation_of
    from pipeline.snapshots.acquisition import Acquisition

    output.one_form(as_json, as_csv)
    settings = options.settings(data_dir, reports_dir)
    calculation = calculation_of(report, Acquisition.offline(settings))
    clusters = names.clusters(calculation.result.rules.clusters)
    areas = names.municipalities(calculation.inputs.reference.areas.values())
    found = lineage.trail(
        calculation,
        names.find("cluster", cluster, clusters).code,
        names.find("municipality", municipality, areas).code,
    )
    stands = stands_in(found, report, settings.reports_dir)
    steps = [*found.steps(), *(stands.steps() if stands else [])]
    if as_json:
        output.print_json(_as_dict(found, steps))
    elif as_csv:
        output.print_csv([asdict(step) for step in steps])
    else:
        _print(report, found, stands, steps)


def _as_dict(found: Trail, steps: list[Step]) -> dict[str, object]:
    trail: dict[str, dict[str, object]] = {}
    for step in steps:
        trail.setdefault(step.about, {})[step.item] = step.value
    trail["snapshot"]["query"] = dict(found.snapshot.query)
    return {
        "report": found.calculation.report.label,
        "cluster_id": found.cluster.cluster.cluster_id,
        "cluster_name": found.cluster.cluster.name,
        "municipality_code": found.municipality_code,
        "municipality_name": found.member.name,
        "trail": trail,
    }


def _print(report: ReportName, found: Trail, stands: Standing | None, steps: list[Step]) -> None:
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
    about = ""
    for step in steps:
        if step.about != about:
            rows.add_row(step.about, style="bold")
        rows.add_row(f"  {step.item}", step.value)
        about = step.about
    console.print(rows)
    if stands is None:
        console.say(f"No report of {report.label} is written yet: klynge run writes it.")
