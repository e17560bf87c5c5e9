"""The summary of a report for Prefect's UI, as markdown and as rows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pipeline.calculation.findings import Finding, Subject
from pipeline.calculation.quarter import ClusterResult
from pipeline.errors import KlyngeError
from pipeline.reporting.notes import citation
from pipeline.reporting.numbers import exact, localized, percent, whole
from pipeline.reporting.texts import Catalogue
from pipeline.revisions.store import Outcome
from pipeline.run import Report
from schemas.records import Language

WRITTEN = "written"
"""How the message of a run begins that wrote a new revision."""


def markdown(report: Report, language: Language, links: Mapping[str, str]) -> str:
    """Return the headline, reason, sources, a table a cluster with a cost, findings and files.

    Args:
        report: The report.
        language: Language of the text.
        links: Address by name of each file.
    """
    calculation, outcome, text = report.calculation, report.outcome, Catalogue(language)
    headline = "summary.written" if outcome.written else "summary.unchanged"
    lines = [
        f"# {text(headline, label=outcome.label, revision=f'r{outcome.revision}')}",
        "",
        *(f"- {text('cover.reason')}: {reason}" for reason in _reasons(report, text)),
        *(f"- {citation(snapshot, text)}" for snapshot in calculation.inputs.snapshots),
    ]
    for cluster in clusters_with_cost(report):
        lines += ["", f"## {cluster.cluster.name}", "", *_table(rows(cluster, text))]
    lines += ["", *(f"- {text.finding(item)}" for item in calculation.result.findings)]
    lines += ["", "## " + text("summary.files"), ""]
    return "\n".join([*lines, *(f"- [{name}]({link})" for name, link in links.items())])


def clusters_with_cost(report: Report) -> list[ClusterResult]:
    """Return the clusters that share a cost of their own."""
    return [cluster for cluster in report.calculation.result.clusters if cluster.allocations]


def rows(cluster: ClusterResult, text: Catalogue) -> list[dict[str, str]]:
    """Return a row a municipality: name, counted population, share, and kroner of each cost."""
    headings = ["municipality_name", "counted_population", "share"]
    name, counted, share = (text(f"column.{heading}") for heading in headings)
    costs = {
        row.cost.name_da if text.language is Language.DANISH else row.cost.name_en: row.parts
        for row in cluster.allocations
    }
    return [
        {
            name: member.name,
            counted: localized(exact(member.counted_population), text.language),
            share: percent(member.share, text.language),
            **{
                cost: whole(parts[member.membership.municipality_code].amount, text.language)
                for cost, parts in costs.items()
            },
        }
        for member in cluster.members
    ]


def file_links(folder: Path, names: list[str], reports_url: str) -> dict[str, str]:
    """Return the address of each file of a revision.

    Args:
        folder: Folder of the revision.
        names: Files in it.
        reports_url: Address of the reports folder; empty for a path on this machine.
    """
    *_, label, revision = folder.parts
    base = f"{reports_url}/{label}/{revision}" if reports_url else folder.resolve().as_uri()
    return {name: f"{base}/{name}" for name in names}


def failure(label: str, error: KlyngeError) -> str:
    """Return what went wrong and what to try next, as markdown."""
    kind = type(error).__name__
    return f"# {label}: {kind}\n\n```text\n{error.message}\n```\n\n{error.hint}"


def ended(outcome: Outcome) -> str:
    """Return what writing came to, as the state of a run says it."""
    revision = f"r{outcome.revision}"
    return f"{WRITTEN} {revision}" if outcome.written else f"unchanged ({revision})"


def one_line(error: KlyngeError) -> str:
    """Return the first line of an error's message."""
    return error.message.splitlines()[0].rstrip(":")


def _reasons(report: Report, text: Catalogue) -> list[str]:
    changes = [dict(change) for change in report.outcome.manifest["changes"]]
    return [
        text.finding(Finding.of(Subject(change.pop("subject")), **change)) for change in changes
    ]


def _table(table: list[dict[str, str]]) -> list[str]:
    head = list(table[0])
    lines = [f"| {' | '.join(head)} |", "|---" + "|---:" * (len(head) - 1) + "|"]
    return [*lines, *(f"| {' | '.join(row.values())} |" for row in table)]
