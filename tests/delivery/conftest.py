"""A real mail server on loopback with a throwaway certificate, and a written report."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme

from tests.mail_server import HOST, MailServer

LABEL = "2022K1"


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """Who signs the certificates of the tests."""
    return trustme.CA()


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process trust that authority."""
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    monkeypatch.setenv("SSL_CERT_FILE", str(path))


StartMailServer = Callable[..., MailServer]


@pytest.fixture
def start_mail_server(
    authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> Iterator[StartMailServer]:
    """Start a mail server and name it in the settings."""
    started: list[MailServer] = []

    def start(security: str = "starttls", certified: str = HOST) -> MailServer:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert(certified).configure_cert(context)
        server = MailServer(context, security)
        server.start()
        started.append(server)
        for name, value in {
            "HOST": HOST,
            "PORT": str(server.port),
            "SECURITY": security,
            "SENDER": "fordeling@example.dk",
        }.items():
            monkeypatch.setenv(f"KLYNGE_SMTP_{name}", value)
        return server

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def recipients(data_dir: Path) -> Callable[..., None]:
    """Write the list of recipients."""

    def write(*rows: str) -> None:
        content = "\n".join(["cluster_id,email,name,language", *rows, ""])
        (data_dir / "reference" / "recipients.csv").write_text(content, encoding="utf-8")

    return write
