"""A real mail server on loopback with a throwaway certificate, and a written report."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from flows.server.local import free_port

HOST = "localhost"
LABEL = "2022K1"


@dataclass
class MailServer:
    """Takes mail over TLS or STARTTLS, refuses some addresses, and can go away and come back."""

    context: ssl.SSLContext
    security: str
    port: int = field(default_factory=free_port)
    refused: dict[str, bytes] = field(default_factory=dict)
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)
    mails: list[EmailMessage] = field(default_factory=list)
    controller: Controller | None = None

    async def handle_RCPT(  # noqa: N802 - the name that aiosmtpd calls
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str | bytes:
        """Accept a recipient, or refuse it in the words that are set."""
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep a mail."""
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        mail = message_from_bytes(content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 OK"

    def login(
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        mechanism: str,
        data: LoginPassword,
    ) -> AuthResult:
        """Note who logs in."""
        self.logins.append((data.login, data.password))
        return AuthResult(success=True)

    def start(self) -> None:
        """Listen."""
        options = (
            {"ssl_context": self.context}
            if self.security == "tls"
            else {"tls_context": self.context, "require_starttls": True}
        )
        self.controller = Controller(
            self, hostname=HOST, port=self.port, authenticator=self.login, **options
        )
        self.controller.start()

    def stop(self) -> None:
        """Go away."""
        if self.controller:
            self.controller.stop()
            self.controller = None


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
