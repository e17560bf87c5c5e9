"""The door for notebooks: four functions that take plain values and return frozen ones and tables.

    from pipeline import allocate, count_population, load_population, run_quarter

They read the data folder, that of KLYNGE_DATA_DIR or `data`, and write nothing. An amount is a
whole number of kroner; where a float may lose something, a column that ends in `_exact` has
fractions.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from html import escape
from numbers import Integral
from pathlib import Path
from typing import Final, cast

import pandas as pd

from pipeline.calculation.allocation import largest_remainder
from pipeline.calculation.calculate import Calculation, Parameters, calculate, population_of
from pipeline.calculation.membership import in_force
from pipeline.calculation.population import Population
from pipeline.calculation.quarter import QuarterResult, calculate_quarter
from pipeline.errors import UsageError
from pipeline.reference.names import clusters, find, municipalities
from pipeline.reporting.content import Content
from pipeline.reporting.memo import Memo, memo_of
from pipeline.reporting.page import rendered
from pipeline.reporting.rows import allocation_rows, figure_tables
from pipeline.run import gather
from pipeline.settings import Settings, setting
from pipeline.snapshots.acquisition import Acquisition
from schemas.quarter import Quarter
from schemas.report_name import ReportName

_KEY_COLUMNS: Final = [
    "cluster_id", "cluster_name", "municipality_code", "municipality_name", "basis", "population",
    "counted_population", "share",
]  # fmt: skip


@dataclass(frozen=True)
class Drawing:
    """A curve, which a notebook shows; as text, SVG."""

    title: str
    svg: str = field(repr=False)

    def _repr_svg_(self) -> str:
        return self.svg


@dataclass(frozen=True, repr=False)
class QuarterRun:
    """A quarter, calculated: as frozen values, and the rows of the report's CSV as tables.

    A notebook shows it as the memo's table of each cluster with a cost.
    """

    calculation: Calculation
    allocation: pd.DataFrame
    shared_funds: pd.DataFrame

    @property
    def result(self) -> QuarterResult:
        """What was calculated, as frozen values."""
        return self.calculation.result

    def plot(self, cluster: str, municipality: str = "") -> Drawing:
        """Return how a share developed over the quarters stored, under the rules of this one.

        Args:
            cluster: Id or name; its share of all clusters of its structure.
            municipality: Code or name of a member; its share of the cluster, where it is given.

        Raises:
            UsageError: There is no such cluster, or no such member.
        """
        found = find("cluster", cluster, clusters(self.result.rules.clusters))
        content = Content(self.calculation, 0, ())
        series, name = content.development.clusters[found.code], found.name
        if municipality:
            by_code = content.development.members[found.code]
            members = municipalities(content.reference.areas[code] for code in by_code)
            member = find(f"member of {found}", municipality, members)
            series, name = by_code[member.code], f"{member.name}, {found.name}"
        drawn = rendered("share.svg", content.text, name=name, series=series)
        return Drawing(name, drawn.decode())

    def __repr__(self) -> str:
        rules = self.result.rules
        counts = f"{len(rules.clusters)} clusters, {len(rules.costs)} costs"
        return f"<{self.calculation.report}: {counts}>"

    def _repr_html_(self) -> str:
        content = Content(self.calculation, 0, ())
        sections = [row for row in self.result.sections if row.allocations]
        memos = (_memo_html(memo_of(content, row)) for row in sections)
        return "".join(memos) or f"<p>{escape(repr(self))}</p>"


def _memo_html(memo: Memo) -> str:
    labels = [row.label for row in memo.rows]
    table = pd.DataFrame([row.cells for row in memo.rows], labels, memo.members).to_html()
    notes = "".join(f"<p>{escape(note)}</p>" for note in memo.notes)
    return f"<h3>{escape(memo.title)}</h3>{table}{notes}"


def load_population(quarter: str, data_dir: str | Path | None = None) -> Population:
    """Return the population of a quarter from the stored snapshots, verified and checked.

    Args:
        quarter: Such as `2022K1`.
        data_dir: Folder with `reference` and `snapshots`.

    Raises:
        ValueError: The text is not a quarter.
        KlyngeError: No snapshot is stored, or it is not what it must be.
    """
    parameters = Parameters(ReportName(Quarter.parse(quarter)))
    return population_of(*gather(parameters, _stored(data_dir)).figures)


def count_population(
    population: Population, rules: str | None = None, data_dir: str | Path | None = None
) -> pd.DataFrame:
    """Return how many people each municipality counts in each cluster.

    Args:
        population: From `load_population`.
        rules: The quarter whose rules apply; that of the population if it is left out.
        data_dir: Folder with `reference` and `snapshots`.

    Returns:
        A row a cluster and municipality; `counted_population` and `share` are exact fractions.

    Raises:
        KlyngeError: The reference tables break a rule, or no cluster is in force.
    """
    reference = replace(_stored(data_dir).reference, costs=())
    report = ReportName(population.quarter, Quarter.parse(rules) if rules else None)
    result = calculate_quarter(population, in_force(reference, report))
    members = [member for cluster in result.clusters for member in cluster.members]
    exact = ("counted_population", "share")
    columns = {name: [getattr(member, name) for member in members] for name in exact}
    return pd.DataFrame(allocation_rows(result), columns=_KEY_COLUMNS).assign(**columns)


def allocate(amount_dkk: int, weights: Mapping[str, int | Fraction] | pd.Series) -> pd.Series:
    """Return whole kroner by largest remainder, adding up to the amount.

    Args:
        amount_dkk: Whole kroner.
        weights: Counted population by code, whole numbers or exact fractions; never a float.

    Raises:
        TypeError: A weight is a float, which is not exact, or the amount is no whole number.
        AllocationError: The weights are all zero.
        ValueError: The amount or a weight is negative, or a code has several weights.
    """
    if not isinstance(amount_dkk, Integral):
        raise TypeError(f"{amount_dkk!r} is no whole number of kroner")
    by_code = {str(code): cast("int | Fraction", weight) for code, weight in weights.items()}
    if len(by_code) < len(weights):
        raise ValueError("a code has several weights: allocate cluster by cluster, or add them up")
    if floats := [code for code, weight in by_code.items() if isinstance(weight, float)]:
        raise TypeError(f"the weight of {floats[0]} is a float; use int or fractions.Fraction")
    exact = {code: Fraction(weight) for code, weight in by_code.items()}
    parts = largest_remainder(amount_dkk, exact)
    return pd.Series({part.code: part.amount for part in parts}, name="amount_dkk", dtype="int64")


def run_quarter(
    quarter: str, rules: str | None = None, data_dir: str | Path | None = None
) -> QuarterRun:
    """Calculate a quarter from the stored snapshots; nothing is written.

    Args:
        quarter: Such as `2022K1`.
        rules: The quarter whose rules apply, for a back-cast; its own if it is left out.
        data_dir: Folder with `reference` and `snapshots`.

    Raises:
        ValueError: A text is not a quarter.
        KlyngeError: Any of those of `calculate`.
    """
    report = ReportName(Quarter.parse(quarter), Quarter.parse(rules) if rules else None)
    calculation = calculate(gather(Parameters(report), _stored(data_dir)))
    allocation, funds = (
        _with_numbers(pd.DataFrame(rows, columns=list(columns)))
        for _, columns, rows in figure_tables([calculation.result])
    )
    return QuarterRun(calculation, allocation, funds)


def _with_numbers(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a CSV with numbers where numbers belong, and exact people beside."""
    exact = table["counted_population"].map(Fraction)
    numbers: dict[str, pd.Series] = {
        "counted_population": exact.astype(float),
        "share": table["share"].astype(float),
        "amount_dkk": table["amount_dkk"].astype("Int64"),
        "counted_population_exact": exact,
    }
    if "estimated" in table:
        numbers["estimated"] = table["estimated"].eq("true")
    return table.assign(**numbers)


def _stored(data_dir: str | Path | None) -> Acquisition:
    """Return what is stored in a data folder; reports are neither read nor written."""
    folder = Path(data_dir or setting("data_dir", os.environ))
    if not folder.is_dir():
        raise UsageError(f"There is no data folder {folder.absolute()}.")
    return Acquisition.offline(Settings(folder, reports_dir=Path("reports")))
