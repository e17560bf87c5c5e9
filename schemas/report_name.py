"""How a report, or one revision of it, is named: on the command line, in folders and in files.

2022K1                         a quarter's report, as its figures are now
2022K1:r1                      the first revision of it, as it was written
2019K1-rules-2022K1            a back-cast: the rules of one quarter on the people of another
2022K1-scenario-hoejere        a scenario
2022K1-en                      in English; a revision is never added to, so it has its own
"""

import re
from dataclasses import dataclass
from typing import Final, Self

from schemas.quarter import Quarter
from schemas.records import IDENTIFIER, Language

SCENARIOS: Final = "scenarios"
"""Folder of the scenarios below that of the reports."""

_NOTATION: Final = re.compile(
    r"(?P<quarter>[^:]+?)(-rules-(?P<rules>[^:]+?))?"
    rf"(-scenario-(?P<scenario>{IDENTIFIER}?))?(-(?P<language>en))?(:r(?P<revision>[1-9]\d*))?"
)


@dataclass(frozen=True)
class ReportName:
    """Which report is meant: of the people of a quarter, by its own rules or those of another one.

    Or by those of a scenario; and the revision as it was written, or the report as it is now.
    """

    quarter: Quarter
    rules_quarter: Quarter | None = None
    scenario: str | None = None
    language: Language = Language.DANISH
    revision: int | None = None

    def __post_init__(self) -> None:
        if self.rules_quarter == self.quarter:
            object.__setattr__(self, "rules_quarter", None)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a name such as `2022K1`, `2022K1:r1` or `2019K1-rules-2022K1-en`.

        Raises:
            ValueError: The text is none. Its message can be shown to a user.
        """
        match = _NOTATION.fullmatch(text.strip())
        if match is None or not re.search("[0-9]", match["quarter"]):
            raise ValueError(
                f"{text!r} is not a report; write 2022K1, 2022K1:r1, 2019K1-rules-2022K1 "
                "or 2022K1-scenario-NAME"
            )
        return cls(
            Quarter.parse(match["quarter"]),
            Quarter.parse(match["rules"]) if match["rules"] else None,
            match["scenario"],
            Language(match["language"] or Language.DANISH),
            int(match["revision"]) if match["revision"] else None,
        )

    @property
    def label(self) -> str:
        """The report without its revision, as it stands in the names of its files."""
        rules = f"-rules-{self.rules_quarter}" if self.rules_quarter else ""
        scenario = f"-scenario-{self.scenario}" if self.scenario else ""
        language = "" if self.language is Language.DANISH else f"-{self.language}"
        return f"{self.quarter}{rules}{scenario}{language}"

    @property
    def rules(self) -> Quarter:
        """The quarter whose rules apply."""
        return self.rules_quarter or self.quarter

    def __str__(self) -> str:
        return f"{self.label}:r{self.revision}" if self.revision else self.label

    @property
    def path(self) -> str:
        """The folder of the report, or of the revision where one is named, below that of all.

        A scenario has no revisions: run again under the same name it replaces what was there.
        """
        if self.scenario:
            return f"{SCENARIOS}/{self.scenario}"
        return f"{self.label}/r{self.revision}" if self.revision else self.label
