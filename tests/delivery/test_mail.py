"""Mail to recipients through a real server, encrypted."""

from __future__ import annotations

import json
import os
import re
import socket
import threading
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pytest

from flows.server.local import free_port
from pipeline.delivery import mail as mailing
from pipeline.delivery.deliver import configured_targets, deliver
from pipeline.errors import DeliveryError
from pipeline.machine import Clock
from pipeline.settings import Settings
from schemas.report_name import ReportName
from tests.analysis.keys import KINDS, add_keys
from tests.conftest import Klynge
from tests.delivery.conftest import LABEL, StartMailServer
from tests.revisions.changing import append

SYD = "amager-hvidovre,syd@example.dk,Sekretariatet i Syd,"
ALL = "*,finance@example.org,Finance,en"
NO_COST = "aalborg,midt@example.dk,Klynge Midt,"
Recipients = Callable[..., None]

pytestmark = pytest.mark.usefixtures("trusted")


def text(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body
    return str(body.get_content())


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_delivered_once(
    written: Klynge, start_mail_server: StartMailServer, recipients: Recipients, security: str
) -> None:
    """Each recipient gets one mail of a revision, however often it is delivered."""
    server = start_mail_server(security)
    recipients(SYD, ALL)
    first = written("deliver", LABEL)
    assert first.exit_code == 0, first.err
    assert first.out.splitlines() == [
        "2022K1 r1 delivered: mail syd@example.dk (amager-hvidovre)",
        "2022K1 r1 delivered: mail finance@example.org (*)",
    ]
    assert written("deliver", LABEL).exit_code == 0
    assert [mail["To"] for mail in server.mails] == ["syd@example.dk", "finance@example.org"]


@pytest.mark.parametrize("parting", ["421 closing, too busy", ""], ids=["error", "hangs up"])
def test_a_mail_that_is_taken_is_sent_however_the_server_parts(
    parting: str, written: Klynge, start_mail_server: StartMailServer, recipients: Recipients
) -> None:
    """A server that takes a mail and then closes with an error has it: it is not sent again."""
    server = start_mail_server()
    server.parting = parting
    recipients(SYD)
    ended = written("deliver", LABEL)
    assert (ended.exit_code, ended.err) == (0, "")
    assert written("deliver", LABEL).exit_code == 0
    assert len(server.mails) == 1


def test_what_a_cluster_reads(
    written: Klynge, start_mail_server: StartMailServer, recipients: Recipients
) -> None:
    """Subject with quarter and revision, each municipality's kroner, and the findings."""
    server = start_mail_server()
    recipients(SYD)
    written("deliver", LABEL)
    mail = server.mails[0]
    assert mail["Subject"] == "Fordeling 2022K1, udgave r1: Sundhedsklynge Syd"
    assert mail["From"] == "fordeling@example.dk"
    lines = text(mail).splitlines()
    assert "Kære Sekretariatet i Syd" in lines
    assert "½ årsværk, Sundhedsklynge Syd: 370.000 kr. pr. år" in lines
    assert "  København: 177.678 kr. (48,0 %)" in lines
    assert "  Rødovre: 12.801 kr. (3,5 %)" in lines
    assert any("en forskel på 6" in line for line in lines)


def test_a_cluster_reads_how_its_own_cost_is_settled(
    written: Klynge, start_mail_server: StartMailServer, recipients: Recipients, data_dir: Path
) -> None:
    """What is said of a cost of Syd, or of the districts that count there, is not read in Aalborg.

    Who gets everything reads it.
    """
    server = start_mail_server()
    recipients(SYD, NO_COST, ALL)
    costs = data_dir / "reference" / "costs.csv"
    costs.write_text(costs.read_text("utf-8").replace("year,K1,", "year,K4,"), encoding="utf-8")
    assert written("run", LABEL).exit_code == 0
    assert written("deliver", LABEL).exit_code == 0
    assert ["2022K4" in text(mail) for mail in server.mails] == [True, False, True]
    assert ["KKBEF1" in text(mail) for mail in server.mails] == [True, False, True]


def test_a_scenario_says_that_it_is_not_in_force(
    written: Klynge, start_mail_server: StartMailServer, recipients: Recipients
) -> None:
    """Neither subject nor text take it for an edition of the quarter's report."""
    server = start_mail_server()
    recipients(SYD)
    dearer = ("--set", "halvt-aarsvaerk.amount_dkk=500000")
    assert written("scenario", "dyrere", LABEL, *dearer).exit_code == 0
    assert written("deliver", f"{LABEL}-scenario-dyrere").exit_code == 0
    mail = server.mails[0]
    assert mail["Subject"] == "SCENARIE 2022K1-scenario-dyrere: Sundhedsklynge Syd"
    assert "Hermed et scenarie, 2022K1-scenario-dyrere: ikke den gældende" in text(mail)
    assert "halvt-aarsvaerk.amount_dkk=500000" in text(mail)
    assert "udgave" not in text(mail)


def test_a_further_revision_says_why_it_comes(
    written: Klynge, start_mail_server: StartMailServer, recipients: Recipients
) -> None:
    """Who has the first one reads what changed since, in the language asked for."""
    server = start_mail_server()
    recipients(SYD, ALL)
    assert written("deliver", LABEL).exit_code == 0
    dearer = ("--amount", "381100", "--from", LABEL)
    assert written("change-cost", "halvt-aarsvaerk", *dearer).exit_code == 0
    assert written("run", LABEL).exit_code == 0
    assert written("deliver", LABEL).exit_code == 0
    first, _, danish, english = map(text, server.mails)
    assert "Ændret siden sidst" not in first
    assert "Ændret siden sidst: " in danish
    assert "beløbet (kr.) er ændret fra 370.000 til 381.100." in danish
    assert "Changed since the one before: " in english


def test_a_back_cast_says_that_it_is_one(
    written: Klynge, start_mail_server: StartMailServer, recipients: Recipients
) -> None:
    """Whoever is sent one by hand does not take it for the report of the quarter."""
    server = start_mail_server()
    recipients(SYD)
    assert written("run", "2021K1", "--rules", LABEL).exit_code == 0
    assert written("deliver", f"2021K1-rules-{LABEL}").exit_code == 0
    assert "tilbageregning: reglerne i 2022K1 brugt på folketallet i 2021K1" in text(
        server.mails[0]
    )


def test_what_everybody_reads(
    written: Klynge, start_mail_server: StartMailServer, recipients: Recipients
) -> None:
    """Who gets everything reads a line a cost, in the language asked for."""
    server = start_mail_server()
    recipients(ALL, NO_COST, "bornholm,bornholm@example.dk,Bornholm,")
    written("deliver", LABEL)
    everything, no_cost, alone = server.mails
    assert everything["Subject"] == "Allocation 2022K1, revision r1: all clusters"
    assert "Half a full-time post, Sundhedsklynge Syd: 370,000 kr. a year" in text(everything)
    assert "København: 177,678" not in text(everything)
    fund = "40,000,000 kr. once (Shared funds 2022, municipal half) are split over 22 clusters."
    assert fund in text(everything).splitlines()
    assert alone["Subject"] == "Fordeling 2022K1, udgave r1: Sundhedsklynge Bornholm"
    assert "40.000.000 kr." not in text(no_cost)
    assert "Klynge Midt (Aalborg): Der er ikke angivet udgifter" in text(no_cost)
    assert "Attached, in Danish: fordeling-2022K1.xlsx" in text(everything)
    assert "Vedhæftet: fordeling-2022K1.xlsx" in text(no_cost)
    assert "\n\n\n" not in text(no_cost).replace("\r", ""), "no finding concerns it"


def test_a_mail_on_councils_never_says_cluster(
    klynge: Klynge, start_mail_server: StartMailServer, recipients: Recipients
) -> None:
    """Subject, text and attachment, of one council and of all; nor does the terminal say it."""
    ran = klynge("run", "2026K1", "--rules", "2027K1", "--offline")
    server = start_mail_server()
    recipients(SYD, "sundhedsraad-hovedstaden,raad@example.dk,Sekretariatet,", ALL)
    assert klynge("deliver", "2026K1-rules-2027K1").exit_code == 0
    assert len(server.mails) == 2, "the cluster was before the councils, and has no part in this"
    mails = [
        "\n".join(
            [mail["Subject"], text(mail), *(str(part.get_filename()) for part in mail.walk())]
        )
        for mail in server.mails
    ]
    assert "Sundhedsråd Hovedstaden" in mails[0]
    assert "all health councils" in mails[1]
    for said in (ran.out, *mails):
        assert re.search("klynge|cluster", said.replace("klyngefordeling", ""), re.I) is None


def test_a_cluster_of_one_municipality(
    klynge: Klynge, start_mail_server: StartMailServer, recipients: Recipients, data_dir: Path
) -> None:
    """Bornholm is a cluster by itself: its one line is the whole cost, shared by the key named."""
    add_keys(data_dir, {"loft": KINDS["loft"]}, {})
    append(
        data_dir, "costs", "ny,Ny,New,bornholm,1000,once,K1,2022K1,2022K1,kl-faelles-midler,loft"
    )
    assert klynge("run", LABEL, "--quiet").exit_code == 0
    server = start_mail_server()
    recipients("bornholm,syd@example.dk,Bornholm,", SYD)
    assert klynge("deliver", LABEL).exit_code == 0
    lines = text(server.mails[0]).splitlines()
    assert "Ny, Sundhedsklynge Bornholm, Nøgle loft: 1.000 kr. én gang" in lines
    assert "½ årsværk, Sundhedsklynge Syd: 370.000 kr. pr. år" in text(server.mails[1])
    assert "  Bornholm: 1.000 kr. (100,0 %)" in lines


def test_attachment_is_the_workbook(
    written: Klynge,
    start_mail_server: StartMailServer,
    recipients: Recipients,
    reports_dir: Path,
) -> None:
    """The attached workbook is, byte for byte, the cluster's own; for all, the national."""
    server = start_mail_server()
    recipients(SYD, ALL)
    written("deliver", LABEL)
    revision = reports_dir / LABEL / "r1"
    own = revision / "klynger" / f"amager-hvidovre-{LABEL}.xlsx"
    national = revision / f"fordeling-{LABEL}.xlsx"
    assert own.read_bytes() != national.read_bytes()
    for mail, path in zip(server.mails, [own, national], strict=True):
        (attached,) = mail.iter_attachments()
        assert attached.get_filename() == path.name
        assert attached.get_content_type().endswith("spreadsheetml.sheet")
        assert attached.get_content() == path.read_bytes()


def test_server_away_and_back(
    written: Klynge,
    start_mail_server: StartMailServer,
    recipients: Recipients,
    reports_dir: Path,
) -> None:
    """While the server is away nothing is recorded and the report stays; back, it is delivered."""
    server = start_mail_server()
    server.stop()
    recipients(SYD)
    ended = written("deliver", LABEL)
    assert ended.exit_code == 60
    assert "No mail to syd@example.dk" in ended.err
    assert "klynge deliver" in ended.err
    assert (reports_dir / LABEL / "r1" / "manifest.json").exists()
    server.start()
    assert written("deliver", LABEL).exit_code == 0
    assert len(server.mails) == 1


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_wrong_certificate_is_refused(
    written: Klynge, start_mail_server: StartMailServer, recipients: Recipients, security: str
) -> None:
    """A certificate of another name gets no mail and no password."""
    server = start_mail_server(security, certified="elsewhere.example.dk")
    recipients(SYD)
    ended = written("deliver", LABEL)
    assert ended.exit_code == 33
    assert "The mail server localhost" in ended.err
    assert "shows a certificate that is not trusted: Hostname mismatch" in ended.err
    assert "SSL_CERT_FILE" in ended.err
    assert server.mails == []


def test_unknown_authority_is_refused(
    written: Klynge,
    start_mail_server: StartMailServer,
    recipients: Recipients,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A certificate that nobody here vouches for gets no mail."""
    monkeypatch.delenv("SSL_CERT_FILE")
    server = start_mail_server()
    recipients(SYD)
    assert "shows a certificate that is not trusted" in written("deliver", LABEL).err
    assert server.mails == []


def test_refused_recipient_costs_the_others_nothing(
    written: Klynge,
    start_mail_server: StartMailServer,
    recipients: Recipients,
    reports_dir: Path,
) -> None:
    """The others get their mail once; the refused one is named, and gets its own when put right."""
    server = start_mail_server()
    server.refused["gone@example.dk"] = b"550 5.1.1 no such mailbox"
    recipients("*,gone@example.dk,Gone,", SYD)
    ended = written("deliver", LABEL)
    assert ended.exit_code == 60
    assert "refused the address: 550 5.1.1 no such mailbox" in ended.err
    assert "recipients.csv" in ended.err
    record = json.loads((reports_dir / LABEL / "deliveries" / "r1.json").read_text("utf-8"))
    assert list(record) == ["mail syd@example.dk (amager-hvidovre)"]
    left = "2022K1 r1 to be delivered: mail gone@example.dk (*); last time: No mail to gone@"
    assert left in written("deliver", LABEL, "--dry-run").out
    assert left in written("status").out
    settings = Settings.from_environment(os.environ)
    with pytest.raises(DeliveryError) as again:
        deliver(ReportName.parse(LABEL), settings, configured_targets(settings), Clock())
    assert again.value.facts["known"]
    server.refused.clear()
    assert written("deliver", LABEL).exit_code == 0
    assert [mail["To"] for mail in server.mails] == ["syd@example.dk", "gone@example.dk"]


def test_server_without_starttls_is_refused(
    written: Klynge,
    start_mail_server: StartMailServer,
    recipients: Recipients,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A server that cannot encrypt gets no mail: there is no way back to plain text."""
    from aiosmtpd.controller import Controller

    server = start_mail_server()
    port = free_port()
    plain = Controller(server, hostname="localhost", port=port)
    plain.start()
    monkeypatch.setenv("KLYNGE_SMTP_PORT", str(port))
    recipients(SYD)
    ended = written("deliver", LABEL)
    plain.stop()
    assert ended.exit_code == 33
    assert "STARTTLS extension not supported" in ended.err
    assert "KLYNGE_SMTP_SECURITY" in ended.err
    assert server.mails == []


def test_refused_login_is_tried_once(
    written: Klynge,
    start_mail_server: StartMailServer,
    recipients: Recipients,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A wrong password is tried for the first of many recipients only, and what to set is named."""
    server = start_mail_server()
    monkeypatch.setenv("KLYNGE_SMTP_USER", "klynge")
    monkeypatch.setenv("KLYNGE_SMTP_PASSWORD", "wrong")
    server.knows_password = False
    recipients(SYD, ALL, NO_COST)
    ended = written("deliver", LABEL)
    assert ended.exit_code == 33
    assert "refuses the login of klynge: 535" in ended.err
    assert "KLYNGE_SMTP_PASSWORD" in ended.err
    assert server.logins == 2 * [(b"klynge", b"wrong")]  # AUTH PLAIN, then AUTH LOGIN
    assert server.mails == []


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("KLYNGE_SMTP_PASSWORD", "rødgrød"),
        ("KLYNGE_SMTP_PASSWORD_FILE", "password"),
        ("KLYNGE_SMTP_HOST", "smtp..example.dk"),
        ("KLYNGE_SMTP_HOST", f"{'x' * 64}.example.dk"),
    ],
)
def test_signs_that_cannot_be_sent_are_told_but_not_shown(
    written: Klynge,
    start_mail_server: StartMailServer,
    recipients: Recipients,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    variable: str,
    value: str,
) -> None:
    """A password beyond ASCII, a file that is no text, or a name that none can have bars all."""
    (tmp_path / "password").write_bytes(b"r\xf8dgr\xf8d")
    monkeypatch.chdir(tmp_path)
    start_mail_server()
    monkeypatch.setenv("KLYNGE_SMTP_USER", "klynge")
    monkeypatch.setenv(variable, value)
    monkeypatch.setenv("KLYNGE_DATA_DIR", str(tmp_path / "data"))
    recipients(SYD)
    ended = written("deliver", LABEL)
    assert ended.exit_code == 33
    assert "has signs that cannot be sent" in ended.err
    assert "r\xf8d" not in ended.err


def test_a_greeting_that_refuses_is_shown_as_it_was_said(
    written: Klynge, recipients: Recipients, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a server says stands in the message as text, not as a program writes it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        for name, value in {
            "HOST": "127.0.0.1",
            "PORT": str(listening.getsockname()[1]),
            "SENDER": "fordeling@example.dk",
        }.items():
            monkeypatch.setenv(f"KLYNGE_SMTP_{name}", value)
        recipients(SYD)
        answering = threading.Thread(target=_refuse, args=(listening,))
        answering.start()
        ended = written("deliver", LABEL)
        answering.join()
    assert ended.exit_code == 60
    assert "says 554 no service here.\n" in ended.err


def _refuse(listening: socket.socket) -> None:
    with listening.accept()[0] as connection:
        connection.sendall(b"554 no service here\r\n")
        connection.recv(1024)


def test_who_sends_logs_in(
    written: Klynge,
    start_mail_server: StartMailServer,
    recipients: Recipients,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With a user the command logs in before it sends, and without one it does not."""
    server = start_mail_server()
    recipients(SYD)
    assert written("deliver", LABEL).exit_code == 0
    assert server.logins == []
    recipients(ALL)
    monkeypatch.setenv("KLYNGE_SMTP_USER", "klynge")
    monkeypatch.setenv("KLYNGE_SMTP_PASSWORD", "hunter2")
    assert written("deliver", LABEL).exit_code == 0
    assert server.logins == [(b"klynge", b"hunter2")]
    assert len(server.mails) == 2


def test_a_mail_sent_again_can_be_told(
    written: Klynge, start_mail_server: StartMailServer, recipients: Recipients, reports_dir: Path
) -> None:
    """After a crash between sending and recording the same mail has the same id; others have
    their own, and each is of the sender's domain, so that a mailbox shows it once.
    """
    server = start_mail_server()
    recipients(SYD, ALL)
    for _ in range(2):
        assert written("deliver", LABEL).exit_code == 0
        (reports_dir / LABEL / "deliveries" / "r1.json").unlink()
    assert written("deliver", LABEL).exit_code == 0
    first, other, *again = [mail["Message-ID"] for mail in server.mails]
    assert again == [first, other] * 2
    assert first != other
    assert all(re.fullmatch(r"<2022K1-r1-\w{16}@example\.dk>", each) for each in (first, other))


REFUSALS = {
    "for good": ({"a": b"550 5.1.1 no such mailbox"}, False, "550 5.1.1 no such mailbox"),
    "for now": ({"a": b"450 4.2.1 busy"}, True, "450 4.2.1 busy"),
    "the last code for now": ({"a": b"499 busy"}, True, "499 busy"),
    "the first code for good": ({"a": b"500 no"}, False, "500 no"),
    "one for good, one for now": ({"a": b"550 no", "b": b"450 busy"}, True, "450 busy"),
    "not in UTF-8": ({"a": b"550 ingen s\xe5dan postkasse"}, False, "s\ufffddan postkasse"),
}


@pytest.mark.parametrize(("replies", "temporary", "said"), REFUSALS.values(), ids=REFUSALS)
def test_what_is_worth_another_try(
    written: Klynge,
    start_mail_server: StartMailServer,
    recipients: Recipients,
    replies: dict[str, bytes],
    temporary: bool,
    said: str,
) -> None:
    """A code below 500 passes, one from 500 lasts: a flow tries again if any of them may pass."""
    server = start_mail_server()
    server.refused = {f"{name}@example.dk": reply for name, reply in replies.items()}
    recipients(*(f"*,{address},A name," for address in server.refused))
    error = failure(written)
    assert error.facts["temporary"] is temporary
    assert said in error.message
    assert "recipients.csv" in error.hint


def failure(written: Klynge) -> DeliveryError:
    """Return the error that delivering by the settings of the environment ends with."""
    settings = Settings.from_environment(os.environ)
    with pytest.raises(DeliveryError) as caught:
        deliver(ReportName.parse(LABEL), settings, configured_targets(settings), Clock())
    return caught.value


def test_a_wrong_certificate_is_not_tried_again(
    written: Klynge, start_mail_server: StartMailServer, recipients: Recipients
) -> None:
    """A server that cannot prove its name will not learn to within the hour: one connection for
    all recipients.
    """
    server = start_mail_server(certified="elsewhere.example.dk")
    recipients(SYD, ALL)
    assert written("deliver", LABEL).err.count("shows a certificate that is not trusted") == 1
    assert server.mails == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_server_that_says_nothing_is_given_up(
    written: Klynge, recipients: Recipients, monkeypatch: pytest.MonkeyPatch, security: str
) -> None:
    """A connection that is taken and never answered ends after the time limit, once for all
    recipients, and is tried again: without the limit a worker would hang for good.
    """
    monkeypatch.setattr(mailing, "TIMEOUT_SECONDS", 0.05)
    recipients(SYD, ALL)
    with socket.create_server(("localhost", 0)) as silent:
        monkeypatch.setenv("KLYNGE_SMTP_HOST", "localhost")
        monkeypatch.setenv("KLYNGE_SMTP_SENDER", "a@example.dk")
        monkeypatch.setenv("KLYNGE_SMTP_SECURITY", security)
        monkeypatch.setenv("KLYNGE_SMTP_PORT", str(silent.getsockname()[1]))
        error = failure(written)
        silent.accept()[0].close()
        silent.setblocking(False)
        with pytest.raises(BlockingIOError):
            silent.accept()[0].close()
    assert error.facts["temporary"]
    assert re.fullmatch("No mail to .* nor to those after it: .* says .*timed out.", error.message)
