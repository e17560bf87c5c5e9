"""A command in a process of its own, killed at a moment or within one of its write windows.

Most of a command's time is the interpreter's start and imports, in which nothing is written. A
forked process starts where they end, so that a random moment of it is a moment of the work.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.context import ForkServerProcess
from typing import Any

from pipeline.reporting.workbook import books

Made = Mapping[int, Mapping[str, bytes]]
"""The workbooks of a report by revision, made before."""

KILLED = (-signal.SIGKILL, -signal.SIGALRM)
WRITES = ("open", "os.rename", "os.remove", "os.mkdir", "os.link")
_forked = multiprocessing.get_context("forkserver")
_forked.set_forkserver_preload(
    [
        "tests.killing",
        "docx",
        "flows.cli",
        "flows.terminal.console",
        "pandera.backends.pandas.builtin_checks",
        "pandera.pandas",
        "pipeline.delivery.deliver",
        "pipeline.reference.editing",
        "pipeline.reference.rule_edits",
        "pipeline.reporting.page",
        "pipeline.run",
        "pipeline.snapshots.intake",
        "pipeline.statbank.client",
        "schemas.tables",
    ]
)


def workbooks_from(made: Made) -> Any:
    """Return what gives the workbooks of a revision without making them again."""
    return lambda content: made[content.revision]


def pause_seconds(die: float) -> float:
    """Return how long after a write begins to kill, of a die from 0 to 1: by chance within it.

    A write takes from some microseconds, in memory, to a millisecond.
    """
    return float(10 ** (3 * die - 6))


def call(
    environment: Mapping[str, str], arguments: Sequence[str], made: Made, folder: str, at: int,
    pause: float, seen: Any,
) -> None:  # fmt: skip
    """Run a command line, and die a moment after its `at`-th write below a folder has begun.

    Args:
        environment: Of the command.
        arguments: The command line, without `klynge`.
        made: The workbooks it writes, if they were made before.
        folder: The folder whose writes count.
        at: Which of them; -1 for none.
        pause: Seconds from there; nothing is flushed or released at such an end.
        seen: Counts the writes.
    """
    os.environ.clear()
    os.environ.update(environment)
    sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
    if made:
        books.workbooks = workbooks_from(made)

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
    folder: str = "",
    at: int = -1,
    pause: float = 0,
    made: Made | None = None,
    patience: float | None = None,
) -> tuple[int, int]:
    """Return the exit code of a command, and how often it wrote below a folder.

    Args:
        environment: See `call`; so `arguments`, `folder`, `at`, `pause` and `made`.
        patience: Seconds after which it is killed wherever it is.
    """
    seen = _forked.RawValue("i", 0)  # without a lock, which one killed while it counts would keep
    process: ForkServerProcess = _forked.Process(
        target=call,
        args=(dict(environment), list(arguments), made or {}, folder, at, pause, seen),
    )
    process.start()
    process.join(patience)
    process.kill()
    process.join()
    assert process.exitcode in (0, *KILLED)
    return process.exitcode, seen.value
