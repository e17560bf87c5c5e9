"""A report as `klynge run` shows it: who owes what, and what it was last time."""

from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction

from rich.table import Table

from flows.terminal.screen import Part, kroner, styled, table
from pipeline.calculation.quarter import ClusterResult, QuarterResult
from pipeline.reporting.notes import basis_text, citation, section_name
from pipeline.reporting.texts import Catalogue
from pipeline.revisions.store import Report
from schemas.records import Language


def report_parts(report: Report, cluster_ids: Sequence[str]) -> Iterator[Part]:
    """Yield the sources, who owes what beside what it was last time, and findings.

    The clusters shown are those that are named, else those with a cost.
    """
    calculation = report.calculation
    text = Catalogue(Language.ENGLISH, calculation.inputs.reference.structures.values())
    day = text.day(calculation.report.quarter.reference_day)
    yield styled(f"{calculation.report.label}: population on {day}")
    for snapshot in calculation.inputs.snapshots:
        yield styled(citation(snapshot, calculation.report.quarter, text), "dim")
    if report.has_costs and not cluster_ids:
        yield from ("", _costs(calculation.result, text))
    for cluster in calculation.result.sections:
        if cluster.cluster.cluster_id in cluster_ids or (cluster.allocations and not cluster_ids):
            yield from ("", _members(cluster, text, calculation.before))
    yield ""
    for finding in calculation.result.findings:
        yield f"Finding: {text.finding(finding)}"
    yield styled(f"{report.state.capitalize()}: {report.folder}")
    if report.written:
        yield f"Reason: {report.manifest['reason']}"


def _costs(result: QuarterResult, text: Catalogue) -> Table:
    rows = [
        (row.cost, cluster.cluster.name, str(len(cluster.members)))
        for cluster in result.sections
        for row in cluster.allocations
    ]
    funds = result.shared_funds
    rows += [(fund.cost, text("funds.count", count=len(fund.parts)), "") for fund in funds]
    return table(
        ["<Cost", f"<{text('overview.cluster')}", ">Municipalities", ">Amount"],
        [
            (cost.name_en, *cells, f"{kroner(cost.amount_dkk)} {text(f'value.{cost.per}')}")
            for cost, *cells in rows
        ],
    )


def _members(cluster: ClusterResult, text: Catalogue, before: QuarterResult | None) -> Table:
    costs = [text.cost_heading(row.cost) for row in cluster.allocations]
    earlier: Counter[str] = Counter()
    shared = {(row.cost.cost_id, row.cost.scope) for row in cluster.allocations}
    paid = [row for result in before.sections for row in result.allocations] if before else []
    for row in paid:
        if (row.cost.cost_id, row.cost.scope) in shared:
            earlier.update({code: part.amount for code, part in row.parts.items()})
    together = ["Together"] if len(costs) > 1 else []
    there = before and cluster.cluster.cluster_id in before.rules.members  # a council may be new
    issues = [f"Last time, {before.quarter}"] if costs and before and there else []

    def cells(people: Fraction, share: Fraction, amounts: list[int], last_time: int) -> list[str]:
        sums = [sum(amounts) for _ in together] + [last_time for _ in issues]
        return [*text.figures(people, share, amounts, " kr."), *map(kroner, sums)]

    rows = []
    for member in cluster.members:
        amounts, last_time = cluster.amounts_of(member.code), earlier[member.code]
        numbers = cells(member.counted_population, member.share, amounts, last_time)
        rows.append([f"{member.code} {member.name}", basis_text(member, text), *numbers])
    all_shares = sum((member.share for member in cluster.members), Fraction(0))
    paid_in_all = [sum(part.amount for part in row.parts.values()) for row in cluster.allocations]
    total = cells(cluster.counted_population, all_shares, paid_in_all, sum(earlier.values()))
    return table(
        [
            f"<{section_name(cluster, text)}",
            "<Counts with",
            ">Counted",
            ">Share",
            *(f">{heading}" for heading in (*costs, *together, *issues)),
        ],
        rows,
        [text("cluster.total"), "", *total],
    )
