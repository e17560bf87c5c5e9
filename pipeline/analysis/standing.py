"""Where a trail stands in what finance received: its rows in a revision, compared cell by cell."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from pipeline.analysis.trail import Step, Trail
from pipeline.calculation.findings import Finding
from pipeline.errors import ProvenanceError, Remedy
from pipeline.files import record
from pipeline.reporting.rows import ALLOCATION_COLUMNS, allocation_rows, machine_csv
from pipeline.reporting.texts import Catalogue
from pipeline.revisions.recorded import changes, read_inputs, recorded_inputs
from pipeline.revisions.store import MANIFEST, read_revision, written
from schemas.records import Language
from schemas.report_name import ReportName

_SHOWN = 5
Row = dict[str, str]


@dataclass(frozen=True)
class Standing:
    """The revision in which an amount stands, and that it says the same.

    Args:
        folder: Folder of the revision.
        manifest_sha256: Of its manifest.
        cells: How many cells of the report were compared, all of them equal.
    """

    folder: Path
    manifest_sha256: str
    cells: int

    def steps(self) -> list[Step]:
        """Return where it stands, as the last steps of the trail."""
        return [
            Step("report", "revision", self.folder.as_posix()),
            Step("report", "sha256 of its manifest", self.manifest_sha256),
            Step("report", "cells compared", f"{self.cells}, all equal"),
        ]


def stands_in(trail: Trail, name: ReportName, reports_dir: Path) -> Standing | None:
    """Compare a trail with the revision that is meant, or with the newest one.

    Args:
        trail: The trail, worked out on the spot.
        name: The report, and its revision where one is meant.
        reports_dir: Folder of the reports.

    Returns:
        Where it stands; None if no report of the quarter was written.

    Raises:
        ProvenanceError: Any of those of `standing`.
    """
    folder = written(name, reports_dir)
    return standing(trail, folder) if folder else None


def standing(trail: Trail, folder: Path) -> Standing:
    """Compare a trail with its rows in a revision.

    Args:
        trail: The trail, worked out on the spot.
        folder: Folder of the revision.

    Raises:
        ProvenanceError: A file of the revision differs from its manifest, or a cell differs from
            what was worked out; the message gives both and what changed since.
    """
    read_revision(folder)
    label = trail.calculation.report.label
    expected = _rows(trail, machine_csv(allocation_rows(trail.calculation.result)).encode())
    found = _rows(trail, (folder / f"fordeling-{label}.csv").read_bytes())
    if found != expected:
        raise _differs(trail, folder, expected, found)
    manifest = record(MANIFEST, (folder / MANIFEST).read_bytes())
    return Standing(folder, manifest.sha256, sum(len(row) for row in found))


def _rows(trail: Trail, content: bytes) -> list[Row]:
    wanted = (trail.cluster.cluster.cluster_id, trail.municipality_code)
    return [
        {column: row[column] for column in ALLOCATION_COLUMNS}
        for row in csv.DictReader(io.StringIO(content.decode()))
        if (row["cluster_id"], row["municipality_code"]) == wanted
    ]


def _differs(trail: Trail, folder: Path, expected: list[Row], found: list[Row]) -> ProvenanceError:
    lines = [
        f"  {before['cost_id'] or 'key'}, {column}: {before[column]} in the report, "
        f"{after[column]} worked out now"
        for before, after in zip(found, expected, strict=False)
        for column in before
        if before[column] != after[column]
    ]
    if len(found) != len(expected):
        lines.append(f"  {len(found)} rows in the report, {len(expected)} worked out now")
    since = changes(read_inputs(folder), recorded_inputs(trail.calculation))
    return ProvenanceError(
        f"{folder} says something else than what is held now:\n"
        + "\n".join([*lines, *_changed(since)]),
        remedy=Remedy.EXPLAIN_AS_WRITTEN,
        revision=f"{trail.calculation.report.label}:{folder.name}",
        cluster_id=trail.cluster.cluster.cluster_id,
        municipality_code=trail.municipality_code,
    )


def _changed(since: list[Finding]) -> list[str]:
    english = Catalogue(Language.ENGLISH)
    lines = [f"  Changed since: {english.finding(change)}" for change in since[:_SHOWN]]
    return [*lines, f"  and {len(since) - _SHOWN} more"] if len(since) > _SHOWN else lines
