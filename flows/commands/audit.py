"""`klynge audit`: whether a published table holds, and which number of it is wrong."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.terminal import options
from pipeline.errors import InvalidData
from schemas.quarter import Quarter

if TYPE_CHECKING:
    from pipeline.analysis.published import Counted
    from pipeline.calculation.audit import Audit, Doubt


def audit(
    table: Annotated[
        Path, typer.Argument(metavar="TABLE", help="CSV or xlsx, as received or typed.")
    ],
    quarter: Annotated[
        Quarter | None,
        typer.Option(
            parser=options.quarter,
            metavar="QUARTER",
            help="Compare the figures with those stored of this quarter.",
        ),
    ] = None,
    cluster: Annotated[
        str,
        typer.Option(
            metavar="CLUSTER",
            help="The cluster by whose memberships they count.",
            autocompletion=options.clusters,
        ),
    ] = "",
    member: Annotated[
        list[str] | None,
        typer.Option(
            metavar="MUNICIPALITY",
            help="A member, whole; those of the table if it is left out. Repeatable.",
            autocompletion=options.municipalities,
        ),
    ] = None,
    rules: options.Rules = None,
    data_dir: options.DataDir = None,
    as_json: options.AsJson = False,
) -> None:
    """Check a published table: does it add up, and which number is wrong?

    It has municipality, basis figure, share and amount, in columns or in rows. Shares must follow
    from the figures, and amounts by one method of rounding. If they do not, the exit code is 20,
    and the number is named that would make everything right.
    """
    from flows.terminal import screen as output
    from pipeline.analysis.published import count_again, read_tables
    from pipeline.calculation.audit import audit as audited
    from pipeline.snapshots.acquisition import Acquisition
    from schemas.report_name import ReportName

    if (cluster or member) and not quarter:
        raise typer.BadParameter("--cluster and --member need --quarter")
    told: dict[str, Any] = {}
    for heading, found in read_tables(table).items():
        counted = None
        if quarter:
            acquisition = Acquisition.offline(options.settings(data_dir))
            name = ReportName(quarter, rules)
            counted = count_again(found, name, cluster, member or [], acquisition)
        told[heading] = _as_dict(audited(found), counted)
    if as_json:
        output.print_json(told)
    else:
        for heading, outcome in told.items():
            _print(heading, outcome, quarter)
    if not all(outcome["holds"] for outcome in told.values()):
        raise typer.Exit(InvalidData.exit_code)


def _as_dict(audited: Audit, counted: Counted | None) -> dict[str, Any]:
    def doubts(rows: tuple[Doubt, ...]) -> list[dict[str, Any]]:
        return [_doubt(audited, row) for row in rows]

    outcome = {
        "municipalities": len(audited.table.names),
        "holds": bool(audited.methods) and not (counted and any(vars(counted).values())),
        "methods": [method.value for method in audited.methods],
        "explanations": doubts(audited.explanations),
        "deviations": doubts(audited.deviations),
    }
    if counted:
        outcome |= {**vars(counted), "differing": doubts(counted.differing)}
    return outcome


def _doubt(audited: Audit, doubt: Doubt) -> dict[str, Any]:
    decimals = audited.table.decimals[doubt.column]
    shown = [f"{Decimal(value).scaleb(-decimals):,}" for value in (doubt.printed, *doubt.values)]
    where = "total" if doubt.row is None else audited.table.names[doubt.row]
    return {"where": where, "column": doubt.column, "printed": shown[0], "right": shown[1:]}


def _print(heading: str, outcome: dict[str, Any], quarter: Quarter | None) -> None:
    print(f"{heading}: {outcome['municipalities']} municipalities")
    if outcome["methods"]:
        print(f"The table holds. The amounts follow from {'; or '.join(outcome['methods'])}.")
    elif found := outcome["explanations"]:
        one = (
            "One wrong number explains it" if len(found) == 1 else "Each of these alone explains it"
        )
        print(f"The table does not hold. {one}:")
        _print_doubts(found)
    else:
        print("The table does not hold, and no single number explains it. What does not follow:")
        _print_doubts(outcome["deviations"])
    if quarter:
        agree = "" if outcome["differing"] else " are those of the table"
        print(f"The StatBank's figures of {quarter}{agree or ' differ'}.")
        _print_doubts(outcome["differing"])
        for what, names in (("lacks", outcome["missing"]), ("also has", outcome["others"])):
            if names:
                print(f"The table {what} {', '.join(names)}.")


def _print_doubts(doubts: list[dict[str, Any]]) -> None:
    for row in doubts:
        right = " or ".join(row["right"])
        print(
            f"  {row['where']}, {row['column']}: printed {row['printed']}, right would be {right}"
        )
