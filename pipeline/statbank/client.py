"""The StatBank's API: `tableinfo` and `data`; bytes in, bytes out, typed errors.

Statistics Denmark documents the API on its pages for developers (version 1). What is marked as
recorded below was seen in answers of the API and is not in its documentation.

- POST with JSON is recommended over GET (documented); a POST that is redirected from http to https
  loses its body, so https is used from the start.
- An error has status 400, or 404 for an unknown path, and a body `{"errorTypeCode", "message"}`
  (recorded). The code is branched on, never the text, which depends on the language.
- Sub-banks such as `s30` (the City of Copenhagen's) stand in the path (recorded); as a parameter
  they are ignored.
- Every answer carries `StatbankAPI-Request-Id` (recorded), the id to quote to the StatBank.
- `updated` is local time without a zone; period ids are Danish (`2026K3`) in both languages
  (recorded).
"""

import json
import logging
import string
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from pipeline.errors import SchemaDrift, StatBankRejected
from pipeline.machine import Clock, installed_version, moment_text
from pipeline.plain_text import plain
from pipeline.settings import Settings
from pipeline.statbank import transport as way
from schemas.quarter import Quarter
from schemas.source_tables import SourceTable

log = logging.getLogger(__name__)

REQUEST_ID: Final = "StatbankAPI-Request-Id"
OK: Final = 200
_LEADING: Final = b"\xef\xbb\xbf \t\r\n"
"""Byte order mark and blanks, which may stand before anything."""


@dataclass(frozen=True)
class TableInfo:
    """What `tableinfo` says: value ids by variable, and the local time of the newest update.

    A table that is not active is no longer updated.
    """

    active: bool
    updated: str
    values: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Answer:
    """An answer of `data`, byte for byte, and the query that it answers."""

    source: SourceTable
    quarters: Sequence[Quarter]
    url: str
    query: Mapping[str, Any]
    request_id: str | None
    retrieved_at: str
    content: bytes


class StatBank:
    """A polite client: one request at a time, and it says who asks."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        # A header is ASCII; what is not is written as in an address of the web.
        ascii_contact = quote(settings.contact, safe=f"{string.punctuation} ")
        contact = f" ({ascii_contact})" if ascii_contact else ""
        self.base = settings.statbank_url
        self.transport = way.Transport(
            settings, f"klyngefordeling/{installed_version()}{contact}", clock
        )

    def tableinfo(self, source: SourceTable) -> TableInfo:
        """Return what the StatBank says of a table.

        Raises:
            StatBankUnavailable: No proper answer came.
            StatBankRejected: The StatBank refused, for instance because the table is gone.
            SchemaDrift: The answer is not a tableinfo.
        """
        url = self._url(source, "tableinfo")
        reply = self._post(url, {"table": source.asked, "lang": "en"})
        try:
            content = json.loads(reply.content)
            return TableInfo(
                active=content["active"] is True,
                updated=plain(str(content["updated"])),
                values={
                    plain(str(variable["id"])): tuple(
                        plain(str(value["id"])) for value in variable["values"]
                    )
                    for variable in content["variables"]
                },
            )
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise SchemaDrift(
                f"{url} answered for {source.table} with something that is not a tableinfo "
                f"({type(error).__name__}: {error}).",
                "Ask again; if it stays so, the API has changed.",
            ) from None

    def data(
        self, source: SourceTable, codes: Sequence[str], quarters: Sequence[Quarter]
    ) -> Answer:
        """Return the figures of these codes and quarters, as CSV.

        Raises:
            StatBankUnavailable: No proper answer came.
            StatBankRejected: The StatBank refused the query.
            SchemaDrift: The answer is larger than any that was asked for.
        """
        url, query = self._url(source, "data"), source.query(codes, quarters)
        reply = self._post(url, query)
        request_id = plain(reply.headers.get(REQUEST_ID, "")) or None
        moment = moment_text(self.transport.clock.now())
        return Answer(source, quarters, url, query, request_id, moment, reply.content)

    def _url(self, source: SourceTable, function: str) -> str:
        return "/".join(part for part in (self.base, source.bank, function) if part)

    def _post(self, url: str, query: Mapping[str, Any]) -> way.Reply:
        reply = self.transport.post(url, query)
        log.info("POST %s %s: %d, %d bytes", url, query["table"], reply.status, len(reply.content))
        _raise_for(reply, url)
        return reply


def _raise_for(reply: way.Reply, url: str) -> None:
    """Raise unless the reply is what a success looks like, whatever its status says."""
    content = reply.content.lstrip(_LEADING)
    if error := _error_of(content):
        raise _rejected(reply, url, f"{error['errorTypeCode']}: {error.get('message', '')}")
    text = content[: way.MOST_SHOWN].decode("utf-8", "replace")
    if reply.status in way.RETRIED_STATUS:
        raise way.unavailable(url, f"status {reply.status} in {way.ATTEMPTS} attempts {text}")
    if reply.status != OK:
        raise _rejected(reply, url, f"status {reply.status} {text}")
    if not content:
        raise way.unavailable(url, "an empty body")
    if content.startswith(b"<"):
        raise way.unavailable(url, f"a web page instead of figures, {text}")


def _error_of(content: bytes) -> dict[str, Any] | None:
    with suppress(ValueError, RecursionError):
        body = json.loads(content) if content.startswith(b"{") else None
        return body if isinstance(body, dict) and "errorTypeCode" in body else None
    return None


def _rejected(reply: way.Reply, url: str, what: str) -> StatBankRejected:
    request_id = reply.headers.get(REQUEST_ID)
    quoted = f" (request {way.shown(request_id)})" if request_id else ""
    return StatBankRejected(
        f"{url} refused the query{quoted}: {way.shown(what)}",
        "If the table or its codes have changed, the reference tables need the same change.",
    )
