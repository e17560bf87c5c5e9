"""What a check found and what changed between two revisions, without the words.

The report and the terminal say it in their language: `pipeline.reporting.texts` keeps a sentence
under each subject.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from schemas.records import COPENHAGEN_TOTAL, Membership

Value = str | int


class Subject(StrEnum):
    """What a finding or a change is about."""

    CITY_TOTALS_DIFFER = "city_totals_differ"
    REGION_CODES_DIFFER = "region_codes_differ"
    COSTS_ENDED = "costs_ended"
    NO_COST = "no_cost"
    SETTLED_BEFORE = "settled_before"
    SETTLED_LATER = "settled_later"
    SETTLEMENT_OPEN = "settlement_open"
    NOT_COVERED = "not_covered"
    PARTLY_COVERED = "partly_covered"
    DISTRICTS_ESTIMATED = "districts_estimated"
    POPULATION_JUMP = "population_jump"
    EXCHANGED = "exchanged"
    CLOCK_BEHIND = "clock_behind"
    NOT_COMPARED = "not_compared"

    SCENARIO = "scenario"
    FIRST_REVISION = "first_revision"
    ROW_ADDED = "row_added"
    ROW_REMOVED = "row_removed"
    VALUE_CHANGED = "value_changed"
    POPULATION_CHANGED = "population_changed"
    CALCULATION_CHANGED = "calculation_changed"

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        """Return the subject that manifests of earlier versions name differently."""
        return cls.POPULATION_JUMP if value == "population_moved" else None


@dataclass(frozen=True)
class Finding:
    """A subject and the values that its sentence names.

    A finding does not stop the run; it must be explained in the report.
    """

    subject: Subject
    values: tuple[tuple[str, Value], ...]

    @classmethod
    def of(cls, subject: Subject, **values: Value) -> Self:
        """Return a finding with these values, in this order."""
        return cls(subject, tuple(values.items()))

    @classmethod
    def recorded(cls, subject: str, text: str = "", **values: Value) -> Self:
        """Return the finding or change of a row of a manifest, which may hold its sentence too."""
        return cls.of(Subject(subject), **values)

    @property
    def places(self) -> tuple[str, ...]:
        """Codes of the municipalities or districts whose populations it is about, if any."""
        if self.subject in (Subject.CITY_TOTALS_DIFFER, Subject.DISTRICTS_ESTIMATED):
            return (COPENHAGEN_TOTAL,)
        named = (Subject.POPULATION_JUMP, Subject.EXCHANGED)
        values = dict(self.values) if self.subject in named else {}
        return tuple(str(values[key]) for key in ("code", "other") if key in values)

    def concerns(self, cluster_id: str, members: Collection[Membership]) -> bool:
        """Return whether a cluster with these members needs to read it."""
        counted = {code for row in members for code in row.counted_codes}
        city = {COPENHAGEN_TOTAL for row in members if row.districts}
        named = dict(self.values).get("cluster_id", cluster_id) == cluster_id
        return named and (not self.places or not city.union(counted).isdisjoint(self.places))

    def as_dict(self) -> dict[str, Any]:
        """Return the form in which the manifest records it."""
        return {"subject": self.subject.value, **dict(self.values)}
