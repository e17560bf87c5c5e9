"""The page: one self-contained file that opens from a mail, without network and without script."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from pipeline.calculation.development import Series
from pipeline.calculation.quarter import ClusterResult, Member
from pipeline.plain_text import plain
from pipeline.reporting import notes
from pipeline.reporting.content import Content
from pipeline.reporting.curves import Curve, curve_of
from pipeline.reporting.notes import Note
from pipeline.reporting.texts import exact, localized, percent, points, rounded, whole

_SPARK: Final = (96, 22)
_FIGURE: Final = (640, 150)
"""Width and height of a drawing, in pixels."""


@dataclass(frozen=True)
class Bar:
    """A share as text, and as the width of a bar in percent of the widest."""

    text: str
    width: str


@dataclass(frozen=True)
class Change:
    """How a share developed: since the year before, and over the quarters stored."""

    since_year: str
    curve: Curve


@dataclass(frozen=True)
class Row:
    """A member of a cluster, or a cluster of the country, as a row of a table.

    Args:
        name: Whose row it is.
        anchor: Id of the section that tells more; empty if none does.
        basis: How it counts; for a cluster, its number of municipalities.
        note: The note on how it counts, if there is one.
        counted: Counted population.
        share: Its share, with a bar.
        amounts: Kroner, a column each.
        change: How its share developed; None in a row of totals.
    """

    name: str
    anchor: str
    basis: str
    note: Note | None
    counted: str
    share: Bar
    amounts: tuple[str, ...]
    change: Change | None


@dataclass(frozen=True)
class Section:
    """A cluster."""

    anchor: str
    name: str
    region: str
    lead: tuple[str, ...]
    amount_headings: tuple[str, ...]
    rows: tuple[Row, ...]
    total: Row
    figure: Curve
    notes: tuple[Note, ...]


def page(content: Content) -> bytes:
    """Return the report as HTML (UTF-8); every text in it is escaped by the template engine."""
    text = content.text
    sections = [_section(content, result) for result in content.result.clusters]
    rendered = _template().render(
        content=content,
        text=text,
        day=notes.day_text(content.calculation.report.quarter.reference_day, text.language),
        headlines=list(_headlines(content)),
        sources=[
            notes.citation(snapshot, text) for snapshot in content.calculation.inputs.snapshots
        ],
        findings=[text.finding(finding) for finding in content.result.findings],
        overview=_overview(content),
        sections=sections,
        regions=_by_region(sections),
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


def _headlines(content: Content) -> Iterator[str]:
    for result in content.result.clusters:
        yield from _cost_lines(content, result)
    for pool in content.result.pools:
        yield content.text(
            "page.pool",
            amount=pool.cost.amount_dkk,
            name=content.cost_name(pool.cost),
            count=len(pool.parts),
        )


def _by_region(sections: Sequence[Section]) -> dict[str, list[Section]]:
    regions: dict[str, list[Section]] = {}
    for section in sections:
        regions.setdefault(section.region, []).append(section)
    return regions


def _overview(content: Content) -> list[Row]:
    development, clusters = content.development.clusters, content.result.clusters
    latest = {
        result.cluster.cluster_id: development[result.cluster.cluster_id][-1] for result in clusters
    }
    widest = max((point.share for point in latest.values()), default=Fraction(0))
    return [
        Row(
            name=content.cluster_name(result),
            anchor=result.cluster.cluster_id,
            basis=str(len(result.members)),
            note=None,
            counted=_people(content, result.counted_population),
            share=_bar(content, latest[result.cluster.cluster_id].share, widest),
            amounts=_cluster_amounts(content, result),
            change=_change(content, result.cluster.name, development[result.cluster.cluster_id]),
        )
        for result in clusters
    ]


def _cluster_amounts(content: Content, result: ClusterResult) -> tuple[str, ...]:
    costs = sum(allocation.cost.amount_dkk for allocation in result.allocations)
    key = result.cluster.cluster_id
    funds = sum(pool.parts[key].amount for pool in content.result.pools if key in pool.parts)
    return tuple(whole(amount, content.text.language) for amount in (costs, funds))


def _section(content: Content, result: ClusterResult) -> Section:
    cluster, development = result.cluster, content.development
    widest = max((member.share for member in result.members), default=Fraction(0))
    notes_here = content.notes_on(result)
    return Section(
        anchor=cluster.cluster_id,
        name=content.cluster_name(result),
        region=cluster.region,
        lead=tuple(_cost_lines(content, result)) or (content.text("page.no_cost"),),
        amount_headings=tuple(
            f"{content.cost_name(allocation.cost)} (kr.)" for allocation in result.allocations
        ),
        rows=tuple(_member(content, result, member, widest) for member in result.members),
        total=_total(content, result),
        figure=_figure(content, cluster.name, development.clusters[cluster.cluster_id]),
        notes=tuple(note for note in notes_here if note.rule_of),
    )


def _cost_lines(content: Content, result: ClusterResult) -> Iterator[str]:
    for allocation in result.allocations:
        yield content.text(
            "page.cost",
            amount=allocation.cost.amount_dkk,
            name=content.cost_name(allocation.cost),
            count=len(allocation.parts),
            cluster=result.cluster.name,
        )


def _member(content: Content, result: ClusterResult, member: Member, widest: Fraction) -> Row:
    code, language = member.membership.municipality_code, content.text.language
    series = content.development.members[result.cluster.cluster_id][code]
    return Row(
        name=member.name,
        anchor="",
        basis=notes.basis_text(member, content.text),
        note=content.rule_note(result, code),
        counted=_people(content, member.counted_population),
        share=_bar(content, member.share, widest),
        amounts=tuple(
            whole(allocation.parts[code].amount, language) for allocation in result.allocations
        ),
        change=_change(content, member.name, series),
    )


def _total(content: Content, result: ClusterResult) -> Row:
    text = content.text
    share = sum((member.share for member in result.members), Fraction(0))
    return Row(
        name=text("cluster.total"),
        anchor="",
        basis="",
        note=None,
        counted=_people(content, result.counted_population),
        share=Bar(percent(share, text.language), "0"),
        amounts=tuple(
            whole(sum(part.amount for part in allocation.parts.values()), text.language)
            for allocation in result.allocations
        ),
        change=None,
    )


def _people(content: Content, counted: Fraction) -> str:
    text = exact(counted)
    return text if "/" in text else localized(text, content.text.language)


def _bar(content: Content, share: Fraction, widest: Fraction) -> Bar:
    width = 100 * share / widest if widest else Fraction(0)
    return Bar(percent(share, content.text.language), rounded(width, 1))


def _change(content: Content, name: str, series: Series) -> Change:
    text, language = content.text, content.text.language
    first, last = series[0], series[-1]
    change = last.since_year
    worded = text(
        "page.trend_of",
        name=name,
        before=percent(first.share, language),
        first=str(first.quarter),
        after=percent(last.share, language),
        last=str(last.quarter),
    )
    if change is None:
        since_year = text("page.not_held")
    else:
        since_year = text("page.points", change=points(change, language))
    return Change(since_year, curve_of([float(point.share) for point in series], worded, _SPARK))


def _figure(content: Content, cluster: str, series: Series) -> Curve:
    text, first, last = content.text, series[0], series[-1]
    values = {
        "first": str(first.quarter),
        "last": str(last.quarter),
        "before": _people(content, first.counted_population),
        "after": _people(content, last.counted_population),
    }
    title = text("page.figure", cluster=cluster, first=values["first"], last=values["last"])
    worded = f"{title}. {text('page.figure_text', **values)}"
    people = [float(point.counted_population) for point in series]
    labels = [str(point.quarter) for point in series]
    shown = (values["before"], values["after"])
    return curve_of(people, worded, _FIGURE, labels, shown)
