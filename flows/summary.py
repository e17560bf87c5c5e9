"""What people are shown of a run: its state's message, and artifacts in Prefect's UI.

Who is told of what is decided on the server, by the automations of `prefect.yaml`: the process of
a run cannot tell of its own death.
"""

from collections.abc import Iterator

from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact
from prefect.client.schemas.objects import State
from prefect.states import Failed

from flows.terminal.remedies import told
from pipeline.calculation.findings import Finding
from pipeline.calculation.quarter import ClusterResult
from pipeline.errors import KlyngeError, StorageError
from pipeline.plain_text import fenced, markdown
from pipeline.reporting.notes import citation, section_name
from pipeline.reporting.texts import Catalogue
from pipeline.revisions.store import Report

KEY = "fordeling"
"""Each artifact's key has its history over the quarters."""

WRITTEN = "written"
"""How the message of a run begins that wrote a new revision; `prefect.yaml` goes by it."""

Row = dict[str, str]


def ended(report: Report) -> str:
    """Return what writing came to, as the state of a run says it."""
    revision = report.folder.name
    what = f"{WRITTEN} {revision}" if report.written else f"unchanged ({revision})"
    return what if report.has_costs else f"{what}, no costs entered"


def one_line(error: KlyngeError) -> str:
    """Return the first line of an error's message."""
    return error.message.splitlines()[0].rstrip(":")


def failed(label: str, caught: KlyngeError | OSError, said: str = "") -> State:
    """Show what went wrong, in full, and what to try next; return the state that says it."""
    error = StorageError.of(caught)
    content = f"# {label}: {type(error).__name__}\n\n{fenced(told(error))}"
    create_markdown_artifact(content, f"{KEY}-failure", f"{label}: failed")
    return Failed(message=said + one_line(error), data=error)


def show_report(report: Report, reports_url: str) -> None:
    """Show the summary, a table a cluster with a cost, and a link to the workbook.

    Without the address of the reports folder, links lead to its path on this machine.
    """
    calculation = report.calculation
    text = Catalogue(calculation.report.language, calculation.inputs.reference.structures.values())
    title = f"{calculation.report.label} {report.folder.name}"
    tables = [
        (cluster, _rows(cluster, text))
        for cluster in report.calculation.result.sections
        if cluster.allocations
    ]
    links = _links(report, reports_url)
    lines = [
        *_headline(report, text),
        *(line for cluster, rows in tables for line in _section(section_name(cluster, text), rows)),
        "",
        *(f"- {markdown(text.finding(row))}" for row in report.calculation.result.findings),
        *("", f"## {text('summary.files')}", ""),
        *(f"- [{name}]({link})" for name, link in links.items()),
    ]
    create_markdown_artifact("\n".join(lines), KEY, title)
    for cluster, rows in tables:
        named = markdown(f"{section_name(cluster, text)}, {title}")
        create_table_artifact(rows, f"{KEY}-{cluster.section_id}", named)
    workbook = next(link for name, link in links.items() if name.endswith(".xlsx"))
    create_link_artifact(workbook, title, f"{KEY}-workbook", f"Workbook of {title}")


def _links(report: Report, reports_url: str) -> dict[str, str]:
    here = report.folder.resolve().as_uri()
    base = "/".join([reports_url, *report.folder.parts[-2:]]) if reports_url else here
    return {row["file"]: f"{base}/{row['file']}" for row in report.manifest["outputs"]}


def _headline(report: Report, text: Catalogue) -> Iterator[str]:
    said = "summary.written" if report.written else "summary.unchanged"
    yield f"# {text(said, label=report.calculation.report.label, revision=report.folder.name)}"
    yield ""
    for row in report.manifest["changes"]:
        yield f"- {text('cover.reason')}: {markdown(text.finding(Finding.recorded(**row)))}"
    for snapshot in report.calculation.inputs.snapshots:
        yield f"- {markdown(citation(snapshot, report.calculation.report.quarter, text))}"


def _section(name: str, rows: list[Row]) -> list[str]:
    head = list(map(markdown, rows[0]))
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *map(dict.values, rows)]
    return ["", f"## {markdown(name)}", "", *(f"| {' | '.join(line)} |" for line in lines)]


def _rows(cluster: ClusterResult, text: Catalogue) -> list[Row]:
    """Return a row a municipality: name, counted population, share, and kroner of each cost.

    Prefect shows cells as Markdown too, headings as they are; one that stands there has the id too.
    """
    share = "memo.share_by_key" if cluster.key.key_id else "column.share"
    columns = ("column.municipality_name", "column.counted_population", share)
    headings = [text(column) for column in columns]
    for cost in (row.cost for row in cluster.allocations):
        heading = text.cost_heading(cost)
        headings.append(f"{heading} ({cost.cost_id})" if heading in headings else heading)
    rows = []
    for member in cluster.members:
        amounts = cluster.amounts_of(member.code)
        shown = text.figures(member.counted_population, member.share, amounts)
        rows.append(dict(zip(headings, map(markdown, [member.name, *shown]), strict=True)))
    return rows
