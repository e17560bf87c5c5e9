"""`klynge clusters`, `add-cost`, `add-membership` and `end-membership`: who belongs where."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from flows.terminal import options
from flows.terminal.shared import Shared, shares
from schemas.quarter import Quarter

if TYPE_CHECKING:
    from pipeline.reference.editing import Change


SourceId = Annotated[
    str, typer.Option("--source", metavar="ID", help="Where it comes from: an id of sources.csv.")
]
First = Annotated[Quarter, options.quarter_option("--from", "First quarter in force.")]
Last = Annotated[
    Quarter | None,
    options.quarter_option("--to", "Last quarter in force; that of the cluster if it is left out."),
]


@shares("data_dir", "as_json")
def add_cost(
    cost_id: Annotated[str, typer.Argument(help="Its id, such as halvt-aarsvaerk.")],
    scope: Annotated[
        str, typer.Argument(help="A cluster, by id or name, or sundhedsklynge:* for all.")
    ],
    amount_dkk: Annotated[str, typer.Argument(metavar="KRONER", help="Whole kroner, as 370000.")],
    name_da: Annotated[str, typer.Option(metavar="TEXT", help="Its name in Danish.")],
    name_en: Annotated[str, typer.Option(metavar="TEXT", help="Its name in English.")],
    first: First,
    source: SourceId,
    shared: Shared,
    last: Last = None,
) -> None:
    """Add a cost, if all tables are valid with it."""
    from pipeline.reference import editing
    from pipeline.reference.files import COSTS

    cost = {
        "cost_id": cost_id,
        "name_da": name_da,
        "name_en": name_en,
        "scope": scope,
        "amount_dkk": amount_dkk,
        "first_quarter": str(first),
        "source_id": source,
    }
    _edit(shared, COSTS, partial(editing.add_cost, cost, last))


@shares("data_dir", "as_json")
def add_membership(
    cluster: options.Cluster,
    municipality: options.Municipality,
    first: First,
    source: SourceId,
    shared: Shared,
    last: Last = None,
    fraction: Annotated[
        str, typer.Option(metavar="P/Q", help="Count with a part of its population, such as 1/2.")
    ] = "",
    districts: Annotated[
        str, typer.Option(metavar="CODES", help="Count with districts, such as '1004 1005'.")
    ] = "",
) -> None:
    """Add a membership, if all tables are valid."""
    from pipeline.reference import editing
    from pipeline.reference.files import MEMBERSHIPS

    if fraction and districts:
        raise typer.BadParameter("choose one of --fraction and --districts")
    membership = {
        "cluster_id": cluster,
        "municipality_code": municipality,
        "fraction": fraction,
        "districts": districts,
        "first_quarter": str(first),
        "source_id": source,
    }
    added = partial(editing.add_membership, membership, last)
    _edit(shared, MEMBERSHIPS, added)


@shares("data_dir", "as_json")
def end_membership(
    cluster: options.Cluster,
    municipality: options.Municipality,
    last: Annotated[Quarter, options.quarter_option("--last", "Last quarter in force.")],
    shared: Shared,
) -> None:
    """End a membership, if all tables are valid."""
    from pipeline.reference import editing
    from pipeline.reference.files import MEMBERSHIPS

    named = {"cluster_id": cluster, "municipality_code": municipality}
    _edit(shared, MEMBERSHIPS, partial(editing.end_membership, named, last))


def _edit(shared: Shared, name: str, change: Change) -> None:
    from flows.terminal import console
    from pipeline.reference.editing import edit
    from pipeline.reporting.texts import Catalogue
    from schemas.records import Language

    edited = edit(shared.settings.data_dir, name, change)
    english = Catalogue(Language.ENGLISH)
    findings = [
        {"period": str(period), "text": english.finding(finding)}
        for period, finding in edited.findings
    ]
    rows = {"removed": edited.removed, "added": edited.added}
    document = {"file": name, **rows, "findings": findings}
    shared.show(console.edited_parts(edited, findings), document)


@shares("data_dir")
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
    from pipeline.calculation.membership import rules_in_force
    from pipeline.reference.tables import load_reference

    reference = load_reference(shared.settings.data_dir)
    rules = rules_in_force(reference, quarter or Quarter.of_day(date.today()))
    shared.show(console.cluster_parts(rules, reference))
