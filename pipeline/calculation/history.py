"""The quarters held up to a report's own, for the development that the report shows.

Method: each quarter of which both tables are held counts with its newest snapshots and under the
rules of the report's quarter, so that a change between two quarters is one of people, not of rules.
Later quarters are left out, so that a report says the same whenever it is made again; nor is
history a reason for a new revision, because no krone rests on it. The manifest records the
snapshots that a revision showed.

The figures are verified by sha256 and read with the checks of every answer, all quarters of a table
in one go, when they are first asked for: a rerun that changes nothing never reads them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from pipeline.calculation.population import Population
from pipeline.snapshots.figure_reader import FigureReader
from pipeline.snapshots.store import Snapshot
from schemas.quarter import Quarter
from schemas.source_tables import FOLK1A, KKBEF1, SourceTable


@dataclass(frozen=True)
class History:
    """What is held of the quarters before one; nothing is read until it is asked for."""

    before: Quarter
    reader: FigureReader

    @cached_property
    def areas(self) -> tuple[Snapshot, ...]:
        """The newest FOLK1A of each earlier quarter held, in order."""
        return self._newest(FOLK1A)

    @cached_property
    def districts(self) -> tuple[Snapshot, ...]:
        """The newest KKBEF1 of each earlier quarter held, in order."""
        return self._newest(KKBEF1)

    @cached_property
    def populations(self) -> Mapping[Quarter, Population]:
        """The population of each earlier quarter held, in order.

        Raises:
            KlyngeError: A snapshot differs from its sidecar, or is not what was asked for.
        """
        self.reader.read_ahead(FOLK1A, self.areas)
        self.reader.read_ahead(KKBEF1, self.districts)
        return {
            quarter: Population(
                quarter, self.reader.read(FOLK1A, areas), self.reader.read(KKBEF1, districts)
            )
            for quarter, areas, districts in zip(
                self._quarters, self.areas, self.districts, strict=True
            )
        }

    @cached_property
    def _quarters(self) -> tuple[Quarter, ...]:
        held = set(self.reader.store.quarters(FOLK1A.table)) & set(
            self.reader.store.quarters(KKBEF1.table)
        )
        return tuple(sorted(quarter for quarter in held if quarter < self.before))

    def _newest(self, source: SourceTable) -> tuple[Snapshot, ...]:
        found = (self.reader.store.newest(source.table, quarter) for quarter in self._quarters)
        return tuple(snapshot for snapshot in found if snapshot)
