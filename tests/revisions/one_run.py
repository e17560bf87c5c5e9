"""One run of `klynge`, for processes that are forked with everything imported.

Most of a run's time is the interpreter's start and imports, in which nothing is written. A forked
process starts where they end, so that a random moment of it is a moment of the work.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any

import pipeline.run  # noqa: F401
from flows.cli import main
from pipeline.reporting.workbook import books

Made = Mapping[int, Mapping[str, bytes]]
"""The workbooks of a report by revision, made before."""


def workbooks_from(made: Made) -> Any:
    """Return what gives the workbooks of a revision without making them again."""
    return lambda content: made[content.revision]


def one_run(environment: dict[str, str], made: Made | None = None) -> None:
    """Report 2022K1 and print nothing, with workbooks that were made before if there are any."""
    os.environ.clear()
    os.environ.update(environment)
    if made:
        books.workbooks = workbooks_from(made)
    sys.argv = ["klynge", "run", "2022K1", "--quiet"]
    main()
