"""A command in a process of its own, killed within one of its write windows."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.context import ForkServerProcess
from typing import Any

WRITES = ("open", "os.rename", "os.remove", "os.mkdir", "os.link")
_forked = multiprocessing.get_context("forkserver")
_forked.set_forkserver_preload(
    [
        "tests.revisions.one_run",
        "flows.terminal.console",
        "pandera.pandas",
        "pipeline.delivery.deliver",
        "pipeline.reference.editing",
        "pipeline.snapshots.intake",
        "pipeline.statbank.client",
        "schemas.tables",
    ]
)


def call(
    environment: Mapping[str, str], arguments: Sequence[str], folder: str, at: int, pause: float,
    seen: Any,
) -> None:  # fmt: skip
    """Run a command line, and die a moment after its `at`-th write below a folder has begun.

    Args:
        environment: Of the command.
        arguments: The command line, without `klynge`.
        folder: The folder whose writes count.
        at: Which of them; -1 for none.
        pause: Seconds from there; nothing is flushed or released at such an end.
        seen: Counts the writes.
    """
    os.environ.clear()
    os.environ.update(environment)
    sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115

    def watch(event: str, details: tuple[Any, ...]) -> None:
        if event in WRITES and str(details[0]).startswith(folder) and _writes(event, details):
            if seen.value == at:
                signal.setitimer(signal.ITIMER_REAL, pause)
            seen.value += 1

    from flows.cli import main

    sys.addaudithook(watch)
    sys.argv = ["klynge", *arguments]
    main()


def _writes(event: str, details: tuple[Any, ...]) -> bool:
    return event != "open" or bool((details[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))


def run(
    environment: Mapping[str, str],
    arguments: Sequence[str],
    folder: str,
    at: int = -1,
    pause: float = 0,
) -> tuple[int, int]:
    """Return the exit code of a command, negative where it was killed, and how often it wrote."""
    seen = _forked.RawValue("i", 0)  # without a lock, which one killed while it counts would keep
    process: ForkServerProcess = _forked.Process(
        target=call, args=(dict(environment), list(arguments), folder, at, pause, seen)
    )
    process.start()
    process.join()
    assert process.exitcode is not None
    return process.exitcode, seen.value
