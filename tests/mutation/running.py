"""A fault and the tests that must notice it, in a process of their own.

The tests are collected once, and a process is forked for each fault. There the functions of the
module get the code that they have with the fault, and the tests that run its lines are asked, the
quick ones first. What is outside functions, such as a bound, is imported with the fault instead,
before anything of ours is. The fault is in that process alone: programs that a test starts run the
product as it is.
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
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from importlib.machinery import ModuleSpec, SourceFileLoader
from multiprocessing.connection import wait
from multiprocessing.context import ForkProcess
from pathlib import Path
from types import CodeType

import pytest
from hypothesis import Phase, settings

from tests import conftest, leftovers
from tests.mutation.in_place import swap
from tests.mutation.mutants import Mutant
from tests.mutation.watching import Runs, Watching
from tests.processes import REPOSITORY

LIMIT_SECONDS = 60.0
LIMIT_FACTOR = 5
"""The tests may take as often as long as without a fault, and so much more; else they noticed."""

WARM = (*conftest.pytest_plugins, "flows.cli", "openpyxl", "aiosmtpd.controller", "trustme")
"""What to import, with all of the product, so that most libraries are imported."""

NOT_NOTICED, OUTSIDE_FUNCTIONS = 0, 77
"""How a process ends."""

_forked = multiprocessing.get_context("fork")


class Faulty(SourceFileLoader):
    """Imports one module with a fault in it."""

    def __init__(self, module: str, source: bytes) -> None:
        super().__init__(_dotted(module), str(REPOSITORY / module))
        self.source = source

    def find_spec(self, name: str, path: object, target: object = None) -> ModuleSpec | None:
        """Find this module, and leave others to others."""
        return importlib.util.spec_from_loader(name, self) if name == self.name else None

    def get_code(self, fullname: str) -> CodeType:
        """Compile the fault, whatever was compiled before."""
        return compile(self.source, self.path, "exec", dont_inherit=True)


def _dotted(module: str) -> str:
    return module.removesuffix(".py").replace("/", ".")


@dataclass(eq=False)
class Asking:
    """A plugin of pytest that asks the tests it collected about each fault.

    Args:
        module: The module, such as `pipeline/delivery/mail.py`.
        mutants: Its faults.
        folder: Where the processes write.
        jobs: How many of them run at once.
        runs: What each test ran without a fault.
        codes: How the process of each fault ended, in the order of the faults.
    """

    module: str
    mutants: Sequence[Mutant]
    folder: Path
    jobs: int
    runs: Runs = field(default_factory=dict)
    codes: list[int] = field(default_factory=list)

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self) -> None:
        """Look for no simpler example of what fails."""
        phases = [Phase.explicit, Phase.generate]
        settings.register_profile("asking", settings.default, phases=phases, database=None)
        settings.load_profile("asking")

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run the tests without a fault, and then those that a fault concerns with each."""
        watched = self.folder / "watched"
        [code] = processes([partial(self._watch, session, watched)], self.folder / "sound", 1)
        assert code == 0, f"without a fault: {(self.folder / 'sound' / '0.log').read_text()}"
        self.runs = pickle.loads(watched.read_bytes())
        tasks = [partial(self._ask, session, mutant) for mutant in self.mutants]
        limit = LIMIT_FACTOR * sum(run.seconds for run in self.runs.values()) + LIMIT_SECONDS
        self.codes = processes(tasks, self.folder / "in-place", self.jobs, limit)
        (self.folder / "asked").write_bytes(pickle.dumps((limit, self.codes)))
        return True

    def _watch(self, session: pytest.Session, watched: Path) -> int:
        watching = Watching(str(REPOSITORY / self.module))
        session.config.pluginmanager.register(watching)
        with watching.coverage.collect():
            failed = _run(session, session.items)
        watched.write_bytes(pickle.dumps(watching.runs()))
        return failed

    def _ask(self, session: pytest.Session, mutant: Mutant) -> int:
        if not swap(_dotted(self.module), mutant.source):
            return OUTSIDE_FUNCTIONS
        met = {test for test, run in self.runs.items() if not run.lines.isdisjoint(mutant.lines)}
        items = [item for item in session.items if item.nodeid in met]
        return _run(session, sorted(items, key=lambda item: self.runs[item.nodeid].seconds))


def _run(session: pytest.Session, items: Sequence[pytest.Item]) -> int:
    """Run tests until one fails, and return how many failed."""
    for item, following in zip(items, [*items[1:], None], strict=True):
        item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.testsfailed:
            break
    return session.testsfailed


def warm_up() -> None:
    """Import the libraries, and forget what is ours: a fault must be met by all that import it."""
    leftovers.watch()
    modules = (path.relative_to(REPOSITORY) for path in (REPOSITORY / "pipeline").rglob("*.py"))
    for name in (*WARM, *(_dotted(path.as_posix()) for path in modules)):
        importlib.import_module(name)
    for name in list(sys.modules):
        ours = name.partition(".")[0] in ("pipeline", "schemas", "flows", "tests")
        if ours and name != "tests" and not name.startswith("tests.mutation"):
            del sys.modules[name]
    gc.collect()
    gc.freeze()  # what is there already need not be looked through again in each process


def survivors(
    module: str, mutants: Sequence[Mutant], tests: Sequence[str], jobs: int
) -> list[Mutant]:
    """Return the faults of a module that none of the tests, by file or folder, notices.

    Raises:
        AssertionError: The tests fail without any fault.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = str(folder / "hypothesis")
        asking = Asking(module, mutants, folder, jobs)
        [code] = processes([partial(_pytest, tests, asking)], folder / "asking", 1)
        assert code == 0, (folder / "asking" / "0.log").read_text()
        limit, codes = pickle.loads((folder / "asked").read_bytes())
        outside = [place for place, code in enumerate(codes) if code == OUTSIDE_FUNCTIONS]
        tasks = [partial(_import, module, mutants[place].source, tests) for place in outside]
        imported = processes(tasks, folder / "imported", jobs, limit)
        codes = {**dict(enumerate(codes)), **dict(zip(outside, imported, strict=True))}
    return [mutants[place] for place, code in codes.items() if code == NOT_NOTICED]


def _import(module: str, source: bytes, tests: Sequence[str]) -> int:
    sys.meta_path.insert(0, Faulty(module, source))
    return _pytest(tests)


def _pytest(tests: Sequence[str], *plugins: object) -> int:
    options = ["-x", "-s", "--tb=short", "-p", "no:cacheprovider", "--hypothesis-seed=0"]
    options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # libraries are there already
    return int(pytest.main([*options, *tests], plugins))


def processes(
    tasks: Iterable[Callable[[], int]], folder: Path, jobs: int, limit_seconds: float = 3600
) -> list[int]:
    """Run each task in a process of its own, some at once, and return how each ended."""
    folder.mkdir()
    waiting = list(enumerate(tasks))[::-1]
    running: dict[ForkProcess, tuple[int, float]] = {}
    codes: dict[int, int] = {}
    while waiting or running:
        while waiting and len(running) < jobs:
            place, task = waiting.pop()
            process = _forked.Process(target=_begin, args=(task, folder / str(place)))
            process.start()
            running[process] = place, time.monotonic() + limit_seconds
        wait([process.sentinel for process in running], timeout=1)
        for process, (place, end) in list(running.items()):
            if not process.is_alive() or time.monotonic() > end:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid or 0, signal.SIGKILL)
                process.join()
                del running[process]
                codes[place] = process.exitcode or 0
    return [codes[place] for place in sorted(codes)]


def _begin(task: Callable[[], int], folder: Path) -> None:
    os.setsid()
    folder.mkdir()
    os.environ["PYTEST_DEBUG_TEMPROOT"] = str(folder)
    with folder.with_suffix(".log").open("wb") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    os._exit(task())
