"""The first of the three calls: every file and answer that a report rests on, read once.

What is stored is not asked for again, unless to refresh it. Each file is verified by its sha256
when it is read, those of the quarters that the report only shows as well: a fault in any of them
stops the run here, before anything is calculated, and in the same way each time.
"""

import logging

from pipeline.calculation.calculate import Figures, Inputs, Parameters
from pipeline.calculation.membership import further_days, in_force
from pipeline.snapshots.acquisition import Acquisition
from schemas.source_tables import FOLK1A, KKBEF1

log = logging.getLogger(__name__)


def gather(parameters: Parameters, acquisition: Acquisition, history: bool = True) -> Inputs:
    """Return what a report rests on, with the earlier quarters that it shows if they are wanted.

    Raises:
        InvalidData: A population jumped implausibly, and it was not accepted.
        KlyngeError: A file is broken, an answer is refused, or a rule fails.
    """
    snapshots = acquisition.snapshots(parameters)
    store, reader = acquisition.store, acquisition.reader
    areas, *more = (reader.read(snapshot) for snapshot in snapshots)
    reference = in_force(acquisition.reference, parameters.report)
    areas, *more = (acquisition.accepted(row, reference) for row in (areas, *more))
    report = parameters.report
    days = further_days(reference, report.rules, report.quarter)
    keyed = {day: acquisition.of_day(day, report) for day in days}
    log.info("population: %s", ", ".join(snapshot.path for snapshot in snapshots))
    compared = [row for row in (areas, *more) if row.quarter == areas.quarter]  # no estimate
    before = [store.newest_before(row.snapshot.table, row.quarter) for row in compared]
    compared_with = tuple(reader.read(snapshot) for snapshot in before if snapshot)
    tables = [FOLK1A, KKBEF1] if more else [FOLK1A]
    stored = store.quarters(*(source.table for source in tables)) if history else []
    read = (
        [reader.read(store.all(source.table, quarter)[-1]) for source in tables]
        for quarter in stored
        if quarter < areas.quarter
    )
    pairs = ((first, next(iter(rest), None)) for first, *rest in read)
    shown = tuple(pair for pair in pairs if reference.counted_codes <= _places(*pair))
    districts = next(iter(more), None)
    return Inputs(parameters, reference, areas, districts, compared_with, shown, keyed)


def _places(areas: Figures, districts: Figures | None) -> set[str]:
    """Return what an earlier quarter has that rules count by: a municipality may be new."""
    return {*areas.people, *(districts.people if districts else ())}
