"""The manifest: what a revision was made from and consists of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

from pipeline.calculation.calculate import Calculation
from pipeline.calculation.findings import Finding
from pipeline.reporting.numbers import Language
from pipeline.reporting.texts import Catalogue
from pipeline.snapshots.store import Snapshot
from pipeline.version import VERSION

MANIFEST: Final = "manifest.json"
INPUTS: Final = "inputs.json"

_SNAPSHOT_KEYS: Final = (
    "table", "quarter", "path", "origin", "source", "licence", "retrieved_at", "updated",
    "request_id", "accepted_jumps", "bytes", "sha256",
)  # fmt: skip


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
    parameters = calculation.parameters
    return {
        "report": parameters.label,
        "revision": revision,
        "reason": english.findings(reasons),
        "changes": [reason.as_dict() for reason in reasons],
        "parameters": {
            "quarter": str(parameters.quarter),
            "rules": str(calculation.result.rules.quarter),
            "estimate_districts": parameters.estimate_districts,
            "accept_jumps": list(parameters.accept_jumps),
            "language": parameters.language.value,
            "contact": parameters.contact,
        },
        "snapshots": [_snapshot(snapshot) for snapshot in calculation.snapshots],
        "compared_with": [_snapshot(snapshot) for snapshot in calculation.compared_with],
        "history": [
            {"table": snapshot.table, "quarter": snapshot.quarter, "sha256": snapshot.sha256}
            for snapshot in (*calculation.history.areas, *calculation.history.districts)
        ],
        "reference": [asdict(file) for file in calculation.reference.files],
        "versions": {"klyngefordeling": VERSION},
        "findings": [
            {**finding.as_dict(), "text": english.finding(finding)}
            for finding in calculation.result.findings
        ],
        "outputs": list(outputs),
    }


def _snapshot(snapshot: Snapshot) -> dict[str, Any]:
    recorded = asdict(snapshot)
    return {key: recorded[key] for key in _SNAPSHOT_KEYS}
