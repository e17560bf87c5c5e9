"""`klynge audit`: whether a published table holds, and which number of it is wrong."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from flows.terminal import options
from flows.terminal.shared import Shared
from pipeline.errors import InvalidData
from schemas.quarter import Quarter


def audit(
    shared: Shared,
    table: Annotated[
        Path, typer.Argument(metavar="TABLE", help="CSV or xlsx, as received or typed.")
    ],
    quarter: Annotated[
        Quarter | None,
        options.QUARTER.option("Compare the figures with those stored of this quarter."),
    ] = None,
    cluster: Annotated[
        str, options.CLUSTER.option("The cluster by whose memberships they count.")
    ] = "",
    member: Annotated[
        list[str] | None,
        options.MUNICIPALITY.option("A member, whole; those of the table if left out. Repeatable."),
    ] = None,
    rules: options.Rules = None,
    sheet: Annotated[str, options.TEXT.option("The sheet of a workbook, by its name.")] = "",
) -> None:
    """Check a published table: does it add up, and which number is wrong?

    It has municipality, basis figure, share and amount, in columns or in rows. Shares must follow
    from the figures, and amounts by one method of rounding. If they do not, the exit code is 20,
    and the number is named that would make everything right.
    """
    from pipeline.analysis.published import count_again, outcome, read_tables
    from pipeline.calculation.audit import audit as audited
    from schemas.report_name import ReportName

    if (cluster or member) and not quarter:
        raise typer.BadParameter("--cluster and --member need --quarter")
    told, counted = dict[str, Any](), dict[str, list[Any]]()
    for heading, found in read_tables(table, sheet).items():
        if quarter:
            name, acquisition = ReportName(quarter, rules), shared.acquisition(offline=True)
            counted = count_again(found, name, cluster, member or [], acquisition)
        told[heading] = outcome(audited(found), counted)
    holds = all(row["holds"] for row in told.values())
    parts = (part for row in told.items() for part in _parts(*row, quarter))
    shared.show(parts, told, exit_code=0 if holds else InvalidData.exit_code)


def _parts(heading: str, outcome: dict[str, Any], quarter: Quarter | None) -> Iterator[str]:
    yield f"{heading}: {outcome['municipalities']} municipalities"
    if outcome["methods"]:
        yield f"The table holds. The amounts follow from {'; or '.join(outcome['methods'])}."
    elif found := outcome["explanations"]:
        one = "One wrong number" if len(found) == 1 else "Each of these alone"
        yield f"The table does not hold. {one} explains it:"
        yield from _doubt_parts(found)
    else:
        yield "The table does not hold, and no single number explains it. What does not follow:"
        yield from _doubt_parts(outcome["deviations"])
    if quarter:
        agree = "" if outcome["differing"] else " are those of the table"
        yield f"The StatBank's figures of {quarter}{agree or ' differ'}."
        yield from _doubt_parts(outcome["differing"])
        for what, names in (("lacks", outcome["missing"]), ("also has", outcome["others"])):
            if names:
                yield f"The table {what} {', '.join(names)}."


def _doubt_parts(doubts: list[dict[str, Any]]) -> Iterator[str]:
    for row in doubts:
        printed, right = row["printed"], " or ".join(row["right"])
        yield f"  {row['where']}, {row['column']}: printed {printed}, right would be {right}"
