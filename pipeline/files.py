"""Files on disk: their digest, and writing that is all or nothing."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from schemas.records import FileRecord


def record(file: str, content: bytes) -> FileRecord:
    """Return the record of a file with this content."""
    return FileRecord(file, len(content), hashlib.sha256(content).hexdigest())


def packaged(package: str, name: str) -> Path:
    """Return what comes with a package: in an installed one, or at the top of the repository."""
    top = Path(__file__).parents[1]
    inside = top / package / name
    return inside if inside.exists() else top / name


def json_bytes(value: Any) -> bytes:
    """Return a value as JSON in the one form in which this project writes it."""
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def write_atomically(
    path: Path, content: bytes, last_look: Callable[[], None] | None = None
) -> None:
    """Write a file so that after a crash the path holds all of the content or what it held.

    When only the renaming is left, `last_look` is called; if it raises, the file stays as it was.
    The caller holds a lock: what a killed writer left under the temporary name is written over.
    """
    temporary = _temporary(path)
    try:
        _write_flushed(temporary, content, path)
        if last_look:
            last_look()
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    _flush_folder(path.parent)


def write_folder_atomically(
    folder: Path, contents: Mapping[str, bytes], earlier: Path | None = None
) -> None:
    """Write a folder of files under a temporary name, flush it, and rename it into place.

    What is there is then called `earlier`. Paths have `/`; the caller holds a lock, as for a file.
    """
    temporary = _temporary(folder)
    shutil.rmtree(temporary, ignore_errors=True)
    try:
        for relative, content in contents.items():
            _write_flushed(temporary / relative, content, folder / relative)
        for parent in {(temporary / relative).parent for relative in contents}:
            _flush_folder(parent)
        if earlier and folder.exists():
            folder.rename(earlier)
        temporary.rename(folder)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    _flush_folder(folder.parent)


def replace_folder(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write a folder in place of what was there, which stays if the new one cannot be written."""
    earlier = folder.with_name(f".{folder.name}.old")
    shutil.rmtree(earlier, ignore_errors=True)
    write_folder_atomically(folder, contents, earlier)
    shutil.rmtree(earlier, ignore_errors=True)


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}.tmp")


def _write_flushed(temporary: Path, content: bytes, path: Path) -> None:
    try:
        temporary.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        error.filename = str(path)  # a full disk names no file, and the temporary one says nothing
        raise


def _flush_folder(folder: Path) -> None:
    if os.name == "nt":  # Windows cannot open a folder, and flushes a rename by itself
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
