"""Numbers as text lose nothing that they claim to keep, and read as Danes write them."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.reporting.texts import Catalogue, exact, rounded
from schemas.records import Language

values = st.fractions(0, 10**9, max_denominator=10**6)
shares = st.fractions(0, 1, max_denominator=10**6)


@given(values)
def test_exact_is_exact(value: Fraction) -> None:
    """The text reads back as the same number, whether a decimal or p/q."""
    assert Fraction(exact(value)) == value


@given(st.integers(0, 10**6), st.integers(0, 9), st.integers(0, 9))
def test_exact_is_a_short_decimal_where_there_is_one(number: int, twos: int, fives: int) -> None:
    """Denominators of twos and fives give a decimal without trailing zeros."""
    text = exact(Fraction(number, 2**twos * 5**fives))
    assert "/" not in text
    assert not ("." in text and text.endswith(("0", ".")))


@pytest.mark.parametrize(
    ("value", "text"),
    [("41382/2", "20691"), ("41381/2", "20690.5"), ("41383/3", "41383/3"), ("1/8", "0.125")],
)
def test_exact_as_it_stands_in_the_table(value: str, text: str) -> None:
    """A half of an odd population keeps its ,5; a third has no decimal and stays a fraction."""
    assert exact(Fraction(value)) == text


@given(values, st.integers(0, 12))
def test_rounded_rounds_halves_up(value: Fraction, places: int) -> None:
    """It agrees with decimal arithmetic wide enough to be exact about the half."""
    with localcontext() as context:
        context.prec = 60
        numerator = Decimal(value.numerator * 10**places)
        scaled = (numerator / value.denominator).to_integral_value(ROUND_HALF_UP)
        expected = f"{scaled.scaleb(-places):.{places}f}"
    assert rounded(value, places) == expected


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [("1/2", 0, "1"), ("1/20", 1, "0.1"), ("1/3", 10, "0.3333333333"), ("2/3", 10, "0.6666666667")],
)
def test_rounded_examples(value: str, places: int, text: str) -> None:
    """Halves go up, thirds are cut where they should be."""
    assert rounded(Fraction(value), places) == text


@pytest.mark.parametrize(
    ("text", "danish", "english"),
    [
        ("0", "0", "0"),
        ("999", "999", "999"),
        ("370000", "370.000", "370,000"),
        ("20690.5", "20.690,5", "20,690.5"),
        ("1234567.25", "1.234.567,25", "1,234,567.25"),
        ("41383/3", "41383/3", "41383/3"),
    ],
)
def test_localized(text: str, danish: str, english: str) -> None:
    """Thousands and decimals get the marks of the language; what is no decimal stays as it is."""
    assert Catalogue(Language.DANISH).number(text) == danish
    assert Catalogue(Language.ENGLISH).number(text) == english


@given(st.integers(0, 10**15))
def test_marks_are_only_marks(value: int) -> None:
    """Without its marks the text is the number again."""
    assert int(Catalogue(Language.DANISH).number(value).replace(".", "")) == value
    assert int(Catalogue(Language.ENGLISH).number(value).replace(",", "")) == value


@given(shares)
def test_percent_has_one_decimal_in_both_languages(share: Fraction) -> None:
    """Danish and English show the same tenth of a percent, within a twentieth of the share."""
    danish = Catalogue(Language.DANISH).percent(share).removesuffix(" %").replace(",", ".")
    assert Catalogue(Language.ENGLISH).percent(share) == f"{danish}%"
    assert abs(Fraction(danish) - share * 100) <= Fraction(1, 20)


def test_percent_examples() -> None:
    """The memo's København, and the whole."""
    assert Catalogue(Language.DANISH).percent(Fraction(287_181, 598_032)) == "48,0 %"
    assert Catalogue(Language.ENGLISH).percent(Fraction(1)) == "100.0%"
