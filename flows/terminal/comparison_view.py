"""A comparison as it is shown: tables on a terminal, rows for CSV, an object for JSON."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.table import Table

from flows.terminal.screen import Part, kroner, styled, table
from pipeline.calculation.comparison import ORDER, Change, Comparison, Kroner, ScopeChange, total
from pipeline.reporting.rows import municipality_rows, scope_rows
from pipeline.reporting.texts import percent, whole
from schemas.records import Area, Language

_AMOUNTS = (">Before", ">After", ">Change", ">Own", ">Others'", ">Rules", ">Amount")
_SHARES = (">Share\nbefore", ">Share\nafter")


@dataclass(frozen=True)
class View:
    """A comparison with the names to show it by; of some clusters, or only of what changed."""

    comparison: Comparison
    titles: tuple[str, str]
    areas: Mapping[str, Area]
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

    def rows(self) -> list[dict[str, Any]]:
        """Return a row a cluster, cost and municipality; or a municipality, if that is compared."""
        if self.by_municipality:
            return municipality_rows(self.comparison, self.titles, self._name)
        return scope_rows(self.scopes, self.titles, self._name)

    def as_dict(self) -> dict[str, Any]:
        """Return the comparison with all its rows."""
        return {
            "before": self.titles[0],
            "after": self.titles[1],
            "order": list(ORDER),
            "structure_changed": self.comparison.structure_changed,
            "rows": self.rows(),
        }

    def parts(self) -> Iterator[Part]:
        """Yield a table a cluster and cost, or all municipalities where the structure changed."""
        yield styled(" to ".join(self.titles))
        if self.by_municipality:
            yield from self._structures()
            return
        yield f"The change comes from, in this order: {', '.join(ORDER)}; each in whole kroner."
        shown = [scope for scope in self.scopes if self._is_shown(scope)]
        for scope in shown:
            yield from ("", styled(self._title(scope)), self._table(scope))
        if others := len(self.scopes) - len(shown):
            why = (
                "others are unchanged"
                if self.only_changed
                else "clusters have no cost of their own"
            )
            yield from ("", f"{others} {why}; --cluster shows one.")

    def _is_shown(self, scope: ScopeChange) -> bool:
        if self.cluster_ids:
            return True
        return any(map(_changed, scope.changes)) if self.only_changed else bool(scope.cost_id)

    def _name(self, code: str) -> str:
        if code in self.areas:
            return self.areas[code].name
        results = (self.comparison.before, self.comparison.after)
        clusters = [row for result in results for row in result.rules.clusters]
        return next((row.name for row in clusters if row.cluster_id == code), code)

    def _title(self, scope: ScopeChange) -> str:
        name = self._name(scope.scope)
        if not scope.cost_id:
            return f"{name}: no cost"
        return f"{name}, {scope.cost_id}: {kroner(scope.before_dkk)} to {kroner(scope.after_dkk)}"

    def _table(self, scope: ScopeChange) -> Table:
        rows = []
        for change in scope.changes:
            if _changed(change) or not self.only_changed:
                is_municipality = change.code in self.areas
                label = self._name(change.code) if is_municipality else change.code
                shares = (change.share_before, change.share_after)
                figures = _cells(change.kroner) if scope.cost_id else []
                rows.append([label, *figures, *(percent(row, Language.ENGLISH) for row in shares)])
        if not scope.cost_id:
            return table(["<", *_SHARES], rows)
        sums = total(change.kroner for change in scope.changes)
        return table(["<", *_AMOUNTS, *_SHARES], rows, ["Total", *_cells(sums)])

    def _structures(self) -> Iterator[Part]:
        before, after = (
            ", ".join(result.rules.structures)
            for result in (self.comparison.before, self.comparison.after)
        )
        yield f"The structure changed from {before} to {after}: compared by municipality."
        yield "What the change comes from is in --csv and --json."
        yield ""
        rows = [
            [
                self._name(row.code),
                _short(row.clusters_before),
                _short(row.clusters_after),
                *_cells(row.kroner)[:3],
            ]
            for row in self.comparison.by_municipality()
        ]
        yield table(["<", "<Cluster before", "<Cluster after", *_AMOUNTS[:3]], rows)


def _changed(change: Change) -> bool:
    return bool(change.kroner.change_dkk) or change.share_before != change.share_after


def _short(cluster_ids: Sequence[str]) -> str:
    return "\n".join(cluster_id.removeprefix("sundhedsraad-") for cluster_id in cluster_ids)


def _cells(numbers: Kroner) -> list[str]:
    """Return before and after as they are, and what changed with its sign."""
    states = [whole(number, Language.ENGLISH) for number in numbers[:2]]
    return states + [f"{number:+,}" if number else "0" for number in numbers[2:]]
