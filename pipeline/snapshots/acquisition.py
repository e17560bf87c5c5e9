"""The snapshots that reports rest on, stored or fetched.

What is stored is not asked for again, unless to refresh it. Otherwise each table is asked what it
holds, then for all missing quarters in as few queries as the API's limit of cells allows; the
answers are checked, and only then stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import groupby, product
from typing import TYPE_CHECKING

from pipeline.calculation.calculate import Figures, Parameters, Snapshot, jumps_since
from pipeline.calculation.membership import further_days, tables_of
from pipeline.calculation.plausibility import accepted
from pipeline.calculation.population import places
from pipeline.errors import InvalidData, Remedy, StatBankRejected, StatBankUnavailable, UsageError
from pipeline.machine import Clock, moment_text
from pipeline.reference.tables import load_reference
from pipeline.settings import Settings
from pipeline.snapshots.store import FigureReader, SnapshotStore
from pipeline.statbank.publication import Publication
from schemas.quarter import Quarter
from schemas.records import Reference
from schemas.report_name import ReportName
from schemas.sharing import Day
from schemas.source_tables import AGE_TABLES, FOLK1A, KKBEF1, SOURCE_TABLES, SourceTable

if TYPE_CHECKING:
    from pipeline.snapshots.intake import Stored
    from pipeline.statbank.client import Answer, StatBank


@dataclass(frozen=True)
class Access:
    """How the StatBank may be asked.

    Args:
        offline: Never; only stored snapshots are used.
        refresh: Also for what is stored.
        accept_jumps: Codes whose implausible change is looked at and accepted now, on record.
    """

    offline: bool = False
    refresh: bool = False
    accept_jumps: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.offline and self.refresh:
            said = "Offline asks nobody and refresh asks again: they contradict each other."
            raise UsageError(said, "Leave one of them out.")


class Acquisition:
    """Gets the snapshots of quarters, stored or fetched, and reads each file once."""

    def __init__(self, settings: Settings, access: Access, clock: Clock) -> None:
        self.settings = settings
        self.access = access
        self.clock = clock
        self.store = SnapshotStore(settings.data_dir)

    @classmethod
    def offline(cls, settings: Settings) -> Acquisition:
        """Return one that asks nobody."""
        return cls(settings, Access(offline=True), Clock())

    @cached_property
    def reference(self) -> Reference:
        """The reference tables.

        Raises:
            InvalidData: They break a rule.
        """
        return load_reference(self.settings.data_dir)

    @cached_property
    def reader(self) -> FigureReader:
        """Reads the figures of stored snapshots."""
        return FigureReader(self.reference, self.store)

    @cached_property
    def bank(self) -> StatBank:
        """The client; requests is imported here, where it is needed."""
        from pipeline.statbank.client import StatBank

        return StatBank(self.settings, self.clock)

    @cached_property
    def publication(self) -> Publication:
        """What the StatBank has published, asked once a table."""
        return Publication(self.bank.tableinfo, self.reference)

    def newest(self) -> Quarter:
        """Return the newest quarter that all tables have published; offline, that is stored.

        Raises:
            UsageError: Offline, and nothing is stored.
            StatBankUnavailable: The message names the newest quarter stored.
        """
        if not self.access.offline:
            with self._naming_stored():
                return self.publication.newest()
        if newest := self._newest_stored():
            return newest
        said = f"No snapshots are stored below {self.store.folder}."
        raise UsageError(said, remedy=Remedy.GO_ONLINE)

    def snapshots(self, parameters: Parameters) -> list[Snapshot]:
        """Return the snapshots that a report rests on, one a table, fetched where none is stored.

        Raises:
            UsageError: Offline, and one is not stored.
            NotPublishedYet: A table lacks the quarter.
            KlyngeError: Any other of the client and of the checks of an answer.
        """
        quarter = parameters.report.quarter
        wanted = dict.fromkeys(tables_of(self.reference, parameters.report.rules), quarter)
        to_ask = [source for source in wanted if self._must_ask(source, quarter)]
        if self.access.offline and KKBEF1 in wanted:
            wanted[KKBEF1] = parameters.districts_of(self.store.quarters(KKBEF1.table))
        elif to_ask and not self.access.offline:
            with self._naming_stored():
                for source in to_ask:
                    self.publication.info(source)
            if KKBEF1 in to_ask:
                wanted[KKBEF1] = parameters.districts_of(self.publication.quarters(KKBEF1))
            list(self._fetch((source, wanted[source]) for source in to_ask))
        return [self._newest(source, day, parameters.report) for source, day in wanted.items()]

    def stored_quarters(self, rules: Quarter | None = None) -> list[Quarter]:
        """Return the quarters stored, in order, that have all tables by which their rules count.

        The rules are the quarter's own, unless those of another one are named.
        """
        return [
            quarter
            for quarter in self.store.quarters(FOLK1A.table)
            if all(
                day in self.store.quarters(source.table)
                for source, day in self.wanted(quarter, rules)
            )
        ]

    def of_day(self, day: Day, report: ReportName) -> tuple[Figures, ...]:
        """Return the people whom a key counts, fetched where they are not stored, and accepted."""
        ages, quarter = day
        tables = tables_of(self.reference, report.rules, ages)
        if not self.access.offline:
            list(self._fetch((table, quarter) for table in tables))
        read = (self.reader.read(self._newest(table, quarter, report), ages) for table in tables)
        return tuple(self.accepted(figures, self.reference.on(quarter)) for figures in read)

    def beside(self, figures: Figures) -> list[Figures]:
        """Return what figures are compared with: the quarter before, and FOLK1A of their own."""
        before = self.store.newest_before(figures.source.table, figures.quarter)
        rows = (before, self.store.newest(FOLK1A.table, figures.quarter))
        return [self.reader.read(snapshot) for snapshot in rows if snapshot]

    def accepted(self, figures: Figures, reference: Reference) -> Figures:
        """Return figures whose implausible jumps, at all ages, are accepted: before, or now.

        Raises:
            InvalidData: One is not accepted.
        """
        snapshot, whole = figures.snapshot, self.reader.read(figures.snapshot)
        jumps = list(jumps_since(whole, self.beside(whole), reference))
        known, codes = snapshot.accepted_jumps, self.access.accept_jumps
        now = accepted(figures.quarter, jumps, known, codes, moment_text(self.clock.now()))
        if now == known:
            return figures
        recorded = replace(snapshot, accepted_jumps=now)
        return Figures(self.store.add(recorded, self.store.read(snapshot)), figures.people)

    def fetch_all(
        self, quarters: Sequence[Quarter], rules: Quarter | None = None
    ) -> Iterator[Stored]:
        """Fetch quarters, by their own rules or others, and yield what had to be asked for.

        Raises:
            NotPublishedYet: A table lacks one of them; nothing was fetched then.
            InvalidData: A quarter fails a check; all others are stored.
            KlyngeError: Any other of the client and of the checks of an answer.
        """
        with self._naming_stored():
            asked = (row for quarter in quarters for row in self.wanted(quarter, rules))
            yield from self._fetch(asked)
        there = product(quarters, SOURCE_TABLES) if self.access.accept_jumps else ()
        stored = (self.store.newest(source.table, quarter) for quarter, source in there)
        for figures in map(self.reader.read, filter(None, stored)):
            after = self.accepted(figures, self.reference.on(figures.quarter))
            if after is not figures:
                from pipeline.snapshots.intake import Change, Stored

                yield Stored(after.snapshot, Change.ACCEPTED)

    def wanted(self, quarter: Quarter, rules: Quarter | None) -> list[tuple[SourceTable, Quarter]]:
        """Return the tables and quarters that a report rests on."""
        report = ReportName(quarter, rules)
        days = [("", quarter), *further_days(self.reference, report)]
        return [
            (source, day)
            for ages, day in days
            for source in tables_of(self.reference, report.rules, ages)
        ]

    def _fetch(self, wanted: Iterable[tuple[SourceTable, Quarter]]) -> Iterator[Stored]:
        missing = {row for row in wanted if self._must_ask(*row)}
        to_ask = {
            source: days
            for source in (*SOURCE_TABLES, *AGE_TABLES)
            if (days := sorted(day for of, day in missing if of is source))
        }
        if not to_ask:
            return
        from pipeline.snapshots.intake import Intake  # pandas, where an answer comes in

        self.publication.require(to_ask)
        asked = [
            (source, codes, batch)
            for source, missing in to_ask.items()
            for codes, same in groupby(missing, partial(self.publication.codes, source))
            for batch in source.batches(len(codes), tuple(same))
        ]
        failed = []
        for source, codes, batch in asked:
            updated = self.publication.info(source).updated
            intake = Intake(self.reader, updated, self.access.accept_jumps)
            try:
                yield from intake.take(self._answer(source, codes, batch))
            except InvalidData as error:
                if len(to_ask[source]) == 1:
                    raise
                failed.append(error)
        if failed:
            raise failed[0].reworded("\n".join(error.message for error in failed))

    def _answer(
        self, source: SourceTable, codes: Sequence[str], quarters: Sequence[Quarter]
    ) -> Answer:
        """Ask for figures; without a code unknown here, if the table lists it and has none."""
        known = [code for code in codes if code in places(source, self.reference)]
        try:
            return self.bank.data(source, codes, quarters)
        except StatBankRejected:
            if len(known) == len(codes):
                raise
            return self.bank.data(source, known, quarters)

    def _must_ask(self, source: SourceTable, quarter: Quarter) -> bool:
        return self.access.refresh or self.store.newest(source.table, quarter) is None

    def _newest(self, source: SourceTable, day: Quarter, report: ReportName) -> Snapshot:
        if snapshot := self.store.newest(source.table, day):
            return snapshot
        newest = self._newest_stored(report.rules_quarter)
        raise UsageError(
            f"No snapshot of {source.table} {day} is stored in {self.store.folder}.",
            f"The newest quarter stored is {newest}." if newest else "Nothing is stored there.",
            Remedy.FETCH if newest else Remedy.NAME_DATA_FOLDER,
            quarter=report.quarter,
            rules=report.rules_quarter,
        )

    def _newest_stored(self, rules: Quarter | None = None) -> Quarter | None:
        return max(self.stored_quarters(rules), default=None)

    @contextmanager
    def _naming_stored(self) -> Iterator[None]:
        try:
            yield
        except StatBankUnavailable as error:
            if not (newest := self._newest_stored()):
                raise
            hint = f"Try again later. The newest quarter stored is {newest}."
            said = error.message
            raise StatBankUnavailable(said, hint, Remedy.USE_STORED, quarter=newest) from None
