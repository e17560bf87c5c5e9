"""A comparison as it is shown: tables on a terminal, rows for CSV, an object for JSON."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any

from flows.terminal.screen import Part, kroner, styled, table
from pipeline.calculation.comparison import (
    ORDER,
    Change,
    Comparison,
    MunicipalityChange,
    ScopeChange,
    total,
)
from pipeline.reporting.rows import municipality_rows, scope_rows
from pipeline.reporting.texts import ENGLISH

_AMOUNTS = (">Before", ">After", ">Change", *(f">{reason.capitalize()}" for reason in ORDER))
_ORDER = (
    f"The change comes from, in this order: {', '.join(ORDER)}; each in whole kroner. What is 0 "
    "throughout is left out."
)
_Changes = Iterable[Change | MunicipalityChange]
_SHARES = (">Share\nbefore", ">Share\nafter")


@dataclass(frozen=True)
class View:
    """A comparison as it is to be shown: of some clusters, or only of what changed."""

    comparison: Comparison
    titles: tuple[str, str]
    cluster_ids: Collection[str] = ()
    only_changed: bool = False

    @property
    def by_municipality(self) -> bool:
        """Whether the structure changed, so that only municipalities can be compared."""
        return self.comparison.structure_changed and not self.cluster_ids

    @property
    def scopes(self) -> list[ScopeChange]:
        """The clusters and costs to show."""
        chosen = self.cluster_ids
        return [row for row in self.comparison.scopes if row.scope in chosen or not chosen]

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """A row a cluster, cost and municipality; or a municipality, if that is compared."""
        if self.by_municipality:
            return municipality_rows(self.comparison, self.titles)
        return scope_rows(self.scopes, self.titles, self.comparison.names)

    def as_dict(self) -> dict[str, Any]:
        """Return the comparison with all its rows."""
        return {
            "before": self.titles[0],
            "after": self.titles[1],
            "order": list(ORDER),
            "structure_changed": self.comparison.structure_changed,
            "rows": self.rows,
        }

    def parts(self) -> Iterator[Part]:
        """Yield a table a cluster and cost, or all municipalities where the structure changed."""
        yield styled(" to ".join(self.titles))
        if self.by_municipality:
            yield from self._structures()
            return
        yield _ORDER
        shown = [scope for scope in self.scopes if self._is_shown(scope)]
        for scope in shown:
            yield from ("", styled(self._title(scope)), self._table(scope))
            yield from self._most(scope.changes)
        if others := len(self.scopes) - len(shown):
            why = ("clusters have no cost of their own", "others are unchanged")[self.only_changed]
            yield from ("", f"{others} {why}; --cluster shows one.")

    def _is_shown(self, scope: ScopeChange) -> bool:
        if self.cluster_ids:
            return True
        return any(map(_changed, scope.changes)) if self.only_changed else bool(scope.cost)

    def _title(self, scope: ScopeChange) -> str:
        where = self.comparison.names.get(scope.scope, "All clusters")
        if not scope.cost:
            return f"{where}: no cost"
        amounts = f"{kroner(scope.before_dkk)} to {kroner(scope.after_dkk)}"
        return f"{where}, {scope.cost.name_en}: {amounts}"

    def _table(self, scope: ScopeChange) -> Part:
        shown = [row for row in scope.changes if _changed(row) or not self.only_changed]
        if not shown:
            return "Nothing changes."
        names = [self.comparison.names[row.code] for row in shown]
        shares = [
            [ENGLISH.percent(row.share_before), ENGLISH.percent(row.share_after)] for row in shown
        ]
        if not scope.cost:
            return table(["<", *_SHARES], _beside(names, shares))
        headings, cells, sums = _amounts(shown, scope.changes)
        others = len(scope.changes) - len(shown)
        last = [f"Total, {others} unchanged" if others else "Total", *sums]
        return table(["<", *headings, *_SHARES], _beside(names, cells, shares), last)

    def _most(self, changes: _Changes) -> Iterator[Part]:
        """Yield in words what the greatest change comes from."""
        most = max(changes, key=lambda row: abs(row.kroner.change_dkk))
        reasons = zip(ORDER, most.kroner[3:], strict=True)
        told = ", ".join(f"{reason} {number:+,} kr." for reason, number in reasons if number)
        if told:
            whose, change = self.comparison.names[most.code], most.kroner.change_dkk
            yield f"The greatest change is that of {whose}, {change:+,} kr.: {told}"

    def _structures(self) -> Iterator[Part]:
        sides = (self.comparison.before, self.comparison.after)
        before, after = (", ".join(side.rules.structures) for side in sides)
        yield f"The structure changed from {before} to {after}: compared by municipality."
        yield _ORDER
        yield ""
        changes = self.comparison.by_municipality()
        headings, cells, sums = _amounts(changes, changes)
        name = self.comparison.names.__getitem__
        names = [name(row.code) for row in changes]
        moves = [
            [", ".join(map(name, ids)) for ids in (row.clusters_before, row.clusters_after)]
            for row in changes
        ]
        columns = ["<", *headings, "<Cluster before", "<Cluster after"]
        yield table(columns, _beside(names, cells, moves), ["Total", *sums])
        yield from self._most(changes)


def _beside(names: list[str], *blocks: list[list[str]]) -> list[list[str]]:
    return [[name, *chain(*cells)] for name, *cells in zip(names, *blocks, strict=True)]


def _amounts(shown: _Changes, changes: _Changes) -> tuple[list[str], list[list[str]], list[str]]:
    """Return headings, cells and sums of before, after, the change, and of reasons not all 0."""
    rows = [*(row.kroner for row in shown), total([row.kroner for row in changes])]
    kept = [place for place in range(len(_AMOUNTS)) if place < 3 or any(row[place] for row in rows)]
    cells = [[_number(row[place], place) for place in kept] for row in rows]
    return [_AMOUNTS[place] for place in kept], cells[:-1], cells[-1]


def _number(number: int, place: int) -> str:
    """Return what is before and after as it is, and what changed with its sign."""
    return ENGLISH.number(number) if place < 2 or not number else f"{number:+,}"


def _changed(change: Change) -> bool:
    return bool(change.kroner.change_dkk) or change.share_before != change.share_after
