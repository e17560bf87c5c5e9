"""Safe edits of the reference files: validated first, sorted, written all or nothing.

Method: under a lock that other edits wait for, a file is read, changed and put in canonical form;
the reference tables with the new file in place of the old one are validated, and the rules of every
period checked, before a byte is written. The new file is written beside the old one and renamed
over it. Just before that the old one is compared with what was read: whoever saved it in an editor
meanwhile loses nothing. What is left unguarded is the instant between that look and the renaming.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from pipeline.calculation.findings import Finding
from pipeline.calculation.membership import coverage, rule_periods
from pipeline.errors import KlyngeError, ProvenanceError, Remedy, StorageError, UsageError
from pipeline.files import write_atomically
from pipeline.reference import files
from pipeline.reference.tables import load_reference
from schemas.quarter import Period
from schemas.records import Reference

LOCK: Final = ".lock"
LOCK_TIMEOUT_SECONDS: Final = 10.0
"""How long an edit waits for another one; an edit takes a fraction of a second."""

Change = Callable[[Reference, list[files.Row]], Iterable[files.Row]]


@dataclass(frozen=True)
class Edited:
    """What an edit came to: rows as text, and what must be explained now and did not before."""

    path: Path
    removed: tuple[str, ...]
    added: tuple[str, ...]
    findings: tuple[tuple[Period, Finding], ...]


def edit(data_dir: Path, name: str, change: Change) -> Edited:
    """Change a reference file, such as `costs.csv`, if what comes of it is valid.

    Raises:
        InvalidData: The tables break a rule, before or after the change; nothing is written.
        RuleError: The rules of a period would contradict each other; nothing is written.
        ProvenanceError: Somebody else wrote the file meanwhile; theirs is kept.
        StorageError: Another edit holds the lock for too long.
    """
    path = data_dir / "reference" / name
    with locked(path.parent):
        before = files.read_content(path)
        if not path.exists():  # a table that came later
            write_atomically(path, before)
        reference = load_reference(data_dir)
        rows = list(change(reference, files.rows_of(path, before)))
        _refuse_unknown_sources(name, rows, reference)
        after = files.canonical(path, rows)
        findings = _new_findings(data_dir, reference, name, after)
        _write(path, before, after)
    contents = (files.write_rows(name, files.rows_of(path, content)) for content in (before, after))
    old, new = (content.decode().splitlines() for content in contents)
    removed = tuple(row for row in old if row not in new)
    return Edited(path, removed, tuple(row for row in new if row not in old), findings)


def fix_format(data_dir: Path) -> list[Path]:
    """Rewrite the reference files that are not in canonical form, and return them.

    Raises:
        InvalidData: A file is no CSV or has other columns; those before it are rewritten.
        ProvenanceError: Somebody else wrote a file meanwhile; theirs is kept.
    """
    rewritten = []
    with locked(data_dir / "reference"):
        for path, before, after in not_canonical(data_dir):
            _write(path, before, after)
            rewritten.append(path)
    return rewritten


def not_canonical(data_dir: Path) -> Iterator[tuple[Path, bytes, bytes]]:
    """Yield the reference files not in canonical form: the bytes found, and those in that form.

    Raises:
        InvalidData: A file is no CSV or has other columns.
    """
    for path in (data_dir / "reference" / name for name in files.COLUMNS):
        found = files.read_content(path)
        wanted = files.canonical(path, files.rows_of(path, found))
        if wanted != found:
            yield path, found, wanted


def _refuse_unknown_sources(name: str, rows: Sequence[files.Row], reference: Reference) -> None:
    cited = {row["source_id"] for row in rows if name != files.SOURCES and "source_id" in row}
    if unknown := cited - {"", *reference.sources}:
        source_id = min(unknown)
        said = f"sources.csv has no source {source_id!r}."
        raise UsageError(said, remedy=Remedy.ADD_SOURCE, source_id=source_id)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of the reference tables in a folder, which every writer of them waits for.

    Raises:
        StorageError: Somebody else holds it for too long.
    """
    files.read_content(folder / files.CLUSTERS)  # a folder without tables is told, and stays
    try:
        with FileLock(folder / LOCK, timeout=LOCK_TIMEOUT_SECONDS):
            yield
    except Timeout:
        raise StorageError(
            f"{folder / LOCK} is held: another edit has run for "
            f"{LOCK_TIMEOUT_SECONDS:.0f} seconds.",
            "Wait for it, and run the command again.",
        ) from None


def _write(path: Path, before: bytes, after: bytes) -> None:
    def last_look() -> None:
        found = path.read_bytes() if path.exists() else b""
        if found != before:
            raise ProvenanceError(
                f"{path} was changed by somebody else meanwhile, and was left as they wrote it:\n"
                f"  read  sha256 {hashlib.sha256(before).hexdigest()}\n"
                f"  found sha256 {hashlib.sha256(found).hexdigest()}",
                "Look at the file, and run the command again.",
            )

    if after == before:
        last_look()
    else:
        write_atomically(path, after, last_look)


def _new_findings(
    data_dir: Path, before: Reference, name: str, content: bytes
) -> tuple[tuple[Period, Finding], ...]:
    """Check all rules with the new content, and return what was not to be explained before."""
    known: set[Finding] | None = None
    with suppress(KlyngeError):  # what contradicts now may be what the edit mends
        known = {finding for _, finding in _findings(before)}
    try:
        found = _findings(load_reference(data_dir, {name: content}))
        return tuple(row for row in found if row[1] not in (known or ()))
    except KlyngeError as error:
        if error.remedy is Remedy.END_COST and known is not None:  # it is not written
            error.remedy = None
        raise error.reworded(
            f"Nothing was written, because with this edit a rule would be broken.\n{error.message}",
            "The rows are those that the file would have. Change the edit, or correct first what "
            "stands in its way.",
        ) from None


def _findings(reference: Reference) -> list[tuple[Period, Finding]]:
    return [
        (period, finding)
        for period in rule_periods(reference)
        for finding in coverage(reference, period.first)
    ]
