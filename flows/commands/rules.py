"""The rules: `klynge clusters` shows them, `add-…`, `change-…` and `end-…` edit them."""

from datetime import date
from functools import partial
from typing import Annotated

import typer

from flows.terminal import options
from flows.terminal.shared import Shared
from schemas.quarter import Quarter
from schemas.records import Per
from schemas.report_name import ReportName
from schemas.sharing import EqualBy, PopulationOf

SourceId = Annotated[
    str,
    typer.Option(
        "--source",
        metavar="ID",
        help="Where it comes from: an id of sources.csv.",
        autocompletion=options.sources,
    ),
]
CostId = Annotated[
    str, typer.Argument(metavar="COST", help="Its id or name.", autocompletion=options.costs)
]
Scope = Annotated[
    str,
    typer.Option(
        "--scope",
        metavar="SCOPE",
        help="Its cluster, or sundhedsklynge:*, where there are several.",
        autocompletion=options.clusters,
    ),
]
Amount = Annotated[str, typer.Argument(metavar="KRONER", help="Whole kroner, as 370000.")]
NameDa = Annotated[str, typer.Option(metavar="TEXT", help="Its name in Danish.")]
NameEn = Annotated[str, typer.Option(metavar="TEXT", help="Its name in English.")]
First = Annotated[Quarter, options.quarter_option("--from", "First quarter in force.")]
Last = Annotated[
    Quarter | None,
    options.quarter_option("--to", "Last quarter in force; that of the cluster if it is left out."),
]


def add_cost(
    cost_id: Annotated[str, typer.Argument(help="Its id, such as halvt-aarsvaerk.")],
    scope: Annotated[
        str,
        typer.Argument(
            help="A cluster, by id or name, or sundhedsklynge:* for all.",
            autocompletion=options.clusters,
        ),
    ],
    amount_dkk: Amount,
    name_da: NameDa,
    name_en: NameEn,
    first_quarter: First,
    source_id: SourceId,
    shared: Shared,
    last_quarter: Last = None,
    per: Annotated[Per, typer.Option(help="What the amount is for.")] = Per.YEAR,
    settled_by: Annotated[
        str, typer.Option(metavar="K1", help="Which quarter of a year settles it.")
    ] = "",
    key_id: Annotated[
        str,
        typer.Option(
            "--key",
            metavar="ID",
            help="A key of keys.csv; people if none.",
            autocompletion=options.keys,
        ),
    ] = "",
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
    last_quarter: Last = None,
    ages: Annotated[
        str, typer.Option(metavar="YEARS", help="Whole years that count, such as 0-17 or 65-.")
    ] = "",
    population_of: Annotated[
        str, typer.Option(metavar="DAY", help="quarter, year, year_before, or one as 2022K1.")
    ] = PopulationOf.QUARTER,
    equal_part: Annotated[
        str, typer.Option(metavar="P/Q", help="Part of the amount that members share equally.")
    ] = "0",
    equal_by: Annotated[
        EqualBy, typer.Option(help="Whether a fraction of a membership counts in it too.")
    ] = EqualBy.MEMBER,
    cap: Annotated[
        str, typer.Option(metavar="PEOPLE", help="People beyond which a member counts no further.")
    ] = "",
) -> None:
    """Add a key by which costs can be shared, if all tables are valid with it."""
    _edit(shared, "keys.csv", "add")


def change_cost(
    cost_id: CostId,
    amount_dkk: Annotated[str, typer.Option("--amount", metavar="KRONER", help="Whole kroner.")],
    first_quarter: Annotated[
        Quarter, options.quarter_option("--from", "First quarter with the new amount.")
    ],
    shared: Shared,
    source_id: SourceId = "",
    scope: Scope = "",
) -> None:
    """Give a cost a new amount from a quarter on; before it, the amount stays as it was."""
    _edit(shared, "costs.csv", "change_cost")


def end_cost(
    cost_id: CostId,
    last_quarter: Annotated[Quarter, options.quarter_option("--last", "Last quarter in force.")],
    shared: Shared,
    scope: Scope = "",
) -> None:
    """End a cost, if all tables are valid."""
    _edit(shared, "costs.csv", "end_cost")


def add_source(
    source_id: Annotated[str, typer.Argument(help="Its id, such as notat-2026.")],
    title: Annotated[str, typer.Option(metavar="TEXT", help="Its title in English.")],
    shared: Shared,
    title_da: Annotated[str, typer.Option(metavar="TEXT", help="Its title in Danish.")] = "",
    url: Annotated[str, typer.Option(metavar="ADDRESS", help="Where it can be read.")] = "",
    confidence: Annotated[
        str, typer.Option(metavar="LEVEL", help="How sure it is: high, medium or low.")
    ] = "high",
    remark: Annotated[str, typer.Option(metavar="TEXT", help="What is doubtful.")] = "",
) -> None:
    """Add a source that rules rest on."""
    _edit(shared, "sources.csv", "add")


def add_membership(
    cluster_id: options.Cluster,
    municipality_code: options.Municipality,
    first_quarter: First,
    source_id: SourceId,
    shared: Shared,
    last_quarter: Last = None,
    fraction: Annotated[
        str, typer.Option(metavar="P/Q", help="Count with a part of its population, such as 1/2.")
    ] = "",
    districts: Annotated[
        str, typer.Option(metavar="CODES", help="Count with districts, such as '1004 1005'.")
    ] = "",
) -> None:
    """Add a membership, if all tables are valid."""
    if fraction and districts:
        raise typer.BadParameter("choose one of --fraction and --districts")
    _edit(shared, "memberships.csv", "add_membership")


def end_membership(
    cluster_id: options.Cluster,
    municipality_code: options.Municipality,
    last_quarter: Annotated[Quarter, options.quarter_option("--last", "Last quarter in force.")],
    shared: Shared,
) -> None:
    """End a membership, if all tables are valid."""
    _edit(shared, "memberships.csv", "end_membership")


def _edit(shared: Shared, table: str, edit: str) -> None:
    """Edit a table by what was typed: the arguments that are named like its columns."""
    from flows.terminal import console
    from pipeline.reference import editing, rule_edits
    from pipeline.reporting.texts import Catalogue
    from schemas.records import Language

    written = {name: str(cell or "") for name, cell in shared.params.items()}
    change = partial(getattr(rule_edits, edit), written)
    edited = editing.edit(shared.settings.data_dir, table, change)
    english = Catalogue(Language.ENGLISH)
    findings = [
        {"period": str(period), "text": english.finding(finding)}
        for period, finding in edited.findings
    ]
    rows = {"removed": edited.removed, "added": edited.added}
    document = {"file": table, **rows, "findings": findings}
    shared.show(console.edited_parts(edited, findings), document)


def clusters(
    shared: Shared,
    quarter: Annotated[
        Quarter | None,
        options.quarter_option(
            "--quarter", "Quarter whose rules to show; the current one if it is left out."
        ),
    ] = None,
) -> None:
    """List the clusters in force, their members and how each counts."""
    from flows.terminal import console
    from pipeline.calculation.membership import in_force
    from pipeline.reference.tables import load_reference

    name = ReportName(quarter or Quarter.of_day(date.today()))
    rules = in_force(load_reference(shared.settings.data_dir), name)
    shared.show(console.cluster_parts(rules))
