"""The house in numbers, from its own imports and definitions: `python -m tests.architecture`.

A room is a folder of modules; a module that stands in `pipeline` itself is a room of its own. A
room stands on a layer above all rooms that it imports, wherever in its modules the imports stand.
"""

from __future__ import annotations

import ast
import statistics
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
PACKAGES = ("schemas", "pipeline", "flows")
"""From the innermost to the outermost: a package may import those before it."""

MODULES = sorted(
    path.relative_to(REPOSITORY)
    for package in PACKAGES
    for path in (REPOSITORY / package).rglob("*.py")
)


@cache
def tree(module: Path) -> ast.Module:
    """Return the syntax tree of a module."""
    return ast.parse((REPOSITORY / module).read_text(encoding="utf-8"))


def lines(module: Path) -> int:
    """Return the lines of a module."""
    return (REPOSITORY / module).read_text(encoding="utf-8").count("\n")


def imported(module: Path) -> Iterator[str]:
    """Yield the dotted name of everything that a module imports, wherever the import stands."""
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: relative import"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def ours(module: Path) -> set[Path]:
    """Return the modules of ours that a module imports."""
    paths = (Path(*name.split(".")).with_suffix(".py") for name in imported(module) if name)
    return {path for path in paths if path in MODULES and path != module}


def room(module: Path) -> str:
    """Return the room that a module stands in."""
    if module.parts[0] != "pipeline":
        return module.parts[0]
    return "/".join(module.parts[:2]).removesuffix(".py")


def doors() -> dict[str, set[str]]:
    """Return the rooms that each room imports."""
    found: dict[str, set[str]] = {room(module): set() for module in MODULES}
    for module in MODULES:
        found[room(module)] |= {room(other) for other in ours(module)} - {room(module)}
    return found


def layers(open_to: Mapping[str, set[str]]) -> dict[str, int]:
    """Return the layer of each room, from 1.

    Raises:
        ValueError: Rooms import each other in a circle; the message names them.
    """
    placed: dict[str, int] = {}
    while len(placed) < len(open_to):
        ready = [name for name in open_to if name not in placed and open_to[name] <= set(placed)]
        if not ready:
            raise ValueError(f"a circle among {sorted(set(open_to) - set(placed))}")
        for name in ready:
            placed[name] = 1 + max((placed[other] for other in open_to[name]), default=0)
    return placed


def functions() -> Iterator[tuple[str, int]]:
    """Yield each function and its lines, signature and docstring counted."""
    for module in MODULES:
        for node in ast.walk(tree(module)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno is not None
                yield f"{module}:{node.name}", node.end_lineno - node.lineno + 1


def numbers() -> dict[str, int | float]:
    """Return the house in numbers."""
    folders = [module.parent for module in MODULES if module.name != "__init__.py"]
    return {
        "lines": sum(map(lines, MODULES)),
        "files": len(MODULES),
        "modules in the fullest folder": max(map(folders.count, set(folders))),
        "layers": max(layers(doors()).values()),
        "lines of the longest module": max(map(lines, MODULES)),
        "median lines of a function": statistics.median(count for _, count in functions()),
    }
