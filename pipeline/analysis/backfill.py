"""Many quarters in one go: one tidy table of all, and the full reports where they are wanted.

    reports/backfill/fordeling-2016K1-2023K1-rules-2022K1.csv
    reports/backfill/puljer-2016K1-2023K1-rules-2022K1.csv        where there are shared funds

What is not stored is fetched first, in few requests. Then each quarter is calculated like a report
of its own, in whatever order and place the caller chooses. A quarter that fails is kept with its
reason, and the others are written.
"""

import importlib.util
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from filelock import FileLock

from pipeline.calculation.calculate import Parameters, calculate
from pipeline.calculation.membership import tables_of
from pipeline.calculation.quarter import QuarterResult
from pipeline.errors import KlyngeError, NotPublishedYet, StorageError, UsageError
from pipeline.files import write_atomically
from pipeline.reporting.rows import ALLOCATION_COLUMNS, figure_tables, machine_csv
from pipeline.revisions.store import Report, write
from pipeline.run import gather
from pipeline.snapshots.acquisition import Acquisition
from schemas.quarter import Quarter, quarter_range
from schemas.report_name import ReportName

FOLDER: Final = "backfill"
HEADER: Final = machine_csv((), (ALLOCATION_COLUMNS[0], "rules", *ALLOCATION_COLUMNS[1:]))
Watched = Callable[[Iterable[Any]], Iterable[Any]]
Failures = dict[Quarter, KlyngeError]


@dataclass(frozen=True)
class Request:
    """Which quarters to calculate, the last included, and what to write.

    The rules are those of `rules_quarter`, else each quarter's own; with `reports` the full report
    of each is written too, and with `parquet` the table also as Parquet.

    Raises:
        UsageError: The last quarter lies before the first, or Parquet cannot be written.
    """

    first: Quarter
    last: Quarter
    rules_quarter: Quarter | None = None
    contact: str = ""
    reports: bool = False
    parquet: bool = False

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise UsageError(f"{self.last} lies before {self.first}.", "Swap the two quarters.")
        if self.parquet and importlib.util.find_spec("pyarrow") is None:
            raise UsageError(
                "Parquet needs pyarrow, which is not installed.",
                "pip install 'klyngefordeling[parquet]'",
            )

    @property
    def quarters(self) -> tuple[Quarter, ...]:
        """All quarters from the first to the last."""
        return quarter_range(self.first, self.last)


@dataclass(frozen=True)
class Calculated:
    """One quarter of a back-fill, and its report as written where that was asked for."""

    result: QuarterResult
    report: Report | None


Done = Mapping[Quarter, Calculated | KlyngeError]


@dataclass(frozen=True)
class Backfilled:
    """What came of a request, each part in the order of the quarters, and the tables written.

    Quarters that are not stored are left out offline.
    """

    calculated: dict[Quarter, Calculated]
    failures: Failures
    left_out: Sequence[Quarter]
    files: Sequence[Path]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """A row a quarter that was calculated, with the sums of its costs."""
        return [
            {
                "quarter": str(quarter),
                "rules": str(row.result.rules.quarter),
                "clusters": len(row.result.clusters),
                "allocated_dkk": sum(cost.amount_dkk for cost in costs if not cost.structure),
                "shared_funds_dkk": sum(cost.amount_dkk for cost in costs if cost.structure),
                "report": str(row.report.folder) if row.report else "",
            }
            for quarter, row in self.calculated.items()
            for costs in [row.result.rules.costs]
        ]


def backfill(request: Request, acquisition: Acquisition, watched: Watched = iter) -> Backfilled:
    """Calculate all quarters of a request, fetched where they are not stored, and write the table.

    What is fetched, and the quarters, are handed on by `watched`, to show how far it is.

    Raises:
        UsageError: Offline, and no quarter of the request is stored.
        InvalidData: The reference tables break a rule.
    """
    failures = fetch_missing(request, acquisition, watched)
    quarters = stored_quarters(request, acquisition, failures)
    done = {row: calculate_one(request, row, acquisition) for row in watched(quarters)}
    return finish(request, {**failures, **done}, acquisition.settings.reports_dir)


def fetch_missing(request: Request, acquisition: Acquisition, watched: Watched = iter) -> Failures:
    """Fetch what is not stored in few requests, and return why what is still missing is so."""
    failures: Failures = {}
    if acquisition.access.offline:
        return failures
    rules = request.rules_quarter
    stored = acquisition.stored_quarters(rules)
    asked = [row for row in request.quarters if acquisition.access.refresh or row not in stored]
    try:
        for quarter in asked:
            try:
                tables = tables_of(acquisition.reference, rules or quarter)
                acquisition.publication.require({source: [quarter] for source in tables})
            except NotPublishedYet as error:
                failures[quarter] = error
        wanted = [row for row in asked if row not in failures]
        list(watched(acquisition.fetch_all(wanted, rules)))
    except KlyngeError as error:
        stored = acquisition.stored_quarters(rules)
        failures = {row: error for row in asked if row not in stored} | failures
    return failures


def stored_quarters(
    request: Request, acquisition: Acquisition, failures: Mapping[Quarter, KlyngeError]
) -> list[Quarter]:
    """Return the quarters of a request that are stored.

    Raises:
        UsageError: There is none, and nothing says why.
    """
    stored = acquisition.stored_quarters(request.rules_quarter)
    there = [quarter for quarter in request.quarters if quarter in stored]
    if not there and not failures:
        known = ", ".join(map(str, stored))
        span = f"No quarter from {request.first} to {request.last} is stored"
        said = f"{span} in {acquisition.store.folder} with all that its rules count."
        raise UsageError(said, f"Stored: {known}." if known else "")
    return there


def calculate_one(
    request: Request, quarter: Quarter, acquisition: Acquisition
) -> Calculated | KlyngeError:
    """Calculate one stored quarter, write its report if that is asked for, or say why not."""
    name = ReportName(quarter, request.rules_quarter)
    parameters = Parameters(name, contact=request.contact)
    try:
        inputs = gather(parameters, acquisition, history=request.reports)
        calculation = calculate(inputs)
        reports_dir = acquisition.settings.reports_dir
        report = write(calculation, reports_dir) if request.reports else None
    except (KlyngeError, OSError) as error:
        return StorageError.of(error)
    return Calculated(calculation.result, report)


def finish(request: Request, done: Done, reports_dir: Path) -> Backfilled:
    """Write the table of what was calculated, in the order of the quarters."""
    ordered = {quarter: done[quarter] for quarter in request.quarters if quarter in done}
    calculated = {key: row for key, row in ordered.items() if isinstance(row, Calculated)}
    failures = {key: row for key, row in ordered.items() if isinstance(row, KlyngeError)}
    left_out = [quarter for quarter in request.quarters if quarter not in done]
    tables = _tables(request, [row.result for row in calculated.values()])
    files = {reports_dir / FOLDER / name: content for name, content in tables}
    with FileLock(reports_dir / FOLDER / ".lock"):
        for path, content in files.items():
            write_atomically(path, content)
    return Backfilled(calculated, failures, left_out, list(files))


def _tables(request: Request, results: Sequence[QuarterResult]) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of each file; a table without a row has none."""
    rules = f"-rules-{request.rules_quarter}" if request.rules_quarter else ""
    label = f"{request.first}-{request.last}{rules}"
    for name, columns, figures in figure_tables(results):
        rows = [{**row, "rules": str(request.rules_quarter or row["quarter"])} for row in figures]
        ordered = (columns[0], "rules", *columns[1:])
        if rows:
            yield f"{name}-{label}.csv", machine_csv(rows, ordered).encode()
        if rows and request.parquet:
            yield f"{name}-{label}.parquet", _parquet(rows, ordered)


def _parquet(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> bytes:
    import pandas as pd

    table = pd.DataFrame(rows, columns=list(columns)).astype({"amount_dkk": "Int64"})
    return table.to_parquet(index=False)
