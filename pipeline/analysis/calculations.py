"""Figures by their name: calculated from what is held now, or as a revision recorded them."""

from __future__ import annotations

from pathlib import Path

from pipeline.calculation.calculate import Calculation, Parameters, calculate_by
from pipeline.reference.tables import Reference, load_reference
from pipeline.revisions.name import ReportName
from pipeline.revisions.replay import recorded_calculation, recorded_parameters
from pipeline.revisions.store import newest_revision, read_revision
from pipeline.settings import Settings
from pipeline.snapshots.figure_reader import FigureReader
from pipeline.snapshots.holding import held_snapshots
from pipeline.snapshots.store import SnapshotStore


class Calculations:
    """Calculations below the folders of the settings; the reference tables are read once."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._store = SnapshotStore(settings.data_dir)
        self._reference: Reference | None = None

    @property
    def reference(self) -> Reference:
        """The reference tables as they are now.

        Raises:
            InvalidData: They break a rule.
        """
        self._reference = self._reference or load_reference(self.settings.data_dir)
        return self._reference

    def of(self, name: ReportName) -> Calculation:
        """Return the calculation of a report, or of one of its revisions.

        Raises:
            KlyngeError: Any of those of `calculate` and `recorded_calculation`.
        """
        if name.revision is not None:
            return recorded_calculation(name, self.settings.data_dir, self.settings.reports_dir)
        return self.by(self.reference, accepted_parameters(name, self.settings.reports_dir))

    def by(self, reference: Reference, parameters: Parameters) -> Calculation:
        """Calculate from the snapshots held, by these reference tables.

        Raises:
            KlyngeError: Any of those of `calculate`; a snapshot is not held.
        """
        held = held_snapshots(parameters, self.settings)
        return calculate_by(parameters, held, FigureReader(reference, self._store))


def accepted_parameters(name: ReportName, reports_dir: Path) -> Parameters:
    """Return the parameters of a report, with what was accepted when it was last written.

    Raises:
        ProvenanceError: The newest revision is not what its manifest says.
    """
    folder = reports_dir / name.label
    newest = newest_revision(folder)
    if newest is None:
        return Parameters(name.quarter, name.rules_quarter)
    return recorded_parameters(name, read_revision(folder / f"r{newest}"))
