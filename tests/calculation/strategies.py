"""What the properties are tried on: amounts, weights, rules and populations of every kind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from pipeline.calculation.membership import in_force
from pipeline.calculation.population import Population
from schemas.quarter import Period, Quarter
from schemas.records import (
    COPENHAGEN,
    COPENHAGEN_TOTAL,
    Area,
    AreaKind,
    Basis,
    Cluster,
    Cost,
    District,
    Membership,
    Per,
    Reference,
)
from schemas.report_name import ReportName
from schemas.rows import TABLES
from schemas.sharing import Key, Structure

QUARTER = Quarter(2022, 1)
ALWAYS = Period(QUARTER, None)
STRUCTURE = "sundhedsklynge"
LARGEST_AMOUNT_DKK = 10**15
DISTRICTS = ("1001", "1002", "1003", "1004", "1099")

amounts = st.integers(0, LARGEST_AMOUNT_DKK)
people = st.integers(0, 700_000)
codes = st.integers(101, 860).map(str)
weights = st.builds(Fraction, people, st.integers(1, 12))
weightings = st.dictionaries(codes, weights, min_size=1, max_size=30).filter(
    lambda given: any(given.values())
)
quarters = st.builds(Quarter, st.integers(2000, 2100), st.integers(1, 4))


def cluster(cluster_id: str, period: Period = ALWAYS, structure: str = STRUCTURE) -> Cluster:
    """Return a cluster of this id."""
    return Cluster(cluster_id, cluster_id.title(), structure, "Region", "Hospital", period)


def membership(
    cluster_id: str,
    code: str,
    *,
    fraction: str = "1",
    districts: tuple[str, ...] = (),
    period: Period = ALWAYS,
    row: int = 2,
) -> Membership:
    """Return a membership; its basis follows from what is given."""
    basis = Basis.WHOLE if fraction == "1" else Basis.FRACTION
    return Membership(
        cluster_id,
        code,
        Basis.DISTRICTS if districts else basis,
        Fraction(fraction),
        districts,
        period,
        "source",
        row,
    )


def cost(scope: str, amount_dkk: int, period: Period = ALWAYS) -> Cost:
    """Return a cost of this scope."""
    named = (f"cost-{amount_dkk}", "Udgift", "Cost", scope)
    return Cost(*named, amount_dkk, Per.YEAR, "K1", period, "source")


def rules_of(
    quarter: Quarter,
    clusters: Sequence[Cluster],
    memberships: Sequence[Membership],
    costs: Sequence[Cost],
    keys: Sequence[Key] = (),
    areas: Iterable[Area] = (),
    known_districts: Iterable[District] = (),
) -> Reference:
    """Return the rules of a quarter, of tables that hold nothing else."""
    words = [Structure(row, *[row] * 10) for row in dict.fromkeys(c.structure for c in clusters)]
    given: dict[str, Sequence[Any]] = {
        **dict.fromkeys(TABLES, ()),
        "areas": [*areas],
        "districts": [*known_districts],
        "structures": words,
        "clusters": clusters,
        "memberships": memberships,
        "costs": costs,
        "keys": keys,
    }
    return in_force(Reference.of(given), ReportName(quarter))


def municipality(code: str) -> Area:
    """Return a municipality."""
    return Area(code, f"Kommune {code}", AreaKind.MUNICIPALITY, "084", ALWAYS)


def districts() -> list[District]:
    """Return København's districts and its total."""
    rows = (COPENHAGEN_TOTAL, *DISTRICTS)
    return [District(code, f"Bydel {code}", COPENHAGEN, ALWAYS) for code in rows]


@dataclass(frozen=True)
class Case:
    """Rules that cover every municipality exactly once, and a population."""

    rules: Reference
    population: Population


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draw clusters, each municipality's way of counting, costs of both scopes, and people."""
    clusters = [cluster(f"c{number}") for number in range(draw(st.integers(1, 5)))]
    ids = [row.cluster_id for row in clusters]
    others = draw(st.lists(codes.filter(lambda code: code != COPENHAGEN), unique=True, max_size=12))
    memberships = [
        membership(cluster_id, code, fraction=str(Fraction(1, len(homes))))
        for code in others
        for homes in [draw(st.lists(st.sampled_from(ids), min_size=1, max_size=3, unique=True))]
        for cluster_id in homes
    ]
    memberships += _copenhagen(draw, ids)
    in_use = [row for row in clusters if row.cluster_id in {m.cluster_id for m in memberships}]
    scopes = st.sampled_from([*(row.cluster_id for row in in_use), f"{STRUCTURE}:*"])
    costs = draw(
        st.lists(st.builds(cost, scopes, amounts), max_size=6, unique_by=lambda c: c.cost_id)
    )
    by_district = {code: draw(people) + 1 for code in DISTRICTS}
    by_district[COPENHAGEN_TOTAL] = sum(by_district.values())
    by_area = {code: draw(people) + 1 for code in [*others, COPENHAGEN]}
    return Case(
        rules_of(
            QUARTER,
            in_use,
            memberships,
            costs,
            areas=map(municipality, by_area),
            known_districts=districts(),
        ),
        Population(QUARTER, by_area, by_district),
    )


def _copenhagen(draw: st.DrawFn, ids: list[str]) -> list[Membership]:
    if draw(st.booleans()):
        return [membership(draw(st.sampled_from(ids)), COPENHAGEN)]
    homes: dict[str, list[str]] = {}
    for code in DISTRICTS:
        homes.setdefault(draw(st.sampled_from(ids)), []).append(code)
    return [
        membership(cluster_id, COPENHAGEN, districts=tuple(listed))
        for cluster_id, listed in homes.items()
    ]
