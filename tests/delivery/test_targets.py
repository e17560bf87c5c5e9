"""Where a revision goes: the folder, the recipients' list, the settings, and what is only shown."""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from pipeline.delivery.deliver import ToFolder, configured_targets, deliver
from pipeline.delivery.mail import Issue
from pipeline.errors import DeliveryError
from pipeline.machine import Clock
from pipeline.settings import Settings
from schemas.report_name import ReportName
from tests.conftest import Klynge
from tests.delivery.conftest import LABEL, StartMailServer
from tests.statbank.conftest import files_below

Recipients = Callable[..., None]


@pytest.fixture
def share(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A shared drive, named in the settings."""
    folder = tmp_path / "share"
    folder.mkdir()
    monkeypatch.setenv("KLYNGE_DELIVERY_FOLDER", str(folder))
    return folder


def test_folder_gets_the_same_files(written: Klynge, share: Path, reports_dir: Path) -> None:
    """The shared drive gets every file of the revision, byte for byte, and it is recorded."""
    assert written("deliver", LABEL).out == f"2022K1 r1 delivered: folder {share}\n"
    assert files_below(share / LABEL / "r1") == files_below(reports_dir / LABEL / "r1")
    record = json.loads((reports_dir / LABEL / "deliveries" / "r1.json").read_text("utf-8"))
    assert record == {f"folder {share}": record[f"folder {share}"]}
    assert re.fullmatch(r"2026-11-23T08:\d\d:00\+00:00", record[f"folder {share}"])


def test_a_share_that_is_not_there_is_not_made(
    written: Klynge, share: Path, reports_dir: Path
) -> None:
    """One that is not mounted, or mistyped, gets nothing, and nothing is recorded as delivered."""
    share.rmdir()
    ended = written("deliver", LABEL)
    assert ended.exit_code == 60
    assert f"Not copied to {share}/{LABEL}/r1: No such file or directory.\n" in ended.err
    assert "KLYNGE_DELIVERY_FOLDER" in ended.err
    assert not share.exists()
    assert not (reports_dir / LABEL / "deliveries" / "r1.json").exists()


def test_copy_made_before_it_was_recorded(written: Klynge, share: Path, reports_dir: Path) -> None:
    """After a crash between copying and recording the copy is recognised; another one is not."""
    written("deliver", LABEL)
    record = reports_dir / LABEL / "deliveries" / "r1.json"
    record.unlink()
    assert written("deliver", LABEL).exit_code == 0
    record.unlink()
    (share / LABEL / "r1" / "manifest.json").write_text("other", encoding="utf-8")
    ended = written("deliver", LABEL)
    assert ended.exit_code == 60
    assert "holds other files than the revision" in ended.err
    assert ended.err.endswith("To deliver what is left: klynge deliver 2022K1\n")


def test_a_copy_that_lacks_a_file_costs_the_others_nothing(
    written: Klynge,
    share: Path,
    start_mail_server: StartMailServer,
    recipients: Recipients,
    reports_dir: Path,
    trusted: None,
) -> None:
    """A folder from which somebody took a file is told of, and the mails go out all the same."""
    written("deliver", LABEL)
    record = reports_dir / LABEL / "deliveries" / "r1.json"
    record.unlink()
    (share / LABEL / "r1" / "manifest.json").unlink()
    server = start_mail_server()
    recipients("*,finance@example.org,Finance,en")
    ended = written("deliver", LABEL)
    assert ended.exit_code == 60
    assert "holds other files than the revision" in ended.err
    assert [mail["To"] for mail in server.mails] == ["finance@example.org"]


def test_other_folders_among_the_reports_are_no_reports(
    written: Klynge, share: Path, reports_dir: Path
) -> None:
    """What somebody keeps beside the reports, under a name that begins like one, is passed over."""
    for name in ("2022K1-before", "2099K1 copy", "20ååK1", "2022K5"):
        (reports_dir / name / "r1").mkdir(parents=True)
    ended = written("server", "status", "delivery")
    assert ended.exit_code == 1
    assert f"2022K1 r1 has not reached folder {share}" in ended.out


def test_changed_revision_is_not_delivered(written: Klynge, share: Path, reports_dir: Path) -> None:
    """A revision that no longer is what its manifest says goes nowhere."""
    (reports_dir / LABEL / "r1" / f"fordeling-{LABEL}.csv").write_text("other", encoding="utf-8")
    assert written("deliver", LABEL).exit_code == 50
    assert not list(share.iterdir())


def test_next_revision_is_delivered_too(written: Klynge, share: Path, data_dir: Path) -> None:
    """A new revision goes to everyone again; the one before stays where it is."""
    written("deliver", LABEL)
    costs = data_dir / "reference" / "costs.csv"
    costs.write_text(costs.read_text("utf-8").replace("370000", "380000"), encoding="utf-8")
    assert written("run", LABEL, "--quiet").exit_code == 0
    assert written("deliver", LABEL).out == f"2022K1 r2 delivered: folder {share}\n"
    assert sorted(path.name for path in (share / LABEL).iterdir()) == ["r1", "r2"]


def test_scenario_replaces_what_was_delivered(
    written: Klynge, share: Path, reports_dir: Path
) -> None:
    """A scenario that changed goes to everyone again, in place of what it was."""
    for amount in ("400000", "400000", "500000"):
        override = f"halvt-aarsvaerk.amount_dkk={amount}"
        asked = ("scenario", "dyrere", LABEL, "--set", override, "--replace")
        assert written(*asked).exit_code == 0
        ended = written("deliver", f"{LABEL}-scenario-dyrere")
        assert ended.out == f"{LABEL}-scenario-dyrere delivered: folder {share}\n"
    folder = share / f"{LABEL}-scenario-dyrere"
    scenario = files_below(reports_dir / "scenarios" / "dyrere")
    delivered = files_below(folder)
    assert f"fordeling-{LABEL}-scenario-dyrere.xlsx" in map(str, delivered)
    assert delivered.items() <= scenario.items()
    assert "500000" in (folder / "scenario.toml").read_text("utf-8")


def test_dry_run_delivers_nothing(written: Klynge, share: Path, reports_dir: Path) -> None:
    """`--dry-run` says what would go where, and touches nothing."""
    assert written("deliver", LABEL, "--dry-run").out == (
        f"2022K1 r1 to be delivered: folder {share}\n"
    )
    assert not list(share.iterdir())
    assert not (reports_dir / LABEL / "deliveries").exists()


def test_nowhere_to_go(written: Klynge) -> None:
    """Without a target the command says which settings make one."""
    ended = written("deliver", LABEL)
    assert ended.exit_code == 0
    assert "KLYNGE_DELIVERY_FOLDER" in ended.out


def test_report_that_is_not_written(klynge: Klynge) -> None:
    """What is not written cannot be delivered; the message names the command that writes it."""
    ended = klynge("deliver", LABEL)
    assert ended.exit_code == 2
    assert "klynge run 2022K1" in ended.err


def test_new_recipient_is_no_new_revision(written: Klynge, recipients: Recipients) -> None:
    """The list of recipients is no part of what a report rests on."""
    recipients("*,a@example.dk,Anna,")
    assert "Unchanged" in written("run", LABEL).out


def test_run_needs_no_recipients(klynge: Klynge, data_dir: Path) -> None:
    """Without the list, and with a broken one, a report is written as ever."""
    path = data_dir / "reference" / "recipients.csv"
    path.write_text("nonsense", encoding="utf-8")
    assert klynge("run", LABEL, "--quiet").exit_code == 0
    path.unlink()
    assert klynge("run", LABEL, "--quiet").exit_code == 0


def test_a_list_that_nobody_reads_stops_no_folder(
    written: Klynge, data_dir: Path, share: Path
) -> None:
    """Without a mail server the list of recipients is not read, so a broken one blocks nothing."""
    (data_dir / "reference" / "recipients.csv").write_text("nonsense", encoding="utf-8")
    assert written("deliver", LABEL).exit_code == 0
    assert (share / LABEL / "r1" / "manifest.json").exists()


def test_a_folder_that_is_away_is_tried_again(
    written: Klynge, share: Path, reports_dir: Path
) -> None:
    """A shared drive that cannot be written comes back at times; the message says what failed, and
    it is not among those that refused."""
    share.rmdir()
    share.write_text("a file where the folder should be")
    settings = Settings.from_environment(os.environ)
    with pytest.raises(DeliveryError, match=rf"Not copied to {share / LABEL}.*: ") as caught:
        deliver(ReportName.parse(LABEL), settings, configured_targets(settings), Clock())
    assert caught.value.facts["temporary"]
    assert not list((reports_dir / LABEL / "deliveries").glob("*refused*"))
    assert str(caught.value.message).endswith(": Not a directory.")


def test_one_delivery_at_a_time(written: Klynge, reports_dir: Path, tmp_path: Path) -> None:
    """While a target gets a revision nobody else delivers it: else it would get it twice."""
    lock = reports_dir / LABEL / "deliveries" / ".lock"

    class Looking(ToFolder):
        def deliver(self, issue: Issue, moment: datetime) -> None:
            with lock.open("rb") as file, pytest.raises(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            super().deliver(issue, moment)

    settings = Settings(reports_dir=reports_dir)
    (tmp_path / "share").mkdir()
    targets = [Looking(tmp_path / "share")]
    done = deliver(ReportName.parse(LABEL), settings, targets, Clock())
    assert [str(target) for target in done.pending] == [f"folder {tmp_path / 'share'}"]


def test_broken_list_is_explained(
    written: Klynge, recipients: Recipients, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each broken rule of the list is named with its row, column and value."""
    monkeypatch.setenv("KLYNGE_SMTP_HOST", "localhost")
    monkeypatch.setenv("KLYNGE_SMTP_SENDER", "a@example.dk")
    twice = ("*,a@example.dk,Anna,", "*,a@example.dk,Anna,da")
    recipients("nowhere,a@b,,fr", *twice, "*,søren@køge.dk,Søren,da")
    ended = written("deliver", LABEL)
    assert ended.exit_code == 20
    for said in (
        "row 2, column cluster_id: must be a cluster of clusters.csv, or *, found 'nowhere'",
        "row 2, column email: must be one e-mail address, found 'a@b'",
        "row 5, column email: must be in a-z on both sides; køge.dk is xn--kge-0na.dk, found "
        "'søren@køge.dk'",
        "row 2, column name: must not be blank, found ''",
        "row 2, column language: must be da or en, or blank for da, found 'fr'",
        "column email: must not stand twice for the same cluster",
    ):
        assert said in ended.err


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"HOST": "x"}, "KLYNGE_SMTP_SENDER is missing"),
        ({"SENDER": "a@example.dk"}, "KLYNGE_SMTP_HOST is missing"),
        ({"HOST": "x", "SENDER": "a@b.dk", "SECURITY": "none"}, "must be starttls or tls"),
        ({"HOST": "x", "SENDER": "a@b.dk", "PORT": "smtp"}, "it must be a port"),
    ],
)
def test_wrong_setting_is_named(
    written: Klynge, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], said: str
) -> None:
    """A setting that makes no sense is named with an example; nothing is sent unencrypted."""
    for name, value in variables.items():
        monkeypatch.setenv(f"KLYNGE_SMTP_{name}", value)
    ended = written("deliver", LABEL)
    assert ended.exit_code == 2
    assert said in ended.err


def test_password_is_read_from_a_file_and_never_shown(
    written: Klynge, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A password can lie in a file, and stands in no text form of the settings."""
    secret = tmp_path / "password"
    secret.write_text("hunter2\n", encoding="utf-8")
    settings = Settings.from_environment(
        {
            "KLYNGE_SMTP_HOST": "x",
            "KLYNGE_SMTP_SENDER": "a@example.dk",
            "KLYNGE_SMTP_USER": "klynge",
            "KLYNGE_SMTP_PASSWORD_FILE": str(secret),
        }
    )
    assert settings.mail_password() == "hunter2"
    assert "hunter2" not in repr(settings)
