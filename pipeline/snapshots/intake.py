"""From an answer of the StatBank to snapshots: check everything, then store it, or set it aside.

An answer over many quarters is stored twice: each quarter's rows under the header, in the order in
which they came, and the whole answer beside them, byte for byte. An answer that fails a check goes
to `data/quarantine/` with the reason. The snapshots of its quarters that fail stay as they were.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from filelock import FileLock

from pipeline.calculation.calculate import FETCHED, Figures, Snapshot, jumps_since
from pipeline.calculation.plausibility import accepted
from pipeline.calculation.population import check_identities, checksums, totals_of_ages
from pipeline.errors import KlyngeError
from pipeline.files import json_bytes, write_atomically
from pipeline.snapshots.store import FigureReader
from pipeline.statbank.answers import Asked, read_answer
from schemas.quarter import Quarter
from schemas.source_tables import source_of

if TYPE_CHECKING:  # requests is imported where the StatBank is asked
    from pipeline.statbank.client import Answer

Change = StrEnum("Change", "NEW CHANGED CONFIRMED ACCEPTED SAME")
"""What an answer brought for a quarter."""


@dataclass(frozen=True)
class Stored:
    """A quarter of a table, now stored, and what the answer brought."""

    snapshot: Snapshot
    change: Change


@dataclass(frozen=True)
class Intake:
    """Checks answers of a table, which was updated when the StatBank says, and stores them."""

    reader: FigureReader
    updated: str
    accept_jumps: tuple[str, ...]

    def take(self, answer: Answer) -> Iterator[Stored]:
        """Check an answer, and store each of its quarters that is sound.

        Raises:
            SchemaDrift: It has another shape than what was asked for.
            InvalidData: A figure is wrong, does not add up, or jumped implausibly; all quarters
                but those that the message names are stored.
        """
        source, codes = answer.source, answer.query["variables"][0]["values"]
        may_lack = checksums(source, self.reader.reference.on(min(answer.quarters)), codes)
        asked = Asked(source, codes, answer.quarters, f"The answer of {answer.url}", may_lack)
        try:
            read = read_answer(asked, answer.content)
        except KlyngeError as error:
            raise self._set_aside(answer, answer.quarters, error) from None
        failed = {}
        for quarter, people in read.items():
            content = answer.content if len(read) == 1 else rows_of(quarter, answer.content)
            try:
                checked = self._checked(self._record(answer, quarter, content), people)
            except KlyngeError as error:
                failed[quarter] = error
                continue
            yield self._stored(checked, content, answer)
        if failed:
            first = next(iter(failed.values()))
            together = first.reworded("\n".join(error.message for error in failed.values()))
            raise self._set_aside(answer, list(failed), together)

    def _set_aside(
        self, answer: Answer, quarters: Sequence[Quarter], error: KlyngeError
    ) -> KlyngeError:
        sha12 = hashlib.sha256(answer.content).hexdigest()[:12]
        folder = self.reader.store.data_dir / "quarantine"
        path = folder / f"{answer.source.table}-{min(quarters)}-{sha12}.csv"
        reason = {
            "reason": error.message,
            "url": answer.url,
            "query": answer.query,
            "request_id": answer.request_id,
            "retrieved_at": answer.retrieved_at,
        }
        with FileLock(folder / ".lock"):
            write_atomically(path, answer.content)
            write_atomically(path.with_suffix(".json"), json_bytes(reason))
        hint = f"{error.hint}\nThe answer is kept in {path}".lstrip()
        return error.reworded(hint=hint, quarter=" ".join(map(str, quarters)))

    def _record(self, answer: Answer, quarter: Quarter, content: bytes) -> Snapshot:
        source = answer.source
        return Snapshot(
            table=source.table,
            bank=source.bank,
            quarter=str(quarter),
            origin=FETCHED,
            source=f"{source.publisher}, {source.asked}",
            licence="CC BY 4.0",
            url=answer.url,
            query=answer.query,
            retrieved_at=answer.retrieved_at,
            updated=self.updated,
            request_id=answer.request_id,
            sha256=hashlib.sha256(content).hexdigest(),
            bytes=len(content),
        )

    def _checked(self, record: Snapshot, people: Mapping[str, int]) -> Stored:
        """Return a record with what is accepted of it, and what it brings, before it is stored."""
        place, source = f"The answer of {record.url} for {record.quarter}", source_of(record.table)
        quarter, store = Quarter.parse(record.quarter), self.reader.store
        reference = self.reader.reference.on(quarter)
        if source.ages:
            stored = store.newest(source.asked, quarter)
            without = self.reader.read(stored).people if stored else {}
            people = totals_of_ages(source, reference, people, without, place)
        check_identities(source, reference, people, place)
        before = store.newest(record.table, quarter)
        since = store.newest_before(record.table, quarter)
        others = [self.reader.read(since)] if since else []
        jumps = list(jumps_since(Figures(record, people), others, reference))
        same = before if before and before.sha256 == record.sha256 else None
        known = same.accepted_jumps if same else ()
        now = accepted(quarter, jumps, known, self.accept_jumps, record.retrieved_at)
        if same and same.origin == FETCHED:
            change = Change.SAME if now == known else Change.ACCEPTED
            return Stored(replace(same, accepted_jumps=now), change)
        change = Change.CONFIRMED if same else Change.CHANGED if before else Change.NEW
        return Stored(replace(record, accepted_jumps=now), change)

    def _stored(self, checked: Stored, content: bytes, answer: Answer) -> Stored:
        """Store a snapshot, and the whole answer where that holds more; one that is there stays."""
        store, snapshot = self.reader.store, checked.snapshot
        if checked.change is Change.SAME and (store.data_dir / snapshot.path).exists():
            return checked
        if content != answer.content and checked.change is not Change.ACCEPTED:
            digest = hashlib.sha256(answer.content).hexdigest()
            path = store.folder / snapshot.table / "answers" / f"{digest[:12]}.csv"
            with FileLock(store.folder / ".lock"):
                write_atomically(path, answer.content)
            place = path.relative_to(store.data_dir).as_posix()
            whole = {"path": place, "bytes": len(answer.content), "sha256": digest}
            snapshot = replace(snapshot, response=whole)
        return Stored(store.add(snapshot, content), checked.change)


def rows_of(quarter: Quarter, content: bytes) -> bytes:
    """Return the header and a quarter's rows of an answer whose last columns are TID;INDHOLD."""
    header, *rows = content.splitlines(keepends=True)
    wanted = str(quarter).encode()
    return header + b"".join(row for row in rows if row.rsplit(b";", 2)[1] == wanted)
