"""What a report says, before it is laid out: as a workbook, as a page, in one language."""

from collections import defaultdict
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from pipeline.calculation.calculate import Calculation
from pipeline.calculation.development import development_of
from pipeline.calculation.findings import Finding, Subject
from pipeline.calculation.quarter import Allocation, ClusterResult
from pipeline.reporting.notes import Note, numbered_notes, section_name
from pipeline.reporting.texts import Catalogue
from schemas.quarter import Quarter
from schemas.sharing import Structure


@dataclass
class Content:
    """A revision of a report, from 1 (0 for a scenario), and the reasons why it was written.

    `text` gives the texts in the language of the report, `label` its name, `quarter_text` the
    quarter, and in a back-cast whose rules were applied to it, `issue` the name with its revision,
    `edition` the same in words, and `mark` what marks every page of a scenario.
    `development` holds counted population and shares of the stored quarters, `notes` all notes by
    their numbers, `explained` what was found by its subject, `changes_text` the first changes since
    the revision before, and `money_text` how amounts are allocated.
    """

    calculation: Calculation
    revision: int
    reasons: Sequence[Finding]

    def __post_init__(self) -> None:
        """Work out once what every page says: language, name, and the mark of a scenario."""
        report = self.calculation.report
        self.reference = self.calculation.inputs.reference
        self.text = self.words_of(*self.reference.structures)
        self.result = self.calculation.result
        self.label = report.label
        self.mark = self.text("cover.scenario", name=report.scenario) if report.scenario else ""
        self.issue = self.label if self.mark else f"{self.label} r{self.revision}"
        quarter, rules = self.quarter_words(report.quarter), report.rules_quarter
        if rules:
            quarter = self.text("cover.backcast", quarter=quarter, rules=self.quarter_words(rules))
        self.quarter_text = quarter
        edition = self.text("cover.edition", revision=self.revision)
        self.edition = self.label if self.mark else f"{self.label}, {edition}"
        self.changes_text = self.text.findings(self.reasons)
        self.money_text = self.text("cover.by_key" if self.result.rules.keys else "cover.by_people")
        told = {row.subject: self.text.finding(row) for row in self.result.findings}
        self.explained: dict[Subject, str] = defaultdict(str, told)
        self.development = development_of(self.calculation)
        self.notes = numbered_notes(self.calculation, self.reasons, self.text)

    @cached_property
    def funds(self) -> dict[str, list[Allocation]]:
        """The shared funds by the structure over whose clusters they are split."""
        by_structure: dict[str, list[Allocation]] = {}
        for fund in self.result.shared_funds:
            by_structure.setdefault(fund.cost.structure or "", []).append(fund)
        return by_structure

    def quarter_words(self, quarter: Quarter) -> str:
        """Return a quarter in words, and as Statistics Denmark writes it."""
        key, number = "cover.quarter_words", str(quarter.number)
        return self.text(key, number=number, year=str(quarter.year), quarter=str(quarter))

    def notes_on(self, result: ClusterResult) -> list[Note]:
        """Return the notes that a reader of one cluster needs."""
        cluster_id = result.cluster.cluster_id
        return [note for note in self.notes if not note.clusters or cluster_id in note.clusters]

    def rule_note(self, result: ClusterResult, municipality_code: str) -> Note | None:
        """Return the note on how a municipality counts, where it counts in part."""
        concerns = (result.cluster.cluster_id, municipality_code)
        return next((note for note in self.notes if note.rule_of == concerns), None)

    def cluster_name(self, result: ClusterResult) -> str:
        """Return the name of a cluster, marked where its figures rest on an estimate."""
        name = section_name(result, self.text)
        return self.text.estimated(name) if result.estimated else name

    def structure(self, result: ClusterResult) -> Structure:
        """Return the structure of a cluster."""
        return self.reference.structures[result.cluster.structure]

    def anchor(self, result: ClusterResult) -> str:
        """Return the name of a cluster's place on the page."""
        return f"{self.structure(result).anchor}-{result.cluster.cluster_id}"

    def words_of(self, *structures: str) -> Catalogue:
        """Return the texts of the report with the words of some structures."""
        known = self.reference.structures
        return Catalogue(self.calculation.report.language, [known[row] for row in structures])

    def of_structure(self, structure: str) -> Self:
        """Return the same content, worded for the clusters of one structure."""
        worded = copy(self)
        worded.text = self.words_of(structure)
        return worded
