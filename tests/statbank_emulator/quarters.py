"""Quarters as the StatBank writes them.

Recorded: the id is Danish in both languages (`2026K3`); only the text changes (`2026Q3` in
English). `K1` is 1 January, `K2` 1 April, `K3` 1 July and `K4` 1 October.
"""

import re

_QUARTER_ID = re.compile(r"(\d{4})K([1-4])")
# (month, day) a quarter of FOLK1A appears at 08:00; recorded days lie from the 10th to the 12th.
_RELEASE_DAYS = {1: "02-11", 2: "05-11", 3: "08-11", 4: "11-11"}


def ordinal(quarter: str) -> int:
    """Number a quarter id so that consecutive quarters differ by one.

    Raises:
        ValueError: `quarter` is not of the form `2026K3`.
    """
    match = _QUARTER_ID.fullmatch(quarter)
    if match is None:
        raise ValueError(f"not a quarter id such as 2026K3: {quarter!r}")
    return int(match[1]) * 4 + int(match[2]) - 1


def quarter_id(number: int) -> str:
    """Give the quarter id of an ordinal."""
    return f"{number // 4}K{number % 4 + 1}"


def between(first: str, last: str) -> list[str]:
    """List the quarter ids from `first` to `last`, both included."""
    return [quarter_id(number) for number in range(ordinal(first), ordinal(last) + 1)]


def english_text(quarter: str) -> str:
    """Give the English text of a quarter id."""
    return quarter.replace("K", "Q")


def release_moment(quarter: str) -> str:
    """Give the usual moment of publication, naive Copenhagen time as in `updated`."""
    number = ordinal(quarter)
    return f"{number // 4}-{_RELEASE_DAYS[number % 4 + 1]}T08:00:00"
