"""The figures of a table: which codes it must hold, and how they are read from a snapshot."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.calculation.population import check_areas, check_districts
from pipeline.reference.tables import Reference
from pipeline.snapshots.store import Snapshot, SnapshotStore
from pipeline.statbank.answers import Asked, read_answer
from schemas.codes import COPENHAGEN_TOTAL
from schemas.quarter import Quarter
from schemas.records import AreaKind
from schemas.source_tables import FOLK1A, SourceTable


def names_of(source: SourceTable, reference: Reference) -> dict[str, str]:
    """Return the names of all codes of a table, in the order of the StatBank."""
    rows = reference.areas if source is FOLK1A else reference.districts
    return {code: row.name for code, row in rows.items()}


def parts_of(source: SourceTable, reference: Reference) -> list[str]:
    """Return the codes that are not a total of others: municipalities, or districts and 1099."""
    if source is FOLK1A:
        parts = (AreaKind.MUNICIPALITY, AreaKind.OTHER)
        return [code for code, area in reference.areas.items() if area.kind in parts]
    return [code for code in reference.districts if code != COPENHAGEN_TOTAL]


def check_identities(
    source: SourceTable, reference: Reference, people: Mapping[str, int], place: str
) -> None:
    """Check that parts and totals of a table add up.

    Raises:
        InvalidData: They do not; the message gives the sums.
    """
    if source is FOLK1A:
        check_areas(reference.areas, people, place)
    else:
        check_districts(people, place)


def read_snapshot(
    source: SourceTable, reference: Reference, snapshot: Snapshot, store: SnapshotStore
) -> dict[str, int]:
    """Return the people by code that a snapshot holds, verified and checked.

    Raises:
        ProvenanceError: The file differs from its sidecar.
        SchemaDrift: It does not hold the codes of the reference tables.
        InvalidData: A figure is wrong, or they do not add up.
    """
    codes = tuple(names_of(source, reference))
    asked = Asked(source, codes, [Quarter.parse(snapshot.quarter)], snapshot.path)
    figures = read_answer(asked, store.read(snapshot)).iloc[0]
    people = dict(zip(codes, figures.tolist(), strict=True))
    check_identities(source, reference, people, snapshot.path)
    return people
