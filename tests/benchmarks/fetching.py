"""Measure the way from the StatBank to checked figures; each function prints one number.

`python -m tests.benchmarks.fetching fetch` prints the seconds of fetching, parsing, validating and
keeping all quarters of both tables from the emulator; `parse` prints the rows a second of parsing
and validating a BULK answer of a million rows, and the peak memory in MB above the answer itself.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
import tracemalloc
from pathlib import Path

from pipeline.machine import Clock
from pipeline.settings import Settings
from pipeline.snapshots.acquisition import Access, Acquisition
from pipeline.statbank.answers import Asked, read_answer
from schemas.quarter import Quarter, quarter_range
from schemas.source_tables import FOLK1A
from tests.processes import REPOSITORY
from tests.statbank_emulator import StatBankEmulator

FIRST, LAST = Quarter(2008, 1), Quarter(2026, 4)
QUARTERS_OF_A_MILLION_ROWS = 9_524
"""105 areas of as many invented quarters, from 1000K1 on, are a million rows."""


def fetch_seconds() -> float:
    """Return the seconds of fetching 76 quarters of both tables into an empty store."""
    quarters = quarter_range(FIRST, LAST)
    with (
        StatBankEmulator(since=str(FIRST), until=str(LAST)) as bank,
        tempfile.TemporaryDirectory() as folder,
    ):
        shutil.copytree(REPOSITORY / "data" / "reference", Path(folder) / "reference")
        settings = Settings(Path(folder), Path(folder) / "reports", statbank_url=bank.url)
        began = time.perf_counter()
        stored = list(Acquisition(settings, Access(), Clock()).fetch_all(quarters))
        took = time.perf_counter() - began
        assert len(stored) == 2 * len(quarters)
    return took


def million_rows() -> tuple[Asked, bytes]:
    """Return a BULK answer of a million rows, quarter by quarter, and what it answers."""
    header = ";".join(FOLK1A.header)
    folder = REPOSITORY / "data" / "snapshots" / "FOLK1A" / "2022K1"
    (snapshot,) = folder.glob("*.csv")
    rows = [row.split(";") for row in snapshot.read_text("utf-8-sig").splitlines()[1:]]
    first = Quarter(1000, 1)
    quarters = quarter_range(first, first + (QUARTERS_OF_A_MILLION_ROWS - 1))
    lines = [";".join([*row[:4], str(quarter), row[5]]) for quarter in quarters for row in rows]
    content = "\r\n".join([header, *lines, ""]).encode()
    return Asked(FOLK1A, [row[0] for row in rows], quarters, "the answer"), content


def parse_rate() -> tuple[float, float]:
    """Return rows a second, and the peak memory in MB that parsing took."""
    asked, content = million_rows()
    rows = len(asked.codes) * len(asked.quarters)
    began = time.perf_counter()
    read_answer(asked, content)
    rate = rows / (time.perf_counter() - began)
    tracemalloc.start()
    read_answer(asked, content)
    _, peak_bytes = tracemalloc.get_traced_memory()
    return rate, peak_bytes / 1e6


if __name__ == "__main__":
    if sys.argv[1] == "fetch":
        print(fetch_seconds())
    else:
        print(*parse_rate())
