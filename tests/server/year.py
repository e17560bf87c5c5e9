"""A year of scheduled runs in minutes: `python -m tests.server.year FOLDER` prints who is told.

The runs of 2026 are made at the moments of the schedule, against the emulator, on a real server
with our automations, a real mail server, and a web hook that is told. What happens in the year:

    11 February    the figures of K1 are out, on their day
    25 May         those of K2, two weeks late
    12 August      the StatBank is away for the day
    13 August      the figures of K3
    20 August      a figure of K3 is revised
    12 November    the figures of K4
    14-15 November no worker, over a week-end; its runs are made up for on Monday
    all year       one of two recipients is refused

An hour without a worker, and a day with late runs, is a minute here; what else is told at most once
a day is told at most once. A run is made after its time, and is late only if no worker is there.
"""

from __future__ import annotations

import os
import ssl
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import trustme
import yaml

from flows.server import deployments
from tests.listener import Listener, listening, name_block
from tests.mail_server import HOST, MailServer
from tests.prefect_site import Site, build_site, kill
from tests.processes import NOBODY
from tests.statbank_emulator import StatBankEmulator
from tests.waiting import wait_until

HOURS = (8, 10, 12, 14, 16)
LATE, AWAY, REVISED, DEAD = date(2026, 5, 25), date(2026, 8, 12), date(2026, 8, 20), (14, 15)
RELEASES = {
    date(2026, 2, 11): "2026K1", LATE: "2026K2", date(2026, 8, 13): "2026K3",
    date(2026, 11, 12): "2026K4",
}  # fmt: skip
RECIPIENTS = "cluster_id,email,name,language\n*,gone@example.dk,Gone,\n*,there@example.dk,There,\n"
WORKERLESS_SECONDS = 60


def moments() -> Iterator[datetime]:
    """Yield the moments of the schedule, in Copenhagen's winter time."""
    for month in (2, 5, 8, 11):
        for day in range(8, 26):
            for hour in HOURS:
                yield datetime.combine(date(2026, month, day), time(hour - 1, 15), UTC)


class Year:
    """The site in the year, and what happens to it."""

    def __init__(self, site: Site, bank: StatBankEmulator, listener: Listener, mail: MailServer):
        self.site, self.bank, self.listener, self.mail = site, bank, listener, mail
        self.told = self.mails = 0
        self.ended: dict[str, int] = {}

    def happens(self, day: date) -> None:
        """Let happen what happens on the morning of a day."""
        if quarter := RELEASES.get(day):
            for table in ("FOLK1A", "KKBEF1"):
                self.bank.release(table, quarter)
        if day == REVISED:
            self.bank.revise("FOLK1A", "2026K3", {"147": 105_000})
        os.environ["KLYNGE_STATBANK_URL"] = NOBODY if day == AWAY else self.bank.url

    def plan(self, moment: datetime, dead: bool) -> Any:
        """Return the run of a moment, planned; it can become late where the worker is dead."""
        name = "Scheduled" if dead else "Picked up"
        return self.site.read(self.site.trigger("quarterly/scheduled", at=moment, state_name=name))

    def run(self, planned: Any) -> None:
        """Make a planned run in this process."""
        from prefect.flow_engine import run_flow

        from flows.quarterly import quarterly

        state: Any = run_flow(
            quarterly, flow_run=planned, parameters=planned.parameters, return_type="state"
        )
        said = f"{state.name}: {str(state.message)[:60]}"
        self.ended[said] = self.ended.get(said, 0) + 1

    def tell(self, moment: datetime, settle_seconds: float = 2.0) -> None:
        """Print what was told since the last time."""
        threading.Event().wait(settle_seconds)
        for told in self.listener.told[self.told :]:
            print(f"{moment:%d %b %H:%M}  {told['subject']} | {told['body'].splitlines()[0][:110]}")
        for mail in self.mail.mails[self.mails :]:
            print(f"{moment:%d %b %H:%M}  mail to {mail['To']}: {mail['Subject']}", flush=True)
        self.told, self.mails = len(self.listener.told), len(self.mail.mails)


def dead_worker(year: Year, moment: datetime) -> None:
    """Let a worker live and die, and wait until it is missed."""
    content = yaml.safe_load(deployments.PREFECT_FILE.read_text(encoding="utf-8"))
    with year.site.client() as client:
        for name in ("klynge: no worker", "klynge: late"):
            (again,) = [row for row in content["automations"] if row["name"] == name]
            (there,) = client.read_automations_by_name(name)
            block: Any = there.actions[0]
            again["actions"][0]["block_document_id"] = str(block.block_document_id)
            again["trigger"]["within"] = WORKERLESS_SECONDS
            client.delete_automation(there.id)  # and what it remembers of the runs made after time
            client.request("POST", "/automations/", json=again).raise_for_status()
    worker = year.site.start(*deployments.WORKER, "--work-queue", "nothing")
    wait_until(lambda: "started" in year.site.tail("worker"), "the worker starts")
    threading.Event().wait(5)
    kill(worker)
    wait_until(lambda: year.listener.of("work pool"), "no worker is missed", 600)
    year.tell(moment)


def main(folder: Path) -> None:
    """Go through the year, and leave the home of its server in a new folder."""
    with ExitStack() as stack:
        folder.mkdir(parents=True)
        bank = stack.enter_context(StatBankEmulator(since="2021K1", until="2025K4"))
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(folder / "authority.pem"))
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert(HOST).configure_cert(context)
        mail = MailServer(
            context, "starttls", refused={"gone@example.dk": b"550 5.1.1 no such mailbox"}
        )
        mail.start()
        stack.callback(mail.stop)
        settings = {
            "KLYNGE_SMTP_HOST": HOST,
            "KLYNGE_SMTP_PORT": str(mail.port),
            "KLYNGE_SMTP_SENDER": "fordeling@example.dk",
            "SSL_CERT_FILE": str(folder / "authority.pem"),
        }
        site = build_site(folder / "site", bank, settings)
        os.environ.update(site.environment)  # before Prefect is imported, which reads it then
        stack.callback(site.stop)
        (folder / "site" / "data" / "reference" / "recipients.csv").write_text(RECIPIENTS)
        listener = stack.enter_context(listening())
        site.environment["KLYNGE_NOTIFICATION_BLOCK"] = name_block(site, listener)
        assert site.klynge("server", "deploy").returncode == 0
        go_through(Year(site, bank, listener, mail))


def go_through(year: Year) -> None:
    """Make the runs of the year, and print at the end how they ended."""
    left: list[Any] = []
    for moment in moments():
        year.happens(moment.date())
        dead = moment.month == 11 and moment.day in DEAD
        planned = year.plan(moment, dead)
        if dead:
            left.append(planned)
            if moment.hour == HOURS[0] - 1 and moment.day == DEAD[0]:
                dead_worker(year, moment)
            continue
        for run in [*left, planned]:
            year.run(run)
        left = []
        year.tell(moment, 0.5)
    year.tell(moment)
    for said, count in sorted(year.ended.items()):
        print(f"{count:4} runs  {said}")
    database = year.site.folder / "prefect" / "prefect.db"
    print(
        f"{sum(file.stat().st_size for file in database.parent.glob('prefect.db*')) / 1e6:.0f} MB"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
