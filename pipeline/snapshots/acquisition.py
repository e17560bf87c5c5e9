"""The first of the three calls: the snapshots that a quarter rests on, asked for if need be.

What is held is not asked for again, unless to refresh it. Otherwise each table is asked what it
holds, then for all missing quarters in as few queries as the API's limit of cells allows; the
answers are checked, and only then kept.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from pipeline.calculation.calculate import Held, Parameters
from pipeline.clock import Clock
from pipeline.errors import StatBankUnavailable, UsageError
from pipeline.reference.tables import Reference, load_reference
from pipeline.settings import Settings
from pipeline.snapshots.acceptance import Acceptance, Kept
from pipeline.snapshots.figures import names_of
from pipeline.snapshots.store import Snapshot, SnapshotStore
from pipeline.statbank.publication import Publication
from schemas.quarter import Quarter
from schemas.source_tables import CELL_LIMIT, KKBEF1, SOURCE_TABLES, SourceTable

if TYPE_CHECKING:
    from pipeline.statbank.client import StatBank

T = TypeVar("T")
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Access:
    """How the StatBank may be asked.

    Args:
        offline: Never; only held snapshots are used.
        refresh: Also for what is held.
        accept_jumps: Codes whose implausible change is accepted.
    """

    offline: bool = False
    refresh: bool = False
    accept_jumps: tuple[str, ...] = ()


class Acquisition:
    """Gets the snapshots of quarters, held or fetched."""

    def __init__(self, settings: Settings, access: Access, clock: Clock) -> None:
        self.settings = settings
        self.access = access
        self.clock = clock
        self.store = SnapshotStore(settings.data_dir)

    @cached_property
    def reference(self) -> Reference:
        """The reference tables, read when the StatBank must be asked."""
        return load_reference(self.settings.data_dir)

    @cached_property
    def bank(self) -> StatBank:
        """The client; requests is imported here, where it is needed."""
        from pipeline.statbank.client import StatBank

        return StatBank(self.settings, self.clock)

    @cached_property
    def publication(self) -> Publication:
        """What the StatBank has published, asked once a table."""
        codes = {source: tuple(names_of(source, self.reference)) for source in SOURCE_TABLES}
        return Publication(self.bank.tableinfo, codes)

    def newest(self) -> Quarter:
        """Return the newest quarter that all tables have published; offline, that is held.

        Raises:
            UsageError: Offline, and nothing is held.
            StatBankUnavailable: The message names the newest quarter held.
        """
        if not self.access.offline:
            return self._or_name_held(self.publication.newest)
        newest = newest_held(self.store)
        if newest is None:
            raise UsageError(
                f"No snapshots are held below {self.store.folder}.",
                "Run the command without --offline, or name the data folder with --data-dir.",
            )
        return newest

    def hold(self, parameters: Parameters) -> Held:
        """Return the snapshots that a report rests on, fetched where they are not held.

        Raises:
            UsageError: Offline, and one is not held.
            NotPublishedYet: A table lacks the quarter.
            KlyngeError: Any other of the client and of the checks of an answer.
        """
        wanted = dict.fromkeys(SOURCE_TABLES, parameters.quarter)
        to_ask = [source for source in wanted if self._must_ask(source, parameters.quarter)]
        if self.access.offline:
            wanted[KKBEF1] = self._districts_quarter(parameters, self.store.quarters(KKBEF1.table))
        elif to_ask:
            self._or_name_held(lambda: [self.publication.info(source) for source in to_ask])
            if KKBEF1 in to_ask:
                published = self.publication.quarters(KKBEF1)
                wanted[KKBEF1] = self._districts_quarter(parameters, published)
            self.publication.require({source: [wanted[source]] for source in to_ask})
            for source in to_ask:
                list(self.fetch(source, [wanted[source]]))
        held = Held(*(self._held(source, quarter) for source, quarter in wanted.items()))
        log.info("population: %s, %s", held.areas.path, held.districts.path)
        return held

    def fetch_all(self, quarters: Sequence[Quarter]) -> Iterator[Kept]:
        """Fetch the quarters of all tables, and yield each that had to be asked for.

        Raises:
            NotPublishedYet: A table lacks one of them; nothing was fetched then.
            KlyngeError: Any other of the client and of the checks of an answer.
        """
        to_ask = {
            source: [quarter for quarter in quarters if self._must_ask(source, quarter)]
            for source in SOURCE_TABLES
        }
        missing = {source: wanted for source, wanted in to_ask.items() if wanted}
        if missing:
            self.publication.require(missing)
        for source, wanted in missing.items():
            yield from self.fetch(source, wanted)

    def fetch(self, source: SourceTable, quarters: Sequence[Quarter]) -> Iterator[Kept]:
        """Fetch those of the quarters that must be asked for, and yield each when it is kept.

        Raises:
            KlyngeError: Any of the client and of the checks of an answer.
        """
        to_ask = [quarter for quarter in sorted(quarters) if self._must_ask(source, quarter)]
        if not to_ask:
            return
        codes = tuple(names_of(source, self.reference))
        acceptance = Acceptance(self.store, self.reference, self.access.accept_jumps)
        updated = self.publication.info(source).updated
        for batch in batches(source, len(codes), to_ask):
            answer = self.bank.data(source, codes, batch)
            yield from acceptance.accept(answer, batch, updated, self.clock.now())

    def _must_ask(self, source: SourceTable, quarter: Quarter) -> bool:
        return self.access.refresh or self.store.newest(source.table, quarter) is None

    def _districts_quarter(self, parameters: Parameters, there: Iterable[Quarter]) -> Quarter:
        """Return the quarter whose districts to use: an earlier one if they are estimated."""
        there = set(there)
        if parameters.quarter in there or not parameters.estimate_districts:
            return parameters.quarter
        earlier = [quarter for quarter in there if quarter < parameters.quarter]
        return max(earlier, default=parameters.quarter)

    def _held(self, source: SourceTable, quarter: Quarter) -> Snapshot:
        snapshot = self.store.newest(source.table, quarter)
        if snapshot is not None:
            return snapshot
        newest = newest_held(self.store)
        other = f"the newest quarter held is {newest}" if newest else "name another --data-dir"
        raise UsageError(
            f"No snapshot of {source.table} {quarter} is held in {self.store.folder}.",
            f"Run the command without --offline, or {other}.",
        )

    def _or_name_held(self, ask: Callable[[], T]) -> T:
        try:
            return ask()
        except StatBankUnavailable as error:
            newest = newest_held(self.store)
            if newest is None:
                raise
            raise StatBankUnavailable(
                error.message,
                f"Try again later. The newest quarter held is {newest}: "
                f"klynge run {newest} --offline",
            ) from None


def batches(
    source: SourceTable, code_count: int, quarters: Sequence[Quarter]
) -> list[Sequence[Quarter]]:
    """Split quarters so that each query stays within the API's limit of cells."""
    size = max(1, CELL_LIMIT // source.cells(code_count, 1))
    return [quarters[start : start + size] for start in range(0, len(quarters), size)]


def newest_held(store: SnapshotStore) -> Quarter | None:
    """Return the newest quarter of which snapshots of all tables are held."""
    held = [set(store.quarters(source.table)) for source in SOURCE_TABLES]
    return max(set.intersection(*held), default=None)
