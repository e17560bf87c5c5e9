"""What the report says in words: sources, how a municipality counts, and the numbered notes."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain
from typing import Final

from pipeline.calculation.calculate import Calculation, Snapshot
from pipeline.calculation.findings import Finding
from pipeline.calculation.quarter import ClusterResult, Member
from pipeline.machine import installed_version
from pipeline.reporting.texts import Catalogue
from schemas.quarter import Quarter
from schemas.records import COST_NAMED, Basis, Cost, Language
from schemas.sharing import EVERYBODY, Key, Source
from schemas.source_tables import source_of

_NO_CLUSTER: Final = ("",)
"""A note that no cluster's reader needs; without any cluster it would concern all."""


@dataclass(frozen=True)
class Note:
    """A numbered note of the report, on a subject in a word or two, that concerns clusters or all.

    Where it explains how a municipality counts, `rule_of` is its cluster's id and its code.
    """

    subject: str
    text: str
    clusters: tuple[str, ...] = ()
    rule_of: tuple[str, str] | None = None
    number: int = 0
    assumed: bool = False

    @property
    def mark(self) -> str:
        """How a cell refers to it; `[note 1]` in every language, as the UK guidance has it."""
        return f"[note {self.number}]"


def citation(row: Snapshot, report: Quarter, text: Catalogue) -> str:
    """Return the source of a snapshot as it is to be cited, with its day where it is not alone."""
    source, quarter, ages = row.source, Quarter.parse(row.quarter), source_of(row.table).ages
    if ages or quarter != report:
        day = text.day(quarter.reference_day)
        source = text("cover.by_age" if ages else "cover.of_day", source=source, day=day)
    retrieved = text(f"value.{row.origin}", day=text.day(date.fromisoformat(row.retrieved_at[:10])))
    return text("cover.citation", source=source, retrieved=retrieved, licence=row.licence)


def source_title(source: Source, text: Catalogue) -> str:
    """Return the title of a source in the language of the report."""
    return text.choose(source.title_da or source.title, source.title)


def basis_text(member: Member, text: Catalogue) -> str:
    """Return how a municipality counts, in words, and whether it is an estimate."""
    basis = text(f"value.{member.membership.basis.value}")
    if member.membership.basis is Basis.FRACTION:
        basis = f"{basis} {member.membership.fraction}"
    return text.estimated(basis) if member.estimated else basis


def command(calculation: Calculation) -> str:
    """Return the command that makes the report again."""
    parameters, report = calculation.inputs.parameters, calculation.report
    options = [
        f"--rules {report.rules_quarter}" if report.rules_quarter else "",
        "--estimate-districts" if parameters.estimate_districts else "",
        "" if report.language is Language.DANISH else f"--language {report.language}",
    ]
    name = report.scenario
    verb = f"scenario {name}" if name else "run"
    overrides = "--file scenario.toml" if name else ""
    return " ".join(filter(None, ["klynge", verb, str(report.quarter), *options, overrides]))


def numbered_notes(
    calculation: Calculation, reasons: Sequence[Finding], text: Catalogue
) -> tuple[Note, ...]:
    """Return all notes in the order of their numbers."""
    findings = (
        Note(text("notes.finding"), text.finding(row), _concerned(row, calculation))
        for row in calculation.result.findings
    )
    notes = chain(
        _assumptions(calculation, text),
        _rules(calculation, text),
        _keys(calculation, text),
        findings,
        (Note(text("notes.change"), text.finding(reason)) for reason in reasons),
        _sources(calculation, text),
        _files(calculation, text),
    )
    return tuple(replace(note, number=number) for number, note in enumerate(notes, start=1))


def _assumptions(calculation: Calculation, text: Catalogue) -> Iterator[Note]:
    """Yield a note an assumption about what is in force."""
    rules = calculation.result.rules
    in_force = {row.cluster_id for row in rules.clusters}
    for row in calculation.inputs.reference.assumptions:
        clusters = in_force.intersection(row.cluster_ids or in_force)
        costs = [cost for cost in rules.costs if cost.structure or cost.scope in clusters]
        worded = _with_amounts(text.choose(row.text_da, row.text_en), costs, text)
        if worded and clusters:
            subject = text("notes.assumption", number=row.number)
            yield Note(subject, worded, row.cluster_ids, assumed=True)


def _with_amounts(worded: str, costs: Sequence[Cost], text: Catalogue) -> str:
    """Return a text with the amounts of the costs that it names; none if one is not in force."""

    def amount(found: re.Match[str]) -> str:
        amounts = {cost.amount_dkk for cost in costs if cost.cost_id == found[1]}
        return " / ".join(map(text.number, sorted(amounts)))

    in_force = {cost.cost_id for cost in costs}
    return COST_NAMED.sub(amount, worded) if in_force >= {*COST_NAMED.findall(worded)} else ""


def _concerned(finding: Finding, calculation: Calculation) -> tuple[str, ...]:
    """Return the clusters that a finding concerns; none where it concerns all."""
    members = calculation.result.rules.members
    concerned = tuple(key for key, rows in members.items() if finding.concerns(key, rows))
    return (concerned or _NO_CLUSTER) if len(concerned) < len(members) else ()


def _rules(calculation: Calculation, text: Catalogue) -> Iterator[Note]:
    """Yield a note a municipality that counts in part in a cluster."""
    known = calculation.result.population.districts_from
    districts = calculation.inputs.reference.districts
    for result in calculation.result.clusters:
        cluster_id = result.cluster.cluster_id
        for member in result.members:
            rule = member.membership
            if rule.basis is Basis.WHOLE:
                continue
            worded = text(
                f"cluster.{rule.basis.value}",
                name=member.name,
                fraction=str(rule.fraction),
                population=member.population,
                districts=", ".join(districts[code].name for code in rule.districts),
            )
            if member.estimated and known:
                worded = f"{worded} {text('cluster.estimated', quarter=str(known))}"
            source = calculation.inputs.reference.sources[rule.source_id]
            worded = f"{worded} {text('cluster.source', title=source_title(source, text))}"
            yield Note(text("notes.rule"), worded, (cluster_id,), (cluster_id, member.code))


def section_name(result: ClusterResult, text: Catalogue) -> str:
    """Return the name of a cluster, and of the key by which its costs here are shared."""
    return shared_by(result.cluster.name, result.key, text)


def shared_by(cluster: str, key: Key, text: Catalogue) -> str:
    """Return the name of a cluster with that of a key; alone where no key says otherwise."""
    if key == EVERYBODY:
        return cluster
    return text("key.of_cluster", cluster=cluster, key=text.choose(key.name_da, key.name_en))


def key_text(key: Key, report: Quarter, text: Catalogue) -> str:
    """Return how a key shares, in words."""
    first, _, last = key.ages.partition("-")
    who = "ages" if last else "from_age" if first else "all"
    day = text.day(key.day(report)[1].reference_day)
    said = [text(f"key.{who}", first=first, last=last, day=day)]
    if key.equal_part:
        said.append(text(f"key.equal_{key.equal_by}", part=str(key.equal_part)))
    if key.cap is not None:
        said.append(text("key.cap", people=key.cap))
    return f"{text.choose(key.name_da, key.name_en)}: {'; '.join(said)}."


def _keys(calculation: Calculation, text: Catalogue) -> Iterator[Note]:
    """Yield a note a key, with the clusters whose costs it shares."""
    for key in calculation.result.rules.keys:
        used_by = [row.cluster.cluster_id for row in calculation.result.sections if row.key == key]
        worded = key_text(key, calculation.report.quarter, text)
        yield Note(text("key.title"), worded, tuple(used_by))


def _sources(calculation: Calculation, text: Catalogue) -> Iterator[Note]:
    """Yield a note a cluster and source, with the municipalities whose membership rests on it."""
    for result in calculation.result.clusters:
        names: dict[str, list[str]] = {}
        for member in result.members:
            names.setdefault(member.membership.source_id, []).append(member.name)
        for source_id, cited_for in sorted(names.items()):
            source = calculation.inputs.reference.sources[source_id]
            worded = text(
                "notes.source",
                municipalities=", ".join(cited_for),
                title=source_title(source, text),
                confidence=text(f"value.{source.confidence}"),
            )
            yield Note(text("notes.membership"), worded, (result.cluster.cluster_id,))


def _files(calculation: Calculation, text: Catalogue) -> Iterator[Note]:
    for row in calculation.inputs.snapshots:
        cited = citation(row, calculation.report.quarter, text)
        record = text("notes.file", file=row.path, bytes=row.bytes, sha256=row.sha256)
        derived = f" {text('notes.derived')}" if row.derived else ""
        yield Note(text("notes.snapshot"), f"{cited}. {record}{derived}")
    for file in calculation.inputs.reference.files:
        record = text("notes.file", file=file.file, bytes=file.bytes, sha256=file.sha256)
        yield Note(text("notes.reference"), record)
    made_by = text("notes.reproduce", version=installed_version(), command=command(calculation))
    yield Note(text("notes.version"), made_by)
