"""The figures of stored snapshots: each file is read once, verified, and checked.

A stored answer passed every check when it was accepted, so one whose sha256 agrees is read plainly,
without pandas. A row that is not exactly what was asked for sends it through the checks of the door
once more, which name what is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pipeline.calculation.inputs import Figures, Snapshot
from pipeline.calculation.population import check_identities, names_of
from pipeline.snapshots.store import SnapshotStore
from schemas.quarter import Quarter
from schemas.records import Reference
from schemas.source_tables import SOURCE_TABLES, SourceTable

_MOST_DIGITS: Final = 9


class FigureReader:
    """Reads the figures of the snapshots in a store, by the codes of the reference tables."""

    def __init__(self, reference: Reference, store: SnapshotStore) -> None:
        self.reference = reference
        self.store = store
        self._read: dict[tuple[str, str], Figures] = {}

    def read(self, snapshot: Snapshot) -> Figures:
        """Return the people by code that a snapshot holds, verified and checked.

        Raises:
            ProvenanceError: The file differs from its sidecar.
            SchemaDrift: It does not hold the codes of the reference tables.
            InvalidData: A figure is wrong, or they do not add up.
        """
        key = (snapshot.path, snapshot.sha256)
        if key not in self._read:
            self._read[key] = Figures(snapshot, self._people(snapshot))
        found = self._read[key]
        return found if found.snapshot == snapshot else Figures(snapshot, found.people)

    def _people(self, snapshot: Snapshot) -> Mapping[str, int]:
        source = next(row for row in SOURCE_TABLES if row.table == snapshot.table)
        codes = tuple(names_of(source, self.reference))
        content = self.store.read(snapshot)
        people = plain_figures(source, codes, snapshot.quarter, content)
        if people is None:
            people = _by_the_door(source, codes, snapshot, content)
        check_identities(source, self.reference, people, snapshot.path)
        return people


def plain_figures(
    source: SourceTable, codes: tuple[str, ...], quarter: str, content: bytes
) -> dict[str, int] | None:
    """Return people by code in the order of the codes; None if any byte is not as expected."""
    try:
        header, *lines = content.decode("utf-8-sig").splitlines()
    except ValueError:
        return None
    between = ";".join(["", *(total for _, total in source.totals), quarter, ""])
    rows = [line.partition(between) for line in lines]
    people = {code: int(number) for code, _, number in rows if _is_count(number)}
    exact = header == ";".join(source.header) and len(lines) == len(people) == len(codes)
    if not exact or people.keys() != set(codes):
        return None
    return {code: people[code] for code in codes}


def _is_count(text: str) -> bool:
    plain = text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS
    return plain and (text == "0" or not text.startswith("0"))


def _by_the_door(
    source: SourceTable, codes: tuple[str, ...], snapshot: Snapshot, content: bytes
) -> dict[str, int]:
    from pipeline.statbank.answers import Asked, read_answer  # pandas, where it is needed

    asked = Asked(source, codes, [Quarter.parse(snapshot.quarter)], snapshot.path)
    figures = read_answer(asked, content).iloc[0]
    return dict(zip(codes, figures.tolist(), strict=True))
