"""One answer before it goes on the wire.

Recorded: the headers below on every answer, `text/json` even for JSON, data chunked and as an
attachment, metadata with a length, and a fresh request id each time.
"""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import responses

from .errors import JSON_TYPE

SERVER = "Microsoft-IIS/10.0"
CSV_TYPE = "text/csv; charset=utf-8"
_COMMON_HEADERS = {
    "Cache-Control": "no-cache",
    "Pragma": "no-cache",
    "Expires": "-1",
    "Access-Control-Expose-Headers": "StatbankAPI-Request-Id",
    "X-AspNet-Version": "4.0.30319",
    "X-Powered-By": "ASP.NET",
    "Strict-Transport-Security": "max-age=31536000",
}


@dataclass(frozen=True)
class Answer:
    """What is said; how its bytes are sent is for the server or a fault.

    Args:
        chunked: Whether the body is sent in chunks instead of with its length.
        extra_headers: Headers beyond the common ones.
    """

    body: bytes
    status: int = 200
    content_type: str = JSON_TYPE
    chunked: bool = False
    extra_headers: Mapping[str, str] = field(default_factory=dict)

    def status_line(self) -> str:
        """Give the code and its phrase."""
        return f"{self.status} {responses.get(self.status, 'Unknown')}"

    def headers(self) -> list[tuple[str, str]]:
        """List the headers, with a request id of their own each time."""
        length = {} if self.chunked else {"Content-Length": str(len(self.body))}
        named = {
            **_COMMON_HEADERS,
            "Content-Type": self.content_type,
            **length,
            "StatbankAPI-Request-Id": str(uuid.uuid4()),
            **self.extra_headers,
        }
        return list(named.items())


def json_answer(document: object, status: int = 200) -> Answer:
    """Answer with compact JSON in UTF-8."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return Answer(text.encode("utf-8"), status)


def csv_answer(body: bytes, filename: str) -> Answer:
    """Answer with data: chunked, and to be saved under a name."""
    disposition = {"Content-Disposition": f"attachment; filename={filename}"}
    return Answer(body, content_type=CSV_TYPE, chunked=True, extra_headers=disposition)
