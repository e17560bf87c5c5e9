"""How a report, or one revision of it, is written: `2022K1`, `2022K1:r1`, `2019K1-rules-2022K1`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from schemas.quarter import Quarter

_NOTATION: Final = re.compile(
    r"(?P<quarter>[^-:]+)(-rules-(?P<rules>[^-:]+))?(:r(?P<number>[1-9]\d*))?"
)


@dataclass(frozen=True)
class ReportName:
    """Which figures are meant.

    Args:
        quarter: The quarter whose population counts.
        rules_quarter: The quarter whose rules apply, for a back-cast; None for its own.
        revision: Number of the revision as it was written; None for what is held now.
    """

    quarter: Quarter
    rules_quarter: Quarter | None = None
    revision: int | None = None

    @classmethod
    def parse(cls, text: str) -> ReportName:
        """Read `2022K1`, `2022K1:r1` or `2019K1-rules-2022K1:r1`.

        Raises:
            ValueError: The text is none of them. Its message can be shown to a user.
        """
        match = _NOTATION.fullmatch(text.strip())
        if match is None:
            raise ValueError(
                f"{text!r} is not a report; write 2022K1, 2022K1:r1 or 2019K1-rules-2022K1"
            )
        quarter = Quarter.parse(match["quarter"])
        rules = Quarter.parse(match["rules"]) if match["rules"] else None
        revision = int(match["number"]) if match["number"] else None
        return cls(quarter, None if rules == quarter else rules, revision)

    @property
    def label(self) -> str:
        """The report without its revision: the name of its folder."""
        return (
            f"{self.quarter}-rules-{self.rules_quarter}"
            if self.rules_quarter
            else str(self.quarter)
        )

    def __str__(self) -> str:
        return f"{self.label}:r{self.revision}" if self.revision else self.label
