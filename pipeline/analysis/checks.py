"""Everything that a run would check, without writing: rules, snapshots, and what comes of them.

Each check goes on where another has failed, so that one command lists all that is wrong. What must
hold and does not is an error with its exit code; what must only be explained is a finding.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from pipeline.calculation.calculate import Parameters, calculate, odd
from pipeline.calculation.findings import Finding, Subject
from pipeline.calculation.membership import coverage, rule_periods
from pipeline.calculation.population import check_identities
from pipeline.errors import KlyngeError, Remedy, StorageError
from pipeline.reference.editing import not_canonical
from pipeline.reference.tables import load_recipients, load_reference
from pipeline.reporting.texts import ENGLISH
from pipeline.run import gather
from pipeline.settings import Settings
from pipeline.snapshots.acquisition import Acquisition
from pipeline.snapshots.store import SnapshotStore
from schemas.quarter import Quarter
from schemas.source_tables import AGE_TABLES, SOURCE_TABLES, SourceTable

_OF_SNAPSHOTS: Final = (
    Subject.POPULATION_JUMP,
    Subject.EXCHANGED,
    Subject.CLOCK_BEHIND,
    Subject.REGION_CODES_DIFFER,
)

Watched = Callable[[Sequence[Quarter]], Iterable[Quarter]]
Read = Callable[[SourceTable, Quarter], Sequence[Finding]]


@dataclass(frozen=True)
class Checked:
    """What came of one check: what must be explained, and what must hold and does not."""

    subject: str
    texts: tuple[str, ...] = ()
    error: KlyngeError | None = None
    remedy: Remedy | None = None

    @property
    def exit_code(self) -> int:
        """0 if what must hold does; else the exit code of the error."""
        return self.error.exit_code if self.error else 0


def check(parameters: Parameters | None, settings: Settings, watched: Watched) -> Iterator[Checked]:
    """Check reference data, the coverage of the rules, and the stored snapshots.

    Without parameters all that is stored is checked, and nothing is calculated; `watched` hands the
    quarters on, to show how far the check is.
    """
    acquisition = Acquisition.offline(settings)
    store, quarter = acquisition.store, parameters.report.quarter if parameters else None
    try:
        reference = acquisition.reference = load_reference(settings.data_dir, remember=False)
    except KlyngeError as error:
        yield Checked("reference data", error=error)
        yield from _snapshots(store, quarter, watched, partial(_verified, store))
        return
    try:
        load_recipients(settings.data_dir, reference)
    except KlyngeError as error:  # which no run tells, and a delivery too late
        yield Checked("recipients", error=error)
    loose = not_canonical(settings.data_dir)
    told = tuple(f"{path.name} is not in canonical form." for path, *_ in loose)
    subject, remedy = f"reference data, {len(reference.files)} files", Remedy.FIX_FORMAT
    yield Checked(subject, told, remedy=remedy if told else None)
    for period in rule_periods(reference):
        if quarter is None or quarter in period:
            yield _tried(f"coverage {period}", partial(coverage, reference, period.first))
    yield from _snapshots(store, quarter, watched, partial(_compared, acquisition))
    if parameters:
        subject = f"calculation {parameters.report.label}"
        yield _tried(subject, partial(_calculated, parameters, acquisition))


def _snapshots(
    store: SnapshotStore, quarter: Quarter | None, watched: Watched, read: Read
) -> Iterator[Checked]:
    for source in (*SOURCE_TABLES, *AGE_TABLES):
        quarters = [row for row in store.quarters(source.table) if quarter in (None, row)]
        checked = [
            _tried(f"snapshots of {source.table} {stored}", partial(read, source, stored))
            for stored in watched(quarters)
        ]
        yield from (row for row in checked if row.texts or row.error)
        sound = sum(not row.error for row in checked)
        if checked or not source.ages:  # which keys alone ask for
            yield Checked(f"snapshots of {source.table}, {sound} sound")


def _verified(store: SnapshotStore, source: SourceTable, quarter: Quarter) -> Sequence[Finding]:
    """Compare the answers with their sidecars alone, where there are no codes to read them by."""
    for snapshot in store.all(source.table, quarter):
        store.read(snapshot)
    return ()


def _compared(acquisition: Acquisition, source: SourceTable, quarter: Quarter) -> Sequence[Finding]:
    """Read every answer of a quarter, and compare the current one with what is beside it."""
    reader, store = acquisition.reader, acquisition.store
    now = [reader.read(snapshot) for snapshot in store.all(source.table, quarter)][-1]
    there = reader.reference.on(quarter)
    codes = check_identities(source, there, now.people, now.snapshot.path)
    try:
        beside = acquisition.beside(now)
    except KlyngeError:
        return codes  # told where they are checked
    return [*codes, *odd(acquisition.accepted(now, there), beside, there)]


def _calculated(parameters: Parameters, acquisition: Acquisition) -> Sequence[Finding]:
    """Return what the calculation adds to what the snapshots said already."""
    findings = calculate(gather(parameters, acquisition)).result.findings
    return [finding for finding in findings if finding.subject not in _OF_SNAPSHOTS]


def _tried(subject: str, findings: Callable[[], Sequence[Finding]]) -> Checked:
    try:
        found = findings()
    except (KlyngeError, OSError) as error:
        return Checked(subject, error=StorageError.of(error))
    return Checked(subject, tuple(ENGLISH.finding(finding) for finding in found))
