"""Exact numbers as text: decimals for machines, and the formats people read."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from schemas.records import Language

_DANISH_MARKS: Final = str.maketrans(",.", ".,")


def exact(value: Fraction) -> str:
    """Return `20691`, `20690.5`, or `41383/3` where no decimal is exact."""
    if value.denominator == 1:
        return str(value.numerator)
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if rest != 1:
        return f"{value.numerator}/{value.denominator}"
    return rounded(value, value.denominator.bit_length()).rstrip("0")


def rounded(value: Fraction, places: int) -> str:
    """Return a decimal of a non-negative value, halves rounded up as a spreadsheet does."""
    scaled = (2 * value.numerator * 10**places + value.denominator) // (2 * value.denominator)
    digits = str(scaled).rjust(places + 1, "0")
    return f"{digits[:-places]}.{digits[-places:]}" if places else digits


def localized(text: str, language: Language) -> str:
    """Return a plain decimal with the thousands and decimal marks of the language."""
    integer, point, decimals = text.partition(".")
    grouped = f"{int(integer):,}{point}{decimals}"
    return grouped if language is Language.ENGLISH else grouped.translate(_DANISH_MARKS)


def whole(value: int, language: Language) -> str:
    """Return `370.000` in Danish, `370,000` in English."""
    grouped = f"{value:,}"
    return grouped if language is Language.ENGLISH else grouped.translate(_DANISH_MARKS)


def percent(share: Fraction, language: Language) -> str:
    """Return a share with one decimal: `48,0 %` in Danish, `48.0%` in English."""
    text = localized(rounded(share * 100, 1), language)
    return f"{text} %" if language is Language.DANISH else f"{text}%"


def points(change: Fraction, language: Language) -> str:
    """Return a difference of two shares in percentage points, with its sign: `+0,56`."""
    text = localized(rounded(abs(change) * 100, 2), language)
    sign = "+" if change > 0 else "−"
    return text if text.strip("0,.") == "" else f"{sign}{text}"
