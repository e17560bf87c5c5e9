"""The manifest: what a revision was made from and consists of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

from pipeline.calculation.calculate import Calculation
from pipeline.calculation.findings import Finding
from pipeline.calculation.inputs import Snapshot
from pipeline.reporting.texts import Catalogue
from pipeline.version import VERSION
from schemas.records import Language

MANIFEST: Final = "manifest.json"
INPUTS: Final = "inputs.json"

_SNAPSHOT_KEYS: Final = (
    "table", "quarter", "path", "origin", "source", "licence", "retrieved_at", "updated",
    "request_id", "accepted_jumps", "bytes", "sha256",
)  # fmt: skip
_SHOWN_KEYS: Final = ("table", "quarter", "retrieved_at", "sha256")


def manifest_of(
    calculation: Calculation,
    revision: int,
    reasons: Sequence[Finding],
    outputs: Sequence[dict[str, Any]],
) -> dict[str, Any]:
    """Return the manifest of a revision; the same calculation always gives the same.

    Args:
        calculation: The calculation.
        revision: Its number, from 1.
        reasons: Why it was written.
        outputs: Name, bytes and sha256 of every file beside the manifest.
    """
    english = Catalogue(Language.ENGLISH)
    inputs, parameters = calculation.inputs, calculation.inputs.parameters
    earlier = [*(areas for areas, _ in inputs.history), *(row for _, row in inputs.history)]
    return {
        "report": calculation.report.label,
        "revision": revision,
        "reason": english.findings(reasons),
        "changes": [reason.as_dict() for reason in reasons],
        "parameters": {
            "quarter": str(parameters.report.quarter),
            "rules": str(parameters.report.rules),
            "estimate_districts": parameters.estimate_districts,
            "accept_jumps": list(parameters.accept_jumps),
            "language": parameters.report.language.value,
            "contact": parameters.contact,
        },
        "snapshots": [_keys(snapshot, _SNAPSHOT_KEYS) for snapshot in inputs.snapshots],
        "compared_with": [_keys(row.snapshot, _SNAPSHOT_KEYS) for row in inputs.compared_with],
        "history": [_keys(row.snapshot, _SHOWN_KEYS) for row in earlier],
        "reference": [asdict(file) for file in inputs.reference.files],
        "versions": {"klyngefordeling": VERSION},
        "findings": [
            {**finding.as_dict(), "text": english.finding(finding)}
            for finding in calculation.result.findings
        ],
        "outputs": list(outputs),
    }


def _keys(snapshot: Snapshot, keys: Sequence[str]) -> dict[str, Any]:
    return {key: getattr(snapshot, key) for key in keys}
