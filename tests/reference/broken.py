"""One edit each of a data folder, as a person or an accident would make it, and how it ends."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Edit = Callable[[Path], None]
"""What is done to a data folder."""

Change = Callable[[str], str]
"""What is done to the text of a file."""


@dataclass(frozen=True)
class Case:
    """An edit, the exit code that a run of 2022K1 ends with, and what its message must hold."""

    edit: Edit
    exit_code: int
    fragments: tuple[str, ...]
    id: str


def reference(name: str, change: Change) -> Edit:
    """Change the text of a reference table."""

    def edit(data_dir: Path) -> None:
        path = data_dir / "reference" / f"{name}.csv"
        before = path.read_bytes().decode()
        after = change(before)
        assert after != before
        path.write_bytes(after.encode())

    return edit


def reference_bytes(name: str, change: Callable[[bytes], bytes]) -> Edit:
    """Change the bytes of a reference table."""

    def edit(data_dir: Path) -> None:
        path = data_dir / "reference" / f"{name}.csv"
        path.write_bytes(change(path.read_bytes()))

    return edit


def without_reference(name: str) -> Edit:
    """Remove a reference table."""
    return lambda data_dir: (data_dir / "reference" / f"{name}.csv").unlink()


def cells(row: int, **values: str) -> Change:
    """Set cells of a row, counted as Excel does, by their column."""

    def change(text: str) -> str:
        rows = list(csv.reader(io.StringIO(text)))
        for column, value in values.items():
            rows[row - 1][rows[0].index(column)] = value
        return _written(rows)

    return change


def member(cluster_id: str, municipality_code: str, **values: str) -> Change:
    """Set cells of a membership of 2022."""

    def change(text: str) -> str:
        keys = [row[:2] for row in csv.reader(io.StringIO(text))]
        return cells(keys.index([cluster_id, municipality_code]) + 1, **values)(text)

    return change


def in_every_row(column: str, value: str) -> Change:
    """Set a cell of every row below the header."""

    def change(text: str) -> str:
        rows = list(csv.reader(io.StringIO(text)))
        for row in rows[1:]:
            row[rows[0].index(column)] = value
        return _written(rows)

    return change


def added(row: str) -> Change:
    """Add a row at the end."""
    return lambda text: f"{text}{row}\n"


def replaced(old: str, new: str) -> Change:
    """Replace text that stands once."""

    def change(text: str) -> str:
        assert text.count(old) == 1, old
        return text.replace(old, new)

    return change


def without_row(row: int) -> Change:
    """Remove a row, counted as Excel does."""

    def change(text: str) -> str:
        lines = text.splitlines(keepends=True)
        return "".join(lines[: row - 1] + lines[row:])

    return change


def without_column(column: str) -> Change:
    """Remove a column."""

    def change(text: str) -> str:
        rows = list(csv.reader(io.StringIO(text)))
        gone = rows[0].index(column)
        return _written([row[:gone] + row[gone + 1 :] for row in rows])

    return change


def in_turn(*changes: Change) -> Change:
    """Make several changes, one after the other."""

    def change(text: str) -> str:
        for step in changes:
            text = step(text)
        return text

    return change


def _written(rows: list[list[str]]) -> str:
    target = io.StringIO()
    csv.writer(target, lineterminator="\n").writerows(rows)
    return target.getvalue()


def answer_of(data_dir: Path, table: str, quarter: str = "2022K1") -> Path:
    """Return the file of the only snapshot of a table and quarter."""
    (path,) = (data_dir / "snapshots" / table / quarter).glob("*.csv")
    return path


def touched(table: str, old: str, new: str) -> Edit:
    """Edit an answer behind the back of its sidecar."""

    def edit(data_dir: Path) -> None:
        path = answer_of(data_dir, table)
        path.write_bytes(replaced(old, new)(path.read_bytes().decode()).encode())

    return edit


def answer_gone(table: str) -> Edit:
    """Remove an answer and leave its sidecar."""
    return lambda data_dir: answer_of(data_dir, table).unlink()


def sidecar(table: str, change: Change) -> Edit:
    """Change the text of a sidecar."""

    def edit(data_dir: Path) -> None:
        path = answer_of(data_dir, table).with_suffix(".json")
        path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")

    return edit


def sidecar_value(table: str, key: str, value: object) -> Edit:
    """Set a value of a sidecar."""

    def change(text: str) -> str:
        return json.dumps({**json.loads(text), key: value})

    return sidecar(table, change)


def recorded(table: str, change: Change) -> Edit:
    """Let the source have answered otherwise: a changed answer with a sidecar that is right."""
    return recorded_bytes(table, lambda content: change(content.decode()).encode())


def recorded_bytes(table: str, change: Callable[[bytes], bytes]) -> Edit:
    """Let the source have answered with other bytes, and record them."""

    def edit(data_dir: Path) -> None:
        answer = answer_of(data_dir, table)
        beside = answer.with_suffix(".json")
        before = answer.read_bytes()
        content = change(before)
        assert content != before
        sha256 = hashlib.sha256(content).hexdigest()
        kept = json.loads(beside.read_text(encoding="utf-8"))
        kept |= {"sha256": sha256, "bytes": len(content)}
        answer.unlink()
        beside.unlink()
        answer.with_name(f"{sha256[:12]}.csv").write_bytes(content)
        beside.with_name(f"{sha256[:12]}.json").write_text(json.dumps(kept), encoding="utf-8")

    return edit
