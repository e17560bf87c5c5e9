"""What the terminal shows: short and calm, in plain text where it is piped."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from rich.table import Table

from flows.terminal.screen import Terminal, kroner, table
from pipeline.calculation.membership import RulesInForce
from pipeline.calculation.quarter import Allocation, ClusterResult, QuarterResult
from pipeline.reporting.notes import basis_text, citation, day_text
from pipeline.reporting.texts import Catalogue, exact, localized, percent
from pipeline.run import Report
from pipeline.snapshots.store import SnapshotStore
from pipeline.statbank.publication import Publication, expected_release
from schemas.quarter import Quarter
from schemas.records import Basis, Language, Membership, Reference
from schemas.source_tables import SOURCE_TABLES

if TYPE_CHECKING:  # a run that delivers nothing needs no mail
    from pipeline.delivery.deliver import Plan
    from pipeline.snapshots.intake import Stored


def print_json(manifest: Mapping[str, Any]) -> None:
    """Print a manifest as JSON."""
    print(json.dumps(manifest, ensure_ascii=False, indent=1))


def print_report(report: Report, cluster_ids: Sequence[str]) -> None:
    """Print the source, a line a cluster with a cost or the clusters asked for, and findings."""
    console = Terminal()
    calculation = report.calculation
    text = Catalogue(Language.ENGLISH, calculation.inputs.reference.structures.values())
    shown = [row for row in calculation.result.clusters if row.cluster.cluster_id in cluster_ids]
    day = day_text(calculation.report.quarter.reference_day, Language.ENGLISH)
    console.say(f"{calculation.report.label}: population on {day}", "bold")
    for snapshot in calculation.inputs.snapshots:
        console.say(citation(snapshot, text), "dim")
    console.print()
    if shown:
        for cluster in shown:
            console.print(_members(cluster, text))
    elif report.outcome.has_costs:
        console.print(_costs(calculation.result, text))
    for finding in calculation.result.findings:
        console.say(f"Finding: {text.finding(finding)}")
    outcome = report.outcome
    what = "Written" if outcome.written else "Unchanged"
    console.say(f"{what}: {outcome.folder}", "bold")
    if outcome.written:
        console.say(f"Reason: {outcome.manifest['reason']}")


def _costs(result: QuarterResult, text: Catalogue) -> Table:
    rows = table(
        ("Cost", "left"),
        (text("overview.cluster"), "left"),
        ("Municipalities", "right"),
        ("Amount", "right"),
    )
    for cluster in result.clusters:
        for allocation in cluster.allocations:
            cost = allocation.cost
            rows.add_row(
                cost.name_en,
                cluster.cluster.name,
                str(len(cluster.members)),
                f"{kroner(cost.amount_dkk)} {text(f'value.{cost.per}')}",
            )
    for fund in result.shared_funds:
        clusters = text("funds.count", count=len(fund.parts))
        amount = f"{kroner(fund.cost.amount_dkk)} {text(f'value.{fund.cost.per}')}"
        rows.add_row(fund.cost.name_en, clusters, "", amount)
    return rows


def _members(cluster: ClusterResult, text: Catalogue) -> Table:
    costs = [allocation.cost.name_en for allocation in cluster.allocations]
    rows = table(
        (cluster.cluster.name, "left"),
        ("Counts with", "left"),
        ("Counted", "right"),
        ("Share", "right"),
        *((name, "right") for name in costs),
    )
    for member in cluster.members:
        code = member.membership.municipality_code
        rows.add_row(
            f"{code} {member.name}",
            basis_text(member, text),
            localized(exact(member.counted_population), text.language),
            percent(member.share, text.language),
            *(kroner(allocation.parts[code].amount) for allocation in cluster.allocations),
        )
    totals = [kroner(_total(allocation)) for allocation in cluster.allocations]
    counted = localized(exact(cluster.counted_population), text.language)
    rows.add_row(
        "Total", "", counted, percent(_share(cluster), text.language), *totals, style="bold"
    )
    return rows


def _total(allocation: Allocation) -> int:
    return sum(part.amount for part in allocation.parts.values())


def _share(cluster: ClusterResult) -> Fraction:
    return sum((member.share for member in cluster.members), Fraction(0))


def print_fetched(quarters: Sequence[Quarter], fetched: Iterable[Stored]) -> None:
    """Show a progress bar on a terminal while quarters come in, then a line a table."""
    from rich.progress import Progress

    console = Terminal()
    changes: dict[str, Counter[str]] = {source.table: Counter() for source in SOURCE_TABLES}
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("Fetching", total=len(quarters) * len(SOURCE_TABLES))
        for item in fetched:
            changes[item.snapshot.table][item.change.value] += 1
            progress.advance(task)
    for table_id, counts in changes.items():
        stored = len(quarters) - counts.total()
        told = [f"{count} {what}" for what, count in sorted(counts.items())]
        told += [f"{stored} already stored"] if stored > 0 else []
        console.say(f"{table_id}: {', '.join(told)}")


def print_stored(store: SnapshotStore, revisions: Mapping[str, int]) -> None:
    """Print the snapshots stored and the revisions written."""
    console = Terminal()
    for source in SOURCE_TABLES:
        stored = store.quarters(source.table)
        span = f"{stored[0]} to {stored[-1]}" if stored else "none"
        console.say(f"{source.table}: {len(stored)} quarters stored ({span})")
    written = ", ".join(f"{label} r{number}" for label, number in revisions.items())
    console.say(f"Reports: {written or 'none written'}")


def print_published(publication: Publication) -> None:
    """Print what each table has published, and when its next quarter is expected."""
    console = Terminal()
    for source in SOURCE_TABLES:
        newest = publication.quarters(source)[-1]
        release = expected_release(source, newest + 1)
        console.say(
            f"{source.table}: newest published {newest}, "
            f"updated {publication.info(source).updated}, next expected {newest + 1} about "
            f"{day_text(release, Language.ENGLISH)} at 08:00"
        )


def print_delivery(plan: Plan, what: str) -> None:
    """Print a line a target: what happened to it now, or when it was delivered before."""
    console = Terminal()
    name = str(plan.issue)
    pending = {str(target) for target in plan.pending}
    for target in plan.pending:
        refused = plan.refused.get(str(target))
        console.say(f"{name} {what}: {target}{f'; last time: {refused}' if refused else ''}")
    for reached, moment in plan.delivered.items():
        if reached not in pending:
            console.say(f"{name} delivered {moment}: {reached}")
    if not pending and not plan.delivered:
        console.say(
            f"{name} has nowhere to go: set KLYNGE_DELIVERY_FOLDER, or KLYNGE_SMTP_HOST and "
            "data/reference/recipients.csv."
        )


def print_clusters(rules: RulesInForce, reference: Reference) -> None:
    """Print each cluster in force with its members, one a line, and how they count."""
    console = Terminal()
    for cluster in rules.clusters:
        console.say(f"{cluster.cluster_id}  {cluster.name}, {cluster.region}", "bold")
        for membership in rules.memberships[cluster.cluster_id]:
            name = reference.areas[membership.municipality_code].name
            console.say(f"  {membership.municipality_code} {name}{_rule(membership)}")
    noun = ", ".join(rules.structures)
    console.say(f"{len(rules.clusters)} clusters in force in {rules.quarter} ({noun}).")


def _rule(membership: Membership) -> str:
    if membership.basis is Basis.WHOLE:
        return ""
    if membership.basis is Basis.FRACTION:
        return f": {membership.fraction} of its population"
    return f": districts {' '.join(membership.districts)}"
