"""The newest revision to everyone who gets it, each target once.

    reports/2022K1/deliveries/r1.json     what was delivered where and when
    reports/2022K1/deliveries/r1-refused.json   who refused it for good, and why
    reports/2022K1/deliveries/.lock       held while it is delivered

A target is a folder, or a recipient of one cluster's report. What was delivered is recorded after
each: a failure costs the others nothing, and a further try sends what is left. A machine may die
between sending a mail and recording it: then it is sent again, under the same Message-ID.
"""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path

from filelock import FileLock

from pipeline.delivery.mail import Issue, compose, read_issue, send
from pipeline.errors import DeliveryError, ProvenanceError, Remedy
from pipeline.files import json_bytes, replace_folder, write_atomically, write_folder_atomically
from pipeline.machine import Clock
from pipeline.reference.tables import Recipient, load_recipients, load_reference
from pipeline.revisions.store import written_revisions
from pipeline.settings import Settings
from schemas.records import EVERY_CLUSTER
from schemas.report_name import ReportName

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ToFolder:
    """A folder that gets the files, below the name of the report."""

    folder: Path

    def __str__(self) -> str:
        return f"folder {self.folder}"

    def deliver(self, issue: Issue, moment: datetime) -> None:
        """Copy the files as a folder that is whole or not there; a scenario replaces its own."""
        there = self.folder / issue.label / (f"r{issue.revision}" if issue.revision else "")
        try:
            self.folder.stat()  # a share that is not mounted, or mistyped, is not made
            if not issue.revision:
                replace_folder(there, issue.files)
            elif not there.exists():
                write_folder_atomically(there, issue.files)
            found = {name: there / name for name in issue.files if (there / name).is_file()}
            same = {name: file.read_bytes() for name, file in found.items()} == issue.files
        except OSError as error:
            raise DeliveryError(
                f"Not copied to {there}: {error.strerror or error}.",
                "Look at the folder, KLYNGE_DELIVERY_FOLDER; the report itself is written.",
                temporary=True,
            ) from None
        if not same:
            raise DeliveryError(
                f"{there} holds other files than the revision.", "Move it away and deliver again."
            )


@dataclass(frozen=True)
class ToRecipient:
    """A recipient who gets a mail through a server."""

    recipient: Recipient
    settings: Settings

    def __str__(self) -> str:
        return f"mail {self.recipient.email} ({self.recipient.cluster_id})"

    def deliver(self, issue: Issue, moment: datetime) -> None:
        """Send the mail."""
        send(self.settings, compose(issue, self.recipient, self.settings.smtp_sender, moment))


Target = ToFolder | ToRecipient


@dataclass(frozen=True)
class Plan:
    """Which targets have not got a revision; by target, when it was delivered or why refused."""

    issue: Issue
    delivered: dict[str, str]
    refused: dict[str, str]
    pending: tuple[Target, ...]


def configured_targets(settings: Settings) -> list[Target]:
    """Return the targets: the folder first, then the recipients in the order of their file.

    Raises:
        InvalidData: The recipients or another reference table break a rule.
    """
    targets: list[Target] = [ToFolder(settings.delivery_folder)] if settings.delivery_folder else []
    if settings.smtp_host:
        recipients = load_recipients(settings.data_dir, load_reference(settings.data_dir))
        targets += [ToRecipient(recipient, settings) for recipient in recipients]
    return targets


def newest_plan(settings: Settings) -> Plan | None:
    """Return what the report of the newest quarter still has to reach; None if none is written."""
    names = [name for name in written_revisions(settings.reports_dir) if len(name) == len("2022K1")]
    if not names:
        return None
    issue = read_issue(ReportName.parse(names[-1]), settings.reports_dir)
    return plan(issue, configured_targets(settings))


def plan(issue: Issue, targets: Sequence[Target]) -> Plan:
    """Return what a revision still has to reach.

    Raises:
        ProvenanceError: What was recorded of its deliveries cannot be read.
    """
    delivered, refused = _read(issue.record()), _read(issue.record("-refused"))
    # Before and after its time a cluster gets no mail: there is nothing of it in the report.
    there = (EVERY_CLUSTER, *issue.reference.members)
    pending = tuple(
        target
        for target in targets
        if str(target) not in delivered
        and (isinstance(target, ToFolder) or target.recipient.cluster_id in there)
    )
    return Plan(issue, delivered, refused, pending)


def _read(record: Path) -> dict[str, str]:
    if not record.exists():
        return {}
    try:
        noted: dict[str, str] = json.loads(record.read_bytes())
        if not all(isinstance(text, str) for text in chain(*noted.items())):
            raise ValueError("it is no list of targets and moments")
    except (ValueError, AttributeError, RecursionError) as error:
        raise ProvenanceError(
            f"{record} cannot be read: {error}.",
            "Restore it from a backup; without it everyone gets the revision again.",
        ) from None
    return noted


def deliver(name: ReportName, settings: Settings, targets: Sequence[Target], clock: Clock) -> Plan:
    """Deliver a report, in its newest revision where none is named, to all that have not got it.

    Raises:
        DeliveryError: Some targets did not get it; the message says which and why.
        AccessRefused: The mail server lets nobody through, or the way to it is barred.
    """
    issue = read_issue(name, settings.reports_dir)
    failed: dict[str, DeliveryError] = {}
    with FileLock(issue.record().with_name(".lock")):
        planned = plan(issue, targets)
        known = planned.refused.keys() - planned.delivered.keys()
        for target in planned.pending:
            moment = clock.now()
            try:
                target.deliver(issue, moment)
            except DeliveryError as error:
                failed[str(target)] = error
                if error.facts.get("away"):
                    break  # to wait for it once a recipient may take an hour
                continue
            planned.delivered[str(target)] = moment.isoformat(timespec="seconds")
            write_atomically(issue.record(), json_bytes(planned.delivered))
            log.info("delivered %s: %s", issue, target)
        refused = {to: row.message for to, row in failed.items() if not row.facts.get("temporary")}
        if refused.keys() - planned.refused.keys():  # told once, and shown until it is mended
            planned.refused.update(refused)
            write_atomically(issue.record("-refused"), json_bytes(planned.refused))
    if failed:
        raise DeliveryError(
            "\n".join(failure.message for failure in failed.values()),
            "\n".join(dict.fromkeys(failure.hint for failure in failed.values())),
            Remedy.DELIVER,
            report=str(name),
            temporary=any(failure.facts.get("temporary") for failure in failed.values()),
            known=failed.keys() <= known,
        )
    return planned
