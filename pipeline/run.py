"""One report in three calls: gather, calculate, write; and a report by its name."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.calculation.calculate import Calculation, Parameters, calculate
from pipeline.gather import gather
from pipeline.revisions.replay import recorded_parameters, replay
from pipeline.revisions.store import Outcome, read_revision, write, written
from pipeline.snapshots.acquisition import Acquisition
from schemas.report_name import ReportName

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Report:
    """A calculation and what writing it came to."""

    calculation: Calculation
    outcome: Outcome


def run(parameters: Parameters, acquisition: Acquisition) -> Report:
    """Get what a quarter rests on, calculate it, and write its report.

    Raises:
        KlyngeError: Any of them; nothing is written then.
    """
    inputs = gather(parameters, acquisition)
    calculation = calculate(inputs)
    outcome = write(calculation, acquisition.settings.reports_dir)
    log.info("%s: %s", outcome.folder, outcome)
    return Report(calculation, outcome)


def calculation_of(name: ReportName, acquisition: Acquisition) -> Calculation:
    """Return the calculation of a report as it is now, or of a revision or scenario as written.

    Raises:
        UsageError: The revision or the scenario was not written.
        KlyngeError: Any other of `gather`, `replay` and `calculate`.
    """
    settings = acquisition.settings
    if name.revision or name.scenario:
        return calculate(replay(name, settings.data_dir, settings.reports_dir))
    parameters = replace(parameters_of(name, settings.reports_dir), contact=settings.contact)
    return calculate(gather(parameters, acquisition))


def parameters_of(name: ReportName, reports_dir: Path) -> Parameters:
    """Return the parameters of a report, with what was accepted when it was last written.

    Raises:
        ProvenanceError: The newest revision is not what its manifest says.
    """
    folder = written(name, reports_dir)
    return recorded_parameters(name, read_revision(folder)) if folder else Parameters(name)
