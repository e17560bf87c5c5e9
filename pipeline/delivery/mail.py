"""A written revision, and the e-mail that hands it on: what it says, and how it is sent.

Everything in a mail is read from the files of the revision, which were compared with its manifest.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import smtplib
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from pipeline.calculation.findings import Finding, Subject
from pipeline.errors import DeliveryError, Remedy, UsageError
from pipeline.reference.tables import Recipient
from pipeline.reporting.texts import Catalogue, percent
from pipeline.revisions.recorded import INPUTS
from pipeline.revisions.store import MANIFEST, read_revision, written
from pipeline.settings import Security, Settings
from schemas.records import Language
from schemas.report_name import ReportName

TIMEOUT_SECONDS: Final = 60.0
_WORKBOOK: Final = ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet")


@dataclass(frozen=True)
class Issue:
    """A written revision as it is handed on: its files in memory, compared with its manifest.

    Args:
        folder: Folder of the report, above its revisions.
        label: Name of the report, such as `2022K1`.
        revision: Its number; 0 for a scenario.
        manifest: Its manifest.
        files: Content by name, the manifest included.
    """

    folder: Path
    label: str
    revision: int
    manifest: Mapping[str, Any] = field(repr=False)
    files: Mapping[str, bytes] = field(repr=False)

    def workbook(self, cluster_id: str) -> tuple[str, bytes]:
        """Return name and content of the workbook of a cluster; of all where it has none."""
        own = f"klynger/{cluster_id}-{self.label}.xlsx"
        name = own if own in self.files else f"fordeling-{self.label}.xlsx"
        return name.rpartition("/")[2], self.files[name]


def read_issue(name: ReportName, reports_dir: Path) -> Issue:
    """Read a revision or scenario, or the newest revision of a report.

    Raises:
        UsageError: It is not written.
        ProvenanceError: A file is gone or differs from the manifest.
    """
    where = written(name, reports_dir)
    if where is None:
        raise UsageError(
            f"No report {name} is written in {reports_dir}.",
            remedy=Remedy.RUN,
            quarter=name.quarter,
        )
    manifest = read_revision(where)
    names = [MANIFEST, *(output["file"] for output in manifest["outputs"])]
    files = {file: (where / file).read_bytes() for file in names}
    folder = where if name.scenario else where.parent
    return Issue(folder, name.label, manifest["revision"], manifest, files)


def compose(issue: Issue, recipient: Recipient, sender: str, moment: datetime) -> EmailMessage:
    """Return the mail of a revision to a recipient, with the workbook attached.

    Args:
        issue: The revision.
        recipient: Who gets it.
        sender: Address that it comes from.
        moment: When it is sent.
    """
    text = Catalogue(recipient.language)
    revision = f"r{issue.revision}"
    cluster = _cluster_name(issue, recipient, text)
    mail = EmailMessage()
    mail["Subject"] = text("mail.subject", quarter=issue.label, revision=revision, cluster=cluster)
    mail["From"], mail["To"], mail["Date"] = sender, recipient.email, format_datetime(moment)
    mail["Message-ID"] = _message_id(issue, recipient, sender)
    name, workbook = issue.workbook(recipient.cluster_id)
    body = [
        text("mail.greeting", name=recipient.name),
        "",
        text("mail.introduction", quarter=issue.label, revision=revision),
        "",
        *_figures(issue, recipient, text),
        "",
        *(text.finding(finding) for finding in _findings(issue)),
        "",
        text("mail.attached", file=name),
    ]
    mail.set_content("\n".join(body) + "\n")
    mail.add_attachment(workbook, *_WORKBOOK, filename=name)
    return mail


def send(settings: Settings, mail: EmailMessage) -> None:
    """Send a mail over an encrypted connection.

    Raises:
        DeliveryError: It was not accepted; `temporary` says whether it is worth another try.
        StorageError: The file with the password cannot be read.
    """
    password = settings.mail_password()
    try:
        with _connected(settings) as connection:
            if settings.smtp_user:
                connection.login(settings.smtp_user, password)
            connection.send_message(mail)
    except (OSError, smtplib.SMTPException) as error:
        raise _not_sent(settings, mail["To"], error) from None


def _connected(settings: Settings) -> smtplib.SMTP:
    context = ssl.create_default_context()
    host, port = settings.smtp_address
    if settings.smtp_security is Security.TLS:
        return smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_SECONDS, context=context)
    connection = smtplib.SMTP(host, port, timeout=TIMEOUT_SECONDS)
    try:
        connection.starttls(context=context)
    except BaseException:
        connection.close()
        raise
    return connection


def _not_sent(settings: Settings, to: str, error: Exception) -> DeliveryError:
    where = "{}:{}".format(*settings.smtp_address)
    if isinstance(error, ssl.SSLCertVerificationError):
        hint = "KLYNGE_SMTP_HOST must be the name in the certificate, and its issuer be known here."
        what = f"the certificate of {where} was refused: {error.verify_message}"
        return DeliveryError(f"No mail to {to}: {what}.", hint)
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(error.recipients.values()))
        hint = "Correct the address in data/reference/recipients.csv."
        what = f"{where} refused the address: {code} {said.decode(errors='replace')}"
        return DeliveryError(
            f"No mail to {to}: {what}.", hint, Remedy.DELIVER, temporary=code < 500
        )
    code = error.smtp_code if isinstance(error, smtplib.SMTPResponseException) else 0
    hint = "Try again later; the report itself is written."
    what = f"No mail to {to}: {where} says {error}."
    return DeliveryError(what, hint, Remedy.DELIVER, temporary=code < 500)


def _cluster_name(issue: Issue, recipient: Recipient, text: Catalogue) -> str:
    if recipient.gets_everything:
        return text("mail.everything")
    names = (row["cluster_name"] for row in _rows(issue) if _concerns(row, recipient))
    return next(names, recipient.cluster_id)


def _rows(issue: Issue) -> list[dict[str, str]]:
    content = issue.files[f"fordeling-{issue.label}.csv"].decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(content)))


def _concerns(row: dict[str, str], recipient: Recipient) -> bool:
    return recipient.gets_everything or row["cluster_id"] == recipient.cluster_id


def _figures(issue: Issue, recipient: Recipient, text: Catalogue) -> Iterator[str]:
    """Yield a line a cost, and for a recipient of one cluster a line a municipality."""
    rows = [row for row in _rows(issue) if _concerns(row, recipient)]
    costs = json.loads(issue.files[INPUTS])["costs"]
    with_cost = [row for row in rows if row["cost_id"]]
    for key in dict.fromkeys((row["cost_id"], row["cluster_id"]) for row in with_cost):
        parts = [row for row in with_cost if (row["cost_id"], row["cluster_id"]) == key]
        yield text(
            "mail.cost",
            cost=_cost_name(costs[" ".join(key)], text),
            cluster=parts[0]["cluster_name"],
            amount=sum(int(row["amount_dkk"]) for row in parts),
        )
        if not recipient.gets_everything:
            yield from (_part(row, text) for row in parts)
    if not with_cost and rows:
        yield text("mail.no_cost", cluster=_cluster_name(issue, recipient, text))


def _cost_name(cost: dict[str, Any], text: Catalogue) -> str:
    return str(cost["name_da" if text.language is Language.DANISH else "name_en"])


def _part(row: dict[str, str], text: Catalogue) -> str:
    return text(
        "mail.part",
        municipality=row["municipality_name"],
        amount=int(row["amount_dkk"]),
        share=percent(Fraction(row["share"]), text.language),
    )


def _findings(issue: Issue) -> list[Finding]:
    found = [dict(finding) for finding in issue.manifest["findings"]]
    return [
        Finding.of(
            Subject(finding.pop("subject")),
            **{key: value for key, value in finding.items() if key != "text"},
        )
        for finding in found
    ]


def _message_id(issue: Issue, recipient: Recipient, sender: str) -> str:
    """Return the same id for the same mail, so that a copy of it can be told."""
    key = f"{issue.label} r{issue.revision} {recipient.cluster_id} {recipient.email}"
    digest = hashlib.sha256(key.encode()).hexdigest()[:16]
    return f"<{issue.label}-r{issue.revision}-{digest}@{sender.rpartition('@')[2]}>"
