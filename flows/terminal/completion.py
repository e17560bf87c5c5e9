"""What the shell completes: quarters held, clusters and municipalities, read without pandas."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from pathlib import Path

from pipeline.settings import setting

_MUNICIPALITY = "municipality"


def quarters(incomplete: str) -> list[str]:
    """Return the quarters held that begin like this."""
    held = {path.name for path in (_data_dir() / "snapshots").glob("*/????K?")}
    return sorted(quarter for quarter in held if quarter.startswith(incomplete.upper()))


def clusters(incomplete: str) -> list[tuple[str, str]]:
    """Return the ids and names of clusters that begin like this, each with the other."""
    rows = [(row["cluster_id"], row["name"]) for row in _rows("clusters.csv")]
    return _beginning(incomplete, rows)


def municipalities(incomplete: str) -> list[tuple[str, str]]:
    """Return the codes and names of municipalities that begin like this, each with the other."""
    rows = [
        (row["code"], row["name"]) for row in _rows("areas.csv") if row["kind"] == _MUNICIPALITY
    ]
    return _beginning(incomplete, rows)


def _beginning(incomplete: str, rows: list[tuple[str, str]]) -> list[tuple[str, str]]:
    by_code = [(code, name) for code, name in rows if code.startswith(incomplete)]
    names = [(form, code) for code, name in rows for form in (name, name.lower())]
    return by_code or [(form, code) for form, code in names if form.startswith(incomplete)]


def _rows(name: str) -> Iterator[dict[str, str]]:
    """Return the rows of a reference file; none where it cannot be read, as a shell expects."""
    try:
        text = (_data_dir() / "reference" / name).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return iter(())
    return csv.DictReader(text.splitlines())


def _data_dir() -> Path:
    return Path(setting("data_dir", os.environ))
