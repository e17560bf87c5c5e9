"""The part of a trail that a key adds: who counts on which day, the cap, and what is equal."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

from pipeline.calculation.quarter import ClusterResult, Member
from pipeline.reporting.notes import key_text
from pipeline.reporting.rows import SHARE_DECIMALS
from pipeline.reporting.texts import ENGLISH, exact, rounded

if TYPE_CHECKING:
    from pipeline.analysis.explain import Trail


def key_steps(found: Trail) -> Mapping[str, object]:
    """Return what the share of a municipality by a key is put together from."""
    member, key = found.member, found.cluster.key
    equal, equals, reached, all_reached = _parts(found.cluster, member)
    equally = f"{key.equal_part} x {exact(equal)} / {exact(equals)}"
    quarter = found.calculation.result.quarter
    return {
        "counts": key_text(key, quarter, ENGLISH),
        "share of the cluster": rounded(member.share, SHARE_DECIMALS),
        "shared equally": equally if key.equal_part else None,
        "shared by people": f"{1 - key.equal_part} x {exact(reached)} / {exact(all_reached)}",
        "counted population": exact(member.counted_population),
        "counts with at most": key.cap,
        **found.figures,
        "file": found.snapshot.path,
        "sha256": found.snapshot.sha256,
    }


def defined_share(cluster: ClusterResult, member: Member) -> Fraction:
    """Return the share of a member by definition: by its key."""
    equal, equals, reached, all_reached = _parts(cluster, member)
    part = cluster.key.equal_part
    by_people = (1 - part) * reached / all_reached if all_reached else Fraction(0)
    return by_people + part * equal / equals


def _parts(cluster: ClusterResult, member: Member) -> tuple[Fraction, ...]:
    """Return the part of a member and all parts in what is equal; its people and all people."""
    key = cluster.key
    equal = [key.equal_weight(row.membership.fraction) for row in cluster.members]
    reached = [key.reached(row.counted_population) for row in cluster.members]
    at = cluster.members.index(member)
    return equal[at], sum(equal, Fraction(0)), reached[at], sum(reached, Fraction(0))
