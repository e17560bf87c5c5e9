"""Reads the figures of snapshots, each once, and many quarters in one go.

Method: to parse and validate an answer costs as much for one quarter as for a hundred. So the
answers of many quarters, each verified and each holding its own quarter only, are put below one
header and read as one. Where that fails, each is read by itself when it is asked for, so that the
message names the one that is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from pipeline.errors import KlyngeError
from pipeline.reference.tables import Reference
from pipeline.snapshots.figures import check_identities, names_of, read_snapshot
from pipeline.snapshots.store import Snapshot, SnapshotStore
from pipeline.statbank.answers import Asked, read_answer
from schemas.quarter import Quarter
from schemas.source_tables import SourceTable

Figures = Mapping[str, int]
_LINE_END: Final = b"\n"


class FigureReader:
    """The figures of the snapshots in a store, by the codes of the reference tables."""

    def __init__(self, reference: Reference, store: SnapshotStore) -> None:
        self.reference = reference
        self.store = store
        self._read: dict[tuple[str, str], Figures] = {}

    def read(self, source: SourceTable, snapshot: Snapshot) -> Figures:
        """Return the people by code that a snapshot holds, verified and checked.

        Raises:
            KlyngeError: Any of those of `read_snapshot`.
        """
        key = (snapshot.path, snapshot.sha256)
        if key not in self._read:
            self._read[key] = read_snapshot(source, self.reference, snapshot, self.store)
        return self._read[key]

    def read_ahead(self, source: SourceTable, snapshots: Iterable[Snapshot]) -> None:
        """Read many snapshots of a table, one a quarter; a wrong one is left for `read` to name."""
        unread = [row for row in snapshots if (row.path, row.sha256) not in self._read]
        bodies = [(snapshot, self._body(snapshot)) for snapshot in unread]
        whole = [snapshot for snapshot, body in bodies if body]
        if not whole:
            return
        header = ";".join(source.header).encode() + _LINE_END
        content = header + b"".join(body for _, body in bodies)
        quarters = [Quarter.parse(snapshot.quarter) for snapshot in whole]
        codes = tuple(names_of(source, self.reference))
        try:
            table = read_answer(Asked(source, codes, quarters, source.table), content)
        except KlyngeError:
            return
        for snapshot, row in zip(whole, table.to_numpy().tolist(), strict=True):
            self._keep(source, snapshot, dict(zip(codes, row, strict=True)))

    def _keep(self, source: SourceTable, snapshot: Snapshot, people: Figures) -> None:
        try:
            check_identities(source, self.reference, people, snapshot.path)
        except KlyngeError:
            return
        self._read[snapshot.path, snapshot.sha256] = people

    def _body(self, snapshot: Snapshot) -> bytes:
        """Return the rows below the header if all are of the snapshot's quarter; else nothing."""
        try:
            body = self.store.read(snapshot).partition(_LINE_END)[2]
        except KlyngeError:
            return b""
        own = body.count(f";{snapshot.quarter};".encode())
        return body if body.count(_LINE_END) == own and body.endswith(_LINE_END) else b""
