"""What the StatBank has published: each table is asked once, and checked before it is trusted.

The newest period that the API gives for `(1)` is never used: before a release it silently is the
quarter before (documented). `tableinfo` lists the periods that are there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING, Final

from pipeline.calculation.membership import tables_of
from pipeline.calculation.population import checksums, places
from pipeline.errors import NotPublishedYet, Remedy, SchemaDrift
from schemas.quarter import Quarter
from schemas.records import QUARTER, Reference
from schemas.source_tables import AGE, FOLK1A, TIME, SourceTable

if TYPE_CHECKING:  # requests is imported where the StatBank is asked
    from pipeline.statbank.client import TableInfo

WORKING_DAYS: Final = 3
"""After the day on which a quarter is expected; then it is overdue."""

_HINT = "The source has changed; the reference tables or this program need the same change."


class Publication:
    """The tables as the StatBank describes them today, each asked for once."""

    def __init__(self, ask: Callable[[SourceTable], TableInfo], reference: Reference) -> None:
        self._info = cache(lambda source: _checked(source, ask(source)))
        self._reference = reference

    def info(self, source: SourceTable) -> TableInfo:
        """Return what the StatBank says of a table, asked once and checked.

        Raises:
            SchemaDrift: The table is closed, or a variable or total is new or gone. The message
                lists them.
        """
        return self._info(source)

    def quarters(self, source: SourceTable) -> list[Quarter]:
        """Return the quarters that a table holds, in order."""
        return sorted(Quarter.parse(period) for period in self.info(source).values[TIME])

    def newest(self) -> Quarter:
        """Return the newest quarter that all tables have published by which its rules count."""
        for quarter in reversed(self.quarters(FOLK1A)):
            _, *others = tables_of(self._reference, quarter)
            if all(quarter in self.quarters(source) for source in others):
                return quarter
        raise SchemaDrift("No quarter is in all tables.", _HINT)

    def codes(self, source: SourceTable, quarter: Quarter) -> tuple[str, ...]:
        """Return the codes to ask for: those of the quarter that are there, and unknown ones.

        Raises:
            SchemaDrift: A code by which people count is gone, or a district is new.
        """
        known = places(source, self._reference.on(quarter))
        ever = places(source, self._reference)
        listed = self.info(source).values[source.area_variable]
        there = [code for code in listed if re.fullmatch(source.known_codes, code)]
        sums = checksums(source, self._reference, [*known, *there])
        counted = set(known) - sums
        new = [code for code in there if code not in ever]
        what = f"code of {source.area_variable}"
        if problems := _differences(what, counted, counted & set(there) | set(new) - sums):
            raise _drift(source, problems)
        return (*(code for code in known if code in there), *new)

    def require(self, wanted: Mapping[SourceTable, Iterable[Quarter]]) -> None:
        """Check that the tables hold these quarters.

        Raises:
            NotPublishedYet: One does not; the message says which, and when it usually comes.
        """
        missing = [
            (source, quarter)
            for source, quarters in wanted.items()
            for quarter in quarters
            if quarter not in self.quarters(source)
        ]
        if missing:
            begun = all(quarter >= self.quarters(source)[0] for source, quarter in missing)
            awaited = (
                f"{source.publisher}: {source.table} {quarter} expected {day.day} {day:%B %Y}"
                for source, quarter in missing
                for day in [expected_release(source, quarter)]
            )
            raise NotPublishedYet(
                "\n".join(self._missing(*item) for item in missing),
                f"The newest quarter of all tables is {self.newest()}." if begun else "",
                Remedy.RUN if begun else None,
                quarter=self.newest(),
                awaited="; ".join(awaited) if begun else "",
                overdue_from=min(overdue_from(*item) for item in missing),
            )

    def _missing(self, source: SourceTable, quarter: Quarter) -> str:
        held, day = self.quarters(source), expected_release(source, quarter)
        if quarter < held[0]:
            return f"{source.table} starts with {held[0]}; it has no {quarter}."
        return (
            f"{source.table} {quarter} is not published yet: its newest quarter is {held[-1]}. "
            f"{quarter} is expected about {day.day} {day:%B %Y} at 08:00."
        )


def expected_release(source: SourceTable, quarter: Quarter) -> date:
    """Return the day about which a quarter is usually published, at 08:00 in Copenhagen.

    That is in the month after the reference day, so in February, May, August and November.
    """
    day = quarter.reference_day
    return day.replace(month=day.month + 1, day=source.release_day)


def overdue_from(source: SourceTable, quarter: Quarter) -> date:
    """Return the day from which a quarter that is still missing needs somebody to ask for it."""
    from pandas.tseries.offsets import BDay

    last: date = (expected_release(source, quarter) + BDay(WORKING_DAYS)).date()
    return last + timedelta(days=1)


def _checked(source: SourceTable, info: TableInfo) -> TableInfo:
    if not info.active:
        raise SchemaDrift(f"{source.table} is closed: the StatBank no longer updates it.", _HINT)
    problems = [
        *(
            f"  period {period} is not a quarter"
            for period in info.values.get(TIME, ())
            if not re.fullmatch(QUARTER, period)
        ),
        *_differences("variable", source.variables, info.values),
        *(
            f"  total {total} of {variable} is gone"
            for variable, total in source.totals
            if variable in info.values and total not in info.values[variable]
        ),
    ]
    if source.ages:
        asked = dict(source.selected)[AGE]
        problems += _differences(f"code of {AGE}", asked, info.values.get(AGE, ()))
    if problems:
        raise _drift(source, problems)
    return info


def _drift(source: SourceTable, problems: Iterable[str]) -> SchemaDrift:
    return SchemaDrift(f"{source.table} has changed shape:\n" + "\n".join(problems), _HINT)


def _differences(what: str, known: Iterable[str], found: Iterable[str]) -> list[str]:
    known, found = set(known), set(found)
    return [
        *(f"  {what} {item} is gone" for item in sorted(known - found)),
        *(f"  {what} {item} is new" for item in sorted(found - known)),
    ]
