"""Rules of columns, each with the sentence that its failure prints; those of tables on their own.

The tables on their own name no other: places, words and keys, accounts and sources.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from fractions import Fraction
from functools import partial
from re import fullmatch
from typing import Any, Final

import pandas as pd
import pandera.pandas as pa

from schemas import records
from schemas.records import COPENHAGEN_TOTAL, MUNICIPALITY_COUNT, AreaKind
from schemas.rows import columns
from schemas.sharing import EqualBy, PopulationOf, Structure

_OPEN_END = "9999K4"

OfRows = Callable[..., pa.Check]
Rule = pa.Check | OfRows
"""What must hold of the cells of a column; or of rows, where a failure is reported at a column."""

Rules = Mapping[str, Rule | list[Rule]]

_check = partial(pa.Check, ignore_na=False)


def table(names: Iterable[str], *by_column: Rules) -> pa.DataFrameSchema:
    """A table of exactly these columns of text, by all of these rules."""
    of_cells: dict[str, list[pa.Check]] = {}
    of_rows = []
    for name in names:
        given = (rules.get(name, []) for rules in by_column)
        found = [
            rule for rules in given for rule in (rules if isinstance(rules, list) else [rules])
        ]
        of_cells[name] = [rule for rule in found if isinstance(rule, pa.Check)]
        of_rows += [rule(title=name) for rule in found if not isinstance(rule, pa.Check)]
    # The readers make text of every cell: to look for other types and for gaps takes half the time.
    text = {name: pa.Column(None, checks, nullable=True) for name, checks in of_cells.items()}
    return pa.DataFrameSchema(text, checks=of_rows, strict=True)


def matches(pattern: str, rule: str) -> pa.Check:
    """The whole cell matches the regular expression."""
    return _check(lambda cells: cells.str.fullmatch(pattern), error=rule)


NOT_BLANK: Final = _check(lambda cells: cells.ne(""), error="must not be blank")
UNIQUE: Final = _check(lambda cells: ~cells.duplicated(), error="must not stand twice")


def known(values: Collection[str], rule: str) -> pa.Check:
    """The cell is one of the values."""
    return _check(lambda cells: cells.isin(list(values)), error=rule)


def one_of(values: Collection[str]) -> pa.Check:
    """The cell is one of a few values, which the message names."""
    return known(values, f"must be one of {', '.join(values)}")


def each_cell(rule: str, holds: Callable[[str], bool]) -> pa.Check:
    """Something holds of each cell."""
    return _check(holds, error=rule, element_wise=True)


def at_most_one(pattern: str, rule: str) -> pa.Check:
    """The cell is a number of at most 1, written as the pattern says, which may allow a blank."""
    return each_cell(rule, lambda text: bool(fullmatch(pattern, text)) and Fraction(text or 1) <= 1)


def are_ages(text: str) -> bool:
    """Return whether a cell is whole years from and to, below 99, or blank."""
    years = fullmatch("([0-9]|[1-9][0-9])-([0-9]|[1-9][0-9]|)", text)
    return not text or bool(years and int(years[1]) <= int(years[2] or 98) <= 98)


def each_row(rule: str, holds: Callable[[Any], bool]) -> OfRows:
    """Something holds of the cells of each row."""

    def hold(table: pd.DataFrame) -> pd.Series:
        return pd.Series(map(holds, _rows(table)), table.index, bool)

    return partial(_check, hold, error=rule)


def _rows(table: pd.DataFrame) -> Iterator[dict[str, str]]:
    names = list(table.columns)  # to_dict would look at the type of every cell
    return (dict(zip(names, cells, strict=True)) for cells in table.to_numpy())


def all_rows(rule: str, holds: Callable[[pd.DataFrame], Any]) -> OfRows:
    """Something holds of the rows together, or of each beside the others."""
    return partial(_check, holds, error=rule)


def no_overlap(*keys: str) -> OfRows:
    """No two rows with the same keys are in force in the same quarter.

    Quarters compare as text, `2022K4` before `2023K1`; a blank last quarter never ends.
    """

    def holds(table: pd.DataFrame) -> pd.Series:
        ordered = table.sort_values("first_quarter", kind="stable")
        free, taken_until = [], dict[tuple[str, ...], str]()
        for row in _rows(ordered):
            key = tuple(row[name] for name in keys)
            free.append(row["first_quarter"] > taken_until.get(key, ""))
            taken_until[key] = max(row["last_quarter"] or _OPEN_END, taken_until.get(key, ""))
        return pd.Series(free, ordered.index, bool).reindex(table.index)

    rule = f"must not be in force twice in one quarter for the same {' and '.join(keys)}"
    return all_rows(rule, holds)


def filled_by(basis: records.Basis) -> OfRows:
    """The column that is named as a basis is filled where that counts, and blank elsewhere."""
    return each_row(
        f"must be filled when basis is {basis}, and only then",
        lambda cells: (cells[basis] != "") == (cells["basis"] == basis),
    )


IDENTIFIER: Final = matches(
    records.IDENTIFIER,
    "must be lower-case letters a-z, digits and hyphens, at most 60, such as amager-hvidovre",
)
PART: Final = "[1-9][0-9]{0,5}"


def _at_first(kind: AreaKind, rows: pd.DataFrame) -> int:
    """Return how many of a kind are there when the table begins; later rows are changes."""
    first = rows["first_quarter"].eq(rows["first_quarter"].min())
    return int((first & rows["kind"].eq(kind)).sum())


def _has_its_region(rows: pd.DataFrame) -> pd.Series:
    regions = rows["code"][rows["kind"] == AreaKind.REGION]
    in_region = rows["kind"].isin([AreaKind.MUNICIPALITY, AreaKind.OTHER])
    return rows["region_code"].isin(regions).where(in_region, rows["region_code"].eq(""))


RULES: Final[Mapping[str, Rules]] = {
    "sources": {
        "source_id": [IDENTIFIER, UNIQUE],
        "title": NOT_BLANK,
        "url": matches(r"|https?://\S+", "must be a web address, or blank"),
        "confidence": known(("high", "medium", "low"), "must be high, medium or low"),
    },
    "areas": {
        "code": [
            matches(records.AREA_CODE, "must be three digits (Excel drops leading zeros)"),
            no_overlap("code"),
        ],
        "kind": [
            one_of(list(AreaKind)),
            all_rows(
                f"must name {MUNICIPALITY_COUNT} municipalities in its first quarter",
                lambda rows: _at_first(AreaKind.MUNICIPALITY, rows) == MUNICIPALITY_COUNT,
            ),
            all_rows(
                "must name the country once in its first quarter",
                lambda rows: _at_first(AreaKind.COUNTRY, rows) == 1,
            ),
        ],
        "region_code": all_rows("must be the code of a region in this file", _has_its_region),
    },
    "districts": {
        "code": [
            matches(records.DISTRICT_CODE, "must be four digits"),
            no_overlap("code"),
            all_rows(
                f"must hold the city total {COPENHAGEN_TOTAL}",
                lambda rows: COPENHAGEN_TOTAL in set(rows["code"]),
            ),
        ]
    },
    "structures": {
        **{name: NOT_BLANK for name in columns(Structure) if not name.startswith("name_")},
        "structure": [IDENTIFIER, UNIQUE],
    },
    "keys": {
        "key_id": [IDENTIFIER, no_overlap("key_id")],
        "ages": each_cell("must be whole years below 99, 0-17 or 65-, or blank", are_ages),
        "population_of": matches(
            "|".join([*PopulationOf, records.QUARTER]),
            f"must be {', '.join(PopulationOf)} or a quarter",
        ),
        "equal_part": at_most_one(
            rf"(0|{PART})(/{PART})?", "must be 0, 1, or p/q below 1, such as 1/4"
        ),
        "equal_by": one_of(list(EqualBy)),
        "cap": matches(r"|[1-9][0-9]{0,7}", "must be a whole number of people, or blank"),
    },
    "accounts": {
        "municipality_code": UNIQUE,
        "ean": matches(r"|[0-9]{13}", "must be 13 digits, or blank"),
        "account": matches(r"|[0-9]{4} [0-9]{1,10}", "must be such as 1234 0012345678, or blank"),
    },
}
"""The rules that a column of each of these tables has of its own."""
