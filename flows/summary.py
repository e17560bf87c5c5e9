"""The summary of a report as markdown, for Prefect's UI."""

from __future__ import annotations

from pipeline.quarter_result import ClusterResult
from pipeline.reporting.notes import citation
from pipeline.reporting.numbers import Language, exact, localized, percent, whole
from pipeline.reporting.texts import Catalogue
from pipeline.run import Report


def markdown(report: Report) -> str:
    """Return the headline, the sources, a table a cluster with a cost, and the findings."""
    calculation, text = report.calculation, Catalogue(Language.DANISH)
    lines = [
        f"# Fordeling {calculation.parameters.label}: {report.outcome}",
        *(f"- {citation(snapshot, text)}" for snapshot in calculation.snapshots),
    ]
    for cluster in calculation.result.clusters:
        if cluster.allocations:
            lines += ["", f"## {cluster.cluster.name}", "", *_table(cluster, text)]
    findings = [f"- {text.finding(finding)}" for finding in calculation.result.findings]
    return "\n".join([*lines, "", *findings])


def _table(cluster: ClusterResult, text: Catalogue) -> list[str]:
    costs = [allocation.cost.name_da for allocation in cluster.allocations]
    headings = ["municipality_name", "counted_population", "share"]
    head = [text(f"column.{heading}") for heading in headings] + costs
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for member in cluster.members:
        code = member.membership.municipality_code
        cells = [
            member.name,
            localized(exact(member.counted_population), text.language),
            percent(member.share, text.language),
            *(
                whole(allocation.parts[code].amount, text.language)
                for allocation in cluster.allocations
            ),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return lines
