"""One run of `klynge`, for processes that are forked with everything imported.

Most of a run's time is the interpreter's start and imports, in which nothing is written. A forked
process starts where they end, so that a random moment of it is a moment of the work.
"""

from __future__ import annotations

import os
import sys

import pipeline.reporting.workbook
import pipeline.run  # noqa: F401
from flows.cli import main


def one_run(environment: dict[str, str]) -> None:
    """Report 2022K1 and print nothing."""
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["klynge", "run", "2022K1", "--quiet"]
    main()
