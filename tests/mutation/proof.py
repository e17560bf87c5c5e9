"""Which tests prove which module."""

from __future__ import annotations

from tests.processes import REPOSITORY

PROOF = {
    "pipeline/calculation/development.py": ["golden", "reporting/workbook/test_development.py"],
    "pipeline/calculation/*.py": [
        "calculation",
        "analysis",
        "golden",
        "reporting/test_notes.py",
        "statbank/test_geography.py",
    ],
    "pipeline/reference/names.py": ["reference/test_names.py"],
    "pipeline/reference/*edit*.py": [
        "reference/test_edits.py",
        "analysis/test_check.py",
        "analysis/test_keys.py",
    ],
    "pipeline/reference/*.py": ["reference", "analysis/test_check.py"],
    "pipeline/snapshots/*.py": ["statbank", "reference/test_bad_input.py", "analysis/test_keys.py"],
    "pipeline/statbank/answers.py": ["statbank", "reference/test_bad_input.py"],
    "pipeline/statbank/*.py": ["statbank"],
    "pipeline/revisions/*.py": [
        "golden",
        "revisions/test_former_versions.py",
        "revisions/test_reasons.py",
        "revisions/test_replay.py",
        "revisions/test_revisions.py",
        "revisions/test_sealed.py",
    ],
    "pipeline/delivery/*.py": ["delivery", "revisions/test_sealed.py"],
    "pipeline/reporting/rows.py": [
        "reporting/test_rows.py",
        "reporting/workbook/test_billing.py",
        "golden",
        "analysis/test_keys.py",
        "analysis/test_scenario.py",
    ],
    "pipeline/reporting/workbook/live_*.py": [
        "golden",
        "reporting/workbook/test_figures.py",
        "reporting/workbook/test_house_rules.py",
        "reporting/workbook/test_keyed_table.py",
        "reporting/workbook/test_live_table.py",
        "reporting/workbook/test_read_back.py",
    ],
}
"""Files and folders of tests by the modules that they prove; the first pattern that fits counts."""


def proofs() -> dict[str, list[str]]:
    """Return the tests of every module, by its path such as `pipeline/delivery/mail.py`."""
    found: dict[str, list[str]] = {}
    for pattern, tests in PROOF.items():
        for path in sorted(REPOSITORY.glob(pattern)):
            module = path.relative_to(REPOSITORY).as_posix()
            found.setdefault(module, [f"tests/{name}" for name in tests])
    return found
