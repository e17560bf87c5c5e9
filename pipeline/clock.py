"""The clock and the pause, injected at the edge, so that tests can put their own in place."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


def moment_text(moment: datetime) -> str:
    """Return a moment in UTC as it is recorded, such as `2026-11-11T07:15:00Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True)
class Clock:
    """Seconds that never run backwards, how to wait for some, and the moment in UTC."""

    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
