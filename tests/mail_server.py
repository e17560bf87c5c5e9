"""A real mail server on loopback, over TLS.

`python -m tests.mail_server FILE PORT` takes mail and says what, and puts the certificate of its
authority into a file.
"""

from __future__ import annotations

import ssl
import sys
import threading
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from flows.server.local import free_port

HOST = "localhost"


@dataclass
class MailServer:
    """Takes mail over TLS or STARTTLS, refuses some addresses or every login, and can go away and
    come back.
    """

    context: ssl.SSLContext
    security: str
    port: int = field(default_factory=free_port)
    refused: dict[str, bytes] = field(default_factory=dict)
    knows_password: bool = True
    parting: str = "221 Bye"
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

    async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Part in the words that are set, or hang up where there are none."""
        if not self.parting and server.transport:
            server.transport.close()
        return self.parting

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
        return AuthResult(success=self.knows_password, handled=False)

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


def main(authority_file: str, port: str) -> None:
    """Take mail until this is stopped, and print who gets what."""
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(HOST).configure_cert(context)

    class Telling(MailServer):
        async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
            taken = await super().handle_DATA(server, session, envelope)
            mail = self.mails[-1]
            print(f"{mail['To']}: {mail['Subject']}", flush=True)
            return taken

    Telling(context, "starttls", int(port)).start()
    authority.cert_pem.write_to_path(authority_file)
    threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
