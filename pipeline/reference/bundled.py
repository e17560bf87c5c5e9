"""The rules and figures that come with the package, and how newer ones reach a data folder.

`reference/.bundled/` keeps the tables as they were given. An update compares three versions of each
row: as given, as it is now, and as it comes with the package. A row that nobody here changed is
replaced; one that an analyst changed, added or removed stays.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipeline.errors import Remedy, UsageError
from pipeline.files import write_atomically, write_folder_atomically
from pipeline.reference.editing import locked
from pipeline.reference.files import COLUMNS, Row, bundled_data, canonical, read_content, rows_of
from pipeline.reference.tables import load_reference
from schemas.rows import KEYS, PERIOD

Key = tuple[str, ...]

GIVEN: Final = Path("reference") / ".bundled"


@dataclass(frozen=True)
class RowUpdate:
    """A row that comes with the package otherwise than it is now; None where there is none.

    It is kept as it is where somebody here changed it.
    """

    table: str
    key: Key
    now: Row | None
    comes: Row | None
    kept: bool


@dataclass(frozen=True)
class Update:
    """What an update would write: rows of the tables, and files of quarters that are not there."""

    rows: tuple[RowUpdate, ...]
    files: Mapping[Path, bytes]

    @property
    def quarters(self) -> list[str]:
        """The quarters whose figures come."""
        return sorted({path.parent.name for path in self.files if "snapshots" in path.parts})


def initialise(data_dir: Path) -> None:
    """Write the bundled rules and figures as a new data folder, all or nothing.

    Raises:
        UsageError: There is such a folder.
    """
    if data_dir.exists():
        said = f"{data_dir} is there already, and was left as it is."
        hint = "Bring its rules up to date instead, or name another folder."
        raise UsageError(said, hint, Remedy.UPDATE_DATA, data_dir=data_dir)
    source = bundled_data()
    tables = {(GIVEN / name).as_posix(): _bundled(name) for name in COLUMNS}
    write_folder_atomically(data_dir, {**_files(source), **tables})


def planned_update(data_dir: Path) -> Update:
    """Return what the bundled rules and figures would change in a data folder.

    Raises:
        InvalidData: A table of the folder cannot be read, or would break a rule afterwards.
    """
    found: list[RowUpdate] = []
    tables: dict[str, bytes] = {}
    for name in COLUMNS:
        path = data_dir / "reference" / name
        given = (data_dir / GIVEN / name).read_bytes() if (data_dir / GIVEN).exists() else b""
        now = _by_key(name, read_content(path))
        updates = list(_row_updates(name, _by_key(name, given), now, _by_key(name, _bundled(name))))
        after = now | {update.key: update.comes for update in updates if not update.kept}
        tables[name] = canonical(path, [row for row in after.values() if row])
        found += updates
    load_reference(data_dir, tables)
    files = {data_dir / "reference" / name: content for name, content in tables.items()}
    # What was given comes last: an update that is killed is repeated.
    files |= {data_dir / GIVEN / name: _bundled(name) for name in COLUMNS}
    stored = {data_dir / name: content for name, content in _files(bundled_data()).items()}
    new = (path for path in stored if "snapshots" in path.parts and not path.parent.exists())
    return Update(tuple(found), {**files, **{path: stored[path] for path in new}})


def write_update(data_dir: Path, update: Update) -> None:
    """Write the files of an update; each is written whole, or stays as it was."""
    with locked(data_dir / "reference"):
        for path, content in update.files.items():
            write_atomically(path, content)


def _row_updates(
    table: str, given: Mapping[Key, Row], now: Mapping[Key, Row], comes: Mapping[Key, Row]
) -> Iterator[RowUpdate]:
    for key in dict.fromkeys([*now, *comes]):
        old, ours, theirs = given.get(key), now.get(key), comes.get(key)
        if theirs not in (old, ours):
            yield RowUpdate(table, key, ours, theirs, kept=ours != old)


def _by_key(name: str, content: bytes) -> dict[Key, Row]:
    rows = rows_of(Path(name), content) if content else []
    dated: Sequence[str] = PERIOD[:1] if PERIOD[0] in COLUMNS[name] else ()
    key = (*KEYS[name.removesuffix(".csv")], *dated)
    return {tuple(row[column] for column in key): row for row in rows}


def _bundled(name: str) -> bytes:
    return read_content(bundled_data() / "reference" / name)


def _files(source: Path) -> dict[str, bytes]:
    """Return the files of a data folder by relative path: tables, figures, what explains them."""
    parts = ("*.md", "reference/*.csv", "snapshots/*/*/*.*")
    paths = (path for part in parts for path in source.glob(part))
    return {path.relative_to(source).as_posix(): path.read_bytes() for path in paths}
