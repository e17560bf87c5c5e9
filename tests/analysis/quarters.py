"""Snapshots of quarters that are not bundled: those of 2022K1, with some people moved."""

from __future__ import annotations

import csv
import hashlib
import io
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from pipeline.snapshots.store import SnapshotStore
from schemas.quarter import Quarter
from schemas.source_tables import FOLK1A, KKBEF1, SourceTable

BASE = Quarter(2022, 1)
COUNTRY, CAPITAL_REGION, CITY = "000", "084", "1000"


def add_quarter(data_dir: Path, quarter: Quarter, more: Mapping[str, int] | None = None) -> None:
    """Keep snapshots of a quarter in which places have more people than in 2022K1.

    Args:
        data_dir: The data folder.
        quarter: The quarter.
        more: People by code: municipalities of the capital region, and districts.
    """
    moved = dict(more or {})
    areas = {code: people for code, people in moved.items() if len(code) == 3}
    districts = {code: people for code, people in moved.items() if len(code) == 4}
    total = sum(areas.values())
    _add(data_dir, FOLK1A, quarter, {**areas, COUNTRY: total, CAPITAL_REGION: total})
    _add(data_dir, KKBEF1, quarter, {**districts, CITY: sum(districts.values())})


def replace_quarters(data_dir: Path, quarters: Iterable[Quarter]) -> None:
    """Hold these quarters and no other: 2022K1 as it is, and from one to the next a few more.

    Bundled quarters are years apart; between them those made from 2022K1 would be implausible.
    """
    for folder in (data_dir / "snapshots").glob("*/*"):
        if folder.name != str(BASE):
            shutil.rmtree(folder)
    for number, quarter in enumerate(quarters):
        if quarter != BASE:
            add_quarter(data_dir, quarter, {"167": 7 * number, "1004": 5 * number})


def _add(data_dir: Path, source: SourceTable, quarter: Quarter, more: Mapping[str, int]) -> None:
    store = SnapshotStore(data_dir)
    base = store.newest(source.table, BASE)
    assert base is not None
    header, *rows = csv.reader(
        io.StringIO(store.read(base).decode("utf-8-sig"), newline=""), delimiter=";"
    )
    changed = [[*row[:-2], str(quarter), str(int(row[-1]) + more.get(row[0], 0))] for row in rows]
    text = "".join(";".join(row) + "\r\n" for row in [header, *changed])
    content = ("\ufeff" + text).encode()
    time = {"code": "Tid", "values": [str(quarter)]}
    query = {**base.query, "variables": [*base.query["variables"][:-1], time]}
    digest = hashlib.sha256(content).hexdigest()
    store.add(
        replace(base, quarter=str(quarter), query=query, sha256=digest, bytes=len(content)),
        content,
    )
