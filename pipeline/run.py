"""One report in three calls: fetch, calculate, write."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from pipeline.acquisition import Acquisition
from pipeline.calculation import Calculation, Parameters, calculate
from pipeline.reporting.revisions import Outcome, write
from pipeline.settings import Settings

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
