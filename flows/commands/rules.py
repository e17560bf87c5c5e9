"""The rules: `klynge clusters` shows them, `add-…`, `change-…` and `end-…` edit them."""

from datetime import date
from functools import partial
from typing import Annotated

import typer

from flows.terminal import options
from flows.terminal.options import COST, KEY, KRONER, PART, QUARTER, SCOPE, SOURCE, TEXT, Kind
from flows.terminal.shared import Shared
from schemas.quarter import Quarter
from schemas.records import Per
from schemas.report_name import ReportName
from schemas.sharing import EqualBy, PopulationOf

SourceId = Annotated[str, SOURCE.option("Where it comes from: an id of sources.csv.", "--source")]
CostId = Annotated[str, COST.argument("Its id or name.")]
Scope = Annotated[str, SCOPE.option("Its cluster, or sundhedsklynge:*, where there are several.")]
NameDa = Annotated[str, TEXT.option("Its name in Danish.")]
NameEn = Annotated[str, TEXT.option("Its name in English.")]
First = Annotated[Quarter, QUARTER.option("First quarter in force.", "--from")]
To = Annotated[
    Quarter | None,
    QUARTER.option("Last quarter in force; that of the cluster if it is left out.", "--to"),
]
Last = Annotated[Quarter, QUARTER.option("Last quarter in force.", "--last")]


def add_cost(
    cost_id: Annotated[str, typer.Argument(help="Its id, such as halvt-aarsvaerk.")],
    scope: Annotated[str, SCOPE.argument("A cluster, by id or name, or sundhedsklynge:* for all.")],
    amount_dkk: Annotated[str, KRONER.argument("Whole kroner, as 370000.")],
    name_da: NameDa,
    name_en: NameEn,
    first_quarter: First,
    source_id: SourceId,
    shared: Shared,
    last_quarter: To = None,
    per: Annotated[Per, typer.Option(help="What the amount is for.")] = Per.YEAR,
    settled_by: Annotated[str, Kind("K1").option("Which quarter of a year settles it.")] = "",
    key_id: Annotated[str, KEY.option("A key of keys.csv; people if none.", "--key")] = "",
) -> None:
    """Add a cost, if all tables are valid with it."""
    _edit(shared, "costs.csv", "add_cost")


def add_key(
    key_id: Annotated[str, typer.Argument(help="Its id, such as boern-aaret-foer.")],
    name_da: NameDa,
    name_en: NameEn,
    first_quarter: First,
    source_id: SourceId,
    shared: Shared,
    last_quarter: Annotated[
        Quarter | None, QUARTER.option("Last quarter in force; none if it is left out.", "--to")
    ] = None,
    ages: Annotated[str, Kind("YEARS").option("Whole years that count, such as 0-17 or 65-.")] = "",
    population_of: Annotated[
        str, Kind("DAY").option("quarter, year, year_before, or one as 2022K1.")
    ] = PopulationOf.QUARTER,
    equal_part: Annotated[str, PART.option("Part of the amount that members share equally.")] = "0",
    equal_by: Annotated[
        EqualBy, typer.Option(help="Whether a fraction of a membership counts in it too.")
    ] = EqualBy.MEMBER,
    cap: Annotated[
        str, Kind("PEOPLE").option("People beyond which a member counts no further.")
    ] = "",
) -> None:
    """Add a key by which costs can be shared, if all tables are valid with it."""
    _edit(shared, "keys.csv", "add")


def change_cost(
    cost_id: CostId,
    amount_dkk: Annotated[str, KRONER.option("Whole kroner.", "--amount")],
    first_quarter: Annotated[
        Quarter, QUARTER.option("First quarter with the new amount.", "--from")
    ],
    shared: Shared,
    source_id: SourceId = "",
    scope: Scope = "",
) -> None:
    """Give a cost a new amount from a quarter on; before it, the amount stays as it was."""
    _edit(shared, "costs.csv", "change_cost")


def end_cost(cost_id: CostId, last_quarter: Last, shared: Shared, scope: Scope = "") -> None:
    """End a cost, if all tables are valid."""
    _edit(shared, "costs.csv", "end_cost")


def add_source(
    source_id: Annotated[str, typer.Argument(help="Its id, such as notat-2026.")],
    title: Annotated[str, TEXT.option("Its title in English.")],
    shared: Shared,
    title_da: Annotated[str, TEXT.option("Its title in Danish.")] = "",
    url: Annotated[str, Kind("ADDRESS").option("Where it can be read.")] = "",
    confidence: Annotated[
        str, Kind("LEVEL").option("How sure it is: high, medium or low.")
    ] = "high",
    remark: Annotated[str, TEXT.option("What is doubtful.")] = "",
) -> None:
    """Add a source that rules rest on."""
    _edit(shared, "sources.csv", "add")


def add_membership(
    cluster_id: options.Cluster,
    municipality_code: options.Municipality,
    first_quarter: First,
    source_id: SourceId,
    shared: Shared,
    last_quarter: To = None,
    fraction: Annotated[str, PART.option("Count with a part of its population, such as 1/2.")] = "",
    districts: Annotated[
        str, Kind("CODES").option("Count with districts, such as '1004 1005'.")
    ] = "",
) -> None:
    """Add a membership, if all tables are valid."""
    if fraction and districts:
        raise typer.BadParameter("choose one of --fraction and --districts")
    _edit(shared, "memberships.csv", "add_membership")


def end_membership(
    cluster_id: options.Cluster,
    municipality_code: options.Municipality,
    last_quarter: Last,
    shared: Shared,
) -> None:
    """End a membership, if all tables are valid."""
    _edit(shared, "memberships.csv", "end_membership")


def _edit(shared: Shared, table: str, edit: str) -> None:
    """Edit a table by what was typed: the arguments that are named like its columns."""
    from flows.terminal import console
    from pipeline.reference import editing, rule_edits
    from pipeline.reporting.texts import ENGLISH

    written = {name: str(cell or "") for name, cell in shared.params.items()}
    change = partial(getattr(rule_edits, edit), written)
    edited = editing.edit(shared.settings.data_dir, table, change)
    findings = [
        {"period": period, "text": ENGLISH.finding(finding)} for period, finding in edited.findings
    ]
    rows = {"removed": edited.removed, "added": edited.added}
    document = {"file": table, **rows, "findings": findings}
    shared.show(console.edited_parts(edited, findings), document)


def clusters(
    shared: Shared,
    quarter: Annotated[
        Quarter | None,
        QUARTER.option("Quarter whose rules to show; the current one if it is left out."),
    ] = None,
) -> None:
    """List the clusters in force, their members and how each counts."""
    from flows.terminal import console
    from pipeline.calculation.membership import in_force
    from pipeline.reference.tables import load_reference

    name = ReportName(quarter or Quarter.of_day(date.today()))
    rules = in_force(load_reference(shared.settings.data_dir), name)
    shared.show(console.cluster_parts(rules))
