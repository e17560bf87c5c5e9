"""Revisions: immutable issues of a quarter's report, each a folder that is whole or not there.

    reports/2022K1/r1/                what finance receives
    reports/2022K1/.lock              held while a revision is compared and written

A rerun whose inputs and figures are those of the newest revision writes nothing. Otherwise the
next revision is written beside it, with what changed. Nothing in a revision depends on the clock.
A manifest holds the sha256 of the rest of itself, and of the manifest of the revision before it.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Final

from filelock import FileLock

from pipeline.calculation.calculate import Calculation, Snapshot
from pipeline.calculation.findings import Finding, Subject
from pipeline.errors import ProvenanceError
from pipeline.files import json_bytes, record, write_folder_atomically
from pipeline.machine import installed_version
from pipeline.reporting.content import Content
from pipeline.reporting.rows import figure_files
from pipeline.reporting.texts import ENGLISH
from pipeline.revisions.recorded import INPUTS, changes, read_inputs, recorded_inputs
from schemas.records import FileRecord
from schemas.report_name import ReportName

MANIFEST: Final = "manifest.json"
SEAL: Final = "sha256"

_SNAPSHOT_KEYS: Final = (
    "table", "quarter", "path", "origin", "source", "licence", "retrieved_at", "updated",
    "request_id", "accepted_jumps", "bytes", "sha256",
)  # fmt: skip
_SHOWN_KEYS: Final = ("table", "quarter", "retrieved_at", "sha256")
_INSIDE: Final = re.compile(r"([\w-]+/)?[\w-]+(\.[\w-]+)+")
"""Names of the files of a revision: nothing that could lead out of its folder."""

_NOT_SOUND: Final = (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError)
"""What reading a file raises that is not what was written."""

_REVISION: Final = re.compile(r"r([1-9]\d*)")


@dataclass(frozen=True)
class Report:
    """A calculation, the newest revision that says it, and whether that was written now."""

    calculation: Calculation
    folder: Path
    written: bool
    manifest: Mapping[str, Any]

    @property
    def has_costs(self) -> bool:
        """Whether there was an amount to allocate."""
        nothing = (Subject.COSTS_ENDED.value, Subject.NO_COST.value)
        return not any(row["subject"] in nothing for row in self.manifest["findings"])

    @property
    def state(self) -> str:
        """In a word, what came of it: `written` or `unchanged`."""
        return "written" if self.written else "unchanged"


def write(calculation: Calculation, reports_dir: Path) -> Report:
    """Write the next revision of a report, unless its newest one says the same.

    Two runs at once wait for each other.

    Raises:
        ProvenanceError: A file of the newest revision differs from its manifest.
    """
    folder = reports_dir / calculation.report.path
    with FileLock(folder / ".lock"):  # which makes the folder
        revision = newest_revision(folder)
        manifest = read_revision(folder / f"r{revision}") if revision else {}
        if reasons := _reasons(folder / f"r{revision}", manifest, calculation):
            revision += 1
            earlier = folder / f"r{revision - 1}" / MANIFEST
            before = record(MANIFEST, earlier.read_bytes()).sha256 if manifest else ""
            content = Content(calculation, revision, reasons)
            files, manifest = report_files(content, {}, previous=before)
            write_folder_atomically(folder / f"r{revision}", files)
    return Report(calculation, folder / f"r{revision}", bool(reasons), manifest)


def written(name: ReportName, reports_dir: Path) -> Path | None:
    """Return the folder of a revision or scenario, or of a report's newest revision.

    None if it was not written.
    """
    folder = reports_dir / name.path
    if not (name.revision or name.scenario):
        folder = folder / f"r{newest_revision(folder)}"
    return folder if folder.is_dir() else None


def newest_revision(folder: Path) -> int:
    """Return the number of the newest revision in a report's folder; 0 if there is none."""
    names = [_REVISION.fullmatch(path.name) for path in folder.glob("r*")]
    return max((int(name[1]) for name in names if name), default=0)


def written_revisions(reports_dir: Path) -> dict[str, int]:
    """Return the number of the newest revision by report, such as `2022K1`, in order."""
    folders = sorted(reports_dir.glob("20[0-9][0-9]K[1-4]*"))
    found = {folder.name: newest_revision(folder) for folder in folders}
    return {label: revision for label, revision in found.items() if revision}


def read_revision(folder: Path) -> dict[str, Any]:
    """Return the manifest of a revision, every file of which was compared with it.

    Raises:
        ProvenanceError: A file is gone or differs; the message gives both digests.
    """
    hint = (
        f"A revision is never edited. Restore the file, or move {folder} out of the reports folder "
        "and run the command again."
    )
    try:
        content = (folder / MANIFEST).read_bytes()
        manifest: dict[str, Any] = json.loads(content)
        outputs = [FileRecord(**output) for output in manifest.get("outputs", ())]
        if INPUTS not in {output.file for output in outputs} or "versions" not in manifest:
            raise ValueError(f"it does not list {INPUTS} and the versions")
        if strange := [row.file for row in outputs if not _INSIDE.fullmatch(row.file)]:
            raise ValueError(f"{strange[0]!r} is no name of a file in it")
        if SEAL in manifest and json_bytes(sealed(manifest)) != content:
            raise ValueError("it was changed since it was written")
        _check_chain(folder)
    except _NOT_SOUND as error:
        raise ProvenanceError(f"{folder / MANIFEST} cannot be read: {error}.", hint) from None
    for expected in outputs:
        path = folder / expected.file
        if not path.is_file():
            raise ProvenanceError(f"{path} is gone; the manifest lists it.", hint)
        found = record(expected.file, path.read_bytes())
        if found != expected:
            said = f"{path} differs from the manifest:\n  expected {expected}\n  found    {found}"
            raise ProvenanceError(said, hint)
    return manifest


def _check_chain(folder: Path) -> None:
    """Raise ValueError unless a revision follows the one before, and the next one follows it."""
    number = int(folder.name[1:]) if _REVISION.fullmatch(folder.name) else 0
    for earlier in (number - 1, number):
        before, after = (folder.with_name(f"r{n}") / MANIFEST for n in (earlier, earlier + 1))
        if before.is_file() and after.is_file():
            expected = json.loads(after.read_bytes()).get("previous")
            if expected and record(MANIFEST, before.read_bytes()).sha256 != expected:
                raise ValueError(f"r{earlier + 1} was not written after this r{earlier}")


def sealed(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return a manifest with the sha256 of the rest of it."""
    rest = {key: value for key, value in manifest.items() if key != SEAL}
    return {**rest, SEAL: record(MANIFEST, json_bytes(rest)).sha256}


def _reasons(folder: Path, manifest: Mapping[str, Any], calculation: Calculation) -> list[Finding]:
    if not manifest:
        return [Finding.of(Subject.FIRST_REVISION)]
    if reasons := changes(read_inputs(folder), recorded_inputs(calculation.inputs)):
        return reasons
    recorded = {output["file"]: output["sha256"] for output in manifest["outputs"]}
    figures = figure_files(calculation).items()
    if all(recorded.get(name) == record(name, file).sha256 for name, file in figures):
        return []
    before = manifest["versions"]["klyngefordeling"]
    return [Finding.of(Subject.CALCULATION_CHANGED, before=before)]


def report_files(
    content: Content, more: Mapping[str, bytes], **more_in_manifest: Any
) -> tuple[dict[str, bytes], dict[str, Any]]:
    """Return all files of a report by name, more included, and its manifest."""
    from pipeline.reporting.memo import memos
    from pipeline.reporting.page import page
    from pipeline.reporting.workbook.books import workbooks

    files = {
        **figure_files(content.calculation),
        **more,
        f"fordeling-{content.label}.html": page(content),
        **workbooks(content),
        **memos(content),
        INPUTS: json_bytes(recorded_inputs(content.calculation.inputs)),
    }
    manifest = sealed({**_manifest(content, files), **more_in_manifest})
    return {**files, MANIFEST: json_bytes(manifest)}, manifest


def _manifest(content: Content, files: Mapping[str, bytes]) -> dict[str, Any]:
    """Return what a report was made from; the same calculation always gives the same."""
    inputs = content.calculation.inputs
    parameters, before = inputs.parameters, inputs.before
    earlier = chain.from_iterable(zip(*inputs.history, strict=True))
    return {
        "report": content.label,
        "revision": content.revision,
        "reason": ENGLISH.findings(content.reasons),
        "changes": [reason.as_dict() for reason in content.reasons],
        "parameters": {
            "quarter": str(parameters.report.quarter),
            "rules": str(parameters.report.rules),
            "estimate_districts": parameters.estimate_districts,
            "language": parameters.report.language.value,
            "contact": parameters.contact,
        },
        "snapshots": [_keys(snapshot, _SNAPSHOT_KEYS) for snapshot in inputs.snapshots],
        "compared_with": [_keys(row.snapshot, _SNAPSHOT_KEYS) for row in inputs.compared_with],
        "history": [_keys(row.snapshot, _SHOWN_KEYS) for row in earlier],
        **({"before": [_keys(row, _SHOWN_KEYS) for row in before.snapshots]} if before else {}),
        "reference": [asdict(file) for file in inputs.reference.files],
        "versions": {"klyngefordeling": installed_version()},
        "findings": [
            {**finding.as_dict(), "text": ENGLISH.finding(finding)}
            for finding in content.result.findings
        ],
        "outputs": [asdict(record(name, file)) for name, file in files.items()],
    }


def _keys(snapshot: Snapshot, keys: Sequence[str]) -> dict[str, Any]:
    recorded = {key: getattr(snapshot, key) for key in keys}
    if jumps := recorded.get("accepted_jumps"):
        recorded["accepted_jumps"] = list(map(asdict, jumps))
    return recorded
