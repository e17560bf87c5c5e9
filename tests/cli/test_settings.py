"""Settings are checked where they are read, and each message names its variable."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from pipeline.errors import UsageError
from pipeline.machine import installed_version
from pipeline.settings import Settings, setting, variable
from tests.conftest import Klynge
from tests.statbank_emulator.server import StatBankEmulator

MAIL = {"KLYNGE_SMTP_HOST": "smtp.example.dk", "KLYNGE_SMTP_SENDER": "a@example.dk"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("KLYNGE_STATBANK_URL", "http://[bad"),
        ("KLYNGE_STATBANK_URL", "http://127.0.0.1:99999/v1"),
        ("KLYNGE_STATBANK_URL", "https://api.statbank.dk/v1?lang=en"),
        ("KLYNGE_READ_TIMEOUT_SECONDS", "1e300"),
        ("KLYNGE_CONNECT_TIMEOUT_SECONDS", "nan"),
        ("KLYNGE_BUDGET_SECONDS", "86401"),
        ("KLYNGE_CONTACT", "analyse@kommune.dk\nX-Injected: 1"),
        ("KLYNGE_CONTACT", "\udce6"),
    ],
)
def test_a_run_refuses_it(
    klynge: Klynge, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """What no connection can be made with ends in one message, before anybody is asked."""
    monkeypatch.setenv(name, value)
    ended = klynge("fetch", "2022K1", "--refresh")
    assert ended.exit_code == 2
    assert ended.err.startswith(f"klynge: {name} is {value!r}; it must be ")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("KLYNGE_SERVER_PORT", "0"),
        ("KLYNGE_SERVER_PORT", "٤٢"),
        ("KLYNGE_THREADS", "0.5"),
        ("KLYNGE_TASK_RUNNER", "trheads"),
        ("KLYNGE_RETRY_DELAYS_SECONDS", "600 soon"),
        ("KLYNGE_RETRY_DELAYS_SECONDS", "600 -1"),
        ("KLYNGE_REPORTS_URL", "https://example.dk\r"),
        ("KLYNGE_SMTP_SENDER", "a@example.dk\nBcc: b@example.dk"),
        ("KLYNGE_SMTP_SENDER", "nobody"),
        ("KLYNGE_SMTP_SENDER", "a@["),
        ("KLYNGE_SMTP_SENDER", "a,b@example.dk"),
        ("KLYNGE_SMTP_SECURITY", "none"),
    ],
)
def test_it_is_refused_with_its_name(name: str, value: str) -> None:
    """Each kind of setting refuses what is not of its kind."""
    with pytest.raises(UsageError) as refused:
        Settings.from_environment({**MAIL, name: value})
    assert f"{name} is {value!r}; it must be " in refused.value.message


def test_no_time_limit_is_nothing() -> None:
    """Whoever sets 0 for "none" is told that it must be more."""
    for name in ("KLYNGE_READ_TIMEOUT_SECONDS", "KLYNGE_RETRY_DELAYS_SECONDS"):
        with pytest.raises(UsageError, match="must be seconds above 0, "):
            Settings.from_environment({name: "0"})


def test_the_loopback_check_looks_at_the_host_that_is_asked(
    klynge: Klynge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An address that two parsers read differently is judged as the one reads it that connects."""
    monkeypatch.setenv("KLYNGE_STATBANK_URL", "http://10.0.0.1:1\\@127.0.0.1/v1")
    ended = klynge("fetch", "2022K1", "--refresh")
    assert ended.exit_code == 2
    assert "KLYNGE_STATBANK_URL" in ended.err


@pytest.mark.parametrize("url", ["https://user:hunter2@api.statbank.dk/v1", "//user:hunter2@x"])
def test_a_password_in_an_address_is_refused_and_not_shown(url: str) -> None:
    """An address is kept with each snapshot and printed in messages: no place for a password."""
    with pytest.raises(UsageError) as refused:
        setting("statbank_url", {"KLYNGE_STATBANK_URL": url})
    assert "hunter2" not in str(refused.value)


def test_secrets_are_never_shown_nor_handed_on() -> None:
    """A password stands in no text form, in no message, and goes to no other machine."""
    secrets = {
        "KLYNGE_POSTGRES_URL": "postgresql://klynge:hunter2@db/klynge",
        "KLYNGE_SMTP_PASSWORD": "hunter2",
    }
    settings = Settings.from_environment({**MAIL, **secrets})
    assert "hunter2" not in repr(settings)
    assert "hunter2" not in str(vars(settings.without_secrets()))
    with pytest.raises(UsageError) as refused:
        setting("postgres_url", {"KLYNGE_POSTGRES_URL": "postgresql://k:hunter2@db\n"})
    assert "hunter2" not in str(refused.value)


def test_a_contact_is_sent_in_a_form_that_a_header_can_hold(
    klynge: Klynge, statbank: StatBankEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A contact in Danish is usable: the StatBank gets it in ASCII, nothing of it lost."""
    monkeypatch.setenv("KLYNGE_STATBANK_URL", statbank.url)
    monkeypatch.setenv("KLYNGE_CONTACT", "Økonomi – analyse@kommune.dk")
    ended = klynge("fetch", "2022K1", "--refresh")
    assert ended.exit_code == 0, ended.err
    agents = {entry.user_agent for entry in statbank.log}
    assert agents == {
        f"klyngefordeling/{installed_version()} (%C3%98konomi %E2%80%93 analyse@kommune.dk)",
    }


@pytest.mark.parametrize("empty", ["", " "])
def test_an_empty_variable_counts_as_not_set(empty: str) -> None:
    """Every variable may be there and empty, as in a template of a service."""
    environment = {variable(row.name): empty for row in fields(Settings)}
    assert Settings.from_environment(environment) == Settings()


def test_empty_folders_are_the_usual_ones(
    klynge: Klynge, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command line agrees: an empty folder is not the current one."""
    for name in ("KLYNGE_DATA_DIR", "KLYNGE_REPORTS_DIR"):
        monkeypatch.setenv(name, "")
    monkeypatch.chdir(data_dir.parent)
    ended = klynge("run", "2022K1", "--offline")
    assert ended.exit_code == 0, ended.err
    assert (data_dir.parent / "reports" / "2022K1" / "r1").is_dir()


def test_no_further_try_can_be_asked_for() -> None:
    """The pauses between tries are numbers, or none at all."""
    delays = {text: setting("retry_delays_seconds", {"KLYNGE_RETRY_DELAYS_SECONDS": text})
              for text in ("none", "1 2.5")}  # fmt: skip
    assert delays == {"none": (), "1 2.5": (1.0, 2.5)}


def test_the_port_of_the_mail_server_follows_the_encryption() -> None:
    """587 for STARTTLS and 465 for TLS, unless a port is set."""
    ports = [
        Settings.from_environment({**MAIL, **more}).smtp_address[1]
        for more in (
            {},
            {"KLYNGE_SMTP_SECURITY": "tls"},
            {"KLYNGE_SMTP_SECURITY": "tls", "KLYNGE_SMTP_PORT": "2525"},
        )
    ]
    assert ports == [587, 465, 2525]
