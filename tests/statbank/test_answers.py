"""An answer of the StatBank as text: what is no table of figures is refused, and says why."""

from __future__ import annotations

import warnings

import pytest

from pipeline.errors import InvalidData, SchemaDrift
from pipeline.statbank.answers import Asked, read_answer
from schemas.quarter import Quarter, quarter_range
from schemas.source_tables import FOLK1A

HEADER = ";".join(FOLK1A.header)
CODES = ("101", "147")
QUARTERS = quarter_range(Quarter(2020, 1), Quarter(2022, 4))
ASKED = Asked(FOLK1A, CODES, QUARTERS, "The answer")


def answer(*rows: str, header: str = HEADER) -> bytes:
    """Return rows below a header, as the StatBank sends them."""
    return "".join(f"{row}\r\n" for row in (header, *rows)).encode("utf-8-sig")


def row(code: str, quarter: Quarter, people: object = 1000) -> str:
    """Return a row of FOLK1A."""
    return f"{code};TOT;IALT;TOT;{quarter};{people}"


def test_an_answer_is_read_by_quarter_and_code() -> None:
    """In the order in which they were asked for, whatever the order of the rows."""
    rows = [row(code, quarter, 7) for quarter in reversed(QUARTERS) for code in reversed(CODES)]
    read = read_answer(ASKED, answer(*rows))
    assert list(read) == list(QUARTERS)
    assert list(read[QUARTERS[0]].items()) == [("101", 7), ("147", 7)]


def test_an_answer_is_read_to_the_first_row_too_many() -> None:
    """However much follows, to refuse it takes no longer."""
    rows = [row(code, quarter) for quarter in QUARTERS for code in CODES]
    with pytest.raises(InvalidData, match="has 1 wrong figure") as caught:
        read_answer(ASKED, answer(*rows, *rows))
    assert "row 26, column INDHOLD: must be the only figure" in caught.value.message


def test_ten_of_twelve_quarters_that_lack_figures_are_named() -> None:
    """A line each, the first ten."""
    with pytest.raises(SchemaDrift) as caught:
        read_answer(ASKED, answer(*(row("101", quarter) for quarter in QUARTERS)))
    first, *lines = caught.value.message.splitlines()
    assert first == "The answer lacks figures that were asked for:"
    assert lines == [f"  {quarter}: 147" for quarter in QUARTERS[:10]]


def test_of_a_strange_header_as_much_is_shown_as_tells_what_it_is() -> None:
    """120 bytes of a page that came instead of the table."""
    with pytest.raises(SchemaDrift) as caught:
        read_answer(ASKED, answer(header="<" + "x" * 500))
    assert f" is headed '<{'x' * 119}' instead of " in caught.value.message


def test_a_row_of_another_length_is_no_row() -> None:
    """A cell too many, in one row or in all, is refused; nothing is guessed, or only warned of."""
    rows = [row(code, quarter) for quarter in QUARTERS for code in CODES]
    with warnings.catch_warnings(action="ignore"):
        for longer in ([f"{rows[0]};", *rows[1:]], [rows[0], f"{rows[1]};", *rows[2:]],
                       [f"{each};" for each in rows]):  # fmt: skip
            with pytest.raises(SchemaDrift, match=r"has a row of another length: .*\S\Z"):
                read_answer(ASKED, answer(*longer))


def test_quotes_are_part_of_a_cell() -> None:
    """The StatBank writes none, so a code in quotes is another code."""
    rows = [row(code, quarter) for quarter in QUARTERS for code in CODES]
    with pytest.raises(SchemaDrift, match="must be a code that was asked for"):
        read_answer(ASKED, answer(row('"101"', QUARTERS[0]), *rows[1:]))
