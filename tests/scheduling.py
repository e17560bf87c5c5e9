"""Which tests share a worker, and in which order they begin, when tests run on all cores.

The groups of pytest-xdist itself are lost with this pytest: names of tests no longer carry them.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

ALONE = ("tests/server/test_lifetime.py", "tests/server/test_postgres.py")
"""They start a server of their own."""

ON_A_SERVER = ("tests/server/", "tests/flows/")
"""Folders whose tests use the Prefect server of the session."""

SERVER = "server"
"""The worker of all of them: a second server would take longer to start than it saves."""

IN_PARTS = ("tests/revisions/test_killed.py", "tests/revisions/test_killed_writes.py")
"""Each test takes long and shares nothing."""


def worker_of(nodeid: str) -> str:
    """Return what names the worker of a test: its file, as fixtures of a module expect.

    All that use the Prefect server of the session share one.
    """
    file = nodeid.partition("::")[0]
    if file in IN_PARTS:
        return nodeid
    if file in ALONE:
        return file
    return SERVER if file.startswith(ON_A_SERVER) else file


class Scheduling(LoadFileScheduling):  # type: ignore[misc]
    """Sends tests to workers by `worker_of`."""

    def _split_scope(self, nodeid: str) -> str:
        return worker_of(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Return two more than there are cores: the tests of servers wait most of their time."""
    return (os.cpu_count() or 1) + len(ON_A_SERVER)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling:
    """Return our scheduler."""
    return Scheduling(config, log)


@pytest.hookimpl(tryfirst=True)  # while only what is slow by itself is marked so
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let a worker begin with what takes longest: the server, then what is slow by itself.

    Once somebody listens to a server, it takes a third of a second to tell of each run that failed.
    """
    if hasattr(config, "workerinput"):
        items.sort(
            key=lambda item: (
                worker_of(item.nodeid) != SERVER,
                "listener" in getattr(item, "fixturenames", ()),
                not slow(item),
            )
        )


def slow(item: pytest.Item) -> bool:
    """Return whether a test is slow by itself."""
    return item.get_closest_marker("slow") is not None
