"""The raw store: what the StatBank answered, byte for byte, and where it came from.

    data/snapshots/<table>/<quarter>/<sha12>.csv      the answer
    data/snapshots/<table>/<quarter>/<sha12>.json     its sidecar

A snapshot is never edited and never deleted. When the StatBank gives an earlier answer again, a
further sidecar (`<sha12>-2.json`) records that; the newest sidecar tells which answer is current.
Every read compares size and sha256 with the sidecar. A stored answer passed every check when it
came in, so one that agrees is read plainly, without pandas. A row that is not exactly what was
asked for sends it through the checks of the door once more, which name what is wrong.
"""

import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, fields, replace
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any, Final

from filelock import FileLock

from pipeline.calculation.calculate import FETCHED, TRANSCRIBED, Figures, Snapshot
from pipeline.calculation.plausibility import AcceptedJump
from pipeline.calculation.population import check_identities, checksums
from pipeline.errors import ProvenanceError
from pipeline.files import json_bytes, record, write_atomically
from pipeline.plain_text import plain
from schemas.quarter import Quarter
from schemas.records import FileRecord, Reference
from schemas.sharing import age_range
from schemas.source_tables import AGE, MISSING, SourceTable, source_of

_SHOWN: Final = 80
_SIDECAR_KEYS: Final = {field.name for field in fields(Snapshot)} - {"path", "clock_said"}
_HINT: Final = (
    "Restore the file from the repository or a backup. A snapshot is evidence: do not edit it."
)


class SnapshotStore:
    """The snapshots below a data folder; each sidecar is read once."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.folder = data_dir / "snapshots"
        self._read: dict[tuple[str, Quarter], list[Snapshot]] = {}
        self._quarters: dict[str, list[Quarter]] = {}

    def quarters(self, table: str) -> list[Quarter]:
        """Return the quarters that are stored of a table, in order."""
        if table not in self._quarters:
            folders = (self.folder / table).glob("20[0-9][0-9]K[1-4]")
            stored = (row for row in folders if any(one.suffix == ".json" for one in row.iterdir()))
            self._quarters[table] = sorted(Quarter.parse(row.name) for row in stored)
        return self._quarters[table]

    def all(self, table: str, quarter: Quarter) -> list[Snapshot]:
        """Return every retrieval of a quarter, the newest last.

        Raises:
            ProvenanceError: A sidecar cannot be read, or does not belong where it lies.
        """
        key = (table, quarter)
        if key not in self._read:
            sidecars = (self.folder / table / str(quarter)).glob("*.json")
            found = (self._sidecar(path, table, quarter) for path in sidecars)
            ordered = sorted(found, key=lambda row: (row.sequence, row.retrieved_at, row.path))
            self._read[key] = list(map(_with_clock, ordered, [None, *ordered]))
        return self._read[key]

    def newest(self, table: str, quarter: Quarter) -> Snapshot | None:
        """Return the newest retrieval of a quarter, or None if none is stored."""
        return next(reversed(self.all(table, quarter)), None)

    def newest_before(self, table: str, quarter: Quarter) -> Snapshot | None:
        """Return the newest retrieval of the newest earlier quarter stored; None without one."""
        earlier = [stored for stored in self.quarters(table) if stored < quarter]
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
        expected = FileRecord(path.name, snapshot.bytes, snapshot.sha256)
        found = record(path.name, content)
        if found != expected:
            said = f"{path} differs from its sidecar:\n  expected {expected}\n  found    {found}"
            raise ProvenanceError(said, _HINT)
        return content

    def add(self, snapshot: Snapshot, content: bytes) -> Snapshot:
        """Store an answer and its sidecar, the newest of the quarter, and return the snapshot.

        The answer is written first: without a sidecar it is not part of the store.
        """
        folder = self.folder / snapshot.table / snapshot.quarter
        answer = folder / f"{snapshot.sha256[:12]}.csv"
        with FileLock(self.folder / ".lock"):
            if not answer.exists():
                write_atomically(answer, content)
            self._forget(snapshot)
            earlier = self.all(snapshot.table, Quarter.parse(snapshot.quarter))
            last = max((row.sequence for row in earlier), default=0)
            recorded = asdict(replace(snapshot, sequence=last + 1))
            sidecar = {key: value for key, value in recorded.items() if key in _SIDECAR_KEYS}
            again = len(list(folder.glob(f"{answer.stem}*.json"))) + 1
            name = f"{answer.stem}-{again}.json" if again > 1 else f"{answer.stem}.json"
            write_atomically(folder / name, json_bytes(sidecar))
        self._forget(snapshot)
        return self.all(snapshot.table, Quarter.parse(snapshot.quarter))[-1]

    def _forget(self, snapshot: Snapshot) -> None:
        self._read.pop((snapshot.table, Quarter.parse(snapshot.quarter)), None)
        self._quarters.pop(snapshot.table, None)

    def _sidecar(self, path: Path, table: str, quarter: Quarter) -> Snapshot:
        sha12 = path.stem.partition("-")[0]
        try:
            sidecar = {"sequence": 0, "derived": [], **json.loads(path.read_text(encoding="utf-8"))}
            if set(sidecar) != _SIDECAR_KEYS:
                raise ValueError(f"its keys are not {', '.join(sorted(_SIDECAR_KEYS))}")
            sidecar["accepted_jumps"] = _accepted(sidecar["accepted_jumps"])
            sidecar["derived"] = tuple(sidecar["derived"])
            for key, is_sound in _SOUND.items():
                if not is_sound(sidecar[key]):
                    raise ValueError(f"its {key} is {str(sidecar[key])[:_SHOWN]!r}")
            expected = (table, str(quarter), sha12)
            found = (sidecar["table"], sidecar["quarter"], sidecar["sha256"][:12])
            if found != expected:
                raise ValueError(f"expected {' '.join(expected)}, found {' '.join(found)}")
        except (ValueError, TypeError, RecursionError) as error:
            reason = f"{path} is not the sidecar of a snapshot: {error}."
            raise ProvenanceError(reason, _HINT) from None
        answer = path.with_name(f"{sha12}.csv").relative_to(self.data_dir)
        return Snapshot(**sidecar, path=answer.as_posix())


def _with_clock(snapshot: Snapshot, before: Snapshot | None) -> Snapshot:
    """Return a snapshot that says so if the clock was behind that of the retrieval before it."""
    at = datetime.fromisoformat
    if before and at(before.retrieved_at) > at(snapshot.retrieved_at):
        return replace(snapshot, clock_said=before.retrieved_at)
    return snapshot


def _accepted(recorded: Any) -> tuple[AcceptedJump, ...]:
    """Return accepted jumps; an earlier version recorded codes alone."""
    if not isinstance(recorded, list):
        raise ValueError(f"its accepted_jumps is {recorded!r}")
    return tuple(
        AcceptedJump(row, "", 0, 0, "") if isinstance(row, str) else AcceptedJump(**row)
        for row in recorded
    )


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and (value.isprintable() or plain(value) == value)


def _query_texts(query: Any) -> list[Any]:
    """Return the texts of a query; of what is none, something that is no text."""
    with suppress(TypeError, LookupError):
        rows = ((row["code"], row["values"][0], *row["values"]) for row in query["variables"])
        return [query["table"], query["variables"][0]["code"], *chain.from_iterable(rows)]
    return [None]


def _is_utc(text: str) -> bool:
    with suppress(ValueError):
        return datetime.fromisoformat(text).utcoffset() == timedelta(0)
    return False


_SOUND: Final[Mapping[str, Callable[[Any], bool]]] = {
    **dict.fromkeys(("table", "bank", "quarter", "source", "licence", "url", "sha256"), _is_text),
    **dict.fromkeys(("updated", "request_id"), lambda value: value is None or _is_text(value)),
    "origin": lambda value: value in (FETCHED, TRANSCRIBED),
    "retrieved_at": _is_utc,
    "query": lambda query: all(map(_is_text, _query_texts(query))),
    "sequence": lambda value: type(value) is int,
    "derived": lambda codes: all(map(_is_text, codes)),
}
"""What must hold of the values of a sidecar that are worked with."""

_COUNT: Final = re.compile("0|[1-9][0-9]{0,8}")


class FigureReader:
    """Reads the figures of the snapshots in a store, each by the codes that were asked for.

    So an area that ended, or that came later, leaves every older answer readable.
    """

    def __init__(self, reference: Reference, store: SnapshotStore) -> None:
        self.reference = reference
        self.store = store
        self._people: dict[tuple[str, str, str], Mapping[str, int]] = {}

    def read(self, snapshot: Snapshot, ages: str = "") -> Figures:
        """Return the people by code that a snapshot holds, verified and checked.

        Only those of some ages count, such as `0-17`, where it holds them.

        Raises:
            ProvenanceError: The file differs from its sidecar.
            SchemaDrift: It does not hold the codes of the reference tables.
            InvalidData: A figure is wrong, or they do not add up.
        """
        key = (snapshot.path, snapshot.sha256, ages)
        if key not in self._people:
            self._people[key] = self._checked(snapshot, ages)
        return Figures(snapshot, self._people[key])

    def _checked(self, snapshot: Snapshot, ages: str) -> Mapping[str, int]:
        source, quarter = source_of(snapshot.table), Quarter.parse(snapshot.quarter)
        reference, content = self.reference.on(quarter), self.store.read(snapshot)
        people = plain_figures(source, snapshot, content, ages)
        if people is None:
            from pipeline.statbank.answers import Asked, read_answer  # pandas, where it is needed

            may_lack = checksums(source, reference, snapshot.codes)
            asked = Asked(source, snapshot.codes, [quarter], snapshot.path, may_lack)
            people = read_answer(asked, content)[quarter]
        check_identities(source, reference, people, snapshot.path)
        return people


def plain_figures(
    source: SourceTable, snapshot: Snapshot, content: bytes, ages: str
) -> dict[str, int] | None:
    """Return people by code in the order of the codes, of some ages where each has a row.

    None if anything is not as it always is; that ages add up was checked when they came in.
    """
    total, *single = dict(source.selected)[AGE]
    wanted = [age for age in single if int(age) in age_range(ages)] or [total]
    counts, people = dict[str, bool](), dict[str, int]()
    for age in (total, *single):
        cells = (age if code == AGE else value for code, value in source.totals)
        counts[";".join((*cells, snapshot.quarter))] = age in wanted
    header, *lines = content.decode("utf-8-sig", "replace").splitlines() or [""]
    for code, _, rest in (line.partition(";") for line in lines):
        between, _, number = rest.rpartition(";")
        if number == MISSING:
            continue
        if between not in counts or not _COUNT.fullmatch(number):
            return None
        people[code] = people.get(code, 0) + counts[between] * int(number)
    complete = source.ages or len(lines) == len(people) == len(snapshot.codes)
    if header != ";".join(source.header) or not complete or people.keys() - snapshot.codes:
        return None
    return {code: people[code] for code in snapshot.codes if code in people}
