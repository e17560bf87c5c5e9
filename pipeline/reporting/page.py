"""The page: one self-contained file that opens from a mail, without network.

Its script finds a municipality; all that it finds is there to read without it.
"""

import re
from base64 import b64encode
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from pipeline.calculation.quarter import ClusterResult, Member
from pipeline.plain_text import plain
from pipeline.reporting import notes
from pipeline.reporting.content import Content
from pipeline.reporting.texts import Catalogue, rounded

_SPAN = 0.8
"""A drawing reaches down to this part of its highest value at least: 0.5 % is no collapse."""

_MARGIN = 0.12
"""Part of the height of a drawing that stays free above and below a curve."""


def page(content: Content) -> bytes:
    """Return the report as HTML (UTF-8); every text in it is escaped by the template engine."""
    inputs, text, quarter = content.calculation.inputs, content.text, content.result.quarter
    funds = Counter[str]()
    for fund in content.result.shared_funds:
        funds.update({cluster_id: part.amount for cluster_id, part in fund.parts.items()})

    return rendered(
        "page.html",
        text,
        content=content,
        payers=_payers(content),
        shares_of_all=[row.share(-1) for row in content.development.clusters.values()],
        funds=funds,
        sources=[notes.citation(row, quarter, text) for row in inputs.snapshots],
        day=text.day(quarter.reference_day),
        basis_text=notes.basis_text,
        key_text=notes.key_text,
        rounded=rounded,
        script=_script(),
    )


def rendered(template: str, text: Catalogue, **values: Any) -> bytes:
    """Return a template filled in with texts and values, as HTML (UTF-8)."""
    return _template(template).render(text=text, marks=_marks, **values).encode()


@dataclass(frozen=True)
class Payer:
    """A municipality in a cluster, and what it pays in all costs of that."""

    member: Member
    result: ClusterResult
    kroner: int

    @property
    def anchor(self) -> str:
        """Name of its place on the page."""
        return re.sub(r"\W+", "-", self.member.name.lower())


def _payers(content: Content) -> list[Payer]:
    """Return what each municipality pays in each of its clusters, by name."""
    payers = [
        Payer(member, result, sum(parts[member.code].amount for parts in costs))
        for result in content.result.clusters
        for costs in [[row.parts for row in content.result.allocations_of(result.cluster)]]
        for member in result.members
    ]
    return sorted(payers, key=lambda payer: (payer.member.name, -payer.kroner))


@cache
def _script() -> tuple[str, str]:
    """Return the script of the page, and the hash by which its policy allows that script alone."""
    source = files("pipeline.reporting").joinpath("templates/page.js").read_text(encoding="utf-8")
    return source, b64encode(sha256(source.encode()).digest()).decode()


@cache
def _template(name: str) -> Template:
    environment = Environment(
        loader=PackageLoader("pipeline.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: plain(value) if type(value) is str else value,
    )
    return environment.get_template(name)


def _marks(heights: Sequence[float], width: int, height: int) -> list[tuple[str, str]]:
    """Return x and y in pixels of the points of a curve that fills its height, left to right."""
    highest = max(heights)
    lowest = min(*heights, _SPAN * highest)
    step = width / max(1, len(heights) - 1)
    marks = []
    for position, value in enumerate(heights):
        part = (highest - value) / (highest - lowest) if highest > lowest else 0.5
        y = height * (_MARGIN + (1 - 2 * _MARGIN) * part)
        marks.append((f"{position * step:.1f}", f"{y:.1f}"))
    return marks
