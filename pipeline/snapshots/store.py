"""The raw store: what the StatBank answered, byte for byte, and where it came from.

    data/snapshots/<table>/<quarter>/<sha12>.csv      the answer
    data/snapshots/<table>/<quarter>/<sha12>.json     its sidecar

A snapshot is never edited and never deleted. When the StatBank gives an earlier answer again, a
further sidecar (`<sha12>-2.json`) records that; the newest sidecar tells which answer is current.
Every read compares size and sha256 with the sidecar.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from pipeline.errors import ProvenanceError
from pipeline.files import json_bytes, write_atomically
from schemas.quarter import Quarter

FETCHED: Final = "fetched"
TRANSCRIBED: Final = "transcribed"


@dataclass(frozen=True)
class Snapshot:
    """The sidecar of an answer, and where it lies.

    Args:
        table: Table id, such as `FOLK1A`.
        bank: Bank on the API, empty for Statistics Denmark's own.
        quarter: The quarter whose figures it holds, such as `2022K1`.
        origin: `fetched` from the API, or `transcribed` from published figures.
        source: Publisher and table, to cite.
        licence: Licence of the figures.
        url: Where the query is sent.
        query: The query, as sent or as it would be.
        retrieved_at: When it was fetched or transcribed, UTC, such as `2026-11-11T07:15:00Z`.
        updated: When the table was updated, as the StatBank says it (local time); None if unknown.
        request_id: The API's id of the request; None if there was none.
        response: Record of the whole answer where it held more quarters than this one.
        accepted_jumps: Codes whose implausible change an analyst accepted.
        sha256: Of the answer, hexadecimal.
        bytes: Size of the answer.
        path: The answer below the data folder.
    """

    table: str
    bank: str
    quarter: str
    origin: str
    source: str
    licence: str
    url: str
    query: Mapping[str, Any]
    retrieved_at: str
    updated: str | None
    request_id: str | None
    response: Mapping[str, Any] | None
    accepted_jumps: tuple[str, ...]
    sha256: str
    bytes: int
    path: str

    @property
    def transcribed(self) -> bool:
        """Whether the figures were transcribed rather than fetched."""
        return self.origin == TRANSCRIBED


_SIDECAR_KEYS: Final = {field.name for field in fields(Snapshot)} - {"path"}
_HINT: Final = (
    "Restore the file from the repository or a backup. A held snapshot is evidence: do not edit it."
)


class SnapshotStore:
    """The snapshots below a data folder."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.folder = data_dir / "snapshots"

    def quarters(self, table: str) -> list[Quarter]:
        """Return the quarters held of a table, in order."""
        found = []
        for folder in (self.folder / table).glob("????K?"):
            if any(folder.glob("*.json")):
                found.append(Quarter.parse(folder.name))
        return sorted(found)

    def all(self, table: str, quarter: Quarter) -> list[Snapshot]:
        """Return every retrieval of a quarter, the newest last.

        Raises:
            ProvenanceError: A sidecar cannot be read, or does not belong where it lies.
        """
        sidecars = (self.folder / table / str(quarter)).glob("*.json")
        found = [self._sidecar(path, table, quarter) for path in sidecars]
        return sorted(found, key=lambda snapshot: (snapshot.retrieved_at, snapshot.path))

    def newest(self, table: str, quarter: Quarter) -> Snapshot | None:
        """Return the newest retrieval of a quarter, or None if the quarter is not held."""
        found = self.all(table, quarter)
        return found[-1] if found else None

    def newest_before(self, table: str, quarter: Quarter) -> Snapshot | None:
        """Return the newest retrieval of the newest earlier quarter held; None without one."""
        earlier = [held for held in self.quarters(table) if held < quarter]
        return self.newest(table, earlier[-1]) if earlier else None

    def read(self, snapshot: Snapshot) -> bytes:
        """Return the answer, verified.

        Raises:
            ProvenanceError: The file is gone, or differs from its sidecar.
        """
        path = self.data_dir / snapshot.path
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            raise ProvenanceError(f"{path} is gone; its sidecar is still there.", _HINT) from None
        found = hashlib.sha256(content).hexdigest()
        if (found, len(content)) != (snapshot.sha256, snapshot.bytes):
            raise ProvenanceError(
                f"{path} differs from its sidecar:\n"
                f"  expected {snapshot.bytes} bytes, sha256 {snapshot.sha256}\n"
                f"  found    {len(content)} bytes, sha256 {found}",
                _HINT,
            )
        return content

    def add(self, snapshot: Snapshot, content: bytes) -> Snapshot:
        """Keep an answer and its sidecar, and return the snapshot with its path.

        The answer is written first: without a sidecar it is not part of the store.
        """
        folder = self.folder / snapshot.table / snapshot.quarter
        sha12 = snapshot.sha256[:12]
        answer = folder / f"{sha12}.csv"
        if not answer.exists():
            write_atomically(answer, content)
        earlier = len(list(folder.glob(f"{sha12}*.json")))
        sidecar = answer.with_name(f"{sha12}-{earlier + 1}.json" if earlier else f"{sha12}.json")
        recorded = {key: value for key, value in asdict(snapshot).items() if key != "path"}
        write_atomically(sidecar, json_bytes(recorded))
        return replace(snapshot, path=answer.relative_to(self.data_dir).as_posix())

    def _sidecar(self, path: Path, table: str, quarter: Quarter) -> Snapshot:
        sha12 = path.stem.partition("-")[0]
        try:
            sidecar = json.loads(path.read_text(encoding="utf-8"))
            if set(sidecar) != _SIDECAR_KEYS:
                raise ValueError(f"its keys are not {', '.join(sorted(_SIDECAR_KEYS))}")
            expected = (table, str(quarter), sha12)
            found = (sidecar["table"], sidecar["quarter"], sidecar["sha256"][:12])
            _check_values(sidecar)
            if found != expected:
                raise ValueError(
                    f"expected {' '.join(expected)}, found {' '.join(map(str, found))}"
                )
        except (ValueError, TypeError, KeyError) as error:
            raise ProvenanceError(
                f"{path} is not the sidecar of a snapshot: {error}.", _HINT
            ) from None
        sidecar["accepted_jumps"] = tuple(sidecar["accepted_jumps"])
        answer = path.with_name(f"{sha12}.csv").relative_to(self.data_dir)
        return Snapshot(**sidecar, path=answer.as_posix())


def _check_values(sidecar: Mapping[str, Any]) -> None:
    """Raise ValueError or TypeError unless the values that are worked with are of their kind."""
    if sidecar["origin"] not in (FETCHED, TRANSCRIBED):
        raise ValueError(f"its origin is {sidecar['origin']!r}")
    if not _is_utc(sidecar["retrieved_at"]):
        raise ValueError(f"its retrieved_at is {sidecar['retrieved_at']!r}")
    if not isinstance(sidecar["accepted_jumps"], list):
        raise TypeError(f"its accepted_jumps are {sidecar['accepted_jumps']!r}")


def _is_utc(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).utcoffset() == timedelta(0)
    except ValueError:
        return False
