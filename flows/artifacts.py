"""What a run shows in Prefect's UI; each key has its history over the quarters."""

from collections.abc import Mapping

from prefect.artifacts import (
    create_link_artifact,
    create_markdown_artifact,
    create_table_artifact,
)

from flows import summary
from pipeline.errors import KlyngeError
from pipeline.reporting.texts import Catalogue
from pipeline.run import Report
from schemas.records import Language

SUMMARY = "fordeling"
FAILURE = "fordeling-failure"


def show_report(report: Report, language: Language, reports_url: str) -> None:
    """Show the summary, a table a cluster with a cost, and links to the files."""
    outcome, text = report.outcome, Catalogue(language)
    names = [output["file"] for output in outcome.manifest["outputs"]]
    links = summary.file_links(outcome.folder, names, reports_url)
    title = f"{outcome.label} r{outcome.revision}"
    create_markdown_artifact(summary.markdown(report, language, links), SUMMARY, title)
    for cluster in summary.clusters_with_cost(report):
        key = f"{SUMMARY}-{cluster.cluster.cluster_id}"
        create_table_artifact(summary.rows(cluster, text), key, f"{cluster.cluster.name}, {title}")
    _link_workbooks(links, title)


def show_failure(label: str, error: KlyngeError) -> None:
    """Show what went wrong, in full, and what to try next."""
    create_markdown_artifact(summary.failure(label, error), FAILURE, f"{label}: failed")


def _link_workbooks(links: Mapping[str, str], title: str) -> None:
    national = next(link for name, link in links.items() if name.endswith(".xlsx"))
    create_link_artifact(national, title, f"{SUMMARY}-workbook", f"Workbook of {title}")
