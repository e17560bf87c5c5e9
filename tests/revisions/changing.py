"""Changed inputs: as many different ones as a test needs."""

from __future__ import annotations

import re
from pathlib import Path


def set_amount(data_dir: Path, amount_dkk: int) -> None:
    """Enter an amount for the half full-time post of Sundhedsklynge Syd."""
    path = data_dir / "reference" / "costs.csv"
    before = path.read_text(encoding="utf-8")
    after, count = re.subn(r"(?<=amager-hvidovre,)\d+", str(amount_dkk), before)
    assert count == 1
    path.write_text(after, encoding="utf-8")


def append(data_dir: Path, table: str, row: str) -> None:
    """Add a row to a reference table."""
    with (data_dir / "reference" / f"{table}.csv").open("a", encoding="utf-8") as file:
        file.write(f"{row}\n")


def reverse_rows(data_dir: Path, table: str) -> None:
    """Turn the rows of a reference table around."""
    path = data_dir / "reference" / f"{table}.csv"
    header, *rows = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([header, *reversed(rows)]) + "\n", encoding="utf-8")


def revisions(reports_dir: Path, label: str = "2022K1") -> list[str]:
    """Return the names of a report's revisions, in order."""
    found = [path.name for path in (reports_dir / label).glob("r*")]
    return sorted(found, key=lambda name: int(name[1:]))
