"""All paths, addresses and time limits, read from the environment once, at the edge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from pipeline.errors import UsageError

STATBANK_URL: Final = "https://api.statbank.dk/v1"
"""Base of the StatBank's API, as documented by Statistics Denmark."""

CONNECT_TIMEOUT_SECONDS: Final = 10.0
READ_TIMEOUT_SECONDS: Final = 60.0
BUDGET_SECONDS: Final = 180.0


@dataclass(frozen=True)
class Settings:
    """Where things lie, whom to ask, and how long to wait.

    Args:
        data_dir: Folder with `reference` and `snapshots`.
        reports_dir: Folder of the reports.
        statbank_url: Base of the API, https; plain http on this machine only.
        contact: Who asks, an e-mail address or a web page; sent to the StatBank with each query,
            and on the cover of a report.
        connect_timeout_seconds: To reach the StatBank.
        read_timeout_seconds: Between two pieces of an answer.
        budget_seconds: For one call, retries included.
    """

    data_dir: Path
    reports_dir: Path
    statbank_url: str = STATBANK_URL
    contact: str = ""
    connect_timeout_seconds: float = CONNECT_TIMEOUT_SECONDS
    read_timeout_seconds: float = READ_TIMEOUT_SECONDS
    budget_seconds: float = BUDGET_SECONDS

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read the variables `KLYNGE_*`; the folders default to those of the repository.

        Raises:
            UsageError: A value is not of its kind; the message names the variable.
        """
        return cls(
            data_dir=Path(environment.get("KLYNGE_DATA_DIR", "data")),
            reports_dir=Path(environment.get("KLYNGE_REPORTS_DIR", "reports")),
            statbank_url=_url(environment.get("KLYNGE_STATBANK_URL", STATBANK_URL)),
            contact=environment.get("KLYNGE_CONTACT", ""),
            connect_timeout_seconds=seconds(
                environment, "KLYNGE_CONNECT_TIMEOUT_SECONDS", CONNECT_TIMEOUT_SECONDS
            ),
            read_timeout_seconds=seconds(
                environment, "KLYNGE_READ_TIMEOUT_SECONDS", READ_TIMEOUT_SECONDS
            ),
            budget_seconds=seconds(environment, "KLYNGE_BUDGET_SECONDS", BUDGET_SECONDS),
        )


def _url(text: str) -> str:
    parts = urlsplit(text)
    local = parts.hostname == "localhost" or _is_loopback(parts.hostname or "")
    if parts.hostname and (parts.scheme == "https" or (parts.scheme == "http" and local)):
        return text.rstrip("/")
    raise UsageError(
        f"KLYNGE_STATBANK_URL is {text!r}; it must be https, or http on this machine only.",
        f"The StatBank is at {STATBANK_URL}",
    )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def seconds(environment: Mapping[str, str], name: str, default: float) -> float:
    """Read a positive number of seconds.

    Raises:
        UsageError: The variable holds something else.
    """
    text = environment.get(name, "")
    try:
        number = float(text) if text else default
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        example = f"Example: {name}={default:g}"
        raise UsageError(f"{name} is {text!r}; it must be a number of seconds.", example)
    return number
