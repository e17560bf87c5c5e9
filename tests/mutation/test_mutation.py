"""The faults are those that a rule can have, and a fault that no test notices is told."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.mutation.__main__ import EQUIVALENTS, stale
from tests.mutation.mutants import Mutant, mutants
from tests.mutation.proof import PROOF, proofs
from tests.processes import REPOSITORY

LISTED = tomllib.loads(EQUIVALENTS.read_text(encoding="utf-8"))
ROOMS = ("calculation", "delivery", "reference", "revisions", "snapshots", "statbank")
FAULTS = {
    "x = a < b": ["x = (a) <= (b)"],
    "x = a == b == c": ["x = (a) != (b) == (c)", "x = (a) == (b) != (c)"],
    "x = a and not b": ["x = ((a) or (not b))", "x = a and (b)"],
    "x = a - 2 * b": ["x = ((a) + (2 * b))", "x = a - ((2) // (b))", "x = a - 3 * b"],
    "x = min(y, key=f)": ["x = max(y, key=f)", "x = min(y)"],
    "x = [y for y in z if y]": ["x = [y for y in z if True]"],
    "x = y.strip() if a else True": [
        "x = y if a else True",
        "x = y.strip() if (not (a)) else True",
        "x = y.strip() if a else False",
    ],
    "call(1)": ["pass", "call(2)"],
    "raise Error(a) from None": ["pass"],
    "with Lock(a): pass": ["with __import__('contextlib').nullcontext(): pass"],
    "def f(x: Literal[1] = 2) -> int: return x": [
        "def f(x: Literal[1] = 3) -> int: return x",
        "def f(x: Literal[1] = 2) -> int: return None",
    ],
    '"""A docstring."""': [],
    "if TYPE_CHECKING: x = 1": [],
    "log.info(a, 1)": [],
    "y: int = field(repr=False)": [],
}


@pytest.mark.parametrize("source", FAULTS)
def test_faults_of_a_statement(source: str) -> None:
    """Each is one small change, found once; what says nothing of results is left alone."""
    found = mutants(source.encode())
    assert sorted(mutant.after for mutant in found) == sorted(FAULTS[source])
    assert {mutant.before for mutant in found} <= {source}


def test_a_fault_stands_with_its_statement() -> None:
    """A fault in the last line of a call is met by a test that ran the statement from the first;
    one in the head of a loop, by one that ran the head.
    """
    call, head, body = mutants("å = (\n  b,\n  1)\nwhile a < b:\n  c = -a\n".encode())[:3]
    assert (call.lines, head.lines, body.lines) == (range(1, 4), range(4, 5), range(4, 5))
    assert call.source.decode() == "å = (\n  b,\n  2)\nwhile a < b:\n  c = -a\n"


def test_every_module_of_the_rooms_is_proved() -> None:
    """A new module is mapped by its room, and the tests that are named are there."""
    paths = (path for room in ROOMS for path in (REPOSITORY / "pipeline" / room).rglob("*.py"))
    there = {path.relative_to(REPOSITORY).as_posix() for path in paths}
    assert {name for name in there if not name.endswith("__init__.py")} <= proofs().keys()
    assert [test for tests in proofs().values() for test in tests if not Path(test).exists()] == []
    assert [pattern for pattern in PROOF if not list(REPOSITORY.glob(pattern))] == []


def test_an_equivalent_that_is_gone_is_told() -> None:
    """A fault that is listed as harmless counts for the line that was looked at, and no other."""
    there = [Mutant(range(1, 2), "a < b", "(a) <= (b)", b"")]
    assert stale([{"before": "a < b", "after": "(a) <= (b)"}], there) == []
    assert stale([{"before": "a < c", "after": "(a) <= (c)"}], there) == ["a < c"]


@pytest.mark.parametrize("module", LISTED)
def test_what_is_listed_as_equivalent_is_there(module: str) -> None:
    """Each fault that stands in `equivalents.toml` is one of the module as it is now."""
    assert stale(LISTED[module], mutants((REPOSITORY / module).read_bytes())) == []


RUN = """
from pathlib import Path
from tests.mutation.mutants import Mutant, mutants
from tests.mutation.running import survivors, warm_up

module, tests = "schemas/quarter.py", ["tests/calculation/test_quarter.py"]
warm_up()
source = Path(module).read_bytes()
there = mutants(source)
within = next(row for row in there if "return None" in row.after)
outside = next(row for row in there if row.before.startswith("QUARTERS_PER_YEAR = "))
sound = Mutant(within.lines, "none", "none", source)
print([row.before for row in survivors(module, [sound, within, outside], tests, jobs=2)])
"""


@pytest.mark.slow
def test_what_no_test_notices_is_left() -> None:
    """Without a fault the tests pass, so that survives; a fault in a function and one
    in a number outside do not.
    """
    pytest.importorskip("coverage", reason="coverage is not installed; it says which lines run")
    ended = subprocess.run(
        [sys.executable, "-c", RUN], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert (ended.stdout, ended.returncode) == ("['none']\n", 0), ended.stderr
