"""The functions of the API that the product asks: tableinfo, and data as CSV, both by POST.

Recorded: which request is refused before which (JSON, language, format, table; the rest inferred),
and of CSV the byte order mark, CRLF, semicolons, codes upper-cased as headers, `INDHOLD` last, the
order of variables and values, that of the request, and that periods are sorted. Documented: the
cell limit, and that a variable left out is eliminated, time left out the newest period. Left out:
every other function, method and format, texts instead of codes, and rules that select values (`*`,
ranges, `(1)`), which are answered as unknown ones.
"""

import itertools
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .answers import Answer, csv_answer, json_answer
from .errors import (
    CELL_LIMIT,
    Language,
    StatBankError,
    bad_format,
    bad_language,
    missing_table,
    no_json,
    too_many_cells,
    unknown_path,
    unknown_table,
    unknown_value,
    unknown_variable,
)
from .holdings import Holding

BANKS = ("s30",)
DANISH: Language = "da"
FUNCTIONS = ("tableinfo", "data")
Query = dict[str, Any]
Selected = dict[str, list[str]]


@dataclass(frozen=True)
class Route:
    """Where a path leads: a bank and a function, the function empty if there is none."""

    bank: str
    function: str


def route_of(path: str) -> Route:
    """Read a path such as `/v1/s30/data`."""
    parts = path.strip("/").split("/")
    bank = parts.pop(1) if len(parts) == 3 and parts[1] in BANKS else ""
    known = len(parts) == 2 and parts[0] == "v1" and parts[1] in FUNCTIONS
    return Route(bank, parts[1] if known else "")


class Api:
    """Answers requests from what the banks hold, by the code of the table."""

    def __init__(self, holdings: Mapping[str, Holding]) -> None:
        self._holdings = holdings

    def answer(self, route: Route, method: str, body: bytes) -> tuple[Answer, str]:
        """Answer a request, and say which table it named (`""` for none)."""
        table, lang = "", DANISH
        try:
            if not route.function or method != "POST":
                raise unknown_path()
            query = _query_of(body)
            table, lang = str(query.get("table", "")).upper(), _language(query)
            return self._answer(route, query), table
        except StatBankError as refusal:
            return json_answer(refusal.document(lang), refusal.status), table

    def _answer(self, route: Route, query: Query) -> Answer:
        if route.function == "data" and str(query.get("format")).upper() != "CSV":
            raise bad_format()
        if not query.get("table"):
            raise missing_table()
        holding = self._holdings.get(str(query["table"]).upper())
        if holding is None or holding.table.bank != route.bank:
            raise unknown_table(query["table"])
        if route.function == "tableinfo":
            return json_answer(holding.document())
        return csv_answer(_csv(holding, _select(holding, query)), f"{holding.table.code}.csv")


def _query_of(body: bytes) -> Query:
    """Read a JSON object; unknown properties are ignored, as recorded."""
    try:
        query = json.loads(body)
    except ValueError:
        raise no_json() from None
    variables = query.get("variables") or [] if isinstance(query, dict) else None
    if not isinstance(variables, list) or not all(isinstance(each, dict) for each in variables):
        raise no_json()
    return {**query, "variables": variables}


def _language(query: Query) -> Language:
    lang: Language
    for lang in ("da", "en"):
        if query.get("lang", "da") == lang:
            return lang
    raise bad_language()


def _select(holding: Holding, query: Query) -> Selected:
    """Return the codes of each variable asked for, in the order of the request.

    Raises:
        StatBankError: A code is unknown, or the cells are too many.
    """
    described = {
        variable["id"]: [value["id"] for value in variable["values"]]
        for variable in holding.document()["variables"]
    }
    time = next(reversed(described))
    selected: Selected = {}
    for variable in query["variables"]:
        code, values = variable.get("code", ""), variable.get("values") or []
        if code not in described:
            raise unknown_variable(code)
        for value in values:
            if value not in described[code]:
                raise unknown_value(value, code)
        if values:
            selected[code] = list(dict.fromkeys(values))
    selected[time] = sorted(selected.get(time, described[time][-1:]))
    cells = math.prod(map(len, selected.values())) * (len(selected) + 1)
    if cells > CELL_LIMIT:
        raise too_many_cells(cells)
    return _with_figures(holding, described, selected)


def _with_figures(holding: Holding, described: Selected, selected: Selected) -> Selected:
    """Refuse what the table knows and the emulator has no figures of."""
    area, *others, _ = described
    served = {area: list(holding.table.parts_of), **{code: described[code][:1] for code in others}}
    served["ALDER"] = described["ALDER"]
    for code, values in served.items():
        for value in selected.get(code, []):
            if value not in values:
                raise unknown_value(value, code)
    return selected


def _csv(holding: Holding, selected: Selected) -> bytes:
    """Write every cell, the last variable fastest."""
    area, *_, time = (variable["id"] for variable in holding.document()["variables"])
    lines = [[*(code.upper() for code in selected), "INDHOLD"]]
    for codes in itertools.product(*selected.values()):
        cell = dict(zip(selected, codes, strict=True))
        age = cell.get("ALDER", "")
        one = age if age in holding.table.ages else ""
        people = holding.figures.count(cell[time], cell.get(area, holding.table.total), one)
        lines.append([*codes, str(people)])
    return "".join(";".join(line) + "\r\n" for line in lines).encode("utf-8-sig")
