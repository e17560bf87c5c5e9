"""What commands show on a terminal, part by part: short and calm."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

from flows.terminal.remedies import command, told
from flows.terminal.screen import Part, kroner, progress, styled, table
from pipeline.reporting.texts import ENGLISH
from pipeline.snapshots.acquisition import Acquisition
from pipeline.statbank.publication import expected_release
from schemas.records import Basis, Cost, Reference
from schemas.report_name import ReportName
from schemas.source_tables import SOURCE_TABLES

if TYPE_CHECKING:  # a run that delivers nothing needs no mail
    from pipeline.analysis.backfill import Backfilled
    from pipeline.analysis.checks import Checked
    from pipeline.analysis.explain import Steps, Trail
    from pipeline.delivery.deliver import Plan
    from pipeline.reference.bundled import Update
    from pipeline.reference.editing import Edited
    from pipeline.reference.files import Row
    from pipeline.snapshots.intake import Stored

_NUMBERS: Final = re.compile(r"amount|share|population|key \S+ (?!(counts|file|sha256)$)")
_LONG: Final = re.compile(r"(?<![.\w])[0-9]{4,}(?!\w)")


def fetched_parts(wanted: Counter[str], fetched: Iterable[Stored]) -> Iterator[Part]:
    """Show how far it is while quarters come in, then yield a line a table that was wanted."""
    changes = {table_id: Counter[str]() for table_id in wanted}
    for item in progress(fetched, "Fetching", wanted.total()):
        changes.setdefault(item.snapshot.table, Counter())[item.change.value] += 1
    for table_id, counts in changes.items():
        found = [*sorted(counts.items()), ("already stored", wanted[table_id] - counts.total())]
        yield f"{table_id}: {', '.join(f'{count} {what}' for what, count in found if count > 0)}"


def status_parts(
    acquisition: Acquisition, revisions: Mapping[str, int], plan: Plan | None
) -> Iterator[Part]:
    """Yield what is stored, written and published, and when the next quarter is expected."""
    for source in SOURCE_TABLES:
        stored = acquisition.store.quarters(source.table)
        span = f"{stored[0]} to {stored[-1]}" if stored else "none"
        yield f"{source.table}: {len(stored)} quarters stored ({span})"
    written = ", ".join(f"{label} r{number}" for label, number in revisions.items())
    yield f"Reports: {written or 'none written'}"
    if plan and plan.pending:
        yield from delivery_parts(plan, "to be delivered")
    for source in SOURCE_TABLES:
        publication = acquisition.publication
        newest = publication.quarters(source)[-1]
        release = ENGLISH.day(expected_release(source, newest + 1))
        yield (
            f"{source.table}: newest published {newest}, "
            f"updated {_day(publication.info(source).updated)}, next expected {newest + 1} about "
            f"{release} at 08:00"
        )


def _day(moment: str) -> str:
    return ENGLISH.day(date.fromisoformat(moment[:10]))


def delivery_parts(plan: Plan, what: str) -> Iterator[Part]:
    """Yield a line a target: what happened to it now, or when it was delivered before."""
    name = str(plan.issue)
    pending = {str(target) for target in plan.pending}
    for target in plan.pending:
        refused = plan.refused.get(str(target))
        yield f"{name} {what}: {target}{f'; last time: {refused}' if refused else ''}"
    for reached, moment in plan.delivered.items():
        if reached not in pending:
            yield f"{name} delivered {_day(moment)}: {reached}"
    if not pending and not plan.delivered:
        yield (
            f"{name} has nowhere to go: set KLYNGE_DELIVERY_FOLDER, or KLYNGE_SMTP_HOST and "
            "data/reference/recipients.csv with clusters that are in this report."
        )


def cluster_parts(rules: Reference) -> Iterator[Part]:
    """Yield each cluster in force with its members, one a line, and how they count."""
    for cluster in rules.clusters:
        yield styled(f"{cluster.cluster_id}  {cluster.name}, {cluster.region}")
        for membership in rules.members[cluster.cluster_id]:
            name = rules.areas[membership.municipality_code].name
            part = "" if membership.basis is Basis.WHOLE else f": {membership.counts_with}"
            yield f"  {membership.municipality_code} {name}{part}"
        yield from (_shared(cost) for cost in rules.costs if cost.scope == cluster.cluster_id)
    yield from (_shared(cost) for cost in rules.costs if cost.structure)
    noun = ", ".join(rules.structures)
    yield f"{len(rules.clusters)} clusters in force in {rules.quarter} ({noun})."


def _shared(cost: Cost) -> str:
    amount = f"{kroner(cost.amount_dkk)} {ENGLISH(f'value.{cost.per}')}"
    how = f" over {cost.scope}" if cost.structure else f" by {cost.key_id}" if cost.key_id else ""
    return f"  shares{how} {amount}: {cost.name_en} ({cost.cost_id})"


def trail_parts(trail: Trail, report: ReportName, steps: Steps) -> Iterator[Part]:
    """Yield the steps of a trail below what each is about."""
    cluster = trail.cluster.cluster
    yield styled(
        f"{trail.member.name} ({trail.member.code}) in {cluster.name} "
        f"({cluster.cluster_id}), {report}"
    )
    for about, values in steps.items():
        yield styled(about)
        for item, value in values.items():
            shown = str(ENGLISH.shown(value))
            if _NUMBERS.match(f"{about} {item}"):
                shown = _LONG.sub(lambda found: f"{int(found[0]):,}", str(value))
            yield f"  {item:<30} {shown}"
    if "report" not in steps:
        yield f"No report of {report.label} is written yet: klynge run writes it."


def checked_parts(checked: Sequence[Checked], rewritten: Iterable[Path]) -> Iterator[Part]:
    """Yield the files rewritten, and a line a check with what it found below it."""
    yield from (f"Rewritten in canonical form: {path}" for path in rewritten)
    for row in checked:
        found = found_by(row)
        outcome = "FAILED" if row.error else "explain" if found else "ok"
        yield styled(f"{outcome:8}{row.subject}", "bold red" if row.exit_code else "")
        yield from (f"        {line}" for text in found for line in text.splitlines())
    failed = sum(bool(row.exit_code) for row in checked)
    yield f"{len(checked)} checks, {f'{failed} failed' if failed else 'all right'}."


def found_by(check: Checked) -> list[str]:
    """Return what a check found, and what to type about it."""
    found = [told(check.error)] if check.error else list(check.texts)
    return [*found, *filter(None, [command(check.remedy, {})])]


def edited_parts(edited: Edited, findings: Iterable[Mapping[str, object]]) -> Iterator[Part]:
    """Yield the rows that are gone and new, and what must be explained now."""
    yield from (f"- {row}" for row in edited.removed)
    yield from (f"+ {row}" for row in edited.added)
    yield from (f"Finding, {finding['period']}: {finding['text']}" for finding in findings)
    yield f"{'Written' if edited.removed or edited.added else 'Unchanged'}: {edited.path}"


def update_parts(update: Update, written: bool, of: str) -> Iterator[Part]:
    """Yield a line a row that comes otherwise, the quarters that come, and how to go on."""
    for row in update.rows:
        what = "kept as it was changed here, not: " if row.kept else ""
        yield f"{row.table}, {' '.join(row.key)}: {what}{_difference(row.now, row.comes)}"
    if update.quarters:
        yield f"Figures come of {', '.join(update.quarters)}."
    if not (update.rows or update.quarters):
        yield "Nothing is newer."
    else:
        left = f"Nothing is written yet: klynge init --update --write --data-dir {of} writes it."
        yield styled("Written.") if written else left


def _difference(now: Row | None, comes: Row | None) -> str:
    if comes is None:
        return "goes"
    if now is None:
        return f"comes, {', '.join(filter(None, comes.values()))}"
    changed = (column for column in comes if now[column] != comes[column])
    return ", ".join(f"{column} {now[column]} becomes {comes[column]}" for column in changed)


def backfill_parts(done: Backfilled) -> Iterator[Part]:
    """Yield a line a quarter, the files written, and what was left out."""
    yield table(
        ["<Quarter", "<Rules", ">Clusters", ">Allocated", ">Shared funds", "<Report"],
        [
            [kroner(cell) if column.endswith("_dkk") else str(cell) for column, cell in row.items()]
            for row in done.rows
        ],
    )
    yield from (styled(f"Written: {path}") for path in done.files)
    if done.left_out:
        yield f"Not stored, left out: {', '.join(map(str, done.left_out))}"
