"""From one structure to another, worked out by hand on a country of nine municipalities."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.calculation.population import Population
from pipeline.calculation.transition import Transition
from schemas.sharing import Alternative
from tests.calculation.strategies import QUARTER, cluster, membership, municipality, rules_of

EMPTY = ("401", "404", "402", "403")
PEOPLE = {"101": 60, "102": 40, "103": 30, "201": 10, "301": 0, **dict.fromkeys(EMPTY, 0)}
"""102 is in two clusters before, 201 in none, and 301 in none after; where nobody lives nothing is
paid."""


@pytest.fixture(scope="module")
def moves() -> dict[str, dict[str, Any]]:
    """What each pays before and after, 100 kroner a cluster; 201 may be in Syd, or in none."""
    areas = [municipality(code) for code in PEOPLE]
    before = rules_of(
        QUARTER,
        [cluster("vest"), cluster("oest")],
        [
            membership("vest", "101"),
            membership("vest", "102", fraction="1/4"),
            membership("oest", "102", fraction="3/4"),
            membership("oest", "103"),
            membership("oest", "301"),
        ],
        [],
        areas=areas,
    )
    nord = [membership("nord", code) for code in (*EMPTY, "101", "102", "201")]
    after = rules_of(
        QUARTER, [cluster("nord"), cluster("syd")], [*nord, membership("syd", "103")], [],
        areas=areas,
    )  # fmt: skip
    elsewhere = [Alternative(to, to, to, "201", (), "nord", to) for to in ("syd", "")]
    population = Population(QUARTER, PEOPLE, {})
    transition = Transition(before, after, population, 100, tuple(elsewhere))
    return {row["municipality_code"]: row for row in transition.moves()}


def test_every_municipality_of_either_structure_has_a_row(moves: dict[str, dict[str, Any]]) -> None:
    """In order of their code, also those that pay in one of the two alone."""
    assert list(moves) == sorted(PEOPLE)


@pytest.mark.parametrize(
    ("code", "before", "after", "steps"),
    [
        ("101", (86, 86, 86), (55, 55, 60), (0, 0, -31)),
        ("102", (64, 64, 64), (36, 36, 40), (-14, 7, -21)),
        ("103", (50, 50, 50), (100, 75, 100), (0, 0, 50)),
        ("201", (0, 0, 0), (9, 0, 25), (0, 0, 9)),
    ],
)
def test_kroner_ranges_and_steps(
    moves: dict[str, dict[str, Any]],
    code: str,
    before: tuple[int, ...],
    after: tuple[int, ...],
    steps: tuple[int, ...],
) -> None:
    """What is paid with its least and most; 102 pays 50 in Oest alone and 57 counting whole."""
    row = moves[code]
    for when, kroner in (("before", before), ("after", after)):
        assert tuple(row[f"{when}{part}_dkk"] for part in ("", "_least", "_most")) == kroner
    assert tuple(row[f"{step}_dkk"] for step in ("one_cluster", "whole", "members")) == steps
    change = tuple(row[f"change{part}_dkk"] for part in ("", "_least", "_most"))
    assert change == tuple(kroner - before[0] for kroner in after)


def test_with_whom_it_shares(moves: dict[str, dict[str, Any]]) -> None:
    """The clusters by name, and the other members in the order of their codes."""
    row = moves["102"]
    assert row["clusters_before"] == "Oest; Vest"
    assert row["members_before"] == "Kommune 101; Kommune 103; Kommune 301"
    assert row["clusters_after"] == "Nord"
    assert row["members_after"] == "; ".join(
        f"Kommune {code}" for code in ("101", "201", *sorted(EMPTY))
    )
