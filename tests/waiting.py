"""Waiting for a condition with a deadline, for processes and servers that take their time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(
    condition: Callable[[], T | None], what: str, seconds: float = 90.0, each_seconds: float = 0.1
) -> T:
    """Return what a condition gives as soon as that is truthy; it is looked at so often.

    Raises:
        TimeoutError: It did not become so in time; the message says what was awaited.
    """
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not (result := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"after {seconds:g} s: {what}")
        pause.wait(each_seconds)
    return result
