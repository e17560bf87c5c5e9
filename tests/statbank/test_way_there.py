"""What stands between us and the StatBank: certificates and proxies; what bars the way is named."""

from __future__ import annotations

import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme

from tests.conftest import Klynge, PretendClock
from tests.statbank_emulator import StatBankEmulator

HOST = "127.0.0.1"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """The authority of an organisation, which no browser knows by itself."""
    return trustme.CA()


@pytest.fixture
def authority_file(authority: trustme.CA, tmp_path: Path) -> str:
    """The file that it hands out."""
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture
def bank(
    authority: trustme.CA, asking: Klynge, monkeypatch: pytest.MonkeyPatch
) -> Iterator[StatBankEmulator]:
    """A StatBank over TLS, vouched for by that authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST).configure_cert(context)
    for name in (
        "SSL_CERT_FILE",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
        "HTTPS_PROXY",
        "NO_PROXY",
    ):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    with StatBankEmulator(since="2022K1", until="2022K1", tls=context) as bank:
        monkeypatch.setenv("KLYNGE_STATBANK_URL", bank.url)
        yield bank


class Proxy(ThreadingHTTPServer):
    """A proxy that hands on, or answers each wish for a tunnel with a status."""

    daemon_threads = True

    def __init__(self, status: int) -> None:
        super().__init__((HOST, 0), _Tunnel)
        self.status, self.wishes = status, 0


class _Tunnel(BaseHTTPRequestHandler):
    server: Proxy

    def do_CONNECT(self) -> None:
        self.server.wishes += 1
        self.send_response(self.server.status)
        self.end_headers()
        if self.server.status == 200:
            host, _, port = self.path.rpartition(":")
            with socket.create_connection((host, int(port))) as there:
                self._hand_on(there)

    def _hand_on(self, there: socket.socket) -> None:
        other = {self.connection: there, there: self.connection}
        while True:
            for ready in select.select(list(other), [], [])[0]:
                if not (content := ready.recv(65_536)):
                    return
                other[ready].sendall(content)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def start_proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], Proxy]]:
    """Start a proxy and name it in the environment."""
    started: list[Proxy] = []

    def start(status: int) -> Proxy:
        proxy = Proxy(status)
        started.append(proxy)
        threading.Thread(target=proxy.serve_forever, args=(0.02,), daemon=True).start()
        monkeypatch.setenv("HTTPS_PROXY", f"http://{HOST}:{proxy.server_port}")
        return proxy

    yield start
    for proxy in started:
        proxy.shutdown()
        proxy.server_close()


def test_a_certificate_of_nobody_is_refused_at_once(
    asking: Klynge, bank: StatBankEmulator, clock: PretendClock
) -> None:
    """Who answers must prove to be the StatBank; nothing is asked, and another try is useless."""
    ended = asking("run", "2022K1")
    assert bank.log == []
    assert clock.pauses_seconds == []
    assert ended.exit_code == 33
    assert ended.err.startswith(f"klynge: {HOST}:")
    assert "a certificate that is not trusted: " in ended.err
    assert "SSL_CERT_FILE" in ended.err
    assert "'))" not in ended.err


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_an_authority_made_known_is_trusted(
    asking: Klynge,
    bank: StatBankEmulator,
    authority_file: str,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
) -> None:
    """The store of the system is asked, and either variable adds an authority."""
    monkeypatch.setenv(variable, authority_file)
    ended = asking("run", "2022K1")
    assert ended.exit_code == 0, ended.err
    assert bank.count("data") == 2


@pytest.mark.parametrize(
    ("status", "said"),
    [(407, "407 Proxy Authentication Required"), (403, "403 Forbidden")],
)
def test_a_proxy_that_refuses_is_asked_once(
    asking: Klynge,
    bank: StatBankEmulator,
    clock: PretendClock,
    start_proxy: Callable[[int], Proxy],
    status: int,
    said: str,
) -> None:
    """A proxy that asks for a password, or forbids, is no StatBank that is away."""
    proxy = start_proxy(status)
    ended = asking("run", "2022K1")
    assert ended.exit_code == 33
    assert f"The proxy refuses the way to {HOST}:" in ended.err
    assert said in ended.err
    assert "HTTPS_PROXY" in ended.err
    assert (proxy.wishes, clock.pauses_seconds) == (1, [])


def test_through_a_proxy_and_past_it(
    asking: Klynge,
    bank: StatBankEmulator,
    authority_file: str,
    monkeypatch: pytest.MonkeyPatch,
    start_proxy: Callable[[int], Proxy],
) -> None:
    """The StatBank is reached through a proxy that lets us; NO_PROXY goes past one."""
    monkeypatch.setenv("SSL_CERT_FILE", authority_file)
    proxy = start_proxy(200)
    assert asking("run", "2022K1").exit_code == 0
    assert (proxy.wishes, bank.count("data")) == (4, 2)
    start_proxy(403)
    monkeypatch.setenv("NO_PROXY", HOST)
    assert asking("fetch", "2022K1", "--refresh").exit_code == 0


def test_a_proxy_that_is_away_is_tried_again(
    asking: Klynge,
    bank: StatBankEmulator,
    clock: PretendClock,
    start_proxy: Callable[[int], Proxy],
) -> None:
    """What time mends is exit code 30: the proxy answers with 503."""
    proxy = start_proxy(503)
    ended = asking("run", "2022K1")
    assert ended.exit_code == 30
    assert "503" in ended.err
    assert "'))" not in ended.err
    assert proxy.wishes == 5
