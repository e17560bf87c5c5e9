"""The first of the three calls: every file and answer that a report rests on, read once.

What is stored is not asked for again, unless to refresh it. Each file is verified by its sha256
when it is read, those of the quarters that the report only shows as well: a fault in any of them
stops the run here, before anything is calculated, and in the same way each time.
"""

from __future__ import annotations

import logging

from pipeline.calculation.calculate import Figures, Inputs, Parameters
from pipeline.calculation.membership import in_force
from pipeline.snapshots.acquisition import Acquisition
from schemas.quarter import Quarter
from schemas.source_tables import SOURCE_TABLES

log = logging.getLogger(__name__)


def gather(parameters: Parameters, acquisition: Acquisition, history: bool = True) -> Inputs:
    """Return what a report rests on, fetched where it is not stored.

    Args:
        parameters: What the report is about.
        acquisition: The stored snapshots and the reference tables, and how the StatBank is asked.
        history: Whether the earlier quarters are wanted, which a report shows.

    Raises:
        KlyngeError: A file is broken, an answer is refused, or a rule fails.
    """
    areas, districts = (
        acquisition.reader.read(snapshot) for snapshot in acquisition.snapshots(parameters)
    )
    reference = in_force(acquisition.reference, parameters.report.rules)
    log.info("population: %s, %s", areas.snapshot.path, districts.snapshot.path)
    return Inputs(
        parameters,
        reference,
        areas,
        districts,
        tuple(_compared_with(areas, districts, acquisition)),
        tuple(_history(parameters.report.quarter, acquisition)) if history else (),
    )


def _compared_with(areas: Figures, districts: Figures, acquisition: Acquisition) -> list[Figures]:
    """Return the newest figures before the quarter; estimated districts are not compared."""
    compared = [areas, districts] if districts.quarter == areas.quarter else [areas]
    store, reader = acquisition.store, acquisition.reader
    before = [store.newest_before(row.snapshot.table, row.quarter) for row in compared]
    return [reader.read(snapshot) for snapshot in before if snapshot]


def _history(before: Quarter, acquisition: Acquisition) -> list[tuple[Figures, Figures]]:
    earlier = [row for row in acquisition.store.quarters_of_all_tables() if row < before]
    return [
        (acquisition.stored(areas, quarter), acquisition.stored(districts, quarter))
        for quarter in earlier
        for areas, districts in [SOURCE_TABLES]
    ]
