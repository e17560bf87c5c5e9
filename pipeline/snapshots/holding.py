"""The snapshots that are held, for commands that ask nobody."""

from __future__ import annotations

from pipeline.calculation.calculate import Held, Parameters
from pipeline.clock import Clock
from pipeline.errors import UsageError
from pipeline.settings import Settings
from pipeline.snapshots.acquisition import Access, Acquisition


def held_snapshots(parameters: Parameters, settings: Settings) -> Held:
    """Return the newest snapshots held of what a report rests on.

    Raises:
        UsageError: One of them is not held; the hint says how to fetch it.
        ProvenanceError: A sidecar cannot be read.
    """
    try:
        return Acquisition(settings, Access(offline=True), Clock()).hold(parameters)
    except UsageError as error:
        raise UsageError(
            error.message, f"To ask the StatBank for it: klynge fetch {parameters.quarter}"
        ) from None
