"""What the report says in words: the cover's lines, a cluster's notes, and the notes at the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from pipeline.calculation import Calculation, Parameters
from pipeline.findings import Finding
from pipeline.quarter_result import ClusterResult, Member
from pipeline.reporting.numbers import Language
from pipeline.reporting.texts import Catalogue
from pipeline.snapshots import Snapshot
from pipeline.version import VERSION
from schemas.records import Basis

Line = tuple[str, str]
_MONTHS_DA = (
    "januar", "februar", "marts", "april", "maj", "juni", "juli", "august", "september",
    "oktober", "november", "december",
)  # fmt: skip
_MONTHS_EN = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


def day_text(day: date, language: Language) -> str:
    """Return `1. januar 2022` in Danish, `1 January 2022` in English."""
    if language is Language.DANISH:
        return f"{day.day}. {_MONTHS_DA[day.month - 1]} {day.year}"
    return f"{day.day} {_MONTHS_EN[day.month - 1]} {day.year}"


def citation(snapshot: Snapshot, text: Catalogue) -> str:
    """Return the source of a snapshot as it is to be cited."""
    day = datetime.fromisoformat(snapshot.retrieved_at).date()
    retrieved = text(f"value.{snapshot.origin}", day=day_text(day, text.language))
    return text(
        "cover.citation", source=snapshot.source, retrieved=retrieved, licence=snapshot.licence
    )


def cover_lines(
    calculation: Calculation, revision: int, reasons: Sequence[Finding], text: Catalogue
) -> list[Line]:
    """Return what the cover says: label and text."""
    parameters, result = calculation.parameters, calculation.result
    quarter = str(parameters.quarter)
    if parameters.rules_quarter:
        rules = str(parameters.rules_quarter)
        quarter = text("cover.backcast", quarter=quarter, rules=rules)
    day = day_text(parameters.quarter.reference_day, text.language)
    lines = [
        (text("cover.quarter"), quarter),
        (text("cover.reference_day"), day),
        *_issue_lines(parameters.scenario, revision, reasons, text),
        *((text("cover.source"), citation(snapshot, text)) for snapshot in calculation.snapshots),
        (text("cover.money"), text("cover.money_text")),
    ]
    if result.population.districts_estimated:
        lines.append((text("column.estimated"), text("cover.estimated")))
    return lines + [(text("notes.finding"), text.finding(item)) for item in result.findings]


def _issue_lines(
    scenario: str | None, revision: int, reasons: Sequence[Finding], text: Catalogue
) -> list[Line]:
    why = text.findings(reasons)
    if scenario:
        return [(text("column.scenario"), why)]
    return [(text("cover.revision"), f"r{revision}"), (text("cover.reason"), why)]


def basis_text(member: Member, text: Catalogue) -> str:
    """Return how a municipality counts, in words, and whether it is an estimate."""
    basis = text(f"value.{member.membership.basis.value}")
    if member.membership.basis is Basis.FRACTION:
        basis = f"{basis} {member.membership.fraction}"
    return f"{basis} ({text('column.estimated').lower()})" if member.estimated else basis


def cluster_notes(
    calculation: Calculation, result: ClusterResult, text: Catalogue
) -> Iterator[str]:
    """Return the name of a cluster, the notes on its members' rules, and the sources."""
    yield result.cluster.name
    for member in result.members:
        if member.membership.basis is Basis.FRACTION:
            fraction = str(member.membership.fraction)
            yield text(
                "cluster.fraction",
                name=member.name,
                fraction=fraction,
                population=member.population,
            )
        elif member.membership.basis is Basis.DISTRICTS:
            districts = ", ".join(
                calculation.reference.districts[code].name for code in member.membership.districts
            )
            yield text("cluster.districts", name=member.name, districts=districts)
    known = calculation.result.population.districts_from
    if result.estimated and known:
        yield text("cluster.estimated", quarter=str(known))
    for snapshot in calculation.snapshots:
        yield f"{text('cover.source')}: {citation(snapshot, text)}"


def note_lines(calculation: Calculation, text: Catalogue) -> Iterator[Line]:
    """Return the notes at the end: subject and text."""
    for finding in calculation.result.findings:
        yield text("notes.finding"), text.finding(finding)
    for row in calculation.reference.assumptions:
        worded = row.text_da if text.language is Language.DANISH else row.text_en
        yield text("notes.assumptions", number=row.number), worded
    for result in calculation.result.clusters:
        yield (
            text("notes.memberships"),
            f"{result.cluster.name}: {_sources(calculation, result, text)}",
        )
    for snapshot in calculation.snapshots:
        record = text(
            "notes.file", file=snapshot.path, bytes=snapshot.bytes, sha256=snapshot.sha256
        )
        yield text("notes.snapshot"), f"{citation(snapshot, text)}. {record}"
    for file in calculation.reference.files:
        yield (
            text("notes.reference"),
            text("notes.file", file=file.file, bytes=file.bytes, sha256=file.sha256),
        )
    arguments = _arguments(calculation.parameters)
    yield text("notes.version"), text("notes.reproduce", version=VERSION, arguments=arguments)


def _arguments(parameters: Parameters) -> str:
    """Return the arguments of `klynge` that give this report again."""
    arguments = f"run {parameters.quarter}"
    if parameters.scenario:
        arguments = f"scenario {parameters.scenario} {parameters.quarter} --file scenario.toml"
    if parameters.rules_quarter:
        arguments += f" --rules {parameters.rules_quarter}"
    if parameters.estimate_districts:
        arguments += " --estimate-districts"
    return arguments


def _sources(calculation: Calculation, result: ClusterResult, text: Catalogue) -> str:
    cited = dict.fromkeys(member.membership.source_id for member in result.members)
    sources = [calculation.reference.sources[source_id] for source_id in cited]
    return "; ".join(
        text(
            "notes.confidence",
            title=source.title,
            confidence=text(f"value.{source.confidence}"),
        )
        for source in sources
    )
