"""A fault and the tests that must notice it, in a process that was forked with libraries imported.

The tests that run the line of a fault are asked, the quick ones first. The fault is in that process
alone: programs that a test starts run the product as it is.
"""

from __future__ import annotations

import gc
import importlib
import importlib.util
import multiprocessing
import os
import pickle
import signal
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.machinery import ModuleSpec, SourceFileLoader
from multiprocessing.connection import wait
from multiprocessing.context import ForkProcess
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest
from hypothesis import Phase, settings

from tests import conftest, leftovers
from tests.mutation.mutants import Mutant
from tests.processes import REPOSITORY

LIMIT_SECONDS = 60.0
LIMIT_FACTOR = 5
"""The tests may take as often as long as without a fault, and so much more; else they noticed."""

WARM = (
    *conftest.pytest_plugins,
    "openpyxl", "flows.cli", "pipeline.delivery.mail", "pipeline.reporting.page",
    "pipeline.reporting.workbook.books", "pipeline.snapshots.acceptance", "schemas.tables",
    "pipeline.statbank.client", "tests.delivery.conftest",
)  # fmt: skip
"""What to import so that most libraries are imported."""

_forked = multiprocessing.get_context("fork")


class Faulty(SourceFileLoader):
    """Imports one module with a fault in it."""

    def __init__(self, module: str, source: bytes) -> None:
        super().__init__(module.removesuffix(".py").replace("/", "."), str(REPOSITORY / module))
        self.source = source

    def find_spec(self, name: str, path: object, target: object = None) -> ModuleSpec | None:
        """Find this module, and leave others to others."""
        return importlib.util.spec_from_loader(name, self) if name == self.name else None

    def get_code(self, fullname: str) -> CodeType:
        """Compile the fault, whatever was compiled before."""
        return compile(self.source, self.path, "exec", dont_inherit=True)


@dataclass(frozen=True)
class Run:
    """What a test needs: seconds, and lines of the module."""

    seconds: float
    lines: set[int]


@dataclass(eq=False)
class Watching:
    """A plugin of pytest that notes which test runs which lines of a module, and how long.

    What runs in a fixture that tests share is run by each of them. The lines that run while the
    module is imported stand under no test.
    """

    path: str
    now: str = ""
    lines: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    runs: dict[str, Run] = field(default_factory=dict)

    def start(self) -> None:
        """Begin, in every thread."""
        threading.settrace(self._called)
        sys.settrace(self._called)

    def _called(self, frame: FrameType, event: str, argument: Any) -> Any:
        return self._ran if frame.f_code.co_filename == self.path else None

    def _ran(self, frame: FrameType, event: str, argument: Any) -> Any:
        self.lines[self.now].add(frame.f_lineno)
        return self._ran

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Iterator[None]:
        """Note the lines of a fixture that tests share."""
        before = self.now
        if fixturedef.scope != "function":
            self.now = fixturedef.argname
        try:
            return (yield)
        finally:
            self.now = before

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Note the lines and the time of a test."""
        self.now, began = item.nodeid, time.perf_counter()
        try:
            return (yield)
        finally:
            self.now = ""
            lines = self.lines[item.nodeid].union(*(self.lines[name] for name in _fixtures(item)))
            self.runs[item.nodeid] = Run(time.perf_counter() - began, lines)


def _fixtures(item: pytest.Item) -> list[str]:
    return getattr(item, "fixturenames", [])


@dataclass(eq=False)
class Chosen:
    """A plugin of pytest that runs these tests only, in this order, and does not explain much."""

    tests: Sequence[str]

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Look for no simpler example of what fails."""
        phases = [Phase.explicit, Phase.generate]
        settings.register_profile("noticing", settings.default, phases=phases, database=None)
        settings.load_profile("noticing")
        config.option.tbstyle = "no"

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave the others out."""
        there = {item.nodeid: item for item in items}
        items[:] = [there[test] for test in self.tests]


def warm_up() -> None:
    """Import the libraries, and forget what is ours: a fault must be met by all that import it."""
    leftovers.watch()
    for name in WARM:
        importlib.import_module(name)
    for name in list(sys.modules):
        ours = name.partition(".")[0] in ("pipeline", "schemas", "flows", "tests")
        if ours and name != "tests" and not name.startswith("tests.mutation"):
            del sys.modules[name]
    gc.collect()
    gc.freeze()  # what is there already need not be looked through again in each process


def watched(module: str, tests: Sequence[str]) -> dict[str, Run]:
    """Run the tests without a fault and return what each ran.

    Raises:
        AssertionError: They fail.
    """
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, "sound")
        process = _forked.Process(target=_watch, args=(module, tests, place))
        process.start()
        process.join()
        assert process.exitcode == 0, (place / "log").read_text()
        runs: dict[str, Run] = pickle.loads((place / "runs").read_bytes())
        return runs


def survivors(
    module: str, mutants: Sequence[Mutant], runs: Mapping[str, Run], jobs: int
) -> Iterator[Mutant]:
    """Yield the faults that no test notices."""
    waiting = list(mutants)[::-1]
    running: dict[ForkProcess, tuple[Mutant, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        while waiting or running:
            while waiting and len(running) < jobs:
                mutant = waiting.pop()
                chosen = _chosen(mutant, runs)
                place = Path(folder, str(len(waiting)))
                process = _forked.Process(target=_test, args=(module, mutant.source, chosen, place))
                process.start()
                limit = LIMIT_FACTOR * sum(runs[test].seconds for test in chosen) + LIMIT_SECONDS
                running[process] = mutant, time.monotonic() + limit
            wait([process.sentinel for process in running], timeout=1)
            for process, (mutant, end) in list(running.items()):
                if not process.is_alive() or time.monotonic() > end:
                    _end(process)
                    del running[process]
                    if process.exitcode == 0:
                        yield mutant


def _chosen(mutant: Mutant, runs: Mapping[str, Run]) -> list[str]:
    """Return the tests that run the lines of a fault, the quick ones first.

    All of them may meet what runs at import.
    """
    met = {test for test, run in runs.items() if not run.lines.isdisjoint(mutant.lines)}
    chosen = (met or runs.keys()) - {""}
    return sorted(chosen, key=lambda test: runs[test].seconds)


def _end(process: ForkProcess) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid or 0, signal.SIGKILL)
    process.join()


def _watch(module: str, tests: Sequence[str], folder: Path) -> None:
    watching = Watching(str(REPOSITORY / module))
    watching.start()
    code = _pytest(folder, tests, watching)
    sys.settrace(None)
    (folder / "runs").write_bytes(pickle.dumps(watching.runs))
    os._exit(code)


def _test(module: str, source: bytes, tests: Sequence[str], folder: Path) -> None:
    sys.meta_path.insert(0, Faulty(module, source))
    files = dict.fromkeys(test.partition("::")[0] for test in tests)
    os._exit(_pytest(folder, list(files), Chosen(tests)))


def _pytest(folder: Path, arguments: Sequence[str], plugin: object) -> int:
    """Run pytest until a test fails, with all that it writes below a folder."""
    os.setsid()
    folder.mkdir()
    os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = str(folder.parent / "hypothesis")
    with (folder / "log").open("wb") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    options = ["-x", "-p", "no:cacheprovider", "--hypothesis-seed=0", "--basetemp", f"{folder}/tmp"]
    options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # libraries are there already
    return int(pytest.main([*options, *arguments], [plugin]))
