"""What a run takes from the machine it is on: the clock, the version installed, whom it trusts.

A connection trusts whom the machine trusts, as a browser does, on each system. The authority of an
organisation is then known to us once the organisation has made it known to its machines.
`SSL_CERT_FILE` names a file of authorities on Linux, and `REQUESTS_CA_BUNDLE` a further one for the
StatBank.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

from pipeline.errors import AccessRefused

if TYPE_CHECKING:  # with truststore a tenth of a second, for those who connect
    import ssl


def moment_text(moment: datetime) -> str:
    """Return a moment in UTC as it is recorded, such as `2026-11-11T07:15:00Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True)
class Clock:
    """Seconds that never run backwards, how to wait for some, and the moment in UTC."""

    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], datetime] = lambda: datetime.now(UTC)


@cache
def installed_version() -> str:
    """Return the version of this program, as installed."""
    from importlib.metadata import version

    return version("klyngefordeling")


def system_trust() -> ssl.SSLContext:
    """Return how the other end of a connection is verified."""
    import ssl

    import truststore

    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def untrusted(whose: str, error: ssl.SSLCertVerificationError) -> AccessRefused:
    """Return the error of a certificate that was refused, and who showed it."""
    return AccessRefused(
        f"{whose} shows a certificate that is not trusted: {error.verify_message}.",
        "If your organisation signs certificates itself, have its authority installed on this "
        "machine, or name its file: SSL_CERT_FILE. The name must be that in the certificate.",
    )
