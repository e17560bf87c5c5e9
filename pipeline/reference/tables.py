"""The reference tables: validated strictly, handed on as frozen values.

Pandera validates a table where it comes in. What it found sound is remembered by sha256, of the
files and of the rules, in `<data_dir>/reference/.validated`; tables that are the same are not
validated again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pipeline.errors import InvalidData
from pipeline.files import record
from pipeline.reference.files import COLUMNS, Row, invalid, read_content, rows_of
from schemas.records import Language, Reference
from schemas.rows import TABLES, from_row
from schemas.validation import HEADER_ROW, failures

if TYPE_CHECKING:
    from pandera.pandas import DataFrameSchema

Done = TypeVar("Done")

REMEMBERED: Final = ".validated"
_RULES: Final = ("checks", "records", "rows", "sharing", "tables", "validation")


def load_reference(
    data_dir: Path, instead: Mapping[str, bytes] | None = None, remember: bool = True
) -> Reference:
    """Read and validate `<data_dir>/reference/*.csv`, or other contents instead, to try them.

    Raises:
        InvalidData: A file is missing, is not a CSV in UTF-8, or breaks a rule; the message names
            file, row as Excel shows it, column, rule and value.
    """
    folder = data_dir / "reference"
    given = instead or {}
    contents = {
        name: given[name] if name in given else read_content(folder / name) for name in COLUMNS
    }
    rows = _each(lambda name: rows_of(folder / f"{name}.csv", contents[f"{name}.csv"]))
    remembered, digest, known = folder / REMEMBERED, _digest(contents), b""
    with suppress(OSError):
        known = remembered.read_bytes()
    if instead or not remember or known != digest:
        from schemas.tables import reference  # pandas and pandera, where a table is validated

        _each(lambda name: check_rows(folder / f"{name}.csv", reference(name, rows), rows[name]))
        if remember and not instead:
            with suppress(OSError):  # a folder that cannot be written to is validated each time
                remembered.write_bytes(digest)
    tables: dict[str, list[Any]] = {
        name: [
            from_row(kind, {**row, "row": number})
            for number, row in enumerate(rows[name], start=HEADER_ROW + 1)
        ]
        for name, kind in TABLES.items()
    }
    return Reference.of(tables, tuple(record(name, content) for name, content in contents.items()))


def _each(do: Callable[[str], Done]) -> dict[str, Done]:
    """Return what comes of doing something with each table; what is wrong with any is one error."""
    done, broken = {}, []
    for name in TABLES:
        try:
            done[name] = do(name)
        except InvalidData as error:
            broken.append(error)
    if broken:
        raise broken[0].reworded("\n".join(error.message for error in broken))
    return done


def check_rows(path: Path, schema: DataFrameSchema, rows: list[Row]) -> None:
    """Validate the rows of a file.

    Raises:
        InvalidData: They break a rule of the schema.
    """
    import pandas as pd

    if broken := failures(schema, pd.DataFrame(rows, columns=list(schema.columns), dtype=object)):
        raise invalid(path, *broken)


def _digest(contents: Mapping[str, bytes]) -> bytes:
    rules = [files("schemas").joinpath(f"{name}.py").read_bytes() for name in _RULES]
    digests = [hashlib.sha256(content).digest() for content in (*rules, *contents.values())]
    return hashlib.sha256(b"".join(digests)).hexdigest().encode()


FILE: Final = "recipients.csv"


@dataclass(frozen=True)
class Recipient:
    """A person or mailbox that gets every revision; `cluster_id` is `*` for the whole report."""

    cluster_id: str
    email: str
    name: str
    language: Language


def load_recipients(data_dir: Path, reference: Reference) -> tuple[Recipient, ...]:
    """Read and validate the recipients; without the file there are none.

    Raises:
        InvalidData: The file breaks a rule; the message names row, column, rule and value.
    """
    path = data_dir / "reference" / FILE
    if not path.exists():
        return ()
    from schemas.tables import recipients

    schema = recipients([cluster.cluster_id for cluster in reference.clusters])
    rows = rows_of(path, read_content(path), tuple(schema.columns))
    check_rows(path, schema, rows)
    spoken = ({**row, "language": row["language"] or Language.DANISH} for row in rows)
    return tuple(from_row(Recipient, row) for row in spoken)
