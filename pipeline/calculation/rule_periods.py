"""The quarters over which the same rules are in force, and what holds in each of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.calculation.findings import Finding
from pipeline.calculation.membership import check_coverage, rules_in_force
from schemas.records import Period, Reference


@dataclass(frozen=True)
class Coverage:
    """What must be explained about the rules of some quarters."""

    period: Period
    findings: tuple[Finding, ...]


def rule_periods(reference: Reference) -> Iterator[Period]:
    """Return the periods between which a cluster, membership or cost begins or ends, in order.

    Quarters in which no cluster is in force are left out.
    """
    periods = [row.period for row in reference.clusters]
    periods += [row.period for row in reference.memberships]
    periods += [row.period for row in reference.costs]
    starts = {period.first for period in periods}
    starts |= {period.last + 1 for period in periods if period.last}
    ordered = sorted(starts)
    ends = [start + -1 for start in ordered[1:]]
    for first, last in zip(ordered, [*ends, None], strict=True):
        if any(first in row.period for row in reference.clusters):
            yield Period(first, last)


def coverage(reference: Reference, period: Period) -> Coverage:
    """Check the rules of a period.

    Raises:
        RuleError: A cluster has no member, or a municipality counts more than once.
    """
    rules = rules_in_force(period.first, reference.clusters, reference.memberships, reference.costs)
    findings = check_coverage(rules, reference.areas, reference.districts)
    return Coverage(period, tuple(findings))


def period_text(period: Period) -> str:
    """Return such as `2022K1 to 2026K4`, or `from 2027K1`."""
    return f"{period.first} to {period.last}" if period.last else f"from {period.first}"
