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

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from pipeline.answers import Asked, read_answer
from pipeline.errors import KlyngeError
from pipeline.figures import names_of
from pipeline.population import Population
from pipeline.reference import Reference
from pipeline.snapshots import Snapshot, SnapshotStore
from schemas.quarter import Quarter
from schemas.source_tables import FOLK1A, KKBEF1, SourceTable

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class History:
    """What is held of the quarters before one; nothing is read until it is asked for."""

    before: Quarter
    reference: Reference
    store: SnapshotStore

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
        by_area = self._figures(FOLK1A, self.areas)
        by_district = self._figures(KKBEF1, self.districts)
        return {
            quarter: Population(quarter, by_area[quarter], by_district[quarter])
            for quarter in self._quarters
        }

    @cached_property
    def _quarters(self) -> tuple[Quarter, ...]:
        held = set(self.store.quarters(FOLK1A.table)) & set(self.store.quarters(KKBEF1.table))
        return tuple(sorted(quarter for quarter in held if quarter < self.before))

    def _figures(
        self, source: SourceTable, snapshots: Sequence[Snapshot]
    ) -> Mapping[Quarter, Mapping[str, int]]:
        if not snapshots:
            return {}
        codes = tuple(names_of(source, self.reference))
        contents = [self.store.read(snapshot) for snapshot in snapshots]
        try:
            table = _table(source, codes, snapshots, _joined(contents))
        except KlyngeError:
            for snapshot, content in zip(snapshots, contents, strict=True):
                _table(source, codes, [snapshot], content)  # raises again, naming the one file
            raise
        return {
            Quarter.parse(str(quarter)): dict(zip(codes, figures, strict=True))
            for quarter, figures in zip(table.index, table.to_numpy().tolist(), strict=True)
        }

    def _newest(self, source: SourceTable) -> tuple[Snapshot, ...]:
        found = (self.store.newest(source.table, quarter) for quarter in self._quarters)
        return tuple(snapshot for snapshot in found if snapshot)


def _table(
    source: SourceTable, codes: tuple[str, ...], snapshots: Sequence[Snapshot], content: bytes
) -> pd.DataFrame:
    quarters = [Quarter.parse(snapshot.quarter) for snapshot in snapshots]
    return read_answer(Asked(source, codes, quarters, snapshots[0].path), content)


def _joined(contents: Sequence[bytes]) -> bytes:
    """Return the answers as one, the header once; another header stays, and fails as a row."""
    header = contents[0].removeprefix(_BYTE_ORDER_MARK).partition(b"\n")[0] + b"\n"
    rows = [
        content.removeprefix(_BYTE_ORDER_MARK).removeprefix(header).rstrip(b"\r\n")
        for content in contents
    ]
    return header + b"\r\n".join(rows) + b"\r\n"
