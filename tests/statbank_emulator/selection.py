"""Which values a request selects, and whether it may.

Documented: `*` anywhere, ranges with `>=`, `<=`, `>` and `<`, nth rules in parentheses as in CSS
(`(1)` is the newest period, `-(1)` the oldest), duplicates dropped, periods sorted, elimination,
the newest period when time is left out, and the cell limit. Recorded: the order of variables and
values is that of the request; a streaming format reports a variable left out before an unknown
one. Inferred: a rule that matches nothing is an unknown value, nth rules work on time only, and
time stands last when it was not asked for. Left out: `sum(...)`, `multiply(...)`, `divide(...)`
and `subtract(...)`, which are answered as unknown values.
"""

import math
import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .catalogue import Variable
from .errors import (
    CELL_LIMIT,
    missing_variable,
    too_many_cells,
    unknown_value,
    unknown_variable,
)
from .query import AskedVariable

_NTH = re.compile(r"(-?)\((?:([+-]?\d*)n)?([+-]?\d+)?\)")
_RANGE = re.compile(r"(>=?|<=?)([^<>=]+)(?:(>=?|<=?)([^<>=]+))?")
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
}
NEWEST = "(1)"


@dataclass(frozen=True)
class Column:
    """One variable of an answer with the selected codes, in output order."""

    variable: Variable
    codes: tuple[str, ...]
    head: bool = False


def select(
    variables: Sequence[Variable],
    asked: Sequence[AskedVariable],
    *,
    streaming: bool,
    descending: bool = False,
) -> list[Column]:
    """Choose the columns of an answer, those placed in the head last.

    Args:
        variables: All variables of the table, with published periods only.
        asked: What the client selected.
        streaming: Whether the format allows neither elimination nor sorting.
        descending: Whether periods come newest first.

    Raises:
        StatBankError: A code is unknown, a variable is missing or the cells are too many.
    """
    chosen = [each for each in asked if each.rules]
    if streaming:
        _require_all(variables, chosen)
    columns = [_column(variables, each, descending) for each in _with_time(variables, chosen)]
    cells = math.prod(len(column.codes) for column in columns) * (len(columns) + 1)
    if not streaming and cells > CELL_LIMIT:
        raise too_many_cells(cells)
    return sorted(columns, key=lambda column: column.head)


def _require_all(variables: Sequence[Variable], chosen: Sequence[AskedVariable]) -> None:
    codes = {each.code.casefold() for each in chosen}
    for variable in variables:
        if variable.code.casefold() not in codes:
            raise missing_variable(variable.code)


def _with_time(
    variables: Sequence[Variable], chosen: Sequence[AskedVariable]
) -> list[AskedVariable]:
    time = variables[-1].code
    if any(each.code.casefold() == time.casefold() for each in chosen):
        return list(chosen)
    return [*chosen, AskedVariable(time, (NEWEST,))]


def _column(variables: Sequence[Variable], asked: AskedVariable, descending: bool) -> Column:
    for variable in variables:
        if variable.code.casefold() == asked.code.casefold():
            codes = matching_codes(variable, asked.rules)
            if variable.is_time:
                codes.sort(reverse=descending)
            return Column(variable, tuple(codes), asked.head)
    raise unknown_variable(asked.code)


def matching_codes(variable: Variable, rules: Sequence[str]) -> list[str]:
    """List the codes the rules select, in the order of the rules and without duplicates.

    Raises:
        StatBankError: A rule matches nothing.
    """
    codes: dict[str, None] = {}
    for rule in rules:
        matches = _matches(variable, rule.strip())
        if not matches:
            raise unknown_value(rule, variable.code)
        codes.update(dict.fromkeys(matches))
    return list(codes)


def _matches(variable: Variable, rule: str) -> list[str]:
    codes = [value.code for value in variable.values]
    if nth := _NTH.fullmatch(rule):
        return _nth(codes, nth) if variable.is_time else []
    if limits := _RANGE.fullmatch(rule):
        return _within(variable, codes, limits)
    pattern = re.compile(".*".join(map(re.escape, rule.split("*"))), re.IGNORECASE)
    return [code for code in codes if pattern.fullmatch(code)]


def _nth(codes: list[str], rule: re.Match[str]) -> list[str]:
    """Count as CSS does: position a*k + b for k = 0, 1, 2 …, the newest first."""
    backwards, step, offset = rule.groups()
    ordered = codes if backwards else codes[::-1]
    factor = {None: 0, "": 1, "+": 1, "-": -1}.get(step)
    factor = int(step) if factor is None else factor
    counts = range(len(ordered) + 1) if factor else range(1)
    places = {factor * count + int(offset or 0) for count in counts}
    return [code for place, code in enumerate(ordered, start=1) if place in places]


def _within(variable: Variable, codes: list[str], rule: re.Match[str]) -> list[str]:
    limits = [(rule[1], rule[2])] + ([(rule[3], rule[4])] if rule[3] else [])
    bounds = [(_COMPARE[sign], _place(variable, codes, bound)) for sign, bound in limits]
    return [
        code
        for place, code in enumerate(codes)
        if all(compare(place, bound) for compare, bound in bounds)
    ]


def _place(variable: Variable, codes: list[str], bound: str) -> float:
    """Find a bound among the codes; a period that is not there lies between its neighbours."""
    folded = [code.casefold() for code in codes]
    if bound.casefold() in folded:
        return folded.index(bound.casefold())
    if variable.is_time:
        return sum(code < bound.casefold() for code in folded) - 0.5
    raise unknown_value(bound, variable.code)
