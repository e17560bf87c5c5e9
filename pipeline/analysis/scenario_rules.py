"""The rules of a scenario: its overrides applied to the rows of the reference tables.

Method: the overrides are applied, in the order given, to the rows of the reference tables that are
in force in the quarter whose rules apply, before anything is validated: a scenario must hold by the
same rules as the real tables, and is refused with the same messages. What is changed gets the
scenario itself as its source, so that every trail leads to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pipeline.analysis.scenario import Override, Scenario
from pipeline.errors import UsageError
from pipeline.reference import names
from pipeline.reference.files import COSTS, MEMBERSHIPS, SOURCES, Row
from schemas.codes import ALL_CLUSTERS
from schemas.quarter import Quarter
from schemas.records import Basis, Reference

_MEMBERSHIP_COLUMNS: Final = ("basis", "fraction", "districts")
_COST_COLUMNS: Final = ("amount_dkk", "scope", "name_da", "name_en")
_OF_BASIS: Final = {"fraction": Basis.FRACTION, "districts": Basis.DISTRICTS}

Tables = dict[str, list[Row]]


def apply(scenario: Scenario, tables: Tables, reference: Reference, quarter: Quarter) -> Tables:
    """Return the tables with the overrides applied; those given stay as they are.

    Args:
        scenario: The overrides.
        tables: Rows of memberships.csv, costs.csv and sources.csv by file name.
        reference: The real reference tables, by which names are found.
        quarter: The quarter whose rules are overridden.

    Raises:
        UsageError: An override names what is not there.
    """
    changed = {name: [dict(row) for row in rows] for name, rows in tables.items()}
    editor = _Editor(scenario.source_id, changed, reference, quarter)
    for override in scenario.overrides:
        editor.apply(override)
    changed[SOURCES].append(
        {
            "source_id": scenario.source_id,
            "title": f"Scenario {scenario.name}: {scenario.text}",
            "url": "",
            "confidence": "low",
            "remark": "A scenario: not in force",
        }
    )
    return changed


class _Editor:
    """Applies overrides to the rows of a quarter."""

    def __init__(
        self, source_id: str, tables: Tables, reference: Reference, quarter: Quarter
    ) -> None:
        self.source_id = source_id
        self.tables = tables
        self.quarter = quarter
        self.clusters = names.clusters(row for row in reference.clusters if quarter in row.period)
        self.municipalities = names.municipalities(reference.areas.values())
        self.new = {
            "first_quarter": str(quarter),
            "last_quarter": str(quarter),
            "source_id": source_id,
        }

    def apply(self, override: Override) -> None:
        subject, at, place = (part.strip() for part in override.key.partition("@"))
        if at and not self._costs(subject):
            self._override_membership(override, subject, place)
        else:
            self._override_cost(override, subject, place)

    def _override_membership(self, override: Override, written: str, place: str) -> None:
        code = names.find("municipality", written, self.municipalities).code
        cluster_id = names.find("cluster", place, self.clusters).code
        rows = [
            row
            for row in self._in_force(MEMBERSHIPS)
            if (row["cluster_id"], row["municipality_code"]) == (cluster_id, code)
        ]
        if not override.column:
            self._remove(override, rows)
            return
        _check_column(override, _MEMBERSHIP_COLUMNS)
        if not rows:
            keys = {"cluster_id": cluster_id, "municipality_code": code}
            rows = [
                {**keys, "basis": Basis.WHOLE.value, "fraction": "", "districts": "", **self.new}
            ]
            self.tables[MEMBERSHIPS] += rows
        rows[0].update(self._membership_values(override))

    def _membership_values(self, override: Override) -> Row:
        values = {override.column: override.value, "source_id": self.source_id}
        basis = _OF_BASIS.get(override.column)
        if basis:  # a fraction means counting by it, whatever it was before
            return {"fraction": "", "districts": "", "basis": basis.value, **values}
        kept = next((name for name, of in _OF_BASIS.items() if of == override.value), "")
        return {**{name: "" for name in _OF_BASIS if name != kept}, **values}

    def _remove(self, override: Override, rows: list[Row]) -> None:
        if not rows:
            raise UsageError(f"{override.text}: there is no such membership in {self.quarter}.")
        self.tables[MEMBERSHIPS] = [
            row for row in self.tables[MEMBERSHIPS] if all(row is not gone for gone in rows)
        ]

    def _override_cost(self, override: Override, cost_id: str, place: str) -> None:
        _check_column(override, _COST_COLUMNS)
        rows = self._costs(cost_id)
        if place:
            scope = self._scope(place)
            rows = [row for row in rows if row["scope"] == scope]
        value = self._scope(override.value) if override.column == "scope" else override.value
        if not rows:
            if override.column != "scope":
                raise self._no_cost(override, cost_id)
            names_of = {"name_da": cost_id, "name_en": cost_id, "amount_dkk": "0"}
            rows = [{"cost_id": cost_id, **names_of, **self.new}]
            self.tables[COSTS] += rows
        for row in rows:
            row.update({override.column: value, "source_id": self.source_id})

    def _no_cost(self, override: Override, cost_id: str) -> UsageError:
        known = ", ".join(sorted({row["cost_id"] for row in self._in_force(COSTS)}))
        return UsageError(
            f"{override.text}: no cost {cost_id} is in force in {self.quarter}.",
            f"In force: {known or 'none'}. A new cost begins with {cost_id}.scope=CLUSTER.",
        )

    def _scope(self, written: str) -> str:
        if written.endswith(ALL_CLUSTERS):
            return written
        return names.find("cluster", written, self.clusters).code

    def _costs(self, cost_id: str) -> list[Row]:
        return [row for row in self._in_force(COSTS) if row["cost_id"] == cost_id]

    def _in_force(self, name: str) -> list[Row]:
        quarter = str(self.quarter)
        return [
            row
            for row in self.tables[name]
            if row["first_quarter"] <= quarter and quarter <= (row["last_quarter"] or quarter)
        ]


def _check_column(override: Override, known: Sequence[str]) -> None:
    if override.column not in known:
        raise UsageError(
            f"{override.text}: there is no {override.column or 'column'} to override.",
            f"Known here: {', '.join(known)}.",
        )
