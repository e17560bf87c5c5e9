"""A scenario's report: like a quarter's, marked on every page, with the difference to the real one.

    reports/scenarios/hoejere-beloeb/     the files of a report, named for quarter and scenario
        scenario.toml                     its overrides, to run it again
        scenario.json                     what it was made from, and its files with their sha256
        forskel-….csv                     the difference, by cluster, cost and municipality

A scenario is never a revision: run again under the same name it replaces what was there.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from filelock import FileLock

from pipeline.analysis.calculations import Calculations, accepted_parameters
from pipeline.analysis.comparison_rows import scope_rows
from pipeline.analysis.scenario import Scenario, write_toml
from pipeline.analysis.scenario_rules import apply
from pipeline.calculation.calculate import Calculation
from pipeline.calculation.comparison import Comparison, compare
from pipeline.calculation.findings import Finding, Subject
from pipeline.errors import KlyngeError
from pipeline.files import json_bytes, record, write_folder_atomically
from pipeline.reference.files import COSTS, MEMBERSHIPS, SOURCES, read_rows, write_rows
from pipeline.reference.tables import load_reference
from pipeline.reporting.content import Content
from pipeline.reporting.outputs import figure_files, readable_files
from pipeline.reporting.plain_csv import csv_text
from pipeline.revisions.manifest import manifest_of
from pipeline.revisions.name import ReportName
from pipeline.settings import Settings
from schemas.quarter import Quarter

FOLDER: Final = "scenarios"


@dataclass(frozen=True)
class ScenarioReport:
    """A scenario calculated and written.

    Args:
        calculation: By the scenario's rules.
        real: By the real ones.
        comparison: From the real allocation to the scenario's.
        folder: Where it is written.
        manifest: What `scenario.json` holds.
    """

    calculation: Calculation
    real: Calculation
    comparison: Comparison
    folder: Path
    manifest: Mapping[str, Any]

    def difference(self) -> list[dict[str, Any]]:
        """Return the difference: a row a cluster, cost and municipality."""
        return _difference(self.calculation, self.comparison)


def run_scenario(
    scenario: Scenario, quarter: Quarter, rules_quarter: Quarter | None, settings: Settings
) -> ScenarioReport:
    """Calculate a quarter by the rules of a scenario and write its report.

    Args:
        scenario: The overrides.
        quarter: The quarter whose population counts.
        rules_quarter: The quarter whose rules are overridden; None for its own.
        settings: The folders.

    Raises:
        KlyngeError: Any of those of `calculate`; the message says that the scenario breaks the
            rule. Nothing is written then.
    """
    calculations = Calculations(settings)
    accepted = replace(
        accepted_parameters(ReportName(quarter, rules_quarter), settings.reports_dir),
        contact=settings.contact,
    )
    real = calculations.by(calculations.reference, accepted)
    reference_dir = settings.data_dir / "reference"
    tables = {name: read_rows(reference_dir, name) for name in (MEMBERSHIPS, COSTS, SOURCES)}
    changed = apply(scenario, tables, calculations.reference, rules_quarter or quarter)
    contents = {name: write_rows(name, rows) for name, rows in changed.items()}
    try:
        reference = load_reference(settings.data_dir, contents)
        calculation = calculations.by(reference, replace(accepted, scenario=scenario.name))
    except KlyngeError as error:
        raise type(error)(
            f"The scenario {scenario.name} breaks a rule; the files are as they were.\n"
            f"{error.message}",
            f"It overrides {scenario.text}.",
        ) from None
    comparison = compare(real.result, calculation.result)
    return _write(scenario, real, calculation, comparison, settings.reports_dir)


def _write(
    scenario: Scenario,
    real: Calculation,
    calculation: Calculation,
    comparison: Comparison,
    reports_dir: Path,
) -> ScenarioReport:
    label = calculation.parameters.label
    reasons = [Finding.of(Subject.SCENARIO, name=scenario.name, overrides=scenario.text)]
    difference = csv_text(_difference(calculation, comparison))
    contents = {
        **figure_files(calculation),
        f"forskel-{label}.csv": difference.encode(),
        **readable_files(Content(calculation, 0, reasons)),
        "scenario.toml": write_toml(scenario).encode(),
    }
    outputs = [asdict(record(name, content)) for name, content in contents.items()]
    manifest = manifest_of(calculation, 0, reasons, outputs)
    del manifest["revision"]
    manifest["scenario"] = {row.text: row.value for row in scenario.overrides}
    folder = reports_dir / FOLDER / scenario.name
    _replace(folder, {**contents, "scenario.json": json_bytes(manifest)})
    return ScenarioReport(calculation, real, comparison, folder, manifest)


def _difference(calculation: Calculation, comparison: Comparison) -> list[dict[str, Any]]:
    areas = calculation.reference.areas
    clusters = {row.cluster_id: row.name for row in calculation.reference.clusters}
    titles = (str(comparison.before.quarter), calculation.parameters.label)
    return scope_rows(
        comparison.scopes,
        titles,
        lambda code: areas[code].name if code in areas else clusters[code],
    )


def _replace(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write a folder in place of what was there; a reader sees one or the other, or none."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    earlier = folder.with_name(f".{folder.name}.old")
    with FileLock(folder.with_name(f".{folder.name}.lock")):
        shutil.rmtree(earlier, ignore_errors=True)
        if folder.exists():
            folder.rename(earlier)
        write_folder_atomically(folder, contents)
        shutil.rmtree(earlier, ignore_errors=True)
