"""POST a query over HTTP, retried within a budget; bytes in, bytes out.

One loop of tenacity retries connection errors, 429, 500, 502, 503, 504 and a body that ends early,
with exponential backoff, jitter and `Retry-After`. Certificates are always verified, and a redirect
to another host is refused.

The budget holds for a whole call. A socket's timeout cannot bound it, since a byte now and then
keeps every read alive and a name lookup has no timeout at all; so the call runs in a thread of its
own, and after the budget it is waited for no longer.
"""

import logging
import re
import ssl
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from contextvars import copy_context
from dataclasses import dataclass, field
from textwrap import shorten
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import requests
import tenacity
from requests.adapters import HTTPAdapter
from urllib3.exceptions import InvalidHeader
from urllib3.util import Retry

from pipeline.errors import AccessRefused, SchemaDrift, StatBankUnavailable
from pipeline.machine import Clock, system_trust, untrusted
from pipeline.plain_text import plain
from pipeline.settings import Settings

RETRIED_STATUS: Final = (429, 500, 502, 503, 504)
RETRIED_ERRORS: Final = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
)
ATTEMPTS: Final = 5
BACKOFF: Final = tenacity.wait_chain(tenacity.wait_none(), tenacity.wait_exponential_jitter())
"""Again at once, then after 2 s, 4 s and 8 s, each up to 1 s more."""

MAX_BYTES: Final = 64 * 1024 * 1024
"""Largest answer that is read, 64 MB; all quarters of FOLK1A's areas are below 1 MB."""

CHUNK_BYTES: Final = 64 * 1024
MOST_SHOWN: Final = 400
"""Characters that are looked at for a message, which shows half of them at most; the longest error
that was recorded has 153."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reply:
    """An HTTP answer, its body complete."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Transport:
    """Sends one query at a time, each on a connection of its own."""

    settings: Settings
    user_agent: str
    clock: Clock

    def post(self, url: str, query: Mapping[str, Any]) -> Reply:
        """Send a query as JSON and return the answer, whatever its status.

        Raises:
            StatBankUnavailable: No complete answer came within the attempts and the budget.
            AccessRefused: A certificate or a proxy lets nothing through.
            SchemaDrift: The answer is larger than `MAX_BYTES`.
        """
        outcome: Future[Reply] = Future()
        deadline = self.clock.monotonic() + self.settings.budget_seconds

        def call() -> None:
            try:
                outcome.set_result(self._retrying(url, deadline)(self._send, url, query))
            except Exception as error:
                outcome.set_exception(error)

        threading.Thread(target=copy_context().run, args=(call,), daemon=True).start()
        try:
            return outcome.result(self.settings.budget_seconds)
        except TimeoutError:
            raise unavailable(url, f"it took over {self.settings.budget_seconds:g} s") from None
        except requests.RequestException as error:
            raise _barred(url, error) or unavailable(url, str(_cause(error))) from None

    def _retrying(self, url: str, deadline: float) -> tenacity.Retrying:
        def pause(seconds: float) -> None:
            if self.clock.monotonic() + seconds > deadline:
                budget = f"{self.settings.budget_seconds:g} s of a call"
                raise unavailable(url, f"another try would wait beyond the {budget}")
            self.clock.sleep(seconds)

        return tenacity.Retrying(
            retry=tenacity.retry_if_exception(
                lambda error: isinstance(error, RETRIED_ERRORS) and not _barred(url, error)
            )
            | tenacity.retry_if_result(lambda reply: reply.status in RETRIED_STATUS),
            stop=tenacity.stop_after_attempt(ATTEMPTS),
            wait=_pause_seconds,
            sleep=pause,
            before_sleep=_tell_of_pause,
            retry_error_callback=lambda state: state.outcome and state.outcome.result(),
        )

    def _send(self, url: str, query: Mapping[str, Any]) -> Reply:
        with requests.Session() as session:
            if url.startswith("https:"):
                session.mount("https://", _SystemTrust())
            with session.post(
                url,
                json=query,
                headers={"User-Agent": self.user_agent},
                timeout=(self.settings.connect_timeout_seconds, self.settings.read_timeout_seconds),
                hooks={"response": _stay_on_host},
                stream=True,
            ) as response:
                return Reply(response.status_code, response.headers, _body(response))


class _SystemTrust(HTTPAdapter):
    """Verifies certificates as the system does; the authorities of `certifi` are known too."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options, ssl_context=system_trust())

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        return super().proxy_manager_for(proxy, **options, ssl_context=system_trust())


def _tell_of_pause(state: tenacity.RetryCallState) -> None:
    log.warning(
        "The StatBank did not answer properly; trying again %s (%d of %d).",
        f"in {state.upcoming_sleep:.0f} s" if state.upcoming_sleep else "at once",
        state.attempt_number + 1,
        ATTEMPTS,
    )


def _pause_seconds(state: tenacity.RetryCallState) -> float:
    """Return the pause that the StatBank asks for, else that of the backoff."""
    reply = state.outcome and not state.outcome.failed and state.outcome.result()
    asked = reply.headers.get("Retry-After", "0") if reply else "0"
    try:
        return Retry().parse_retry_after(asked) or BACKOFF(state)
    except InvalidHeader:
        return BACKOFF(state)


def _stay_on_host(response: requests.Response, **_: Any) -> None:
    """Refuse a redirect to another host before anything is sent there."""
    here = urlsplit(response.url)
    there = urlsplit(urljoin(response.url, response.headers.get("Location", "")))
    if response.is_redirect and (there.scheme, there.netloc) != (here.scheme, here.netloc):
        response.close()
        what = f"it redirects to {there.scheme}://{there.netloc}, which was not followed"
        raise unavailable(response.url, what)


def _body(response: requests.Response) -> bytes:
    content = bytearray()
    for chunk in response.iter_content(CHUNK_BYTES):
        content += chunk
        if len(content) > MAX_BYTES:
            raise SchemaDrift(
                f"{response.url} answered with more than {MAX_BYTES // 2**20} MB; "
                "the rest was not read.",
                "Ask for fewer quarters, or look at what the table has become.",
            )
    return bytes(content)


def _barred(url: str, error: BaseException) -> AccessRefused | None:
    """Return what only people can mend: a certificate, or a proxy that refuses."""
    cause = _cause(error)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return untrusted(urlsplit(url).netloc, cause)
    if refused := re.search(r"Tunnel connection failed: (4\d\d.*)", str(cause)):
        return AccessRefused(
            f"The proxy refuses the way to {urlsplit(url).netloc}: {shown(refused[1])}.",
            "Set HTTPS_PROXY=http://user:password@proxy:port as your organisation gives it, and "
            "have the address allowed there; NO_PROXY names what needs no proxy.",
        )
    return None


def _cause(error: BaseException) -> BaseException:
    """Return the innermost reason; urllib3 hands on some as a value and not as a cause."""
    while inner := (
        getattr(error, "reason", None)
        or next((value for value in error.args if isinstance(value, Exception)), None)
        or error.__cause__
    ):
        if not isinstance(inner, BaseException):
            break
        error = inner
    return error


def unavailable(url: str, what: str) -> StatBankUnavailable:
    """Return the error of a StatBank that did not answer as it should."""
    said = f"The StatBank did not answer properly at {url}: {shown(what)}."
    return StatBankUnavailable(said, "Try again later.")


def shown(text: str) -> str:
    """Return text from outside as one short line."""
    return shorten(plain(text[:MOST_SHOWN]), MOST_SHOWN // 2, placeholder=" …")
