"""`klynge explain`, `compare`, `scenario` and `transition`: where amounts come from, or would."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice, permutations
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.terminal import options
from flows.terminal.options import REPORT, Kind
from flows.terminal.shared import Shared
from pipeline.errors import UsageError
from schemas.quarter import Quarter
from schemas.records import Language
from schemas.report_name import ReportName

if TYPE_CHECKING:
    from flows.terminal.screen import Part
    from pipeline.analysis.explain import Trail
    from pipeline.analysis.transition_report import TransitionReport
    from pipeline.snapshots.acquisition import Acquisition

_HEADINGS = {
    "before_dkk": ">Before", "after_dkk": ">After", "change_dkk": ">Change",
    "change_least_dkk": ">Least", "change_most_dkk": ">Most",
}  # fmt: skip
"""The columns that are shown of a transition."""


def explain(
    report: Annotated[str, Kind("QUARTER", REPORT.completed, such_as=REPORT.such_as).argument()],
    cluster: options.Cluster,
    municipality: options.Municipality,
    shared: Shared,
) -> None:
    """Show where an amount comes from.

    The whole trail, from the krone back to the answer of the StatBank, with its sha256. Each
    number is worked out on the spot and compared with the report; a difference is an error.
    """
    from flows.terminal import console
    from pipeline.analysis.explain import found_in_revision

    typed, acquisition = (report, cluster, municipality), shared.acquisition(offline=True)
    try:
        name, found = _named(typed, acquisition)
    except UsageError as error:
        raise error.reworded(hint=_right_order(typed, acquisition)) from None
    steps = found.steps()
    if report_steps := found_in_revision(found, name, shared.settings.reports_dir):
        steps["report"] = report_steps
    shared.show(
        console.trail_parts(found, name, steps),
        found.document(steps),
        [
            {"about": about, "item": item, "value": value}
            for about, values in steps.items()
            for item, value in values.items()
        ],
    )


def _named(typed: Sequence[str], acquisition: Acquisition) -> tuple[ReportName, Trail]:
    """Return the report and the trail that a quarter, a cluster and a municipality name."""
    from pipeline.analysis.explain import trail
    from pipeline.reference import names
    from pipeline.run import calculation_of

    quarter, cluster, municipality = typed
    try:
        report = ReportName.parse(quarter)
    except ValueError as error:
        raise UsageError(f"{error}.") from None
    calculation = calculation_of(report, acquisition)
    areas = names.municipalities(calculation.inputs.reference.areas.values())
    return report, trail(
        calculation,
        names.cluster_ids([cluster], calculation.result.rules.clusters)[0],
        names.find("municipality", municipality, areas).code,
    )


def _right_order(typed: Sequence[str], acquisition: Acquisition) -> str:
    """Return a hint where what was typed names something in another order only."""
    for order in islice(permutations(typed), 1, None):  # the first is as it was typed
        with suppress(UsageError):
            _named(order, acquisition)
            return f"In the right order: {shlex.join(['klynge', 'explain', *order])}"
    return ""


def compare(
    before: Annotated[ReportName, REPORT.argument(metavar="BEFORE")],
    after: Annotated[ReportName, REPORT.argument(metavar="AFTER")],
    shared: Shared,
    cluster: options.ShownClusters = None,
) -> None:
    """Show what changed per municipality, and why.

    The change is attributed to the krone, in this order: the municipality's own population, the
    others' population, the rules, the amount.
    """
    from flows.terminal.comparison_view import View
    from pipeline.calculation.comparison import compare as compare_results
    from pipeline.reference.names import cluster_ids
    from pipeline.run import calculation_of

    acquisition = shared.acquisition(offline=True)
    first, second = calculation_of(before, acquisition), calculation_of(after, acquisition)
    clusters = dict.fromkeys((*first.result.rules.clusters, *second.result.rules.clusters))
    view = View(
        compare_results(first.result, second.result),
        (str(before), str(after)),
        cluster_ids(cluster or (), clusters),
    )
    shared.show(view.parts(), view.as_dict(), view.rows)


def scenario(
    name: Annotated[str, typer.Argument(help="Names its folder, such as hoejere-beloeb.")],
    quarter: Annotated[Quarter, options.QUARTER.argument()],
    shared: Shared,
    override: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY.COLUMN=VALUE",
            help="COST.amount_dkk=KRONER, MUNICIPALITY@CLUSTER.fraction=P/Q, .basis=whole, "
            ".districts='CODE CODE', or MUNICIPALITY@CLUSTER=none to leave. Repeatable.",
        ),
    ] = None,
    file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Overrides in TOML: a table a key.")
    ] = None,
    cluster: options.ShownClusters = None,
    rules: options.Rules = None,
    replace: Annotated[
        bool, typer.Option(help="Take the place of another scenario of this name.")
    ] = False,
) -> None:
    """Show what other rules or amounts would give.

    The difference to the real allocation is shown. The report is written to
    reports/scenarios/NAME, marked on every page, and never becomes a revision.
    """
    from flows.terminal.comparison_view import View
    from pipeline.analysis.scenario import Scenario, read_set, read_toml
    from pipeline.analysis.scenario_report import run_scenario
    from pipeline.calculation.membership import in_force
    from pipeline.reference.names import cluster_ids

    overrides = read_toml(file.read_bytes(), str(file)) if file else []
    overrides += [read_set(text) for text in override or []]
    acquisition, report_name = shared.acquisition(offline=True), ReportName(quarter, rules)
    known = in_force(acquisition.reference, report_name).clusters
    shown = cluster_ids(cluster or (), known)  # before anything is written
    report = run_scenario(Scenario(name, tuple(overrides)), report_name, acquisition, replace)
    view = View(
        report.comparison, (report_name.label, report.manifest["report"]), shown, only_changed=True
    )
    written = f"\nScenario, not in force. Written: {report.folder}"
    document = {**report.manifest, "difference": report.difference}
    shared.show([*view.parts(), written], document, view.rows)


def transition(
    before: Annotated[Quarter, options.QUARTER.argument("Whose rules are before.", "BEFORE")],
    after: Annotated[Quarter, options.QUARTER.argument("Whose rules are after.", "AFTER")],
    shared: Shared,
    population: Annotated[
        Quarter | None,
        options.QUARTER.option("Population quarter; the newest stored if it is left out."),
    ] = None,
    amount: Annotated[
        int | None,
        options.Kind("KRONER", parse=options.whole_kroner).option(
            "What each cluster shares; that of the costs before if it is left out."
        ),
    ] = None,
    language: Annotated[Language, typer.Option(help="Language of the report.")] = Language.DANISH,
) -> None:
    """Show what each municipality pays and with whom, before and after a change of structure.

    Every cluster shares the same amount on the same population, so that only the structure
    differs. The range covers all combinations of what is uncertain, by alternatives.csv. A
    workbook, a page and CSV are written to reports/transitions.
    """
    from pipeline.analysis.transition_report import write_transition

    acquisition = shared.acquisition(offline=True)
    written = write_transition(before, after, population, amount, language, acquisition)
    tables = {"rows": written.rows, "effects": written.effects}
    shared.show(_transition_parts(written), {"folder": written.folder, **tables}, written.rows)


def _transition_parts(written: TransitionReport) -> Iterator[Part]:
    from flows.terminal.screen import styled, table
    from pipeline.reporting.texts import ENGLISH

    yield table(
        ["<Municipality", *_HEADINGS.values()],
        [
            [
                f"{row['municipality_code']} {row['municipality_name']}",
                *(ENGLISH.number(row[column]) for column in _HEADINGS),
            ]
            for row in written.rows
        ],
    )
    yield "Least and most: the change over all combinations of the uncertain rules."
    yield styled(f"Written: {written.folder}")
