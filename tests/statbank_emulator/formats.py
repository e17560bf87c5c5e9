"""The bodies of data answers.

Recorded: CSV starts with a byte order mark and holds every cell, BULK has none, drops zeros and
comes in no order; both use CRLF, semicolons, codes upper-cased as headers and `INDHOLD` last.
JSONSTAT is version 1 of the format with an invented dimension `ContentsCode` before time.
Documented: tabs as delimiter, and `ValueAndCode`. Inferred: headers stay codes whatever the value
presentation, and an unknown presentation is the default one. Left out: PX, XLSX, HTML, DSTML, SDMX
and PNG, which are answered as unknown formats.
"""

import itertools
import json
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from .catalogue import Language, Table, Value
from .selection import Column

CSV_TYPE = "text/csv; charset=utf-8"
_SHUFFLE_SEED = 20080101
_DEFAULT = "default"
_PRESENTATIONS: dict[str, Callable[[Value, str], str]] = {
    _DEFAULT: lambda value, text: text,
    "code": lambda value, text: value.code,
    "codeandvalue": lambda value, text: f"{value.code} {text}",
    "valueandcode": lambda value, text: f"{text} {value.code}",
}


@dataclass(frozen=True)
class Extract:
    """The cells a request selects and how they are to be presented.

    Args:
        count: Gives the figure of a cell from its codes by variable code.
        updated: When the table was last updated, naive Copenhagen time.
    """

    table: Table
    columns: tuple[Column, ...]
    count: Callable[[Mapping[str, str]], int]
    updated: str
    lang: Language
    presentation: str = _DEFAULT
    delimiter: str = ";"

    def cells(self) -> Iterator[tuple[tuple[str, ...], int]]:
        """Go through the cells, the last variable fastest."""
        names = [column.variable.code for column in self.columns]
        for codes in itertools.product(*(column.codes for column in self.columns)):
            yield codes, self.count(dict(zip(names, codes, strict=True)))


def csv(extract: Extract) -> bytes:
    """Write every cell, in request order."""
    return _table_of(extract, list(extract.cells())).encode("utf-8-sig")


def bulk(extract: Extract) -> bytes:
    """Write the cells that are not zero, in no particular order (the same each time)."""
    cells = [cell for cell in extract.cells() if cell[1]]
    random.Random(_SHUFFLE_SEED).shuffle(cells)
    return _table_of(extract, cells).encode("utf-8")


def _table_of(extract: Extract, cells: list[tuple[tuple[str, ...], int]]) -> str:
    labels = [_labels(extract, column) for column in extract.columns]
    header = [*(column.variable.code.upper() for column in extract.columns), "INDHOLD"]
    rows = (
        [*(names[code] for names, code in zip(labels, codes, strict=True)), str(figure)]
        for codes, figure in cells
    )
    return "".join(extract.delimiter.join(row) + "\r\n" for row in [header, *rows])


def _labels(extract: Extract, column: Column) -> dict[str, str]:
    present = _PRESENTATIONS.get(extract.presentation, _PRESENTATIONS[_DEFAULT])
    return {
        value.code: present(value, value.text.in_language(extract.lang))
        for value in column.variable.values
    }


def jsonstat(extract: Extract) -> bytes:
    """Write a JSON-stat 1 dataset; time is the last dimension wherever it was asked for."""
    columns = sorted(extract.columns, key=lambda column: column.variable.is_time)
    ordered = replace(extract, columns=tuple(columns))
    document = {"dataset": _dataset(ordered)}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def _dataset(extract: Extract) -> dict[str, Any]:
    table, lang = extract.table, extract.lang
    texts = [column.variable.text.in_language(lang) for column in extract.columns]
    url = table.documentation_url(lang)
    described = {} if url is None else {"infofile": url}
    return {
        "dimension": _dimension(extract),
        "label": table.title([*texts[:-1], "Indhold", texts[-1]], lang),
        "source": table.source.in_language(lang),
        "updated": _in_utc(extract.updated),
        "value": [figure for _, figure in extract.cells()],
        "extension": {"px": {**described, "tableid": table.code, "decimals": 0}},
    }


def _dimension(extract: Extract) -> dict[str, Any]:
    *stub, time = [(column.variable.code, _category(extract, column)) for column in extract.columns]
    ids = [code for code, _ in stub] + ["ContentsCode", "Tid"]
    sizes = [len(column.codes) for column in extract.columns]
    mapped = [column.variable.code for column in extract.columns if column.variable.map]
    geographic = {"geo": mapped} if mapped else {}
    return {
        **dict(stub),
        "ContentsCode": _contents(extract.table, extract.lang),
        **dict([time]),
        "id": ids,
        "size": [*sizes[:-1], 1, sizes[-1]],
        "role": {**geographic, "metric": ["ContentsCode"], "time": ["Tid"]},
    }


def _category(extract: Extract, column: Column) -> dict[str, Any]:
    texts = {value.code: value.text.in_language(extract.lang) for value in column.variable.values}
    category = {
        "index": {code: place for place, code in enumerate(column.codes)},
        "label": {code: texts[code] for code in column.codes},
    }
    return {"label": column.variable.text.in_language(extract.lang), "category": category}


def _contents(table: Table, lang: Language) -> dict[str, Any]:
    category = {
        "index": {table.code: 0},
        "label": {table.code: table.text.in_language(lang)},
        "unit": {table.code: {"base": table.unit.in_language(lang), "decimals": 0}},
    }
    # Recorded: the invented dimension is called Indhold in English too.
    return {"label": "Indhold", "category": category}


def _in_utc(updated: str) -> str:
    local = datetime.fromisoformat(updated).replace(tzinfo=ZoneInfo("Europe/Copenhagen"))
    return local.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
