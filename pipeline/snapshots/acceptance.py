"""From an answer of the StatBank to snapshots: check everything, then keep it, or set it aside.

An answer over many quarters is kept twice: each quarter's rows under the header, in the order in
which they came, and the whole answer beside them, byte for byte. An answer that fails a check goes
to `data/quarantine/` with the reason, and the snapshots stay as they were.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from pipeline.calculation.calculate import FETCHED, Snapshot
from pipeline.calculation.plausibility import check_moves
from pipeline.calculation.population import check_identities, names_of, names_of_parts
from pipeline.errors import KlyngeError
from pipeline.files import json_bytes, record, write_atomically
from pipeline.snapshots.store import FigureReader
from pipeline.statbank.answers import Asked, read_answer
from schemas.quarter import Quarter
from schemas.source_tables import SourceTable

if TYPE_CHECKING:  # requests is imported where the StatBank is asked
    from pipeline.statbank.client import Answer

LICENCE: Final = "CC BY 4.0"


class News(StrEnum):
    """What an answer brought for a quarter."""

    NEW = "new"
    CHANGED = "changed"
    CONFIRMED = "confirmed"
    SAME = "same"


@dataclass(frozen=True)
class Kept:
    """A quarter of a table, now held, and what the answer brought."""

    snapshot: Snapshot
    news: News


class Acceptance:
    """Checks answers and keeps them.

    Args:
        reader: Reads the figures that are stored already, by the reference tables.
        accept_jumps: Codes whose implausible change is accepted.
    """

    def __init__(self, reader: FigureReader, accept_jumps: Sequence[str]) -> None:
        self.reader = reader
        self.store = reader.store
        self.reference = reader.reference
        self.accept_jumps = accept_jumps

    def accept(
        self, answer: Answer, quarters: Sequence[Quarter], updated: str, now: datetime
    ) -> list[Kept]:
        """Check an answer and keep each of its quarters.

        Args:
            answer: The answer.
            quarters: The quarters asked for.
            updated: When the table was updated, as the StatBank says it.
            now: When the answer was retrieved.

        Raises:
            SchemaDrift: It has another shape than what was asked for.
            InvalidData: A figure is wrong, does not add up, or moved implausibly.
        """
        try:
            self._check(answer, quarters)
        except KlyngeError as error:
            kept_at = self._quarantine(answer, quarters, error, now)
            hint = f"{error.hint}\nThe answer is kept in {kept_at}".lstrip()
            raise error.reworded(hint=hint) from None
        whole = self._keep_whole(answer) if len(quarters) > 1 else None
        return [self._keep(answer, quarter, whole, updated, now) for quarter in quarters]

    def _check(self, answer: Answer, quarters: Sequence[Quarter]) -> None:
        source, place = answer.source, f"The answer of {answer.url}"
        codes = tuple(names_of(source, self.reference))
        table = read_answer(Asked(source, codes, quarters, place), answer.content)
        for quarter in sorted(quarters):
            people = _people(table, quarter)
            check_identities(source, self.reference, people, f"{place} for {quarter}")
            self._check_moves(source, quarter, table)

    def _check_moves(self, source: SourceTable, quarter: Quarter, table: pd.DataFrame) -> None:
        answered = [Quarter.parse(str(label)) for label in table.index]
        stored = self.store.quarters(source.table)
        since = max((other for other in {*answered, *stored} if other < quarter), default=None)
        if since is None:
            return
        before = _people(table, since) if since in answered else self._stored(source, since)
        now, names = _people(table, quarter), names_of_parts(source, self.reference)
        check_moves(since, before, quarter, now, names, self.accept_jumps)

    def _stored(self, source: SourceTable, quarter: Quarter) -> Mapping[str, int]:
        return self.reader.read(self.store.all(source.table, quarter)[-1]).people

    def _keep(
        self,
        answer: Answer,
        quarter: Quarter,
        whole: Mapping[str, Any] | None,
        updated: str,
        now: datetime,
    ) -> Kept:
        source = answer.source
        content = rows_of(quarter, answer.content) if whole else answer.content
        held = self.store.newest(source.table, quarter)
        digest = hashlib.sha256(content).hexdigest()
        news = _news(held, digest)
        if held and news is News.SAME:
            return Kept(held, news)
        snapshot = Snapshot(
            table=source.table,
            bank=source.bank,
            quarter=str(quarter),
            origin=FETCHED,
            source=f"{source.publisher}, {source.table}",
            licence=LICENCE,
            url=answer.url,
            query=answer.query,
            retrieved_at=utc_text(now),
            updated=updated,
            request_id=answer.request_id,
            response=whole,
            accepted_jumps=tuple(self.accept_jumps),
            sha256=digest,
            bytes=len(content),
            path="",
        )
        return Kept(self.store.add(snapshot, content), news)

    def _keep_whole(self, answer: Answer) -> dict[str, Any]:
        sha12 = hashlib.sha256(answer.content).hexdigest()[:12]
        path = self.store.folder / answer.source.table / "answers" / f"{sha12}.csv"
        write_atomically(path, answer.content)
        file = record(path.relative_to(self.store.data_dir).as_posix(), answer.content)
        return {"path": file.file, "bytes": file.bytes, "sha256": file.sha256}

    def _quarantine(
        self, answer: Answer, quarters: Sequence[Quarter], error: KlyngeError, now: datetime
    ) -> str:
        sha12 = hashlib.sha256(answer.content).hexdigest()[:12]
        folder = self.store.data_dir / "quarantine"
        path = folder / f"{answer.source.table}-{min(quarters)}-{sha12}.csv"
        reason = {
            "reason": error.message,
            "url": answer.url,
            "query": answer.query,
            "request_id": answer.request_id,
            "retrieved_at": utc_text(now),
        }
        write_atomically(path, answer.content)
        write_atomically(path.with_suffix(".json"), json_bytes(reason))
        return str(path)


def rows_of(quarter: Quarter, content: bytes) -> bytes:
    """Return the header and a quarter's rows of an answer whose last columns are TID;INDHOLD."""
    header, *rows = content.splitlines(keepends=True)
    wanted = str(quarter).encode()
    return header + b"".join(row for row in rows if row.rsplit(b";", 2)[1] == wanted)


def utc_text(moment: datetime) -> str:
    """Return a moment as sidecars record it, `2026-11-11T07:15:00Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _people(table: pd.DataFrame, quarter: Quarter) -> dict[str, int]:
    return dict(zip(table.columns, table.loc[[str(quarter)]].to_numpy()[0].tolist(), strict=True))


def _news(held: Snapshot | None, digest: str) -> News:
    if held is None:
        return News.NEW
    if held.sha256 != digest:
        return News.CHANGED
    return News.CONFIRMED if held.transcribed else News.SAME
