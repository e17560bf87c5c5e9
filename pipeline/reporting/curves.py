"""Curves as points of an SVG drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_MARGIN = 0.12
"""Part of the height that stays free above and below a curve."""

_LABELS = 8
"""Labels under a curve at most."""


@dataclass(frozen=True)
class Mark:
    """A point of a curve in pixels from the upper left corner, and the label below it."""

    x: str
    y: str
    label: str = ""


@dataclass(frozen=True)
class Curve:
    """A curve.

    Args:
        marks: Its points, from left to right.
        first: First value as text.
        last: Last value as text.
        width: Of the drawing, pixels.
        height: Of the drawing, pixels.
        description: What it shows, in words.
    """

    marks: tuple[Mark, ...]
    first: str
    last: str
    width: int
    height: int
    description: str = ""

    @property
    def line(self) -> str:
        """Its points as an SVG polyline takes them."""
        return " ".join(f"{mark.x},{mark.y}" for mark in self.marks)


def curve_of(
    values: Sequence[float],
    description: str,
    size: tuple[int, int],
    labels: Sequence[str] = (),
    shown: tuple[str, str] = ("", ""),
) -> Curve:
    """Return values as a curve that fills its height.

    Args:
        values: At least one.
        description: What it shows, in words.
        size: Width and height, pixels.
        labels: A label a value, of which as many are kept as there is room for; or none.
        shown: First and last value as text.
    """
    width, height = size
    lowest, highest = min(values), max(values)
    spread = highest - lowest or 1.0
    step = width / max(1, len(values) - 1)
    every = -(-len(values) // _LABELS)
    marks = []
    for position, value in enumerate(values):
        part = (highest - value) / spread if highest > lowest else 0.5
        y = height * (_MARGIN + (1 - 2 * _MARGIN) * part)
        label = labels[position] if labels and position % every == 0 else ""
        marks.append(Mark(f"{position * step:.1f}", f"{y:.1f}", label))
    return Curve(tuple(marks), *shown, width, height, description)
