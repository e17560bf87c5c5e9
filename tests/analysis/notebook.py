"""The example notebook, cell by cell: `python -m tests.analysis.notebook` writes its outputs."""

from __future__ import annotations

import ast
import json
import os
from typing import Any

import pandas as pd

from tests.conftest import REPOSITORY

PATH = REPOSITORY / "docs" / "notebook.ipynb"
SHOWN = {"text/plain": "__repr__", "text/html": "_repr_html_", "image/svg+xml": "_repr_svg_"}


def executed(notebook: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a notebook with the outputs that its cells have today, and the names they define.

    It runs in the folder of this process, as in Jupyter in that of the notebook.
    """
    names: dict[str, Any] = {}
    cells = []
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            shown = _shown(_value("".join(cell["source"]), names))
            result = {"output_type": "execute_result", "metadata": {}, "data": shown}
            outputs = [{**result, "execution_count": None}] if shown else []
            cell = {**cell, "outputs": outputs}
        cells.append(cell)
    return {**notebook, "cells": cells}, names


def _value(code: str, names: dict[str, Any]) -> Any:
    """Run a cell and return the value of its last line, if that is an expression."""
    *statements, last = ast.parse(code).body
    if not isinstance(last, ast.Expr):
        return exec(code, names)
    exec(compile(ast.Module(statements, []), "cell", "exec"), names)
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names)


def _shown(value: Any) -> dict[str, list[str]]:
    if value is None:
        return {}
    with pd.option_context("display.width", 120, "display.max_columns", 20):
        forms = {kind: getattr(value, name, None) for kind, name in SHOWN.items()}
        return {kind: form().splitlines(keepends=True) for kind, form in forms.items() if form}


if __name__ == "__main__":
    os.chdir(PATH.parent)
    current, _ = executed(json.loads(PATH.read_text(encoding="utf-8")))
    PATH.write_text(json.dumps(current, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
