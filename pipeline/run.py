"""One report in three calls: fetch, calculate, write."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from pipeline.calculation.calculate import Calculation, Parameters, calculate
from pipeline.revisions.store import Outcome, write
from pipeline.settings import Settings
from pipeline.snapshots.acquisition import Acquisition

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Report:
    """A calculation and what writing it came to."""

    calculation: Calculation
    outcome: Outcome


def run(parameters: Parameters, acquisition: Acquisition, settings: Settings) -> Report:
    """Get what a quarter rests on, calculate it, and write its report.

    Raises:
        KlyngeError: Any of them; nothing is written then.
    """
    held = acquisition.hold(parameters)
    calculation = calculate(parameters, held, settings.data_dir)
    outcome = write(calculation, settings.reports_dir)
    log.info("%s: %s", outcome.folder, outcome)
    return Report(calculation, outcome)
