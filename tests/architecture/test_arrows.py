"""`flows` may use `pipeline`, `pipeline` may use `schemas`, never back; the core stays pure."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from flows.terminal.remedies import command
from pipeline.errors import Remedy
from tests.architecture.house import (
    MODULES,
    PACKAGES,
    REPOSITORY,
    doors,
    imported,
    layers,
    numbers,
    ours,
    tree,
)

PURE = (
    *sorted(path.relative_to(REPOSITORY) for path in (REPOSITORY / "schemas").glob("*.py")),
    Path("pipeline/errors.py"),
    Path("pipeline/statbank/answers.py"),
    *(
        Path("pipeline/calculation") / f"{name}.py"
        for name in (
            "allocation",
            "audit",
            "findings",
            "membership",
            "population",
            "quarter",
        )
    ),
)
"""Plain functions of plain values: the rules, the checks, and what they are made of."""

EDGES = {
    "prefect", "requests", "urllib3", "xlsxwriter", "typer", "rich", "filelock", "socket",
    "os", "pathlib", "shutil", "tempfile", "subprocess", "time", "random", "secrets", "logging",
}  # fmt: skip
"""Network, disk, clock, chance and screens."""

IMPURE_CALLS = {"now", "utcnow", "today", "open", "print", "input", "write_text", "write_bytes"}
BOUNDS = {
    "lines": 14_998,
    "files": 100,
    "modules in the fullest folder": 16,
    "lines of the longest module": 300,
    "median lines of a function": 8,
}
LINES_A_FUNCTION = 40


def packages(module: Path) -> set[str]:
    """Return the top-level packages that a module imports."""
    return {name.partition(".")[0] for name in imported(module)}


def calls(module: Path) -> set[str]:
    """Return the names of the functions and methods that a module calls."""
    functions = [node.func for node in ast.walk(tree(module)) if isinstance(node, ast.Call)]
    return {func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
            for func in functions}  # fmt: skip


def test_the_modules_are_found() -> None:
    """The other tests look at something."""
    assert {module.parts[0] for module in MODULES} == set(PACKAGES)
    assert len(MODULES) > 30
    assert set(PURE) <= set(MODULES)


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_arrows_point_inwards(module: Path) -> None:
    """A layer imports itself and the layers inside it, and no test."""
    outer = set(PACKAGES[PACKAGES.index(module.parts[0]) + 1 :]) | {"tests"}
    assert packages(module).isdisjoint(outer)


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_prefect_stays_in_the_flows(module: Path) -> None:
    """What happens stands in `pipeline`, which does not know Prefect or the command line."""
    if module.parts[0] != "flows":
        assert packages(module).isdisjoint({"prefect", "typer", "rich"})


@pytest.mark.parametrize("module", PURE, ids=str)
def test_the_core_is_pure(module: Path) -> None:
    """No network, no disk, no clock, no chance: the same values give the same result."""
    assert packages(module).isdisjoint(EDGES)
    assert calls(module).isdisjoint(IMPURE_CALLS)


@pytest.mark.parametrize("module", PURE, ids=str)
def test_the_core_rests_on_the_core(module: Path) -> None:
    """A pure module imports only pure modules of ours."""
    assert ours(module) <= set(PURE)


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_nothing_happens_at_import(module: Path) -> None:
    """A module only defines: no call of the clock, the screen or the disk at its top."""
    for statement in tree(module).body:
        if isinstance(statement, ast.Expr | ast.Assign | ast.AnnAssign):
            named = {
                node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)
                for node in ast.walk(statement)
                if isinstance(node, ast.Call)
            }
            assert named.isdisjoint(IMPURE_CALLS)


def test_rooms_stand_on_layers() -> None:
    """No two rooms import each other, and the tallest stack has eight."""
    assert max(layers(doors()).values()) <= 8


def test_rooms_that_import_each_other_are_named() -> None:
    """The test above would see a circle."""
    with pytest.raises(ValueError, match="circle among \\['attic', 'cellar'\\]"):
        layers({"cellar": {"attic"}, "attic": {"cellar"}, "hall": set()})


@pytest.mark.parametrize(("what", "most"), BOUNDS.items())
def test_the_house_keeps_its_size(what: str, most: int) -> None:
    """What a new feature adds, a simpler shape elsewhere gives back."""
    assert numbers()[what] <= most


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_the_core_names_no_command(module: Path) -> None:
    """Errors carry facts; what to type stands in `flows` (but for the report's own command)."""
    if module.parts[0] == "flows" or module.name == "notes.py":
        return
    docs = {ast.get_docstring(node, clean=False) for node in ast.walk(tree(module))
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)}  # fmt: skip
    said = [node.value for node in ast.walk(tree(module)) if isinstance(node, ast.Constant)]
    texts = [text for text in said if isinstance(text, str) and text not in docs]
    assert not [text for text in texts if re.search(r"klynge [a-z]|(^|\s)--[a-z]", text)]


def test_every_remedy_has_a_command() -> None:
    """What the core offers can be typed."""
    codes = {"codes": ["147"]}
    rules = ("rules", "revision", "cluster_id", "municipality_code")
    facts = dict.fromkeys((*rules, "cost_id", "amount_dkk", "source_id", "report", "scope"), "x")
    assert "--accept-jump 147" in command(Remedy.ACCEPT_JUMPS, codes)
    assert all(command(remedy, facts) for remedy in Remedy)


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_a_module_can_be_read_in_one_go(module: Path) -> None:
    """It says what it is in its docstring."""
    assert ast.get_docstring(tree(module))


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_a_function_fits_on_a_screen(module: Path) -> None:
    """At most 40 lines a function, the signature of a command (its options) not counted."""
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            lines = node.end_lineno - node.body[0].lineno + 1
            assert lines <= LINES_A_FUNCTION, node.name
