"""Whether a published table of figures, shares and amounts holds, and which number is wrong.

Method: a table holds if its figures add up to their total, each share is its figure's part of them
as rounded, and the amounts follow by one method of rounding. If it does not, each number in turn is
taken to be the wrong one: what would it have to be, if all others are right? A number that makes
the whole table hold explains it. Those that one slip of the hand turns into what is printed (a
digit changed, lost, added, or two swapped) go before all others. More than one explanation can be
equally good; then all are given.

Known drawback: without a printed total a small slip can give a table that holds as well.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from operator import eq
from typing import Final, Self

from pipeline.calculation.allocation import largest_remainder

Column = StrEnum("Column", "FIGURE SHARE AMOUNT")
"""What is printed of each municipality; shares are in percent."""


class Method(StrEnum):
    """What the amounts follow from, and how they are rounded."""

    EACH = "the figures, each rounded by itself"
    LARGEST_REMAINDER = "the figures, by largest remainder"
    LAST_ADJUSTED = "the figures, each rounded and the last one adjusted"
    WITHIN_SHARES = "shares that are more exact than printed"
    PRINTED_SHARES = "the printed shares, each rounded by itself"
    PRINTED_SHARES_ADJUSTED = "the printed shares, each rounded and the last one adjusted"


_BY_FIGURES: Final = (Method.EACH, Method.LARGEST_REMAINDER, Method.LAST_ADJUSTED)
_ROUNDED_EACH: Final = (Method.EACH, Method.PRINTED_SHARES)
_ADJUSTED: Final = (Method.LAST_ADJUSTED, Method.PRINTED_SHARES_ADJUSTED)
_PARTNERS: Final = {
    Column.FIGURE: (Column.AMOUNT, Column.SHARE),
    Column.SHARE: (Column.FIGURE, Column.AMOUNT),
    Column.AMOUNT: (Column.FIGURE, Column.SHARE),
}
"""The columns that a number can be worked out from, the more exact one first."""

_NEAR: Final = 2
"""How far a sum of rounded amounts is off at most, in nearly all tables, in its last decimal."""


@dataclass(frozen=True)
class PublishedTable:
    """A table as printed: every number is a whole number of its column's last decimal.

    The cells of a column stand in the order of the municipalities' names. There are amounts, and
    figures or shares or both; a total where one is printed, and how many decimals a column prints.
    """

    names: tuple[str, ...]
    cells: Mapping[Column, tuple[int, ...]]
    totals: Mapping[Column, int]
    decimals: Mapping[Column, int]

    def printed(self, column: Column, row: int | None) -> int:
        """Return a number; without a row the total."""
        return self.totals[column] if row is None else self.cells[column][row]

    def whole(self, column: Column) -> int:
        """Return what the numbers of a column are parts of."""
        if column is Column.SHARE:
            return int(10 ** (2 + self.decimals[column]))
        return self.totals[column] if column in self.totals else sum(self.cells[column])

    def with_value(self, column: Column, row: int | None, value: int) -> Self:
        """Return the table with another number in one place."""
        if row is None:
            return replace(self, totals={**self.totals, column: value})
        cells = (*self.cells[column][:row], value, *self.cells[column][row + 1 :])
        return replace(self, cells={**self.cells, column: cells})


@dataclass(frozen=True)
class Doubt:
    """A number that may be wrong, in a row from 0 or the total (None), and what it should be.

    Each of the values would do; `slip` tells if one slip of the hand turns such a value into what
    is printed.
    """

    column: Column
    row: int | None
    printed: int
    values: tuple[int, ...]
    slip: bool = False


@dataclass(frozen=True)
class Audit:
    """What came of an audit: the methods by which all of a table follows; none if it does not hold.

    Then each explanation is one wrong number with which all the rest would hold, equally good, and
    the deviations are what does not follow from the rest as printed.
    """

    table: PublishedTable
    methods: tuple[Method, ...]
    explanations: tuple[Doubt, ...] = ()
    deviations: tuple[Doubt, ...] = ()


def audit(table: PublishedTable) -> Audit:
    """Return whether a table holds, by which methods, and what is wrong if it does not."""
    if methods := methods_of(table):
        return Audit(table, methods)
    rows = (*range(len(table.names)), None)
    places = [(column, row) for column in table.cells for row in rows]
    found = [doubt for place in places if (doubt := _explanation(table, *place))]
    likely = [doubt for doubt in found if doubt.slip]
    return Audit(table, (), tuple(likely or found), tuple(_deviations(table)))


def methods_of(table: PublishedTable) -> tuple[Method, ...]:
    """Return the methods by which all of a table follows; none if something in it does not."""
    empty = any(table.whole(column) <= 0 for column in table.cells)
    if empty or any(_contradictions(table)):
        return ()
    return tuple(method for method in _methods(table) if _follows(table, method))


def expected(table: PublishedTable, method: Method, total: int) -> Iterator[int]:
    """Yield the amounts that a method gives for a total."""
    basis = Column.FIGURE if method in _BY_FIGURES else Column.SHARE
    weights, whole = table.cells[basis], max(table.whole(basis), 1)
    if method is Method.LARGEST_REMAINDER and any(weights):
        by_place = {f"{place:04}": Fraction(weight) for place, weight in enumerate(weights)}
        yield from (part.amount for part in largest_remainder(total, by_place))
        return
    rest = total
    for weight in weights[:-1]:
        yield (amount := _rounded(total * weight, whole))
        rest -= amount
    yield rest if method in _ADJUSTED else _rounded(total * weights[-1], whole)


def _methods(table: PublishedTable) -> list[Method]:
    figures, shares = Column.FIGURE in table.cells, Column.SHARE in table.cells
    there = (method for method in Method if (figures if method in _BY_FIGURES else shares))
    return [method for method in there if not (figures and method is Method.WITHIN_SHARES)]


def _follows(table: PublishedTable, method: Method) -> bool:
    amounts, total = table.cells[Column.AMOUNT], table.whole(Column.AMOUNT)
    if method in _ROUNDED_EACH:  # their sum tells only how large the total may have been
        away = 0 if Column.AMOUNT in table.totals else len(amounts) // 2
        totals = range(total - away, total + away + 1)
        return any(all(map(eq, amounts, expected(table, method, other))) for other in totals)
    if sum(amounts) != total:
        return False
    if method is Method.WITHIN_SHARES:
        return _are_near(table, Column.SHARE, total + 2 * table.whole(Column.SHARE))
    if method is Method.LARGEST_REMAINDER and not _are_near(
        table, Column.FIGURE, 2 * table.whole(Column.FIGURE)
    ):
        return False  # soon known: an amount is the exact part rounded up or down
    return all(map(eq, amounts, expected(table, method, total)))


def _are_near(table: PublishedTable, basis: Column, loose: int) -> bool:
    """Whether twice each amount is its part of the total, but for so many parts of the whole."""
    total, whole = table.whole(Column.AMOUNT), table.whole(basis)
    pairs = zip(table.cells[Column.AMOUNT], table.cells[basis], strict=True)
    return all(2 * abs(amount * whole - total * weight) <= loose for amount, weight in pairs)


def _contradictions(table: PublishedTable) -> Iterator[Doubt]:
    """Yield the totals that are not the sum, but of amounts, and the shares of other figures."""
    for column in table.cells.keys() - {Column.AMOUNT}:
        total, summed = table.totals.get(column, table.whole(column)), sum(table.cells[column])
        loose = len(table.names) if column is Column.SHARE else 0
        if 2 * abs(summed - total) > loose:
            yield Doubt(column, None, total, (summed,))
    if {Column.FIGURE, Column.SHARE} <= table.cells.keys():
        whole, hundred = table.whole(Column.FIGURE), table.whole(Column.SHARE)
        figures, shares = table.cells[Column.FIGURE], table.cells[Column.SHARE]
        for row, (figure, share) in enumerate(zip(figures, shares, strict=True)):
            if 2 * abs(share * whole - hundred * figure) > whole:
                yield Doubt(Column.SHARE, row, share, (_rounded(hundred * figure, whole),))


def _deviations(table: PublishedTable) -> Iterator[Doubt]:
    """Yield what does not follow: sums, shares, and the amounts by the method that fits best."""
    yield from _contradictions(table)
    amounts, total = table.cells[Column.AMOUNT], table.whole(Column.AMOUNT)
    tried = [
        [
            Doubt(Column.AMOUNT, row, amounts[row], (right,))
            for row, right in enumerate(expected(table, method, total))
            if right != amounts[row]
        ]
        for method in _methods(table)
    ]
    yield from min(tried, key=len)
    if abs(sum(amounts) - total) > _NEAR:
        yield Doubt(Column.AMOUNT, None, total, (sum(amounts),))


def _explanation(table: PublishedTable, column: Column, row: int | None) -> Doubt | None:
    if row is None and column not in table.totals:
        return None
    printed, (low, high) = table.printed(column, row), _range(table, column, row)
    near = {max((low + high) // 2 + away, 0) for away in range(-_NEAR, _NEAR + 1)}
    if row is not None and column in table.totals:
        near.add(max(table.totals[column] - sum(table.cells[column]) + printed, 0))
    slips = {value for value in _slips(printed) if low <= value <= high}
    for values, slip in ((slips, True), (near - {printed}, False)):
        right = [
            value for value in sorted(values) if methods_of(table.with_value(column, row, value))
        ]
        if right:
            return Doubt(column, row, printed, tuple(right), slip)
    return None


def _range(table: PublishedTable, column: Column, row: int | None) -> tuple[int, int]:
    """Return between which values a number must lie, if all others are right."""
    low = high = summed = sum(table.cells[column])
    loose = _NEAR + len(table.names) // 2
    if row is not None:
        partner = next(other for other in _PARTNERS[column] if other in table.cells)
        part, whole = table.cells[partner][row], table.whole(partner)
        slack = loose if partner is Column.AMOUNT else 1
        known = column in table.totals or column is Column.SHARE
        of = table.whole(column) if known else summed - table.cells[column][row]
        low, high = (
            of * near // max(whole - (0 if known else near), 1)
            for near in (max(part - slack, 0), part + slack)
        )
    return low - loose, high + loose


def _slips(printed: int) -> set[int]:
    """Return the numbers that one slip of the hand turns into what is printed."""
    digits, numbers = str(printed), set()
    for at in range(len(digits) + 1):
        head, tail = digits[:at], digits[at:]
        numbers |= {head + tail[1:], head + tail[1:2] + tail[:1] + tail[2:]}
        numbers |= {f"{head}{new}{rest}" for new in "0123456789" for rest in (tail, tail[1:])}
    return {int(number) for number in numbers if number} - {printed}


def _rounded(numerator: int, denominator: int) -> int:
    """Return a quotient rounded to a whole number, half up."""
    return (2 * numerator + denominator) // (2 * denominator)
