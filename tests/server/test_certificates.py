"""A server behind TLS, as a proxy of an organisation shows it: whom we trust, and what is told."""

from __future__ import annotations

import os
import ssl
import subprocess
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import trustme

from flows.server.environment import client_environment
from tests.processes import KLYNGE, NOBODY

COMMANDS = [("server", "deploy"), ("run", "2022K1", "--prefect", "--offline")]
DEBIANS = Path("/etc/ssl/certs/ca-certificates.crt")


class _Healthy(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "4")
        self.end_headers()
        self.wfile.write(b"true")

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A proxy that says of the server behind it that it is well; yields whose word is taken."""
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    for name, one in {"ours": authority, "another": trustme.CA()}.items():
        one.cert_pem.write_to_path(str(tmp_path / f"{name}.pem"))
    with HTTPServer(("127.0.0.1", 0), _Healthy) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield {
            "PREFECT_API_URL": f"https://localhost:{server.server_port}/api",
            "SSL_CERT_FILE": str(tmp_path / "ours.pem"),
            "KLYNGE_HOME": str(tmp_path / "home"),
        }
        server.shutdown()
        thread.join()


def ended(variables: Mapping[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    environment = {key: row for key, row in os.environ.items() if key != "SSL_CERT_DIR"}
    return subprocess.run(
        [KLYNGE, *command], env={**environment, **variables}, capture_output=True, text=True
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_a_certificate_that_is_not_trusted_is_named(
    proxy: dict[str, str], command: tuple[str, ...]
) -> None:
    """It is not said that nothing answers; what is told is what to install or to set."""
    proxy["SSL_CERT_FILE"] = proxy["SSL_CERT_FILE"].replace("ours", "another")
    refused = ended(proxy, *command)
    said = f"The server at {proxy['PREFECT_API_URL']} shows a certificate that is not trusted: "
    assert refused.returncode == 33
    assert refused.stderr.startswith(f"klynge: {said}")
    assert "Traceback" not in refused.stderr
    status = ended(proxy, "server", "status", "server")
    assert status.returncode == 2
    assert status.stdout.startswith(f"CRITICAL server: {said}")


@pytest.mark.parametrize(
    ("command", "exit_code"),
    [*((command, 61) for command in COMMANDS), (("server", "status", "worker"), 2)],
)
def test_what_prefect_alone_does_not_trust_is_told_in_a_line(
    proxy: dict[str, str], command: tuple[str, ...], exit_code: int
) -> None:
    """Where its own setting names another authority, neither command nor monitor sees code."""
    other = proxy["SSL_CERT_FILE"].replace("ours", "another")
    told = ended(proxy | {"PREFECT_API_SSL_CERT_FILE": other}, *command)
    lines = [*told.stderr.splitlines()[1:], *told.stdout.splitlines()]
    assert (told.returncode, "CERTIFICATE_VERIFY_FAILED" in lines[0]) == (exit_code, True)
    assert "Traceback" not in told.stderr
    assert bool(told.stderr) == (exit_code == 61)


def test_prefect_trusts_whom_the_machine_trusts(proxy: dict[str, str]) -> None:
    """An authority that is installed, or named for all, needs no setting of Prefect's."""
    assert client_environment(proxy, NOBODY)["PREFECT_API_SSL_CERT_FILE"] == proxy["SSL_CERT_FILE"]
    if not DEBIANS.exists():
        pytest.skip("this is no Debian")
    del proxy["SSL_CERT_FILE"]
    assert client_environment(proxy, NOBODY)["PREFECT_API_SSL_CERT_FILE"] == str(DEBIANS)
