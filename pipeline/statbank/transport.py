"""POST a query over HTTP with patience, within a budget; bytes in, bytes out.

Retries follow urllib3's `Retry` on the session's adapter: connection errors, 429, 500, 502, 503,
504 and a body that ends early, at most five attempts, with exponential backoff, jitter and
`Retry-After`. Certificates are always verified, and a redirect to another host is refused.

The budget holds for a whole call. A socket's timeout cannot bound it, since a byte now and then
keeps every read alive and a name lookup has no timeout at all; so the call runs in a thread of its
own, and after the budget it is waited for no longer.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any, Final, Self, cast
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError, MaxRetryError
from urllib3.util import Retry

from pipeline.clock import Clock
from pipeline.errors import SchemaDrift, StatBankUnavailable
from pipeline.settings import Settings

RETRIED_STATUS: Final = (429, 500, 502, 503, 504)
ATTEMPTS: Final = 5
BACKOFF_SECONDS: Final = 1.0
"""First pause; each further one is twice as long."""

JITTER_SECONDS: Final = 1.0
MAX_BYTES: Final = 64 * 1024 * 1024
"""Largest answer that is read, 64 MB; all quarters of FOLK1A's areas are below 1 MB."""

CHUNK_BYTES: Final = 64 * 1024


@dataclass(frozen=True)
class Reply:
    """An HTTP answer, its body complete."""

    url: str
    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)


class _BudgetSpentError(Exception):
    """The next pause would end after the deadline."""


class _Patience(Retry):
    """urllib3's retry policy, with a clock of its own and a deadline."""

    def __init__(self, *args: Any, clock: Clock, deadline: float, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.clock = clock
        self.deadline = deadline

    def new(self, **kwargs: Any) -> Self:
        return super().new(clock=self.clock, deadline=self.deadline, **kwargs)

    def sleep(self, response: BaseHTTPResponse | None = None) -> None:
        asked = self.get_retry_after(response) if response is not None else None
        seconds = asked or self.get_backoff_time()
        if self.clock.monotonic() + seconds > self.deadline:
            raise _BudgetSpentError
        self.clock.sleep(seconds)


class _Session(requests.Session):
    """A session that follows a redirect on the same host only."""

    def get_redirect_target(self, response: requests.Response) -> str | None:
        target = super().get_redirect_target(response)
        if target is None:
            return None
        there, here = urlsplit(urljoin(response.url, target)), urlsplit(response.url)
        if (there.scheme, there.netloc) != (here.scheme, here.netloc):
            response.close()
            raise requests.exceptions.InvalidURL(
                f"it redirects to {there.scheme}://{there.netloc}, which was not followed"
            )
        return target


class Transport:
    """Sends one query at a time, each on a connection of its own."""

    def __init__(self, settings: Settings, user_agent: str, clock: Clock) -> None:
        self.settings = settings
        self.user_agent = user_agent
        self.clock = clock

    def post(self, url: str, query: Mapping[str, Any]) -> Reply:
        """Send a query as JSON and return the answer, whatever its status.

        Raises:
            StatBankUnavailable: No complete answer came within the attempts and the budget.
            SchemaDrift: The answer is larger than `MAX_BYTES`.
        """
        answers: SimpleQueue[Reply | Exception] = SimpleQueue()

        def call() -> None:
            try:
                answers.put(self._post(url, query))
            except Exception as error:
                answers.put(error)

        threading.Thread(target=call, daemon=True).start()
        try:
            answer = answers.get(timeout=self.settings.budget_seconds)
        except Empty:
            raise _unavailable(url, f"it took over {self.settings.budget_seconds:g} s") from None
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _post(self, url: str, query: Mapping[str, Any]) -> Reply:
        patience = _Patience(
            total=ATTEMPTS - 1,
            allowed_methods=None,
            status_forcelist=RETRIED_STATUS,
            raise_on_status=False,
            backoff_factor=BACKOFF_SECONDS,
            backoff_jitter=JITTER_SECONDS,
            clock=self.clock,
            deadline=self.clock.monotonic() + self.settings.budget_seconds,
        )
        try:
            with _Session() as session:
                session.headers["User-Agent"] = self.user_agent
                return self._patiently(session, url, query, patience)
        except _BudgetSpentError:
            budget = f"it asked to wait beyond the {self.settings.budget_seconds:g} s of a call"
            raise _unavailable(url, budget) from None
        except (requests.RequestException, HTTPError) as error:
            raise _unavailable(url, _cause(error)) from None

    def _patiently(
        self, session: _Session, url: str, query: Mapping[str, Any], patience: _Patience
    ) -> Reply:
        timeouts = (self.settings.connect_timeout_seconds, self.settings.read_timeout_seconds)
        while True:
            adapter = HTTPAdapter(max_retries=patience)
            session.mount("https://", adapter)
            session.mount("http://", adapter)
            with session.post(url, json=query, stream=True, timeout=timeouts) as response:
                try:
                    content = _body(response)
                except HTTPError as error:  # what urlopen would have retried, had it read the body
                    left = cast(_Patience, response.raw.retries)
                    patience = left.increment("POST", url, error=error)
                    patience.sleep()
                    continue
                return Reply(response.url, response.status_code, response.headers, content)


def _body(response: requests.Response) -> bytes:
    content = bytearray()
    for chunk in response.raw.stream(CHUNK_BYTES, decode_content=True):
        content += chunk
        if len(content) > MAX_BYTES:
            raise SchemaDrift(
                f"{response.url} answered with more than {MAX_BYTES // 2**20} MB; "
                "the rest was not read.",
                "Ask for fewer quarters, or look at what the table has become.",
            )
    return bytes(content)


def _cause(error: Exception) -> str:
    """Return the innermost reason in one line."""
    while (inner := _inner(error)) is not None:
        error = inner
    text = str(error).rpartition(": ")[2] if isinstance(error, HTTPError) else str(error)
    return text.strip() or type(error).__name__


def _inner(error: Exception) -> Exception | None:
    reason = error.reason if isinstance(error, MaxRetryError) else None
    candidates = (reason, *error.args[:1])
    return next((item for item in candidates if isinstance(item, Exception)), None)


def _unavailable(url: str, what: str) -> StatBankUnavailable:
    return StatBankUnavailable(
        f"The StatBank did not answer at {url}: {what}.",
        "Try again later. `klynge run QUARTER --offline` uses the snapshots held.",
    )
