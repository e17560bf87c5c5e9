"""A live table by a key: its cap and its equal part are inputs, and every krone follows them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

from pipeline.reporting.workbook import live_columns as layout
from pipeline.reporting.workbook.book import Cell
from pipeline.reporting.workbook.live_table import Key as ColumnKey
from pipeline.reporting.workbook.live_table import LiveTable, Row, Values
from schemas.sharing import EqualBy, Key


@dataclass(frozen=True)
class KeyedTable(LiveTable):
    """The formulas of a live table by a key."""

    key: Key = field(kw_only=True)

    leading: ClassVar[tuple[str, ...]] = (*layout.WEIGHT[:-1], *layout.INPUTS, layout.WEIGHT[-1])
    inputs: ClassVar[tuple[str, ...]] = layout.INPUTS
    scaled: ClassVar[tuple[str, ...]] = layout.SCALED
    step: ClassVar[int] = layout.KEYED_STEP

    @property
    def kinds(self) -> Mapping[str, layout.Kind]:  # type: ignore[override]
        """The columns, by how the equal part counts."""
        return layout.BY_FRACTION if self.key.equal_by == EqualBy.FRACTION else layout.KEYED

    @cached_property
    def reached(self) -> dict[str, int]:
        """The people of each row by the common denominator, at most the cap."""
        cap = (self.key.cap or layout.NO_CAP) * self.scale
        return {code: min(people, cap) for code, people in self.people.items()}

    @cached_property
    def members(self) -> dict[str, int]:
        """The part of each row in what is equal, by the common denominator where it is one."""
        by_fraction = self.key.equal_by == EqualBy.FRACTION
        return {
            row.key: row.numerator * (self.scale // row.denominator) if by_fraction else 1
            for row in self.rows
        }

    @cached_property
    def weights(self) -> dict[str, int]:
        """The weight of each key."""
        (p, q), people = self.key.equal_part.as_integer_ratio(), sum(self.reached.values())
        by_people = (q - p) * sum(self.members.values())
        return {
            code: by_people * self.reached[code] + p * self.members[code] * people
            for code in self.reached
        }

    def _totals(self) -> Values:
        p, q = self.key.equal_part.as_integer_ratio()
        return {
            **super()._totals(),
            ("capped", 0): self.key.cap or layout.NO_CAP,
            ("equal", 0): p,
            ("by_people", 0): q,
            ("reach", 0): sum(self.reached.values()),
            ("members", 0): sum(self.members.values()),
        }

    def _values(self, row: Row) -> dict[ColumnKey, Cell]:
        reach, member = self.reached[row.key], self.members[row.key]
        p, q = self.key.equal_part.as_integer_ratio()
        people, members = sum(self.reached.values()), sum(self.members.values())
        return {
            **super()._values(row),
            ("capped", 0): reach / self.scale,
            ("equal", 0): p * member / members / q,
            ("by_people", 0): (q - p) * reach / max(1, people) / q,
            ("reach", 0): reach,
            ("members", 0): member,
        }
