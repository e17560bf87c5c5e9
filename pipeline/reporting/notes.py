"""What the report says in words: sources, how a municipality counts, and the numbered notes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import chain, groupby

from pipeline.calculation.calculate import Calculation, Snapshot
from pipeline.calculation.findings import Finding
from pipeline.calculation.quarter import ClusterResult, Member
from pipeline.reporting.texts import Catalogue
from pipeline.version import VERSION
from schemas.records import Basis, Language

_MONTHS_DA = (
    "januar", "februar", "marts", "april", "maj", "juni", "juli", "august", "september",
    "oktober", "november", "december",
)  # fmt: skip
_MONTHS_EN = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


@dataclass(frozen=True)
class Note:
    """A note of the report.

    Args:
        subject: What it is about, in a word or two.
        text: What it says.
        clusters: Ids of the clusters that it concerns; none if it concerns all.
        rule_of: Cluster id and municipality code where it explains how a municipality counts.
        number: Its number, from 1.
    """

    subject: str
    text: str
    clusters: tuple[str, ...] = ()
    rule_of: tuple[str, str] | None = None
    number: int = 0

    @property
    def mark(self) -> str:
        """How a cell refers to it; `[note 1]` in every language, as the UK guidance has it."""
        return f"[note {self.number}]"


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


def basis_text(member: Member, text: Catalogue) -> str:
    """Return how a municipality counts, in words, and whether it is an estimate."""
    basis = text(f"value.{member.membership.basis.value}")
    if member.membership.basis is Basis.FRACTION:
        basis = f"{basis} {member.membership.fraction}"
    return f"{basis} ({text('column.estimated').lower()})" if member.estimated else basis


def command(calculation: Calculation) -> str:
    """Return the command that makes the report again."""
    parameters, report = calculation.inputs.parameters, calculation.report
    options = [
        f"--rules {report.rules_quarter}" if report.rules_quarter else "",
        "--estimate-districts" if parameters.estimate_districts else "",
        *(f"--accept-jump {code}" for code in parameters.accept_jumps),
        "" if report.language is Language.DANISH else f"--language {report.language}",
    ]
    name = report.scenario
    verb = f"scenario {name}" if name else "run"
    overrides = "--file scenario.toml" if name else ""
    parts = ["klynge", verb, str(report.quarter), *options, overrides]
    return " ".join(filter(None, parts))


def numbered_notes(
    calculation: Calculation, reasons: Sequence[Finding], text: Catalogue
) -> Iterator[Note]:
    """Yield all notes in the order of their numbers."""
    everything = chain(
        _assumptions(calculation, text),
        chain.from_iterable(
            _rules(calculation, result, text) for result in calculation.result.clusters
        ),
        (Note(text("notes.finding"), text.finding(row)) for row in calculation.result.findings),
        (Note(text("notes.change"), text.finding(reason)) for reason in reasons),
        chain.from_iterable(
            _sources(calculation, result, text) for result in calculation.result.clusters
        ),
        _files(calculation, text),
    )
    for number, note in enumerate(everything, start=1):
        yield replace(note, number=number)


def _assumptions(calculation: Calculation, text: Catalogue) -> Iterator[Note]:
    for row in calculation.inputs.reference.assumptions:
        subject = text("notes.assumption", number=row.number)
        yield Note(subject, text.choose(row.text_da, row.text_en), row.cluster_ids)


def _rules(calculation: Calculation, result: ClusterResult, text: Catalogue) -> Iterator[Note]:
    known = calculation.result.population.districts_from
    for member in result.members:
        worded = _rule(calculation, member, text)
        if not worded:
            continue
        if member.estimated and known:
            worded = f"{worded} {text('cluster.estimated', quarter=str(known))}"
        cluster_id = result.cluster.cluster_id
        concerns = (cluster_id, member.membership.municipality_code)
        yield Note(text("notes.rule"), worded, (cluster_id,), concerns)


def _rule(calculation: Calculation, member: Member, text: Catalogue) -> str:
    rule = member.membership
    if rule.basis is Basis.FRACTION:
        return text(
            "cluster.fraction",
            name=member.name,
            fraction=str(rule.fraction),
            population=member.population,
        )
    if rule.basis is Basis.DISTRICTS:
        names = (calculation.inputs.reference.districts[code].name for code in rule.districts)
        return text("cluster.districts", name=member.name, districts=", ".join(names))
    return ""


def _sources(calculation: Calculation, result: ClusterResult, text: Catalogue) -> Iterator[Note]:
    """Yield a note a source, with the municipalities whose membership rests on it."""

    def source_id(member: Member) -> str:
        return member.membership.source_id

    for cited, members in groupby(sorted(result.members, key=source_id), source_id):
        source = calculation.inputs.reference.sources[cited]
        worded = text(
            "notes.source",
            municipalities=", ".join(member.name for member in members),
            title=source.title,
            confidence=text(f"value.{source.confidence}"),
        )
        yield Note(text("notes.membership"), worded, (result.cluster.cluster_id,))


def _files(calculation: Calculation, text: Catalogue) -> Iterator[Note]:
    for snapshot in calculation.inputs.snapshots:
        record = text(
            "notes.file", file=snapshot.path, bytes=snapshot.bytes, sha256=snapshot.sha256
        )
        yield Note(text("notes.snapshot"), f"{citation(snapshot, text)}. {record}")
    for file in calculation.inputs.reference.files:
        record = text("notes.file", file=file.file, bytes=file.bytes, sha256=file.sha256)
        yield Note(text("notes.reference"), record)
    yield Note(
        text("notes.version"),
        text("notes.reproduce", version=VERSION, command=command(calculation)),
    )
