"""A written revision as it is handed on: its files in memory, compared with its manifest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.errors import UsageError
from pipeline.revisions.manifest import MANIFEST
from pipeline.revisions.store import newest_revision, read_revision


@dataclass(frozen=True)
class Issue:
    """The newest revision of a report.

    Args:
        folder: Folder of the report, above its revisions.
        revision: Its number.
        manifest: Its manifest.
        files: Content by name, the manifest included.
    """

    folder: Path
    revision: int
    manifest: Mapping[str, Any] = field(repr=False)
    files: Mapping[str, bytes] = field(repr=False)

    @property
    def label(self) -> str:
        """Name of the report, such as `2022K1`."""
        return self.folder.name

    def workbook(self, cluster_id: str) -> tuple[str, bytes]:
        """Return name and content of the workbook of a cluster; of all where it has none."""
        own = f"klynger/{cluster_id}-{self.label}.xlsx"
        name = own if own in self.files else f"fordeling-{self.label}.xlsx"
        return name.rpartition("/")[2], self.files[name]


def newest_issue(reports_dir: Path, label: str) -> Issue:
    """Read the newest revision of a report.

    Raises:
        UsageError: The report is not written yet.
        ProvenanceError: A file is gone or differs from the manifest.
    """
    folder = reports_dir / label
    revision = newest_revision(folder)
    if revision is None:
        raise UsageError(f"No report {label} is written in {reports_dir}.", f"klynge run {label}")
    where = folder / f"r{revision}"
    manifest = read_revision(where)
    names = [MANIFEST, *(output["file"] for output in manifest["outputs"])]
    return Issue(folder, revision, manifest, {name: (where / name).read_bytes() for name in names})
