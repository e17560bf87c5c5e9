"""What the banks hold at a given moment: which quarters are out, since when, with what figures.

Documented: a quarter appears at 08:00 on its release day; before that it is simply not there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .figures import Figures
from .quarters import between, ordinal, release_moment
from .tables import Table


@dataclass
class Holding:
    """One table with its published quarters and figures."""

    table: Table
    figures: Figures
    since: str
    until: str
    periods: list[str] = field(init=False)
    _updated: str | None = field(init=False)

    def __post_init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Return to the quarters and figures of the start."""
        self.periods = between(self.since, self.until)
        self._updated = None
        self.figures.reset()

    def document(self) -> dict[str, Any]:
        """Describe the table as tableinfo does now; the update is naive Copenhagen time."""
        usual = release_moment(self.periods[-1] if self.periods else self.since)
        return self.table.document(self.periods, self._updated or usual)

    def release(self, quarter: str, updated: str | None) -> None:
        """Publish a quarter; without `updated` at the usual moment of the newest one."""
        self.periods = sorted({*self.periods, quarter}, key=ordinal)
        self._updated = updated

    def withhold(self, quarter: str) -> None:
        """Make a quarter unpublished again."""
        self.periods.remove(quarter)
        self._updated = None

    def revise(self, quarter: str, figures: Mapping[str, int], updated: str | None) -> None:
        """Replace figures of base areas; without `updated` the change is silent."""
        self.figures.revise(quarter, figures)
        self._updated = updated or self._updated
