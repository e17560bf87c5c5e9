"""The emulator as a server on loopback, with the switches a test turns.

Recorded: HTTP/1.1, metadata with a length, data in chunks. Unlike the real server this one closes
the connection after each answer.
"""

import ssl
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request as HttpRequest

from .answers import SERVER, Answer
from .api import Api, route_of
from .faults import Fault, Wire, in_blocks
from .figures import Figures
from .holdings import Holding
from .tables import TABLES, Table

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

HOST = "127.0.0.1"
SNAPSHOTS = Path(__file__).resolve().parents[2] / "data" / "snapshots"
ANY_FUNCTION = "any"
_POLL_SECONDS = 0.02


@dataclass(frozen=True)
class LoggedRequest:
    """One request the emulator got.

    Args:
        table: The table named, in capitals, `""` for none.
        status: What was answered; none when a fault let no status through.
        body: The body as posted.
        user_agent: Who asked, as the client says.
    """

    function: str
    table: str
    status: int | None
    body: bytes
    user_agent: str


@dataclass
class _Armed:
    """A fault waiting for its requests; `times` left, none for always."""

    fault: Fault
    function: str
    table: str | None
    times: int | None

    def strikes(self, function: str, table: str) -> bool:
        if self.times == 0 or self.function not in (ANY_FUNCTION, function):
            return False
        return self.table is None or self.table.upper() == table


class _Handler(WSGIRequestHandler):
    """Speaks HTTP/1.1, logs nothing and lets faults drop connections."""

    protocol_version = "HTTP/1.1"

    def version_string(self) -> str:
        return SERVER

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Stay quiet; the emulator keeps its own log."""

    def log_error(self, format: str, *args: Any) -> None:
        """Stay quiet about requests that break off."""

    def connection_dropped(
        self, error: BaseException, environ: "WSGIEnvironment | None" = None
    ) -> None:
        # Left to itself the server would say goodbye with FIN first, and a reset would not be one.
        self.close_connection = True
        if self.connection.fileno() != -1:
            closing = self.connection.detach()
            type(self.connection)(fileno=closing).close()


class StatBankEmulator:
    """An emulated StatBank; use as a context manager.

    Args:
        since: First quarter published.
        until: Last quarter published at the start.
        snapshots: Folder with the bundled figures, `TABLE/QUARTER/*.csv`.
        port: Port on loopback; 0 takes a free one.
        tls: The certificate to serve https with; plain http without one.
        tables: The tables, to serve another geography.
    """

    def __init__(
        self,
        since: str = "2008K1",
        until: str = "2026K4",
        snapshots: Path = SNAPSHOTS,
        port: int = 0,
        tls: ssl.SSLContext | None = None,
        tables: Iterable[Table] = TABLES,
    ) -> None:
        self._holdings = {
            table.code: Holding(table, Figures(table, snapshots), since, until) for table in tables
        }
        self._api = Api(self._holdings)
        self._lock = threading.Lock()
        self._log: list[LoggedRequest] = []
        self._armed: list[_Armed] = []
        self._stopped = threading.Event()
        self._server = make_server(
            HOST, port, self._serve, threaded=True, request_handler=_Handler, ssl_context=tls
        )
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_POLL_SECONDS,), daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stopped.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """The address that stands for `https://api.statbank.dk/v1`."""
        scheme = "https" if self._server.ssl_context else "http"
        return f"{scheme}://{HOST}:{self._server.server_port}/v1"

    @property
    def log(self) -> list[LoggedRequest]:
        """The requests so far, in the order they were answered."""
        with self._lock:
            return list(self._log)

    def clear_log(self) -> None:
        """Forget the requests so far."""
        with self._lock:
            self._log.clear()

    def count(self, function: str, table: str | None = None) -> int:
        """Count the requests for a function, and a table if told."""
        return sum(each.function == function and table in (None, each.table) for each in self.log)

    def people(self, table: str, quarter: str, area: str, age: str = "") -> int:
        """Count the people of an area as the table says, of all ages or of one."""
        return self._holdings[table].figures.count(quarter, area, age)

    def release(self, table: str, quarter: str, updated: str | None = None) -> None:
        """Publish a quarter, at `updated` or the usual moment (naive Copenhagen time)."""
        with self._lock:
            self._holdings[table].release(quarter, updated)

    def withhold(self, table: str, quarter: str) -> None:
        """Make a quarter unpublished again."""
        with self._lock:
            self._holdings[table].withhold(quarter)

    def revise(
        self,
        table: str,
        quarter: str,
        figures: Mapping[str, int],
        updated: str | None = None,
    ) -> None:
        """Replace figures of municipalities or districts; larger areas follow.

        Raises:
            ValueError: A code is that of another area.
        """
        with self._lock:
            self._holdings[table].revise(quarter, figures, updated)

    def fail(
        self,
        fault: Fault,
        times: int | None = 1,
        function: str | None = None,
        table: str | None = None,
    ) -> None:
        """Let the next matching requests meet a fault; faults strike in the order they were set.

        Args:
            fault: What happens.
            times: How many requests it strikes; none for all.
            function: The function it strikes, `"any"` for all; the fault's own unless told.
            table: The table it strikes; none for all.
        """
        with self._lock:
            self._armed.append(_Armed(fault, function or fault.function, table, times))

    def reset(self) -> None:
        """Return to the figures, quarters, faults and log of the start; let go who hangs."""
        with self._lock:
            self._stopped.set()
            self._stopped = threading.Event()
            self._armed.clear()
            self._log.clear()
            for holding in self._holdings.values():
                holding.reset()

    def _serve(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterator[bytes]:
        http = HttpRequest(environ)
        body = http.get_data()
        with self._lock:
            answer, fault, stopped = self._decide(http, body)
        start_response(answer.status_line(), answer.headers())
        deliver = in_blocks if fault is None else fault.deliver
        return deliver(Wire(answer, stopped, environ["werkzeug.socket"]))

    def _decide(
        self, http: HttpRequest, body: bytes
    ) -> tuple[Answer, Fault | None, threading.Event]:
        """Answer honestly, let a fault alter it, and log before anything is sent."""
        route = route_of(http.path)
        answer, table = self._api.answer(route, http.method, body)
        fault = self._strike(route.function, table)
        if fault is not None:
            answer = fault.alter(answer)
        status = answer.status if fault is None or fault.answered else None
        asked_by = http.headers.get("User-Agent", "")
        self._log.append(LoggedRequest(route.function, table, status, body, asked_by))
        return answer, fault, self._stopped

    def _strike(self, function: str, table: str) -> Fault | None:
        for armed in self._armed:
            if armed.strikes(function, table):
                armed.times = None if armed.times is None else armed.times - 1
                return armed.fault
        return None
