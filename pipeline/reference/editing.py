"""Safe edits of the reference files: validated first, sorted, written all or nothing.

Method: under a lock that other edits wait for, a file is read, changed and put in canonical form;
the reference tables with the new file in place of the old one are validated, and the rules of every
period checked, before a byte is written. The new file is written beside the old one and renamed
over it. Just before that the old one is compared with what was read: whoever saved it in an editor
meanwhile loses nothing. What is left unguarded is the instant between that look and the renaming.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from filelock import FileLock, Timeout

from pipeline.calculation.membership import Coverage, coverage, rule_periods
from pipeline.errors import KlyngeError, ProvenanceError, StorageError
from pipeline.files import write_atomically
from pipeline.reference.files import COLUMNS, Row, canonical, read_content, rows_of, write_rows
from pipeline.reference.tables import load_reference
from schemas.records import Reference

LOCK: Final = ".lock"
_PATIENCE_SECONDS: Final = 10.0
"""How long an edit waits for another one; an edit takes a fraction of a second."""

Change = Callable[[Reference, list[Row]], Sequence[Row]]


@dataclass(frozen=True)
class Edited:
    """What an edit came to.

    Args:
        path: The file.
        removed: Its rows that are gone, as text.
        added: Its rows that are new.
        findings: What must be explained now and did not before, with its period.
    """

    path: Path
    removed: tuple[str, ...]
    added: tuple[str, ...]
    findings: tuple[Coverage, ...]

    @property
    def written(self) -> bool:
        """Whether a row changed."""
        return bool(self.removed or self.added)

    def as_dict(self) -> dict[str, Any]:
        """Return the file and its rows that changed."""
        return {"file": self.path.name, "removed": self.removed, "added": self.added}


def edit(data_dir: Path, name: str, change: Change) -> Edited:
    """Change a reference file, if what comes of it is valid.

    Args:
        data_dir: The data folder.
        name: The file, such as `costs.csv`.
        change: Returns the new rows, given the reference tables and the rows as they are.

    Raises:
        InvalidData: The tables break a rule, before or after the change; nothing is written.
        RuleError: The rules of a period would contradict each other; nothing is written.
        ProvenanceError: Somebody else wrote the file meanwhile; theirs is kept.
        StorageError: Another edit holds the lock for too long.
    """
    path = data_dir / "reference" / name
    with _locked(path.parent):
        before = read_content(path)
        reference = load_reference(data_dir)
        rows = change(reference, rows_of(path, before))
        after = canonical(path.parent, name, rows)
        findings = _tried(data_dir, reference, name, after)
        _write(path, before, after)
        return Edited(path, *_changed_rows(path, before, after), findings)


def fix_format(data_dir: Path) -> list[Path]:
    """Rewrite the reference files that are not in canonical form; nothing else changes.

    Returns:
        The files that were rewritten.

    Raises:
        InvalidData: A file is no CSV or has other columns; those before it are rewritten.
        ProvenanceError: Somebody else wrote a file meanwhile; theirs is kept.
    """
    folder = data_dir / "reference"
    rewritten = []
    with _locked(folder):
        for name in COLUMNS:
            path = folder / name
            before = read_content(path)
            after = canonical(folder, name, rows_of(path, before))
            if after != before:
                _write(path, before, after)
                rewritten.append(path)
    return rewritten


def not_canonical(data_dir: Path) -> list[Path]:
    """Return the reference files that are not in canonical form.

    Raises:
        InvalidData: A file is no CSV or has other columns.
    """
    folder = data_dir / "reference"
    contents = {name: read_content(folder / name) for name in COLUMNS}
    return [
        folder / name
        for name, content in contents.items()
        if canonical(folder, name, rows_of(folder / name, content)) != content
    ]


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    try:
        with FileLock(folder / LOCK, timeout=_PATIENCE_SECONDS):
            yield
    except Timeout:
        raise StorageError(
            f"{folder / LOCK} is held: another edit has run for {_PATIENCE_SECONDS:.0f} seconds.",
            "Wait for it, and run the command again.",
        ) from None


def _write(path: Path, before: bytes, after: bytes) -> None:
    def last_look() -> None:
        found = path.read_bytes() if path.exists() else b""
        if found != before:
            raise _changed_meanwhile(path, before, found)

    for left in path.parent.glob(f".{path.name}.*.tmp"):  # by an edit that was killed
        left.unlink(missing_ok=True)
    if after == before:
        last_look()
    else:
        write_atomically(path, after, last_look)


def _changed_rows(path: Path, *contents: bytes) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the rows of the first content that are not in the second, and the other way round."""
    first, second = (
        write_rows(path.name, rows_of(path, content)).decode().splitlines() for content in contents
    )
    return (
        tuple(row for row in first if row not in second),
        tuple(row for row in second if row not in first),
    )


def _changed_meanwhile(path: Path, expected: bytes, found: bytes) -> ProvenanceError:
    return ProvenanceError(
        f"{path} was changed by somebody else meanwhile, and was left as they wrote it:\n"
        f"  read  sha256 {hashlib.sha256(expected).hexdigest()}\n"
        f"  found sha256 {hashlib.sha256(found).hexdigest()}",
        "Look at the file, and run the command again.",
    )


def _tried(data_dir: Path, reference: Reference, name: str, content: bytes) -> tuple[Coverage, ...]:
    try:
        return _new_findings(reference, load_reference(data_dir, {name: content}))
    except KlyngeError as error:
        raise error.reworded(
            f"Nothing was written, because with this edit a rule would be broken.\n{error.message}",
            "The rows are those that the file would have. Change the edit, or correct first what "
            "stands in its way.",
        ) from None


def _new_findings(before: Reference, after: Reference) -> tuple[Coverage, ...]:
    """Check the rules of every period, and return what was not to be explained before."""
    known = {
        finding for period in rule_periods(before) for finding in coverage(before, period).findings
    }
    found = [coverage(after, period) for period in rule_periods(after)]
    return tuple(
        Coverage(row.period, new)
        for row in found
        if (new := tuple(finding for finding in row.findings if finding not in known))
    )
