"""A scenario's report: like a quarter's, marked on every page, with the difference to the real one.

    reports/scenarios/hoejere-beloeb/     the files of a report, named for quarter and scenario
        scenario.toml                     its overrides, to run it again
        inputs.json, manifest.json        what it was made from, and its files with their sha256
        forskel-….csv                     the difference, by cluster, cost and municipality

A scenario is never a revision: run again it replaces what was there. Another of its name does so
only when that is asked for.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from filelock import FileLock

from pipeline.analysis.scenario import TABLES, Scenario, apply, write_toml
from pipeline.calculation.calculate import Calculation, calculate
from pipeline.calculation.comparison import Comparison, compare
from pipeline.calculation.findings import Finding, Subject
from pipeline.errors import KlyngeError, Remedy, RuleError, UsageError
from pipeline.files import replace_folder
from pipeline.reference.files import read_rows, write_rows
from pipeline.reference.tables import load_reference
from pipeline.reporting.content import Content
from pipeline.reporting.rows import machine_csv, scope_rows
from pipeline.revisions.store import report_files
from pipeline.run import calculation_of, gather
from pipeline.snapshots.acquisition import Acquisition
from schemas.report_name import ReportName

FILE: Final = "scenario.toml"


@dataclass(frozen=True)
class ScenarioReport:
    """A scenario as it was written, and its difference to the real allocation, as rows too."""

    comparison: Comparison
    difference: list[dict[str, Any]]
    folder: Path
    manifest: Mapping[str, Any]


def run_scenario(
    scenario: Scenario, name: ReportName, acquisition: Acquisition, anew: bool = False
) -> ScenarioReport:
    """Calculate a report whose rules a scenario overrides, and write it.

    Raises:
        UsageError: There is another scenario of its name, and it is not to be written anew.
        KlyngeError: Any of those of `calculate`; the message says that the scenario breaks the
            rule. Nothing is written then.
    """
    settings = acquisition.settings
    report = replace(name, scenario=scenario.name)
    if not anew:
        _refuse_another(scenario, settings.reports_dir / report.path)
    real = calculation_of(name, acquisition)
    reference_dir = settings.data_dir / "reference"
    tables = {file: read_rows(reference_dir, file) for file in TABLES}
    changed = apply(scenario, tables, acquisition.reference, name.rules)
    contents = {file: write_rows(file, rows) for file, rows in changed.items()}
    parameters = replace(real.inputs.parameters, report=report)
    try:
        overridden = Acquisition.offline(settings)
        overridden.reference = load_reference(settings.data_dir, contents)
        calculation = calculate(gather(parameters, overridden))
    except KlyngeError as error:
        if isinstance(error, RuleError):  # what a command ends is in force, and no scenario
            error.remedy = None
        said = f"The scenario {scenario.name} breaks a rule; the files are as they were."
        raise error.reworded(f"{said}\n{error.message}", f"It overrides {scenario.text}.") from None
    return _write(scenario, real, calculation, settings.reports_dir)


def _refuse_another(scenario: Scenario, folder: Path) -> None:
    if folder.exists() and (folder / FILE).read_bytes() != write_toml(scenario).encode():
        raise UsageError(
            f"{folder} holds another scenario of that name, and was left as it is.",
            "Name this one otherwise.",
            Remedy.REPLACE_SCENARIO,
        )


def _write(
    scenario: Scenario, real: Calculation, calculation: Calculation, reports_dir: Path
) -> ScenarioReport:
    label, folder = calculation.report.label, reports_dir / calculation.report.path
    reasons = [Finding.of(Subject.SCENARIO, name=scenario.name, overrides=scenario.text)]
    comparison = compare(real.result, calculation.result)
    titles = (str(real.report.quarter), label)
    difference = scope_rows(comparison.scopes, titles, comparison.names)
    more = {
        f"forskel-{label}.csv": machine_csv(difference).encode(),
        FILE: write_toml(scenario).encode(),
    }
    overrides = {row.text: row.value for row in scenario.overrides}
    files, manifest = report_files(Content(calculation, 0, reasons), more, scenario=overrides)
    with FileLock(folder.with_name(f".{folder.name}.lock")):
        replace_folder(folder, files)
    return ScenarioReport(comparison, difference, folder, manifest)
