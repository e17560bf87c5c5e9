"""The controls: what was found, what was expected, the difference, and OK or not in words.

A row says OK, FORKLARET where the remark explains a difference in the figures as published, or
AFVIGER; an error value, a blank or a text in an input cell is a difference like any other.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pipeline.calculation.findings import Subject
from pipeline.calculation.population import regions_of, total_of
from pipeline.calculation.quarter import Member
from pipeline.reporting.content import Content
from pipeline.reporting.texts import Catalogue
from pipeline.reporting.workbook.book import (
    Book,
    Cell,
    Column,
    Formula,
    Range,
    Sheet,
    fitting,
    number_of,
)
from pipeline.reporting.workbook.plan import Plan
from schemas.records import COPENHAGEN, COPENHAGEN_TOTAL, AreaKind, Basis
from schemas.source_tables import FOLK1A

_COVERAGE = (Subject.NOT_COVERED, Subject.PARTLY_COVERED)


@dataclass(frozen=True)
class Check:
    """What is compared where, what is there, and what should be.

    The remark explains a difference, or says what the check is for. `also` is a condition that must
    hold besides, and whether it does; `inputs` are input cells, as formulas refer to them, with
    what they were issued with.
    """

    what: str
    where: str
    found: Cell
    expected: Cell
    remark: str = ""
    also: tuple[str, bool] = ("TRUE", True)
    inputs: Mapping[str, int] = field(default_factory=dict)
    explained: bool = False


def control_sheet(book: Book, plan: Plan, municipalities: Range | None) -> Formula:
    """Write the controls, and return the formula that says whether all of them hold."""
    text, name = book.text, book.text("sheet.control")
    sheet = Sheet(book, name, text("control.title"), [text("control.line")])
    checks = [*_national(plan, municipalities), *_sums(plan), *_as_issued(plan)]
    columns = [
        Column(text("control.what"), "label", fitting((row.what for row in checks), 34)),
        Column(text("control.where"), "text", fitting((row.where for row in checks), 40)),
        Column(text("control.found"), "counted", 15),
        Column(text("control.expected"), "counted", 15),
        Column(text("control.difference"), "counted", 13),
        Column(text("control.result"), "outcome", 13),
        Column(text("control.remark"), "text", 58),
    ]
    first = sheet.next_row + 1
    rows = [_cells(book.text, number, check) for number, check in enumerate(checks, start=first)]
    results = sheet.table("Kontrol", columns, rows).column("F")
    fine = [f'COUNTIF({results},"{text(f"control.{word}")}")' for word in ("ok", "explained")]
    yes, no = text("value.true"), text("cover.not_all")
    results_shown = (row[5].value for row in rows if isinstance(row[5], Formula))
    holds = text("control.differs") not in results_shown
    return Formula(f'=IF({"+".join(fine)}=ROWS({results}),"{yes}","{no}")', yes if holds else no)


def _cells(text: Catalogue, row: int, check: Check) -> list[Cell]:
    yes = text("control.ok")
    no = text("control.explained" if check.explained else "control.differs")
    difference = number_of(check.found) - number_of(check.expected)
    condition, holds = check.also
    tests = ",".join([f"E{row}=0", condition, *map(_unchanged, check.inputs.items())])
    result = f'=IFERROR(IF(AND({tests}),"{yes}","{no}"),"{text("control.differs")}")'
    return [
        check.what,
        check.where,
        check.found,
        check.expected,
        Formula(f"=C{row}-D{row}", difference),
        Formula(result, yes if difference == 0 and holds else no),
        _named(text, row, check) if check.inputs else check.remark,
    ]


def _unchanged(issued: tuple[str, int]) -> str:
    """Return whether a cell holds the number that it was issued with, and not a text or blank."""
    return "IF(ISNUMBER({0}),{0}={1},FALSE)".format(*issued)


def _named(text: Catalogue, row: int, check: Check) -> Formula:
    """Return the remark that names the input cells which were changed."""
    named = "&".join(
        f'IF({_unchanged(issued)},""," {issued[0].replace("$", "")}")'
        for issued in check.inputs.items()
    )
    same, changed = text("control.unchanged"), text("control.changed")
    return Formula(f'=IF(F{row}="{text("control.ok")}","{same}","{changed}"&{named})', same)


def _sums(plan: Plan) -> Iterator[Check]:
    """Yield a check an amount: the parts add up to it."""
    text = plan.content.text
    for live in plan.tables:
        for cost, allocation in enumerate(live.allocations):
            outcome = f'{live.elsewhere("rank", cost)}="{text("control.ok")}"'
            found, expected = live.seen("kroner", cost), live.seen("exact", cost)
            also, name = (outcome, live.holds(cost)), text.cost_heading(allocation.cost)
            yield Check(text("control.sum"), live.sheet, found, expected, name, also)


def _as_issued(plan: Plan) -> Iterator[Check]:
    """Yield the checks that tell which input cells were changed since the file was made."""
    text = plan.content.text
    for live in plan.tables:
        for number, allocation in enumerate(live.allocations):
            cost, found = allocation.cost, live.seen("exact", number)
            what, where = text("control.amount_as_issued"), text.cost_heading(cost)
            inputs = {found.text[1:]: cost.amount_dkk}
            yield Check(what, f"{live.sheet}: {where}", found, cost.amount_dkk, inputs=inputs)
    for live in plan.live.values():
        for found in map(live.seen, live.inputs):
            what, issued = text("control.key_as_issued"), int(number_of(found))
            yield Check(what, live.sheet, found, issued, inputs={found.text[1:]: issued})
        for row in live.rows:
            what, where = text("control.population_as_issued"), f"{live.sheet}: {row.labels[1]}"
            found, inputs = live.shown(row.key, "counted"), live.inputs_of(row)
            yield Check(what, where, found, number_of(found), inputs=inputs)


def _national(plan: Plan, municipalities: Range | None) -> Iterator[Check]:
    content = plan.content
    if municipalities:
        yield from _identities(content, municipalities)
        yield from _coverage(content)
    members = [member for result in plan.clusters for member in result.members]
    if any(member.membership.basis is Basis.DISTRICTS for member in members):
        yield from _districts(content)
    yield from _findings(content, members)


def _identities(content: Content, municipalities: Range) -> Iterator[Check]:
    people, reference = content.result.population.by_area, content.reference
    kinds = {
        kind: [people[code] for code, area in reference.areas.items() if area.kind is kind]
        for kind in (AreaKind.MUNICIPALITY, AreaKind.OTHER)
    }
    others, count = kinds[AreaKind.OTHER], len(reference.municipality_codes)
    parts = sum(kinds[AreaKind.MUNICIPALITY] + others)
    country = people.get(total_of(FOLK1A, reference), parts)
    regions = regions_of(reference, people)
    beside = "".join(f"+{people}" for people in others)
    codes, counted = municipalities.column("A"), municipalities.column("C")
    yield _check(content, "municipalities", "FOLK1A", Formula(f"=COUNTA({codes})", count), count)
    yield _check(content, "country", "FOLK1A", Formula(f"=SUM({counted}){beside}", parts), country)
    found = Formula(f"={'+'.join(map(str, regions)) or 0}", sum(regions))
    why = content.explained[Subject.REGION_CODES_DIFFER]  # which is no excuse for another sum
    yield replace(_check(content, "regions", "FOLK1A", found, country, why), explained=False)


def _coverage(content: Content) -> Iterator[Check]:
    text, findings = content.text, content.result.findings
    count, known = len(content.reference.municipality_codes), content.reference.structures
    for structure in content.result.rules.structures:
        broken = [
            finding
            for finding in findings
            if finding.subject in _COVERAGE and dict(finding.values)["structure"] == structure
        ]
        where = text.choose(known[structure].name_da, known[structure].name_en)
        found = Formula(f"={count}-{len(broken)}", count - len(broken))
        why = " ".join(map(text.finding, broken))
        yield _check(content, "covered", where, found, count, why)


def _districts(content: Content) -> Iterator[Check]:
    population = content.result.population
    city = population.by_district[COPENHAGEN_TOTAL]
    parts = [count for code, count in population.by_district.items() if code != COPENHAGEN_TOTAL]
    summed = Formula(f"={'+'.join(map(str, parts))}", sum(parts))
    yield _check(content, "districts", "KKBEF1", summed, city)
    if not population.districts_from:
        found, expected = Formula(f"={city}", city), population.by_area[COPENHAGEN]
        why = content.explained[Subject.CITY_TOTALS_DIFFER]
        yield _check(content, "city", "KKBEF1, FOLK1A", found, expected, why)


def _findings(content: Content, members: Sequence[Member]) -> Iterator[Check]:
    """Yield the checks whose differences are findings: estimates, and populations that jumped."""
    counted = {code for member in members for code in member.membership.counted_codes}
    jumps = [
        content.text.finding(finding)
        for finding in content.result.findings
        if finding.subject is Subject.POPULATION_JUMP and counted.intersection(finding.places)
    ]
    estimated = content.explained[Subject.DISTRICTS_ESTIMATED]
    for key, where, count, why in (
        ("estimated", "KKBEF1", sum(member.estimated for member in members), estimated),
        ("jumps", "FOLK1A, KKBEF1", len(jumps), " ".join(jumps)),
    ):
        yield _check(content, key, where, Formula(f"={count}", count), 0, why)


def _check(
    content: Content, key: str, where: str, found: Formula, expected: int, why: str = ""
) -> Check:
    """Return a check that says what it is for or, where it is known, why there is a difference."""
    what, remark = content.text(f"control.{key}"), why or content.text(f"control.{key}_remark")
    return Check(what, where, found, expected, remark, explained=bool(why))
