"""A comparison as it is shown: tables on a terminal, rows for CSV, an object for JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rich.table import Table

from flows.terminal.screen import Terminal, kroner, table
from pipeline.calculation.comparison import (
    ORDER,
    Change,
    Comparison,
    Kroner,
    ScopeChange,
    total,
)
from pipeline.reference import names
from pipeline.reporting.rows import municipality_rows, scope_rows
from pipeline.reporting.texts import percent, whole
from schemas.records import ALL_CLUSTERS, Area, Cluster, Language

_AMOUNTS = ("Before", "After", "Change", "Own", "Others'", "Rules", "Amount")
_ORDER_TEXT = f"The change comes from, in this order: {', '.join(ORDER)}; each in whole kroner."


@dataclass(frozen=True)
class View:
    """A comparison with the names to show it by.

    Args:
        comparison: The comparison.
        titles: What is before and after, such as `2022K1` and `2023K1`.
        areas: The municipalities of both.
        cluster_ids: The clusters to show; all that have a cost if there is none.
        only_changed: Whether to show only those of which something changed.
    """

    comparison: Comparison
    titles: tuple[str, str]
    areas: Mapping[str, Area]
    cluster_ids: tuple[str, ...] = ()
    only_changed: bool = False

    @property
    def clusters(self) -> dict[str, Cluster]:
        """The clusters of both."""
        results = (self.comparison.before, self.comparison.after)
        return {row.cluster_id: row for result in results for row in result.rules.clusters}

    def limited_to(self, written: Sequence[str]) -> View:
        """Return the view of some clusters, as a user writes them.

        Raises:
            UsageError: One is not known.
        """
        known = names.clusters(self.clusters.values())
        chosen = tuple(names.find("cluster", text, known).code for text in written)
        return replace(self, cluster_ids=chosen)

    def rows(self) -> list[dict[str, Any]]:
        """Return a row a cluster, cost and municipality; or a municipality, if that is compared."""
        if self.by_municipality:
            return municipality_rows(self.comparison, self.titles, self._name)
        return scope_rows(self._scopes(), self.titles, self._name)

    @property
    def by_municipality(self) -> bool:
        """Whether the structure changed, so that only municipalities can be compared."""
        return self.comparison.structure_changed and not self.cluster_ids

    def as_dict(self) -> dict[str, Any]:
        """Return the comparison with all its rows."""
        return {
            "before": self.titles[0],
            "after": self.titles[1],
            "order": list(ORDER),
            "structure_changed": self.comparison.structure_changed,
            "rows": self.rows(),
        }

    def print(self) -> None:
        """Print a table a cluster and cost, or all municipalities where the structure changed."""
        console = Terminal()
        console.say(f"{self.titles[0]} to {self.titles[1]}", "bold")
        if self.by_municipality:
            self._print_structures()
            return
        console.say(_ORDER_TEXT)
        scopes = self._scopes()
        shown = [scope for scope in scopes if self._is_shown(scope)]
        for scope in shown:
            console.print()
            console.say(self._title(scope), "bold")
            console.print(self._table(scope))
        if len(shown) < len(scopes):
            console.print()
            console.say(f"{len(scopes) - len(shown)} {self._left_out}; --cluster shows one.")

    @property
    def _left_out(self) -> str:
        return "others are unchanged" if self.only_changed else "clusters have no cost of their own"

    def _is_shown(self, scope: ScopeChange) -> bool:
        if self.cluster_ids:
            return True
        return any(map(_moved, scope.changes)) if self.only_changed else bool(scope.cost_id)

    def _scopes(self) -> list[ScopeChange]:
        chosen = self.cluster_ids
        return [row for row in self.comparison.scopes if not chosen or row.scope in chosen]

    def _name(self, code: str) -> str:
        return self.areas[code].name if code in self.areas else self.clusters[code].name

    def _label(self, code: str) -> str:
        """A municipality by its name; a cluster by its id, which is shorter."""
        return self.areas[code].name if code in self.areas else code

    def _title(self, scope: ScopeChange) -> str:
        fund = scope.scope.endswith(ALL_CLUSTERS)
        name = scope.scope if fund else self.clusters[scope.scope].name
        if not scope.cost_id:
            return f"{name}: no cost"
        return f"{name}, {scope.cost_id}: {kroner(scope.before_dkk)} to {kroner(scope.after_dkk)}"

    def _table(self, scope: ScopeChange) -> Table:
        headings = _AMOUNTS if scope.cost_id else ()
        rows = table(
            ("", "left"),
            *((heading, "right") for heading in headings),
            ("Share\nbefore", "right"),
            ("Share\nafter", "right"),
        )
        for change in scope.changes:
            if self.only_changed and not _moved(change):
                continue
            shares = [
                percent(part, Language.ENGLISH)
                for part in (change.share_before, change.share_after)
            ]
            rows.add_row(
                self._label(change.code), *(_cells(change.kroner) if scope.cost_id else ()), *shares
            )
        if scope.cost_id:
            rows.add_row("Total", *_cells(total(row.kroner for row in scope.changes)), style="bold")
        return rows

    def _print_structures(self) -> None:
        console = Terminal()
        before, after = (
            ", ".join(result.rules.structures)
            for result in (self.comparison.before, self.comparison.after)
        )
        console.say(f"The structure changed from {before} to {after}: compared by municipality.")
        console.say("What the change comes from is in --csv and --json.")
        console.print()
        rows = table(("", "left"), ("Cluster before", "left"), ("Cluster after", "left"),
                     *((heading, "right") for heading in _AMOUNTS[:3]))  # fmt: skip
        for row in self.comparison.by_municipality():
            rows.add_row(
                self._name(row.code),
                _short(row.clusters_before),
                _short(row.clusters_after),
                *_cells(row.kroner)[:3],
            )
        console.print(rows)


def _moved(change: Change) -> bool:
    return bool(change.kroner.change_dkk) or change.share_before != change.share_after


def _short(cluster_ids: Sequence[str]) -> str:
    return "\n".join(cluster_id.removeprefix("sundhedsraad-") for cluster_id in cluster_ids)


def _cells(numbers: Kroner) -> list[str]:
    """Return before and after as they are, and what changed with its sign."""
    states = [whole(number, Language.ENGLISH) for number in numbers[:2]]
    return states + [f"{number:+,}" if number else "0" for number in numbers[2:]]
