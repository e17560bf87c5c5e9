"""The clock and the pause, injected at the edge, so that tests can put their own in place."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


def _utc_now() -> datetime:
    return datetime.now(UTC)


def moment_text(moment: datetime) -> str:
    """Return a moment in UTC as it is recorded, such as `2026-11-11T07:15:00Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True)
class Clock:
    """What time it is, and how to wait.

    Args:
        monotonic: Seconds that never run backwards.
        sleep: Waits so many seconds.
        now: The moment, in UTC.
    """

    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], datetime] = _utc_now
