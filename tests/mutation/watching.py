"""Which test runs which lines of a module, and how long it takes."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest


@dataclass(frozen=True)
class Run:
    """What a test needs: seconds, and lines of the module."""

    seconds: float
    lines: frozenset[int]


Runs = Mapping[str, Run]
"""By the node id of the test."""


class Watching:
    """A plugin of pytest that notes what runs; in a fixture that tests share, each of them runs it.

    Args:
        path: The file of the module.
    """

    def __init__(self, path: str) -> None:
        from coverage import Coverage

        self.path = path
        self.coverage = Coverage(data_file=None, config_file=False, include=[path])
        self.coverage.set_option("run:disable_warnings", ["no-data-collected"])
        self.seconds: dict[str, float] = {}
        self.shared: dict[str, list[str]] = {}
        self.now = ""

    def _switch(self, to: str) -> None:
        self.now = to
        self.coverage.switch_context(to)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Iterator[None]:
        """Note the lines of a fixture that tests share under its name."""
        before = self.now
        if fixturedef.scope != "function":
            self._switch(fixturedef.argname)
        try:
            return (yield)
        finally:
            self._switch(before)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Note the lines and the time of a test."""
        began = time.perf_counter()
        self._switch(item.nodeid)
        self.shared[item.nodeid] = getattr(item, "fixturenames", [])
        try:
            return (yield)
        finally:
            self._switch("")
            self.seconds[item.nodeid] = time.perf_counter() - began

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Say what failed, although it should not."""
        if report.failed:
            print(f"\n{report.nodeid}\n{report.longreprtext}")

    def runs(self) -> Runs:
        """Return what was noted."""
        by_line = self.coverage.get_data().contexts_by_lineno(self.path)
        return {
            test: Run(
                seconds,
                frozenset(
                    line
                    for line, names in by_line.items()
                    if not {test, *self.shared[test]}.isdisjoint(names)
                ),
            )
            for test, seconds in self.seconds.items()
        }
