"""The page: one self-contained file that opens from a mail, without network and without script."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from fractions import Fraction
from functools import cache, partial

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from pipeline.plain_text import plain
from pipeline.reporting import notes
from pipeline.reporting.content import Content
from pipeline.reporting.texts import exact, localized, percent, points, rounded, whole

_MARGIN = 0.12
"""Part of the height of a drawing that stays free above and below a curve."""


def page(content: Content) -> bytes:
    """Return the report as HTML (UTF-8); every text in it is escaped by the template engine."""
    language = content.text.language
    funds = Counter[str]()
    for fund in content.result.shared_funds:
        funds.update({cluster_id: part.amount for cluster_id, part in fund.parts.items()})

    def people(counted: Fraction) -> str:
        return localized(exact(counted), language)

    rendered = _template().render(
        content=content,
        text=content.text,
        notes=content.notes,
        development=content.development,
        funds=funds,
        sources=[notes.citation(row, content.text) for row in content.calculation.inputs.snapshots],
        day=notes.day_text(content.result.quarter.reference_day, language),
        basis_text=notes.basis_text,
        people=people,
        kroner=partial(whole, language=language),
        percent=partial(percent, language=language),
        points=partial(points, language=language),
        rounded=rounded,
        marks=_marks,
    )
    return rendered.encode()


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("pipeline.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: plain(value) if type(value) is str else value,
    )
    return environment.get_template("page.html")


def _marks(values: Iterable[Fraction], width: int, height: int) -> list[tuple[str, str]]:
    """Return x and y of the points of a curve that fills its height, from left to right.

    Args:
        values: At least one.
        width: Of the drawing, pixels.
        height: Of the drawing, pixels.
    """
    heights = [float(value) for value in values]
    lowest, highest = min(heights), max(heights)
    step = width / max(1, len(heights) - 1)
    marks = []
    for position, value in enumerate(heights):
        part = (highest - value) / (highest - lowest) if highest > lowest else 0.5
        y = height * (_MARGIN + (1 - 2 * _MARGIN) * part)
        marks.append((f"{position * step:.1f}", f"{y:.1f}"))
    return marks
