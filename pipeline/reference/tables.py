"""The reference tables: validated strictly, handed on as frozen values.

Pandera validates a table where it comes in. What it found sound is remembered by sha256, of the
files and of the rules, in `<data_dir>/reference/.validated`; tables that are the same are not
validated again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from pipeline.files import record, write_atomically
from pipeline.reference.files import COLUMNS, Row, invalid, read_content, rows_of
from schemas.codes import COPENHAGEN_TOTAL, EVERY_CLUSTER
from schemas.records import AreaKind, Language, Reference
from schemas.rows import TABLES, from_row
from schemas.validation import HEADER_ROW

REMEMBERED: Final = ".validated"
_RULES: Final = ("codes", "column_rules", "records", "rows", "tables", "validation")


def load_reference(
    data_dir: Path, instead: Mapping[str, bytes] | None = None, remember: bool = True
) -> Reference:
    """Read and validate `<data_dir>/reference/*.csv`.

    Args:
        data_dir: The data folder.
        instead: Contents by file name that are read in place of the files', to try them.
        remember: Whether tables found sound may be remembered, and not be validated again.

    Raises:
        InvalidData: A file is missing, is not a CSV in UTF-8, or breaks a rule; the message names
            file, row as Excel shows it, column, rule and value.
    """
    folder = data_dir / "reference"
    given = instead or {}
    contents = {
        name: given[name] if name in given else read_content(folder / name) for name in COLUMNS
    }
    rows = {name: rows_of(folder / name, content) for name, content in contents.items()}
    if instead or not remember or not _is_remembered(folder, contents):
        for name in rows:
            _validate(folder / name, rows)
        if remember and not instead:
            _remember(folder, contents)
    tables: dict[str, list[Any]] = {
        name: [from_row(kind, row) for row in rows[f"{name}.csv"]] for name, kind in TABLES.items()
    }
    return _reference(tables, contents)


def _reference(tables: Mapping[str, list[Any]], contents: Mapping[str, bytes]) -> Reference:
    numbered = enumerate(tables["memberships"], start=HEADER_ROW + 1)
    return Reference(
        areas={row.code: row for row in tables["areas"]},
        districts={row.code: row for row in tables["districts"]},
        clusters=tuple(tables["clusters"]),
        memberships=tuple(replace(row, row=number) for number, row in numbered),
        costs=tuple(tables["costs"]),
        sources={row.source_id: row for row in tables["sources"]},
        assumptions=tuple(tables["assumptions"]),
        files=tuple(record(name, content) for name, content in contents.items()),
    )


def _validate(path: Path, rows: Mapping[str, list[Row]]) -> None:
    """Validate a file against the rules, given the rows of those that it refers to."""
    from schemas import tables

    schemas: dict[str, Callable[[], Any]] = {
        "sources.csv": tables.sources,
        "areas.csv": tables.areas,
        "districts.csv": lambda: tables.districts(_municipalities(rows)),
        "clusters.csv": tables.clusters,
        "memberships.csv": lambda: tables.memberships(
            {
                row["cluster_id"]: (row["first_quarter"], row["last_quarter"])
                for row in rows["clusters.csv"]
            },
            _municipalities(rows),
            [row["code"] for row in rows["districts.csv"] if row["code"] != COPENHAGEN_TOTAL],
            [row["source_id"] for row in rows["sources.csv"]],
        ),
        "costs.csv": lambda: tables.costs(
            [row["cluster_id"] for row in rows["clusters.csv"]],
            [row["source_id"] for row in rows["sources.csv"]],
        ),
        "assumptions.csv": lambda: tables.assumptions(
            [row["cluster_id"] for row in rows["clusters.csv"]]
        ),
    }
    check_rows(path, schemas[path.name](), rows[path.name])


def _municipalities(rows: Mapping[str, list[Row]]) -> list[str]:
    return [row["code"] for row in rows["areas.csv"] if row["kind"] == AreaKind.MUNICIPALITY]


def check_rows(path: Path, schema: Any, rows: list[Row]) -> None:
    """Validate the rows of a file.

    Raises:
        InvalidData: They break a rule of the schema.
    """
    import pandas as pd

    from schemas.validation import failures

    columns = list(schema.columns)
    broken = failures(schema, pd.DataFrame(rows, columns=columns, dtype=str))
    if broken:
        raise invalid(path, *broken)


@cache
def _rules_digest() -> bytes:
    modules = (files("schemas").joinpath(f"{name}.py").read_bytes() for name in _RULES)
    return hashlib.sha256(b"\0".join(modules)).digest()


def _digest(contents: Mapping[str, bytes]) -> bytes:
    digests = (hashlib.sha256(content).digest() for content in contents.values())
    return hashlib.sha256(_rules_digest() + b"".join(digests)).hexdigest().encode()


def _is_remembered(folder: Path, contents: Mapping[str, bytes]) -> bool:
    try:
        return (folder / REMEMBERED).read_bytes() == _digest(contents)
    except OSError:
        return False


def _remember(folder: Path, contents: Mapping[str, bytes]) -> None:
    with suppress(OSError):  # a folder that cannot be written to is validated each time
        write_atomically(folder / REMEMBERED, _digest(contents))


FILE: Final = "recipients.csv"


@dataclass(frozen=True)
class Recipient:
    """A person or mailbox that gets every revision; `cluster_id` is `*` for the whole report."""

    cluster_id: str
    email: str
    name: str
    language: Language

    @property
    def gets_everything(self) -> bool:
        """Whether it gets the whole report, and not that of one cluster."""
        return self.cluster_id == EVERY_CLUSTER


def load_recipients(data_dir: Path, reference: Reference) -> tuple[Recipient, ...]:
    """Read and validate the recipients; without the file there are none.

    Raises:
        InvalidData: The file breaks a rule; the message names row, column, rule and value.
    """
    from schemas.tables import recipients

    path = data_dir / "reference" / FILE
    if not path.exists():
        return ()
    cluster_ids = [cluster.cluster_id for cluster in reference.clusters]
    schema = recipients(cluster_ids)
    rows = rows_of(path, read_content(path), list(schema.columns))
    check_rows(path, schema, rows)
    return tuple(
        Recipient(
            row["cluster_id"],
            row["email"],
            row["name"],
            Language(row["language"] or Language.DANISH),
        )
        for row in rows
    )
