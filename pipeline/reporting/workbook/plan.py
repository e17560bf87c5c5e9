"""The sheets of a workbook and the addresses on them, before anything is written.

Sheets refer to each other, so every live table is laid out first.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

from pipeline.calculation.quarter import ClusterResult, Member
from pipeline.plain_text import plain
from pipeline.reporting import notes
from pipeline.reporting.content import Content
from pipeline.reporting.texts import Catalogue
from pipeline.reporting.workbook.book import Formula, wrapped
from pipeline.reporting.workbook.live_table import LiveTable, Row
from schemas.sharing import EVERYBODY

_SHEET_NAME_LENGTH: Final = 31
"""Characters that Excel allows in the name of a sheet."""

_FORBIDDEN: Final = r"[\[\]:*?/\\']"
"""Signs that a name of a sheet may not hold, or that would have to be doubled in formulas."""

_SHEETS: Final = (
    "cover", "clusters", "municipalities", "keys", "invoices", "changes", "funds", "development",
    "control", "notes",
)  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """The live tables of a workbook: of each cluster by id, of the shared funds by structure.

    It tells of clusters, by counted population; the sections are those that have a cost, once a key
    by which they share one.
    """

    content: Content
    clusters: Sequence[ClusterResult]
    sections: Sequence[ClusterResult]
    live: dict[str, LiveTable]
    funds: dict[str, LiveTable]
    memos: Mapping[str, str]

    def of(self, result: ClusterResult) -> list[LiveTable]:
        """Return the live tables of a cluster, by whatever key."""
        return [self.live[row.section_id] for row in self.sections if row.cluster == result.cluster]

    def costs(self, result: ClusterResult) -> list[tuple[LiveTable, int]]:
        """Return the live table of each cost of a cluster, and the number of the cost in it."""
        return [(row, cost) for row in self.of(result) for cost in range(len(row.allocations))]

    @property
    def tables(self) -> list[LiveTable]:
        """All live tables."""
        return [*self.live.values(), *self.funds.values()]

    @property
    def keys(self) -> list[ClusterResult]:
        """The clusters without a sheet: nothing is allocated in them, and they have a key alone."""
        return [row for row in self.clusters if not self.of(row)]


def control(costs: Sequence[tuple[LiveTable, int]]) -> Formula:
    """Return whether all costs of a cluster that has some are allocated."""
    yes, no = costs[0][0].words
    tests = ",".join(f'{table.elsewhere("rank", cost)}="{yes}"' for table, cost in costs)
    holds = all(table.holds(cost) for table, cost in costs)
    return Formula(f'=IFERROR(IF(AND({tests}),"{yes}","{no}"),"{no}")', yes if holds else no)


def plan_of(content: Content, only: ClusterResult | None = None) -> Plan:
    """Lay out the live tables of the clusters that have a cost, and of the shared funds.

    The workbook of one cluster only has no funds, and the notes stand on its cover.
    """
    content = content.of_structure(only.cluster.structure) if only else content
    text, clusters = content.text, (only,) if only else content.result.clusters
    rows = [row for of in clusters for row in content.result.sections_of(of.cluster)]
    own = {row.section_id: row for row in rows if row.allocations}
    memo = text("sheet.memo")
    wanted = {key: notes.section_name(row, text) for key, row in own.items()}
    for key, name in list(wanted.items()):
        wanted[f"memo {key}"] = memo if len(own) == 1 else f"{memo} {name}"
    names, there = _sheet_names(content, wanted), text("sheet.cover" if only else "sheet.notes")
    live = {key: _cluster(content, row, names[key], there) for key, row in own.items()}
    funds = {} if only else {key: _funds(content, key, live) for key in content.funds}
    memos = {key: names[f"memo {key}"] for key in own}
    return Plan(content, clusters, [*own.values()], live, funds, memos)


def sheet_name(text: Catalogue, key: str) -> str:
    """Return the name of a sheet, cut where the words of a structure are too long for Excel."""
    return text(f"sheet.{key}")[:_SHEET_NAME_LENGTH]


def _sheet_names(content: Content, wanted: Mapping[str, str]) -> dict[str, str]:
    """Return a name for each sheet as Excel allows it, each once; by the same keys."""
    used = {sheet_name(content.text, name).casefold() for name in _SHEETS}
    names = {}
    for key, name in wanted.items():
        allowed = re.sub(_FORBIDDEN, " ", plain(name)).strip() or key
        unique, copy = _cut(allowed, _SHEET_NAME_LENGTH), 2
        while unique.casefold() in used:
            unique, copy = f"{_cut(allowed, _SHEET_NAME_LENGTH - 4)} {copy}", copy + 1
        used.add(unique.casefold())
        names[key] = unique
    return names


def _cut(name: str, length: int) -> str:
    """Return the start of a name; Excel counts a sign beyond the first 65,536 as two."""
    return name.encode("utf-16-le")[: 2 * length].decode("utf-16-le", "ignore").strip()


def _cluster(content: Content, result: ClusterResult, sheet: str, there: str) -> LiveTable:
    text = content.text
    headings = ("municipality_code", "municipality_name", "basis")
    members = sorted(result.members, key=attrgetter("code"))
    kind, name = content.structure(result).anchor.capitalize(), notes.section_name(result, text)
    return LiveTable(
        sheet,
        f"{kind}_{result.section_id.replace('-', '_')}",
        text("live.title" if result.key == EVERYBODY else "live.title_by_key", cluster=name),
        wrapped(_cluster_lines(content, result, there)),
        tuple(text(f"column.{heading}") for heading in headings),
        [_member_row(content, result, member) for member in members],
        result.allocations,
        (text("control.ok"), text("control.differs")),
        key=result.key,
    )


def _cluster_lines(content: Content, result: ClusterResult, sheet: str) -> Iterable[str]:
    marks = [row.mark for row in content.notes_on(result) if row.clusters or row.assumed]
    yield content.text("live.usage")
    yield content.text("live.notes", marks=", ".join(marks), sheet=sheet)
    if result.key != EVERYBODY:
        yield notes.key_text(result.key, content.result.quarter, content.text)


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


def _funds(content: Content, structure: str, live: dict[str, LiveTable]) -> LiveTable:
    text, allocations = content.text, content.funds[structure]
    rows = []
    for result in content.result.clusters:
        key = result.cluster.cluster_id
        if key in allocations[0].parts:
            labels = (content.cluster_name(result), result.cluster.region)
            weight, scale = result.counted_population.as_integer_ratio()
            links: tuple[Formula, ...] = ()
            if table := live.get(key):
                links = table.seen("weight"), table.seen("denominator")
                weight, scale = sum(table.weights.values()), table.scale
            rows.append(Row(key, labels, weight, 1, scale, links))
    name = text("sheet.funds")
    if len(content.funds) > 1:
        name = f"{name} {structure}"
    return LiveTable(
        name[:_SHEET_NAME_LENGTH],
        f"Puljer_{structure}",
        content.of_structure(structure).text("funds.title"),
        wrapped([text("funds.usage")]),
        (text("column.cluster_name"), text("overview.region")),
        rows,
        allocations,
        (text("control.ok"), text("control.differs")),
        linked=True,
    )
