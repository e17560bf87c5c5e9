"""From the bytes of an answer of the StatBank to figures, with everything checked that can be.

An answer is UTF-8, separated by `;`, headed by the codes of its variables in upper case and
`INDHOLD`; CSV starts with a byte order mark and BULK does not (both recorded). Numbers have no
thousands separator, and `..` is a missing one (documented). What was asked for must come, every
combination exactly once. Another shape is a `SchemaDrift`; a figure that cannot be a population is
`InvalidData`. One row more than the cells that were asked for is read at most: among so many one
is wrong, and memory is bounded.
"""

import io
import warnings
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

from pipeline.errors import InvalidData, KlyngeError, Remedy, SchemaDrift
from schemas import tables
from schemas.quarter import Quarter
from schemas.source_tables import AGE, MISSING, TIME, VALUE, SourceTable
from schemas.validation import Failure, counted, describe, failures

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked of a table, and where the answer lies, for messages.

    Of the codes in `may_lack` a figure may be missing: no krone hangs on them.
    """

    source: SourceTable
    codes: Sequence[str]
    quarters: Sequence[Quarter]
    place: str
    may_lack: Collection[str] = ()

    @property
    def columns(self) -> list[str]:
        """The codes, or each with the total and every age."""
        if not self.source.ages:
            return list(self.codes)
        ages = dict(self.source.selected)[AGE]
        return [f"{code} {age}" for code in self.codes for age in ages]


def read_answer(asked: Asked, content: bytes) -> dict[Quarter, dict[str, int]]:
    """Return the people by code of each quarter, in the order in which they were asked for.

    By age there is a column a code and age, such as `147 0`, the total of each code first.

    Raises:
        SchemaDrift: Another header, encoding or period, or codes that are new or gone.
        InvalidData: A figure is missing, doubled, not whole or negative.
    """
    quarters, codes = [str(quarter) for quarter in asked.quarters], asked.columns
    rows, area = _rows(asked, content), asked.source.area_variable.upper()
    rows = rows[~(rows[VALUE].eq(MISSING) & rows[area].isin(list(asked.may_lack)))]
    _raise_on(asked, failures(tables.answer(asked.source, asked.codes, quarters), rows))
    if asked.source.ages:
        rows = rows.assign(**{area: rows[area] + " " + rows[AGE.upper()]})
    cell = [TIME.upper(), area]
    doubled = rows.loc[rows.duplicated(cell), VALUE]
    rule = "must be the only figure of its area and quarter"
    _raise_on(asked, [Failure(int(at) + 2, VALUE, rule, text) for at, text in doubled.items()])
    figures = rows.set_index(cell)[VALUE].astype("int64").to_dict()
    people = {
        quarter: {code: figures[quarter, code] for code in codes if (quarter, code) in figures}
        for quarter in quarters
    }
    wanted = [code for code in codes if code.partition(" ")[0] not in asked.may_lack]
    gone = [
        f"  {quarter}: {', '.join(lacking)}"
        for quarter, found in people.items()
        if (lacking := [code for code in wanted if code not in found])
    ]
    if gone:
        raise _drift(asked, "lacks figures that were asked for:\n" + "\n".join(gone[:10]))
    return dict(zip(asked.quarters, people.values(), strict=True))


def _rows(asked: Asked, content: bytes) -> pd.DataFrame:
    header = asked.source.header
    first_line = content.removeprefix(_BYTE_ORDER_MARK).partition(b"\n")[0].rstrip(b"\r")
    if first_line != ";".join(header).encode():
        found = first_line[:120].decode("utf-8", "backslashreplace")
        raise _drift(asked, f"is headed {found!r} instead of {';'.join(header)!r}")
    try:
        with warnings.catch_warnings(action="error", category=pd.errors.ParserWarning):
            return pd.read_csv(
                io.BytesIO(content),
                sep=";",
                encoding="utf-8-sig",
                dtype={**dict.fromkeys(header, "object"), VALUE: "str"},
                keep_default_na=False,
                quoting=3,
                index_col=False,
                nrows=len(asked.columns) * len(asked.quarters) + 1,
            )
    except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
        raise _drift(asked, f"has a row of another length: {str(error).strip()}") from None
    except UnicodeDecodeError:
        raise _drift(asked, "is not UTF-8") from None


def _raise_on(asked: Asked, broken: list[Failure]) -> None:
    if not broken:
        return
    if shape := [failure for failure in broken if failure.column != VALUE]:
        raise _drift(asked, f"has {counted(shape, 'unexpected code')}:\n{describe(shape)}")
    what = counted(broken, "wrong figure")
    raise InvalidData(f"{asked.place} has {what}:\n{describe(broken)}", remedy=Remedy.ASK_AGAIN)


def _drift(asked: Asked, what: str) -> KlyngeError:
    return SchemaDrift(f"{asked.place} {what}", remedy=Remedy.ASK_AGAIN)
