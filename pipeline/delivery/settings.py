"""Where revisions are delivered to, read from the environment; nowhere unless it is set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from pipeline.errors import StorageError, UsageError

_PREFIX: Final = "KLYNGE_SMTP_"


class Security(StrEnum):
    """How the connection to the mail server is encrypted; there is no way without."""

    STARTTLS = "starttls"
    TLS = "tls"


DEFAULT_PORTS: Final = {Security.STARTTLS: 587, Security.TLS: 465}


@dataclass(frozen=True)
class Smtp:
    """A mail server.

    Args:
        host: Its name, as its certificate has it.
        sender: Address that the mails come from.
        security: How the connection is encrypted.
        port: Its port.
        user: Who logs in; empty for nobody.
        password: With what.
    """

    host: str
    sender: str
    security: Security
    port: int
    user: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True)
class DeliverySettings:
    """The targets: a folder, and the mail server through which recipients are reached."""

    folder: Path | None = None
    smtp: Smtp | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> DeliverySettings:
        """Read `KLYNGE_DELIVERY_FOLDER` and `KLYNGE_SMTP_*`.

        Raises:
            UsageError: A value is not of its kind; the message names the variable.
            StorageError: The file with the password cannot be read.
        """
        folder = environment.get("KLYNGE_DELIVERY_FOLDER")
        return cls(Path(folder) if folder else None, _smtp(environment))


def _smtp(environment: Mapping[str, str]) -> Smtp | None:
    given = {
        name.removeprefix(_PREFIX).lower(): value
        for name, value in environment.items()
        if name.startswith(_PREFIX) and value
    }
    if not given:
        return None
    security = _security(given.get("security", Security.STARTTLS))
    return Smtp(
        _required(given, "host", "smtp.example.dk"),
        _required(given, "sender", "fordeling@example.dk"),
        security,
        _port(given.get("port", str(DEFAULT_PORTS[security]))),
        given.get("user", ""),
        _password(given),
    )


def _required(given: Mapping[str, str], name: str, example: str) -> str:
    if name not in given:
        variable = f"{_PREFIX}{name.upper()}"
        raise UsageError(f"{variable} is missing.", f"Example: {variable}={example}")
    return given[name]


def _security(text: str) -> Security:
    if text not in list(Security):
        raise UsageError(
            f"{_PREFIX}SECURITY is {text!r}; it must be {' or '.join(Security)}.",
            "Mail is never sent unencrypted.",
        )
    return Security(text)


def _port(text: str) -> int:
    if not (text.isdecimal() and 0 < int(text) < 65536):
        raise UsageError(
            f"{_PREFIX}PORT is {text!r}; it must be a port.", f"Example: {_PREFIX}PORT=587"
        )
    return int(text)


def _password(given: Mapping[str, str]) -> str:
    if "password_file" not in given:
        return given.get("password", "")
    try:
        return Path(given["password_file"]).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise StorageError.of(error) from None
