"""A written revision, and the e-mail that hands it on: what it says, and how it is sent.

Everything in a mail is read from the files of the revision, which were compared with its manifest.
"""

import csv
import hashlib
import io
import smtplib
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from fractions import Fraction
from functools import partial
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

from pipeline.calculation.findings import Finding
from pipeline.errors import AccessRefused, DeliveryError, Remedy, UsageError
from pipeline.machine import system_trust, untrusted
from pipeline.reference.tables import Recipient
from pipeline.reporting.notes import shared_by
from pipeline.reporting.texts import Catalogue
from pipeline.revisions.recorded import read_inputs, recorded_reference
from pipeline.revisions.store import MANIFEST, read_revision, written
from pipeline.settings import Security, Settings
from schemas.records import EVERY_CLUSTER, Reference
from schemas.report_name import ReportName

TIMEOUT_SECONDS: Final = 60.0
_FOR_GOOD: Final = 500
"""Replies from this one on stay the same at another try."""

Row = dict[str, str]
_WORKBOOK: Final = ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet")


@dataclass(frozen=True)
class Issue:
    """A written revision as it is handed on: its files in memory, compared with its manifest.

    The folder is that of the report, above its revisions; a scenario has the number 0.
    """

    folder: Path
    label: str
    revision: int
    manifest: Mapping[str, Any] = field(repr=False)
    files: Mapping[str, bytes] = field(repr=False)
    reference: Reference = field(repr=False)
    rows: Sequence[Row] = field(repr=False)

    def __str__(self) -> str:
        return f"{self.label} r{self.revision}" if self.revision else self.label

    def record(self, what: str = "") -> Path:
        """Return the file that says where and when it was delivered, or `-refused`."""
        return self.folder / "deliveries" / f"r{self.revision}{what}.json"

    def workbook(self, cluster_id: str) -> tuple[str, bytes]:
        """Return name and content of the workbook of a cluster; of all where it has none."""
        own = (name for name in self.files if name.endswith(f"/{cluster_id}-{self.label}.xlsx"))
        name = next(own, f"fordeling-{self.label}.xlsx")
        return name.rpartition("/")[2], self.files[name]

    def findings_of(self, cluster_id: str) -> list[Finding]:
        """Return the findings that concern a cluster, or all."""
        found = [Finding.recorded(**row) for row in self.manifest["findings"]]
        members = self.reference.members.get(cluster_id, ())
        return [row for row in found if not members or row.concerns(cluster_id, members)]


def read_issue(name: ReportName, reports_dir: Path) -> Issue:
    """Read a revision or scenario, or the newest revision of a report.

    Raises:
        UsageError: It is not written.
        ProvenanceError: A file is gone or differs from the manifest.
    """
    where = written(name, reports_dir)
    if where is None:
        said = f"No report {name} is written in {reports_dir}."
        raise UsageError(said, remedy=Remedy.RUN, quarter=name.quarter)
    manifest = read_revision(where)
    names = [MANIFEST, *(output["file"] for output in manifest["outputs"])]
    files = {file: (where / file).read_bytes() for file in names}
    reference = recorded_reference(read_inputs(where), name)
    rows = list(csv.DictReader(io.StringIO(files[f"fordeling-{name.label}.csv"].decode())))
    folder = where if name.scenario else where.parent
    return Issue(folder, name.label, manifest["revision"], manifest, files, reference, rows)


def compose(issue: Issue, recipient: Recipient, sender: str, moment: datetime) -> EmailMessage:
    """Return the mail of a revision to a recipient, with the workbook attached."""
    text = Catalogue(recipient.language, issue.reference.structures.values())
    of = "revision" if issue.revision else "scenario"
    named = {"quarter": issue.label, "revision": f"r{issue.revision}"}
    everything = recipient.cluster_id == EVERY_CLUSTER
    rows = [row for row in issue.rows if everything or row["cluster_id"] == recipient.cluster_id]
    cluster = text("mail.everything") if everything else rows[0]["cluster_name"]
    mail = EmailMessage()
    mail["Subject"] = text(f"mail.{of}_title", cluster=cluster, **named)
    mail["From"], mail["To"], mail["Date"] = sender, recipient.email, format_datetime(moment)
    # The same mail has the same id, so that a copy of it can be told.
    key = f"{issue} {recipient.cluster_id} {recipient.email}".encode()
    digest = hashlib.sha256(key + issue.files[MANIFEST]).hexdigest()[:16]
    mail["Message-ID"] = f"<{issue.label}-r{issue.revision}-{digest}@{sender.rpartition('@')[2]}>"
    name, workbook = issue.workbook(recipient.cluster_id)
    figures = list(_figures(issue, rows, not everything, text))
    same = recipient.language is ReportName.parse(issue.label).language
    paragraphs = [
        [text("mail.greeting", name=recipient.name)],
        [text(f"mail.{of}_introduction", **named), *_known_first(issue, text)],
        figures or [text("mail.no_cost", cluster=cluster)],
        [text.finding(row) for row in issue.findings_of(recipient.cluster_id)],
        [text("mail.attached" if same else "mail.attached_in_the_other", file=name)],
    ]
    mail.set_content("\n\n".join("\n".join(lines) for lines in paragraphs if lines) + "\n")
    mail.add_attachment(workbook, *_WORKBOOK, filename=name)
    return mail


def _known_first(issue: Issue, text: Catalogue) -> Iterator[str]:
    """Yield that it is a back-cast, why a revision took another's place, what a scenario is of."""
    report = ReportName.parse(issue.label)
    if report.rules_quarter:
        yield text("cover.backcast", quarter=str(report.quarter), rules=str(report.rules))
    for row in issue.manifest["changes"] if issue.revision != 1 else ():
        told = text.finding(Finding.recorded(**row))
        yield f"{text('cover.reason')}: {told}" if issue.revision else told


def _figures(issue: Issue, rows: Sequence[Row], parts: bool, text: Catalogue) -> Iterator[str]:
    """Yield a line a cost, and one a municipality below it if they are wanted, else the funds."""
    costs = {(row.cost_id, row.scope): row for row in issue.reference.costs}
    with_cost = [row for row in rows if row["cost_id"]]
    for key, group in groupby(with_cost, itemgetter("cost_id", "cluster_id")):
        allocated, cost = list(group), costs[key]
        yield text(
            "mail.cost",
            cost=text.cost_name(cost),
            cluster=shared_by(allocated[0]["cluster_name"], issue.reference.key_of(cost), text),
            amount=sum(int(row["amount_dkk"]) for row in allocated),
            per=text(f"value.{cost.per}"),
        )
        for row in allocated if parts else ():
            yield text(
                "mail.part",
                municipality=row["municipality_name"],
                amount=int(row["amount_dkk"]),
                share=text.percent(Fraction(row["share"])),
            )
    for cost in (row for row in issue.reference.costs if row.structure and not parts):
        count = sum(row.structure == cost.structure for row in issue.reference.clusters)
        name, per = text.cost_name(cost), text(f"value.{cost.per}")
        yield text("page.fund", amount=cost.amount_dkk, per=per, name=name, count=count)


def send(settings: Settings, mail: EmailMessage) -> None:
    """Send a mail over an encrypted connection.

    Raises:
        DeliveryError: The server refused it; `temporary` says whether it is worth another try.
        AccessRefused: No mail can be sent until a setting is mended.
        OSError: The file with the password cannot be read.
    """
    password, away = settings.mail_password(), True
    try:
        with _connected(settings) as connection:
            away = False
            if settings.smtp_user:
                connection.login(settings.smtp_user, password)
            connection.send_message(mail)
    except UnicodeError:  # which would show a sign of the password
        said = "The mail server's name, its user or the password has signs that cannot be sent."
        raise AccessRefused(said, "Look at KLYNGE_SMTP_HOST, _USER and _PASSWORD.") from None
    except (OSError, smtplib.SMTPException) as error:
        to = mail["To"] + ", nor to those after it" * away
        raise _barred(settings, error) or _not_sent(settings, to, error, away) from None


@contextmanager
def _connected(settings: Settings) -> Iterator[smtplib.SMTP]:
    context, tls = system_trust(), settings.smtp_security is Security.TLS
    made = partial(smtplib.SMTP_SSL, context=context) if tls else smtplib.SMTP
    with closing(made(*settings.smtp_address, timeout=TIMEOUT_SECONDS)) as connection:
        if not tls:
            connection.starttls(context=context)
        yield connection
        with suppress(smtplib.SMTPException):  # a mail that is taken is sent, however they part
            connection.quit()


def _barred(settings: Settings, error: Exception) -> AccessRefused | None:
    """Return what only people can mend; another try would be refused as well."""
    where = "The mail server {}:{}".format(*settings.smtp_address)
    if isinstance(error, ssl.SSLCertVerificationError):
        return untrusted(where, error)
    if isinstance(error, smtplib.SMTPAuthenticationError) and error.smtp_code >= _FOR_GOOD:
        return AccessRefused(
            f"{where} refuses the login of {settings.smtp_user}: {_reply(*error.args)}.",
            "Correct KLYNGE_SMTP_USER, and KLYNGE_SMTP_PASSWORD or the file with it.",
        )
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return AccessRefused(
            f"{where} lacks what is needed: {error}",
            "Set KLYNGE_SMTP_PORT and KLYNGE_SMTP_SECURITY to a port that encrypts, 587 with "
            "starttls or 465 with tls; a server that asks for no login needs no KLYNGE_SMTP_USER.",
        )
    return None


def _not_sent(settings: Settings, to: str, error: Exception, away: bool) -> DeliveryError:
    where, code = "{}:{}".format(*settings.smtp_address), 0
    what, hint = f"{where} says {error}", "Try again later; the report itself is written."
    if isinstance(error, smtplib.SMTPResponseException):
        code, what = error.smtp_code, f"{where} says {_reply(*error.args)}"
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(error.recipients.values()))
        what = f"{where} refused the address: {_reply(code, said)}"
        hint = "Correct the address in data/reference/recipients.csv."
    return DeliveryError(f"No mail to {to}: {what}.", hint, temporary=code < _FOR_GOOD, away=away)


def _reply(code: int, text: bytes | str, *_: object) -> str:
    """Return what a mail server said, as it stands in its protocol."""
    return f"{code} {text.decode(errors='replace') if isinstance(text, bytes) else text}"
