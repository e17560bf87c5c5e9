"""The functions of a module as they are with a fault, put in place of those that are there."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cached_property
from types import CodeType, FunctionType
from typing import Any


def swap(name: str, source: bytes) -> bool:
    """Give the functions of a module the code that they have in a source.

    Returns:
        False, with nothing changed, if anything else differs: it ran when the module was imported.
    """
    module = sys.modules[name]
    with open(str(module.__file__), "rb") as file:  # noqa: PTH123 - pathlib may be traced
        was = compile(file.read(), str(module.__file__), "exec", dont_inherit=True)
    now = compile(source, str(module.__file__), "exec", dont_inherit=True)
    changed = list(_changed(was, now, vars(module)))
    if any(not isinstance(function, FunctionType) for function, _ in changed):
        return False
    for function, code in changed:
        function.__code__ = code
    return True


def _changed(was: CodeType, now: CodeType, names: Any) -> Iterator[tuple[Any, CodeType]]:
    """Yield each function and its code now; None where something else differs."""
    if _alone(was) != _alone(now):
        yield None, now
    for before, after in zip(_inner(was), _inner(now), strict=False):
        if before == after:
            continue
        there = names.get(before.co_name)
        if isinstance(there, type):
            yield from _changed(before, after, vars(there))
        else:
            yield _function(there), after


def _inner(code: CodeType) -> list[CodeType]:
    return [each for each in code.co_consts if isinstance(each, CodeType)]


def _alone(code: CodeType) -> tuple[Any, ...]:
    """Return what a code does by itself, without the functions in it and its line numbers."""
    constants = [repr(each) for each in code.co_consts if not isinstance(each, CodeType)]
    return code.co_code, code.co_names, constants


def _function(there: Any) -> Any:
    """Return the function behind a property or a decorator that wraps it."""
    if isinstance(there, property):
        return there.fget
    if isinstance(there, cached_property):
        return there.func
    there = getattr(there, "__func__", there)
    return getattr(there, "__wrapped__", there)
