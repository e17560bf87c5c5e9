"""The sheets of a workbook and the addresses on them, before anything is written.

Sheets refer to each other, so every live table is laid out first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from pipeline.calculation.allocation import Part
from pipeline.calculation.quarter import Allocation, ClusterResult, Member
from pipeline.reporting import notes
from pipeline.reporting.content import Content
from pipeline.reporting.texts import Catalogue
from pipeline.reporting.workbook.book import Formula, wrapped
from pipeline.reporting.workbook.live_table import Amount, LiveTable, Row
from schemas.records import Basis
from schemas.source_tables import FOLK1A

_SHEET_NAME_LENGTH: Final = 31
"""Characters that Excel allows in the name of a sheet."""


@dataclass(frozen=True)
class Plan:
    """The live tables of a workbook.

    Args:
        content: What the report says.
        clusters: The clusters that it holds.
        live: The live table of each by cluster id.
        funds: The live tables of the shared funds by structure.
    """

    content: Content
    clusters: tuple[ClusterResult, ...]
    live: dict[str, LiveTable]
    funds: dict[str, LiveTable]

    @property
    def tables(self) -> list[LiveTable]:
        """All live tables."""
        return [*self.live.values(), *self.funds.values()]

    def of_cluster(self, result: ClusterResult) -> Plan:
        """Return the part of the plan that the workbook of one cluster holds."""
        cluster_id = result.cluster.cluster_id
        content = self.content.of_structure(result.cluster.structure)
        return Plan(content, (result,), {cluster_id: self.live[cluster_id]}, {})


def plan_of(content: Content) -> Plan:
    """Lay out the live tables of all clusters and of the shared funds."""
    text, clusters = content.text, content.result.clusters
    fixed = ("cover", "clusters", "municipalities", "development", "control", "notes", "funds")
    results = {result.cluster.cluster_id: result for result in clusters}
    short_ids = {key: result.cluster.short_id for key, result in results.items()}
    names = sheet_names(short_ids, [sheet_name(text, name) for name in fixed])
    live = {key: _cluster(content, result, names[key]) for key, result in results.items()}
    funds = {
        structure: _funds(content, structure, allocations, live)
        for structure, allocations in content.funds.items()
    }
    return Plan(content, clusters, live, funds)


def sheet_name(text: Catalogue, key: str) -> str:
    """Return the name of a sheet, cut where the words of a structure are too long for Excel."""
    return text(f"sheet.{key}")[:_SHEET_NAME_LENGTH]


def sheet_names(short_ids: Mapping[str, str], taken: Iterable[str]) -> dict[str, str]:
    """Return a name of its own for the sheet of each cluster, as Excel allows it."""
    used = {name.casefold() for name in taken}
    names = {}
    for cluster_id, short_id in short_ids.items():
        wanted = short_id[:_SHEET_NAME_LENGTH]
        name, copy = wanted, 2
        while name.casefold() in used:
            name, copy = f"{wanted[: _SHEET_NAME_LENGTH - 4]}-{copy}", copy + 1
        used.add(name.casefold())
        names[cluster_id] = name
    return names


def _words(content: Content) -> tuple[str, str]:
    return content.text("control.ok"), content.text("control.differs")


def _cluster(content: Content, result: ClusterResult, sheet: str) -> LiveTable:
    text = content.text
    headings = ("municipality_code", "municipality_name", "basis")
    members = sorted(result.members, key=lambda member: member.membership.municipality_code)
    return LiveTable(
        sheet,
        wrapped(_cluster_lines(content, result)),
        tuple(text(f"column.{heading}") for heading in headings),
        [_member_row(content, result, member) for member in members],
        [_amount(content, allocation) for allocation in result.allocations]
        or [_no_amount(content, result)],
        _words(content),
    )


def _cluster_lines(content: Content, result: ClusterResult) -> Iterable[str]:
    text = content.text
    yield text("live.usage")
    yield text("live.control")
    for note in content.notes_on(result):
        if note.rule_of and note.rule_of[0] == result.cluster.cluster_id:
            yield f"{note.mark} {note.text}"
    by_districts = any(member.membership.basis is Basis.DISTRICTS for member in result.members)
    sources = [
        notes.citation(snapshot, text)
        for snapshot in content.calculation.inputs.snapshots
        if by_districts or snapshot.table == FOLK1A.table
    ]
    yield f"{text('cover.source')}: {'; '.join(sources)}."
    assumptions = [
        note.mark
        for note in content.notes_on(result)
        if note.number <= len(content.calculation.inputs.reference.assumptions)
    ]
    yield text("live.notes", marks=", ".join(assumptions), sheet=text("sheet.notes"))


def _member_row(content: Content, result: ClusterResult, member: Member) -> Row:
    rule = member.membership
    note = content.rule_note(result, rule.municipality_code)
    basis = notes.basis_text(member, content.text)
    return Row(
        rule.municipality_code,
        (rule.municipality_code, member.name, f"{basis} {note.mark}" if note else basis),
        member.population,
        rule.fraction.numerator,
        rule.fraction.denominator,
    )


def _amount(content: Content, allocation: Allocation) -> Amount:
    cost = allocation.cost
    return Amount(content.text.cost_heading(cost), cost.amount_dkk, dict(allocation.parts))


def _no_amount(content: Content, result: ClusterResult) -> Amount:
    """Return the amount 0 of a cluster without a cost, to try an amount in."""
    zero = Fraction(0)
    codes = sorted(member.membership.municipality_code for member in result.members)
    parts = {code: Part(code, 0, zero, zero, rank) for rank, code in enumerate(codes, start=1)}
    return Amount(content.text("overview.no_cost"), 0, parts, entered=False)


def _funds(
    content: Content, structure: str, allocations: list[Allocation], live: dict[str, LiveTable]
) -> LiveTable:
    text = content.text
    rows = []
    for result in content.result.clusters:
        key = result.cluster.cluster_id
        if key in allocations[0].parts:
            labels, table = (content.cluster_name(result), result.cluster.region), live[key]
            weight, scale = sum(table.weights.values()), table.scale
            links = (
                Formula(f"={table.elsewhere('weight')}", weight),
                Formula(f"={table.elsewhere('denominator')}", scale),
            )
            rows.append(Row(key, labels, weight, 1, scale, links))
    name = text("sheet.funds")
    if len(content.funds) > 1:
        name = f"{name} {structure}"
    return LiveTable(
        name[:_SHEET_NAME_LENGTH],
        wrapped([text("funds.usage"), text("live.control")]),
        (text("column.cluster_name"), text("overview.region")),
        rows,
        [_amount(content, allocation) for allocation in allocations],
        _words(content),
        linked=True,
    )
