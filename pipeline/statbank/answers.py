"""From the bytes of an answer of the StatBank to figures, with everything checked that can be.

An answer is UTF-8, separated by `;`, headed by the codes of its variables in upper case and
`INDHOLD`; CSV starts with a byte order mark and BULK does not (both recorded). Numbers have no
thousands separator, and `..` is a missing one (documented). What was asked for must come, every
combination exactly once. Another shape is a `SchemaDrift`; a figure that cannot be a population is
`InvalidData`. An answer is read in chunks, so memory is bounded by the cells that were asked for.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from pipeline.errors import InvalidData, KlyngeError, Remedy, SchemaDrift
from schemas import tables
from schemas.quarter import Quarter
from schemas.source_tables import TIME, VALUE, SourceTable
from schemas.validation import Failure, counted, describe, failures

CHUNK_ROWS: Final = 100_000
_ABSENT: Final = -1
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked of a table, and where the answer lies, for messages."""

    source: SourceTable
    codes: Sequence[str]
    quarters: Sequence[Quarter]
    place: str


def read_answer(asked: Asked, content: bytes) -> pd.DataFrame:
    """Return the population (people): a row a quarter (`2022K1`), a column a code, as asked.

    Raises:
        SchemaDrift: Another header, encoding or period, or codes that are new or gone.
        InvalidData: A figure is missing, doubled, not whole or negative.
    """
    quarters = [str(quarter) for quarter in asked.quarters]
    figures = np.full(len(quarters) * len(asked.codes), _ABSENT, dtype="int64")
    schema = tables.answer(asked.source, asked.codes, quarters)
    for rows in _chunks(asked, content):
        _raise_on(asked, failures(schema, rows))
        cells = _cells(asked, quarters, rows)
        doubled = rows.loc[pd.Index(cells).duplicated() | (figures[cells] != _ABSENT), VALUE]
        rule = "must be the only figure of its area and quarter"
        _raise_on(asked, [Failure(int(at) + 2, VALUE, rule, text) for at, text in doubled.items()])
        figures[cells] = rows[VALUE].astype("int64")
    table = pd.DataFrame(
        figures.reshape(len(quarters), len(asked.codes)), index=quarters, columns=list(asked.codes)
    )
    _complete(asked, table)
    return table


def _chunks(asked: Asked, content: bytes) -> Iterator[pd.DataFrame]:
    header = asked.source.header
    first_line = content.removeprefix(_BYTE_ORDER_MARK).partition(b"\n")[0].rstrip(b"\r")
    if first_line != ";".join(header).encode():
        found = first_line[:120].decode("utf-8", "backslashreplace")
        raise _drift(asked, f"is headed {found!r} instead of {';'.join(header)!r}")
    try:
        with warnings.catch_warnings(action="error", category=pd.errors.ParserWarning):
            yield from pd.read_csv(
                io.BytesIO(content),
                sep=";",
                encoding="utf-8-sig",
                dtype={**dict.fromkeys(header, "object"), VALUE: "str"},
                keep_default_na=False,
                quoting=3,
                index_col=False,
                chunksize=CHUNK_ROWS,
            )
    except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
        raise _drift(asked, f"has a row of another length: {str(error).strip()}") from None
    except UnicodeDecodeError:
        raise _drift(asked, "is not UTF-8") from None


def _cells(asked: Asked, quarters: list[str], rows: pd.DataFrame) -> np.ndarray:
    """Return the position of each row's figure among the cells asked for."""
    axes = ((quarters, TIME.upper()), (asked.codes, asked.source.area_variable.upper()))
    places = [pd.Index(names).get_indexer(pd.Index(rows[column])) for names, column in axes]
    return np.ravel_multi_index(places, [len(names) for names, _ in axes])


def _raise_on(asked: Asked, broken: list[Failure]) -> None:
    if not broken:
        return
    shape = [failure for failure in broken if failure.column != VALUE]
    if shape:
        raise _drift(asked, f"has {counted(shape, 'unexpected code')}:\n{describe(shape)}")
    what = counted(broken, "wrong figure")
    raise InvalidData(f"{asked.place} has {what}:\n{describe(broken)}", remedy=Remedy.ASK_AGAIN)


def _complete(asked: Asked, table: pd.DataFrame) -> None:
    absent = table.eq(_ABSENT).iterrows()
    gone = [f"  {quarter}: {', '.join(table.columns[row])}" for quarter, row in absent if row.any()]
    if gone:
        raise _drift(asked, "lacks figures that were asked for:\n" + "\n".join(gone[:10]))


def _drift(asked: Asked, what: str) -> KlyngeError:
    return SchemaDrift(f"{asked.place} {what}", remedy=Remedy.ASK_AGAIN)
