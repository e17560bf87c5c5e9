"""The first of the three calls: every file and answer that a report rests on, read once.

What is stored is not asked for again, unless to refresh it. Each file is verified by its sha256
when it is read, those of the quarters that the report only shows as well: a fault in any of them
stops the run here, before anything is calculated, and in the same way each time.
"""

from __future__ import annotations

import logging

from pipeline.calculation.calculate import Inputs, Parameters
from pipeline.calculation.membership import in_force
from pipeline.snapshots.acquisition import Acquisition
from schemas.source_tables import SOURCE_TABLES

log = logging.getLogger(__name__)


def gather(parameters: Parameters, acquisition: Acquisition, history: bool = True) -> Inputs:
    """Return what a report rests on, fetched where it is not stored.

    Args:
        parameters: What the report is about.
        acquisition: The stored snapshots and the reference tables, and how the StatBank is asked.
        history: Whether the earlier quarters are wanted, which a report shows.

    Raises:
        InvalidData: A population jumped implausibly, and it was not accepted.
        KlyngeError: A file is broken, an answer is refused, or a rule fails.
    """
    snapshots = acquisition.snapshots(parameters)
    store, reader = acquisition.store, acquisition.reader
    areas, districts = (reader.read(snapshot) for snapshot in snapshots)
    reference = in_force(acquisition.reference, parameters.report.rules)
    areas, districts = (acquisition.accepted(row, reference) for row in (areas, districts))
    log.info("population: %s, %s", areas.snapshot.path, districts.snapshot.path)
    estimated = districts.quarter != areas.quarter
    compared = [areas] if estimated else [areas, districts]  # an estimate is compared with nothing
    before = [store.newest_before(row.snapshot.table, row.quarter) for row in compared]
    compared_with = tuple(reader.read(snapshot) for snapshot in before if snapshot)
    stored = store.quarters_of_all_tables() if history else []
    earlier = [quarter for quarter in stored if quarter < areas.quarter]
    tables = (
        [reader.read(store.all(source.table, quarter)[-1]) for quarter in earlier]
        for source in SOURCE_TABLES
    )
    pairs = tuple(zip(*tables, strict=True))
    return Inputs(parameters, reference, areas, districts, compared_with, pairs)
