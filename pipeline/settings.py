"""Every setting: its default, what it may be, and what it is for, read once at the edge.

The variable of `data_dir` is `KLYNGE_DATA_DIR`, and so on; one that is empty counts as not set. The
manual's table is made from what stands here.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

from pipeline.errors import UsageError

LONGEST_SECONDS: Final = 86_400
"""A day: a socket refuses limits of centuries, and nobody waits longer."""

_NOT_ON_A_LINE: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Unicode's control characters, halves of a character, and ends of lines and paragraphs."""

TaskRunner = StrEnum("TaskRunner", "THREADS DASK")
"""Where the quarters of a back-fill are calculated."""

Security = StrEnum("Security", "STARTTLS TLS")
"""How the connection to the mail server is encrypted; there is no way without."""


class Kind(NamedTuple):
    """What a setting may be: how its text is read, or refused by a ValueError, and what is said."""

    read: Callable[[str], Any]
    must_be: str

    def __call__(self, default: Any, what: str, example: str = "", secret: bool = False) -> Any:
        """Return the field of a setting of this kind."""
        metadata = {"kind": self, "what": what, "example": example or text_of(default)}
        return field(default=default, repr=not secret, metadata=metadata)


def _read(read: Callable[[str], Any], holds: Callable[[Any], object]) -> Callable[[str], Any]:
    """Return how a text is read; a value of which something does not hold is refused."""

    def checked(text: str) -> Any:
        if not holds(value := read(text)):
            raise ValueError(text)
        return value

    return checked


_line: Final = _read(str, lambda text: _NOT_ON_A_LINE.isdisjoint(map(unicodedata.category, text)))
_digits: Final = _read(str, partial(re.fullmatch, "[0-9]+"))
_seconds: Final = _read(float, lambda number: 0 < number <= LONGEST_SECONDS)


def _like(pattern: str, must_be: str) -> Kind:
    return Kind(_read(_line, partial(re.fullmatch, pattern)), must_be)


def _whole(last: int, what: str) -> Kind:
    number = _read(lambda text: int(_digits(text)), lambda number: 0 < number <= last)
    return Kind(number, f"{what}, 1 to {last}")


def _delays(text: str) -> tuple[float, ...]:
    return () if text == "none" else tuple(map(_seconds, text.split()))


def _statbank_url(text: str) -> str:
    from urllib3.util import parse_url  # the parser that connects; help does not wait for it

    url = parse_url(_line(text))
    host = (url.host or "").strip("[]")
    local = url.scheme == "http" and (host == "localhost" or ip_address(host).is_loopback)
    more = url.auth or url.query or url.fragment
    if more or not host or not (local or url.scheme == "https"):
        raise ValueError(text)
    return url.url.rstrip("/")


def _one_of(choices: type[StrEnum]) -> Kind:
    return Kind(choices, " or ".join(choices))


_FOLDER: Final = Kind(Path, "a folder")
_FILE: Final = Kind(Path, "a file")
_TEXT: Final = Kind(_line, "one line of text")
_SECONDS: Final = Kind(_seconds, f"seconds above 0, at most {LONGEST_SECONDS}")
_DELAYS: Final = Kind(_delays, f"seconds above 0, each at most {LONGEST_SECONDS}, or none")
_PORT: Final = _whole(65_535, "a port")
_EMAIL: Final = _like(r"[^\s@<>()\[\]:;,]+@[^\s@<>()\[\]:;,]+", "one e-mail address")
_POSTGRES: Final = _like(r"postgresql://\S+", "an address that begins with postgresql://")
_STATBANK: Final = Kind(
    _statbank_url, "https, or http on this machine only, without a user, a query or a fragment"
)


def text_of(value: object) -> str:
    """Return a value as it is written in the environment; empty for none."""
    if isinstance(value, tuple):
        return " ".join(text_of(part) for part in value)
    if isinstance(value, float):
        return f"{value:g}"
    return value.as_posix() if isinstance(value, Path) else str("" if value is None else value)


@dataclass(frozen=True)
class Settings:
    """Where things lie, whom to ask and to tell, and how long to wait."""

    data_dir: Path = _FOLDER(Path("data"), "Reference data and snapshots.")
    reports_dir: Path = _FOLDER(Path("reports"), "The reports.")
    contact: str = _TEXT("", "Who asks: on the cover of a report, and sent to the StatBank.")
    statbank_url: str = _STATBANK(
        "https://api.statbank.dk/v1", "The StatBank's API, as its publisher documents it."
    )
    connect_timeout_seconds: float = _SECONDS(10.0, "To reach the StatBank.")
    read_timeout_seconds: float = _SECONDS(60.0, "Between two pieces of its answer.")
    budget_seconds: float = _SECONDS(180.0, "For one call, retries included.")

    home: Path = _FOLDER(
        Path("~/.klynge"), "Database, logs and secret of the server; its user's alone."
    )
    server_host: str = _TEXT(
        "127.0.0.1", "Address that the server listens on; loopback, but in a container."
    )
    server_port: int = _PORT(4200, "Port that it listens on.")
    server_url: str = _TEXT(
        "",
        "Address of its pages where a proxy stands before it.",
        example="https://klynge.example.dk",
    )
    secret_file: Path | None = _FILE(
        None, "User and password of the server, as `klynge:PASSWORD`; made in the home if left out."
    )
    postgres_url: str = _POSTGRES(
        "", "`postgresql://user:password@host/klynge`, instead of SQLite.", secret=True
    )
    postgres_password_file: Path | None = _FILE(
        None, "Its password, instead; the address then has none."
    )
    retry_delays_seconds: tuple[float, ...] = _DELAYS(
        (600.0, 1800.0, 3600.0, 7200.0),
        "Pauses of a flow between tries, while the StatBank or a target of the delivery is away.",
    )
    quarter_wait_seconds: float = _SECONDS(
        900.0, "How long a run waits for another run of its quarter."
    )
    task_runner: TaskRunner = _one_of(TaskRunner)(TaskRunner.THREADS, "Where a back-fill runs.")
    threads: int = _whole(1000, "a number")(2, "Quarters of a back-fill at once.")
    dask_scheduler: str = _TEXT(
        "", "Dask cluster, such as `tcp://host:8786`; one on this machine if left out."
    )
    notification_block: str = _TEXT(
        "", "Prefect block that the server tells what matters, as `slack-webhook/klynge`."
    )
    reports_url: str = _TEXT(
        "", "Address under which people open the reports folder, for links in Prefect's UI."
    )

    delivery_folder: Path | None = _FOLDER(None, "Gets a copy of each revision; it must be there.")
    smtp_host: str = _TEXT(
        "", "Mail server, as its certificate names it.", example="smtp.example.dk"
    )
    smtp_sender: str = _EMAIL("", "Whom the mails come from.", example="fordeling@example.dk")
    smtp_security: Security = _one_of(Security)(
        Security.STARTTLS, "Encryption; mail is never sent without."
    )
    smtp_port: int | None = _PORT(
        None, "587 for starttls and 465 for tls if left out.", example="587"
    )
    smtp_user: str = _TEXT("", "Who logs in; nobody if left out.")
    smtp_password: str = Kind(str, "a text")("", "With what.", secret=True)
    smtp_password_file: Path | None = _FILE(None, "The password, instead.")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read all settings.

        Raises:
            UsageError: A value is not of its kind, or half a mail server is set; the message names
                the variable.
        """
        settings = cls(**{row.name: setting(row.name, environment) for row in fields(cls)})
        mail = (name for name in environment if name.startswith(variable("smtp_")))
        if any(environment[name].strip() for name in mail):
            for name in ("smtp_host", "smtp_sender"):
                if not getattr(settings, name):
                    raise UsageError(f"{variable(name)} is missing.", _example(name))
        return settings

    @property
    def smtp_address(self) -> tuple[str, int]:
        """Host and port of the mail server."""
        usual = 465 if self.smtp_security is Security.TLS else 587
        return self.smtp_host, self.smtp_port or usual

    def mail_password(self) -> str:
        """Return the password of the mail server; no mail is sent with one that is not UTF-8."""
        if not (file := self.smtp_password_file):
            return self.smtp_password
        return file.read_text(encoding="utf-8", errors="surrogateescape").strip()

    def without_secrets(self) -> Self:
        """Return the settings for another machine that needs no password."""
        return replace(self, postgres_url="", smtp_password="")


def variable(name: str) -> str:
    """Return the environment variable of a setting."""
    return f"KLYNGE_{name.upper()}"


def setting(name: str, environment: Mapping[str, str]) -> Any:
    """Read one setting, where a fault in the others must not matter.

    Raises:
        UsageError: Its value is not of its kind; the message names the variable.
    """
    row, text = Settings.__dataclass_fields__[name], environment.get(variable(name), "")
    if not text.strip():
        return row.default
    kind: Kind = row.metadata["kind"]
    try:
        return kind.read(text)
    except ValueError:
        shown = f" is {re.sub('(?s)(?<=//).*@', '***@', text)!r}; it" if row.repr else ""
        said = f"{variable(name)}{shown} must be {kind.must_be}."
        raise UsageError(said, _example(name)) from None


def _example(name: str) -> str:
    example = Settings.__dataclass_fields__[name].metadata["example"]
    return f"Example: {variable(name)}={example}" if example else ""
