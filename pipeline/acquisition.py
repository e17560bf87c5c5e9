"""The first of the three calls: the snapshots that a quarter rests on."""

from __future__ import annotations

from pipeline.calculation import Held, Parameters
from pipeline.errors import UsageError
from pipeline.snapshots import SnapshotStore
from schemas.quarter import Quarter
from schemas.source_tables import FOLK1A, KKBEF1, SOURCE_TABLES


def held_snapshots(parameters: Parameters, store: SnapshotStore) -> Held:
    """Return the newest snapshots held of a quarter, without asking anyone.

    Raises:
        UsageError: One of them is not held; the message names the quarters that are.
    """
    areas = store.newest(FOLK1A.table, parameters.quarter)
    districts = store.newest(KKBEF1.table, parameters.quarter)
    if areas is None or districts is None:
        missing = FOLK1A.table if areas is None else KKBEF1.table
        newest = newest_held(store)
        raise UsageError(
            f"No snapshot of {missing} {parameters.quarter} is held in {store.folder}.",
            f"The newest quarter held of both tables: klynge run {newest}" if newest else "",
        )
    return Held(areas, districts)


def newest_held(store: SnapshotStore) -> Quarter | None:
    """Return the newest quarter of which snapshots of both tables are held."""
    held = [set(store.quarters(source.table)) for source in SOURCE_TABLES]
    return max(set.intersection(*held), default=None)
