"""From an answer of the StatBank to snapshots: check everything, then store it, or set it aside.

An answer over many quarters is stored twice: each quarter's rows under the header, in the order in
which they came, and the whole answer beside them, byte for byte. An answer that fails a check goes
to `data/quarantine/` with the reason, and the snapshots stay as they were.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from pipeline.calculation.calculate import FETCHED, Snapshot
from pipeline.calculation.population import check_identities, check_jumps, names_of, names_of_parts
from pipeline.errors import KlyngeError
from pipeline.files import json_bytes, write_atomically
from pipeline.snapshots.store import FigureReader
from pipeline.statbank.answers import Asked, read_answer
from schemas.quarter import Quarter

if TYPE_CHECKING:  # requests is imported where the StatBank is asked
    from pipeline.statbank.client import Answer

LICENCE: Final = "CC BY 4.0"


class Change(StrEnum):
    """What an answer brought for a quarter."""

    NEW = "new"
    CHANGED = "changed"
    CONFIRMED = "confirmed"
    SAME = "same"


@dataclass(frozen=True)
class Stored:
    """A quarter of a table, now stored, and what the answer brought."""

    snapshot: Snapshot
    change: Change


@dataclass(frozen=True)
class Intake:
    """Checks answers of a table and stores them.

    Args:
        reader: Reads the figures that are stored already, by the reference tables.
        updated: When the table was updated, as the StatBank says it.
        accept_jumps: Codes whose implausible change is accepted.
    """

    reader: FigureReader
    updated: str
    accept_jumps: tuple[str, ...]

    def take(self, answer: Answer) -> list[Stored]:
        """Check an answer and store each of its quarters.

        Raises:
            SchemaDrift: It has another shape than what was asked for.
            InvalidData: A figure is wrong, does not add up, or jumped implausibly.
        """
        try:
            self._check(answer)
        except KlyngeError as error:
            raise self._set_aside(answer, error) from None
        if len(answer.quarters) == 1:
            return [self._store(answer, answer.quarters[0], answer.content)]
        store, digest = self.reader.store, hashlib.sha256(answer.content).hexdigest()
        path = store.folder / answer.source.table / "answers" / f"{digest[:12]}.csv"
        write_atomically(path, answer.content)
        place = path.relative_to(store.data_dir).as_posix()
        whole = {"path": place, "bytes": len(answer.content), "sha256": digest}
        return [
            self._store(answer, quarter, rows_of(quarter, answer.content), whole)
            for quarter in answer.quarters
        ]

    def _set_aside(self, answer: Answer, error: KlyngeError) -> KlyngeError:
        sha12 = hashlib.sha256(answer.content).hexdigest()[:12]
        folder = self.reader.store.data_dir / "quarantine"
        path = folder / f"{answer.source.table}-{min(answer.quarters)}-{sha12}.csv"
        reason = {
            "reason": error.message,
            "url": answer.url,
            "query": answer.query,
            "request_id": answer.request_id,
            "retrieved_at": answer.retrieved_at,
        }
        write_atomically(path, answer.content)
        write_atomically(path.with_suffix(".json"), json_bytes(reason))
        return error.reworded(hint=f"{error.hint}\nThe answer is kept in {path}".lstrip())

    def _check(self, answer: Answer) -> None:
        source, place = answer.source, f"The answer of {answer.url}"
        store, reference = self.reader.store, self.reader.reference
        asked = Asked(source, tuple(names_of(source, reference)), answer.quarters, place)
        answered = read_answer(asked, answer.content)
        for quarter, people in answered.items():
            check_identities(source, reference, people, f"{place} for {quarter}")
            earlier = {*answered, *store.quarters(source.table)}
            since = max((other for other in earlier if other < quarter), default=None)
            if since:
                stored = store.all(source.table, since)
                before = answered.get(since) or self.reader.read(stored[-1]).people
                names = names_of_parts(source, reference)
                check_jumps(since, before, quarter, people, names, self.accept_jumps)

    def _store(
        self,
        answer: Answer,
        quarter: Quarter,
        content: bytes,
        whole: Mapping[str, Any] | None = None,
    ) -> Stored:
        digest, source = hashlib.sha256(content).hexdigest(), answer.source
        before = self.reader.store.newest(source.table, quarter)
        change = _change(before, digest)
        if before and change is Change.SAME:
            return Stored(before, change)
        snapshot = Snapshot(
            table=source.table,
            bank=source.bank,
            quarter=str(quarter),
            origin=FETCHED,
            source=f"{source.publisher}, {source.table}",
            licence=LICENCE,
            url=answer.url,
            query=answer.query,
            retrieved_at=answer.retrieved_at,
            updated=self.updated,
            request_id=answer.request_id,
            response=whole,
            accepted_jumps=self.accept_jumps,
            sha256=digest,
            bytes=len(content),
            path="",
        )
        return Stored(self.reader.store.add(snapshot, content), change)


def rows_of(quarter: Quarter, content: bytes) -> bytes:
    """Return the header and a quarter's rows of an answer whose last columns are TID;INDHOLD."""
    header, *rows = content.splitlines(keepends=True)
    wanted = str(quarter).encode()
    return header + b"".join(row for row in rows if row.rsplit(b";", 2)[1] == wanted)


def _change(before: Snapshot | None, digest: str) -> Change:
    if before is None:
        return Change.NEW
    if before.sha256 != digest:
        return Change.CHANGED
    return Change.CONFIRMED if before.transcribed else Change.SAME
