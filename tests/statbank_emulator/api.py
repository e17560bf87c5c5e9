"""The functions of the API: subjects, tables, tableinfo and data.

Recorded: which request is refused before which (JSON, language, format, table; the rest inferred),
that subjects shrugs off malformed JSON, and that GET names a table by `id` and POST by `table`.
Left out: XML for metadata (refused as a bad format) and the filters `pastDays` and
`includeInactive` (every table here is active, and the emulator has no clock).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from . import formats
from .answers import Answer, attachment, json_answer
from .catalogue import DEFAULT_LANGUAGE, Language
from .errors import (
    JSON_TYPE,
    StatBankError,
    bad_format,
    missing_table,
    time_order_when_streaming,
    unknown_path,
)
from .holdings import Holding, Holdings
from .query import Query, from_address, from_body
from .selection import Column, select
from .subjects import chosen_subjects, describe, tables_under

BANKS = ("s30",)
_WRITERS: dict[str, tuple[Callable[[formats.Extract], bytes], str, str]] = {
    "CSV": (formats.csv, formats.CSV_TYPE, "csv"),
    "BULK": (formats.bulk, formats.CSV_TYPE, "csv"),
    "JSONSTAT": (formats.jsonstat, JSON_TYPE, "json"),
}
_STREAMING = {"BULK"}


@dataclass(frozen=True)
class Request:
    """One request as it came in; `path` starts behind `/v1`."""

    method: str
    path: str
    arguments: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


@dataclass(frozen=True)
class Route:
    """Where a path leads: a bank, a function, and what the rest of the path names."""

    bank: str
    function: str
    named: Mapping[str, str] = field(default_factory=dict)


def route_of(path: str) -> Route:
    """Read a path such as `/v1/s30/data/KKBEF1/CSV`; the function is empty if there is none."""
    version, *parts = [part for part in path.split("/") if part] or [""]
    bank = parts.pop(0).casefold() if parts and parts[0].casefold() in BANKS else ""
    function = parts.pop(0).casefold() if parts and version.casefold() == "v1" else ""
    names = {"tableinfo": ["table"], "data": ["table", "format"], "subjects": ["subjects"]}
    return Route(bank, function, dict(zip(names.get(function, []), parts, strict=False)))


class Api:
    """Answers requests from what the banks hold."""

    def __init__(self, holdings: Holdings) -> None:
        self._holdings = holdings
        self._functions: dict[str, Callable[[str, Query, Language], Answer]] = {
            "subjects": self._subjects,
            "tables": self._tables,
            "tableinfo": self._tableinfo,
            "data": self._data,
        }

    def answer(self, request: Request) -> tuple[Answer, str]:
        """Answer a request, and say which table it named (`""` for none)."""
        route = route_of(request.path)
        table, lang = route.named.get("table", "").upper(), DEFAULT_LANGUAGE
        try:
            if route.function not in self._functions:
                raise unknown_path()
            query = _query_of(request, route)
            table, lang = query.setting("table").upper(), query.language
            return self._functions[route.function](route.bank, query, lang), table
        except StatBankError as refusal:
            return json_answer(refusal.document(lang), refusal.status), table

    def _subjects(self, bank: str, query: Query, lang: Language) -> Answer:
        _require_json(query)
        shown = self._holdings.listings(bank, lang) if query.flag("includetables") else None
        recursive = query.flag("recursive")
        chosen = chosen_subjects(bank, query.items("subjects"))
        return json_answer([describe(bank, each, lang, shown, recursive) for each in chosen])

    def _tables(self, bank: str, query: Query, lang: Language) -> Answer:
        _require_json(query)
        chosen = chosen_subjects(bank, query.items("subjects"))
        tables = set().union(*(tables_under(bank, each) for each in chosen))
        listings = self._holdings.listings(bank, lang)
        return json_answer([listings[code] for code in listings if code in tables])

    def _tableinfo(self, bank: str, query: Query, lang: Language) -> Answer:
        _require_json(query)
        holding = self._named_table(bank, query)
        return json_answer(holding.table.document(holding.periods, holding.updated, lang))

    def _data(self, bank: str, query: Query, lang: Language) -> Answer:
        name = query.setting("format").upper()
        if name not in _WRITERS:
            raise bad_format()
        holding = self._named_table(bank, query)
        order, streaming = query.setting("timeorder"), name in _STREAMING
        if order and streaming:
            raise time_order_when_streaming()
        columns = select(
            holding.variables(),
            query.variables,
            streaming=streaming,
            descending=order.casefold() == "descending",
        )
        write, content_type, suffix = _WRITERS[name]
        body = write(_extract(holding, columns, query, lang))
        return attachment(body, content_type, f"{holding.table.code}.{suffix}")

    def _named_table(self, bank: str, query: Query) -> Holding:
        name = query.setting("table")
        if not name:
            raise missing_table()
        return self._holdings.find(bank, name)


def _query_of(request: Request, route: Route) -> Query:
    if request.method != "POST":
        return from_address(request.arguments, route.named)
    try:
        return from_body(request.body, route.named)
    except StatBankError:
        if route.function == "subjects":
            return Query(route.named)
        raise


def _require_json(query: Query) -> None:
    if query.setting("format", "JSON").upper() != "JSON":
        raise bad_format()


def _extract(
    holding: Holding, columns: Sequence[Column], query: Query, lang: Language
) -> formats.Extract:
    *dimensions, time = holding.variables()
    totals = {variable.code: variable.total or "" for variable in dimensions}

    def count(codes: Mapping[str, str]) -> int:
        area, sex, age, status = (codes.get(code, total) for code, total in totals.items())
        return holding.figures.count(codes[time.code], area, sex, age, status)

    return formats.Extract(
        table=holding.table,
        columns=tuple(columns),
        count=count,
        updated=holding.updated,
        lang=lang,
        presentation=query.setting("valuepresentation").casefold(),
        delimiter="\t" if query.setting("delimiter").casefold() == "tab" else ";",
    )
