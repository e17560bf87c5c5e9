"""The membership rules in force: who counts where, and with how many people.

Method: a municipality counts in a cluster with its whole population (FOLK1A), with an exact
fraction of it, or with a list of districts (KKBEF1). Within one structure (health clusters, health
councils) and quarter the parts of a municipality may add up to the whole at most: fractions to 1,
each district once. More than the whole would let people pay twice and stops the run; less is
reported as a finding, since a municipality may stand outside.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from operator import attrgetter
from typing import Any

from pipeline.calculation.findings import Finding, Subject
from pipeline.calculation.population import Population
from pipeline.errors import Remedy, RuleError
from schemas.quarter import Period, Quarter
from schemas.records import (
    ALL_CLUSTERS,
    COPENHAGEN_TOTAL,
    Area,
    Basis,
    Cluster,
    Cost,
    District,
    Membership,
    Reference,
)
from schemas.report_name import ReportName
from schemas.sharing import EVERYBODY, Day, Key
from schemas.source_tables import AGE_TABLES, SOURCE_TABLES, SourceTable

_HINT = "Correct data/reference/memberships.csv and run the command again."


def in_force(reference: Reference, report: ReportName) -> Reference:
    """Return the reference tables with nothing but what is in force for a report.

    Geography is that of its population, and rules are those of the quarter whose rules apply. Each
    row has that one quarter as its period, so that a row for another quarter, or one that ends
    later, is no change. Clusters stand by structure, region and id, memberships by cluster and
    municipality code, costs and keys by id, so that the order of the rows in a file is none either.

    Raises:
        RuleError: No cluster is in force, one that is has no member, a cost is due from clusters
            that are not, or by a key that is not.
    """
    quarter = report.rules
    by_place = attrgetter("structure", "region", "cluster_id")
    clusters = sorted(_due(reference.clusters, quarter), key=by_place)
    if not clusters:
        raise _no_cluster(report, reference.clusters)
    memberships = _members(quarter, clusters, _due(reference.memberships, quarter))
    costs = sorted(_due(reference.costs, quarter), key=attrgetter("cost_id", "scope"))
    _check_scopes(quarter, clusters, costs)
    keys = _named(quarter, costs, _due(reference.keys, quarter))
    cited = {row.source_id for row in (*memberships, *costs, *keys)}
    ended = (row.period.last for row in reference.costs if row.period.last)
    before = max((last for last in ended if last < quarter), default=reference.costs_ended)
    return replace(
        reference,
        area_rows=_due(reference.area_rows, report.quarter),
        district_rows=_due(reference.district_rows, report.quarter),
        structures={row.structure: reference.structures[row.structure] for row in clusters},
        costs_ended=None if costs else before,
        alternatives=(),
        clusters=tuple(clusters),
        memberships=memberships,
        costs=tuple(costs),
        keys=keys,
        sources={key: row for key, row in reference.sources.items() if key in cited},
    )


def _due(rows: Iterable[Any], quarter: Quarter) -> tuple[Any, ...]:
    """Return the rows in force in a quarter, with it as their period."""
    now = Period(quarter, quarter)
    return tuple(replace(row, period=now) for row in rows if quarter in row.period)


def _members(
    quarter: Quarter, clusters: Sequence[Cluster], rows: Iterable[Membership]
) -> tuple[Membership, ...]:
    """Return the memberships by cluster and municipality code; no cluster may have none."""
    place = {row.cluster_id: at for at, row in enumerate(clusters)}
    ordered = sorted(rows, key=lambda row: (place[row.cluster_id], row.municipality_code))
    there = {row.cluster_id for row in ordered}
    if empty := [cluster_id for cluster_id in place if cluster_id not in there]:
        raise RuleError(f"In {quarter} no municipality belongs to {', '.join(empty)}.", _HINT)
    return tuple(ordered)


def tables_of(reference: Reference, rules: Quarter, ages: str = "") -> tuple[SourceTable, ...]:
    """Return the tables that rules count all or some ages by; both where the quarter has none."""
    tables = AGE_TABLES if ages else SOURCE_TABLES
    bases = (row.basis for row in reference.memberships if rules in row.period)
    by_district = next(bases, Basis.DISTRICTS) is Basis.DISTRICTS or Basis.DISTRICTS in bases
    return tables if by_district else tables[:1]


def further_days(reference: Reference, report: ReportName) -> list[Day]:
    """Return whom the keys of costs in force count, and when; not everybody on the report's day."""
    rules, quarter = report.rules, report.quarter
    named = {cost.key_id for cost in reference.costs if rules in cost.period}
    keys = (row for row in reference.keys if row.key_id in named and rules in row.period)
    return sorted({key.day(quarter) for key in keys} - {("", quarter)})


def _named(quarter: Quarter, costs: Iterable[Cost], keys: Iterable[Key]) -> tuple[Key, ...]:
    """Return the keys that costs name, by id."""
    by_id = {"": EVERYBODY, **{key.key_id: key for key in keys}}
    for cost in costs:
        if cost.key_id not in by_id:
            raise RuleError(
                f"{cost.cost_id} is shared by the key {cost.key_id}, which is not in force in "
                f"{quarter}.",
                "Correct data/reference/keys.csv or costs.csv and run the command again.",
            )
    return tuple(by_id[key_id] for key_id in sorted({cost.key_id for cost in costs} - {""}))


def _check_scopes(quarter: Quarter, clusters: Iterable[Cluster], costs: Iterable[Cost]) -> None:
    scopes = {name for row in clusters for name in (row.cluster_id, row.structure + ALL_CLUSTERS)}
    if lost := [f"{row.cost_id} ({row.scope})" for row in costs if row.scope not in scopes]:
        raise RuleError(
            f"In {quarter} there is no cluster to carry {', '.join(lost)}.",
            "End the cost in data/reference/costs.csv when its clusters end, or correct its scope.",
            Remedy.END_COST,
            cost_id=lost[0].partition(" ")[0],
        )


def _no_cluster(report: ReportName, clusters: Sequence[Cluster]) -> RuleError:
    periods = sorted({(row.structure, row.period) for row in clusters}, key=str)
    known = "; ".join(
        f"{structure} {period.first} to {period.last or 'further notice'}"
        for structure, period in periods
    )
    return RuleError(
        f"No cluster is in force in {report.rules} (clusters.csv has {known or 'no cluster'}).",
        remedy=Remedy.APPLY_RULES_OF,
        quarter=report.quarter,
        rules=min((period.first for _, period in periods), default=report.rules),
    )


def people_of(membership: Membership, population: Population) -> int:
    """Return the people that a membership starts from."""
    if membership.basis is Basis.DISTRICTS:
        return sum(population.by_district[code] for code in membership.districts)
    return population.by_area[membership.municipality_code]


def counted_population(membership: Membership, population: Population) -> tuple[int, Fraction]:
    """Return the people that a membership starts from, and those that it counts, exactly."""
    people = people_of(membership, population)
    return people, people * membership.fraction


def weights_of(scope: str, rules: Reference, population: Population) -> dict[str, Fraction]:
    """Return the counted population of a scope; none if it is not in force."""
    if not scope.endswith(ALL_CLUSTERS):
        rows = rules.members.get(scope, ())
        return {row.municipality_code: counted_population(row, population)[1] for row in rows}
    structure = scope.removesuffix(ALL_CLUSTERS)
    within = [row.cluster_id for row in rules.clusters if row.structure == structure]
    counted = (weights_of(cluster_id, rules, population).values() for cluster_id in within)
    return {key: sum(people, Fraction(0)) for key, people in zip(within, counted, strict=True)}


def check_coverage(rules: Reference) -> list[Finding]:
    """Check that no municipality counts more than once, and report those that count less.

    The tables are those in force.

    Raises:
        RuleError: The parts of a municipality are more than the whole, or cannot be added because
            districts stand beside a fraction or the whole; the message lists the rows.
    """
    findings = []
    structure_of = {row.cluster_id: row.structure for row in rules.clusters}
    for structure in rules.structures:
        parts: dict[str, list[Membership]] = {code: [] for code in rules.municipality_codes}
        for row in sorted(rules.memberships, key=attrgetter("row")):
            if structure_of[row.cluster_id] != structure:
                continue
            if row.municipality_code not in parts:
                place = f"memberships.csv row {row.row}: " if row.row else ""
                raise RuleError(
                    f"{place}by the rules of {rules.quarter} {row.municipality_code} belongs to "
                    f"{row.cluster_id}, and areas.csv has no such municipality in the quarter of "
                    "the population.",
                    "End the membership when the municipality ends, or correct its quarters in "
                    "areas.csv.",
                )
            parts[row.municipality_code].append(row)
        for code, rows in parts.items():
            findings += _coverage(structure, rules.areas[code], rows, rules.districts)
    return findings


def _coverage(
    structure: str, area: Area, rows: list[Membership], districts: Mapping[str, District]
) -> list[Finding]:
    where = {"structure": structure, "code": area.code, "name": area.name}
    if not rows:
        return [Finding.of(Subject.NOT_COVERED, **where)]
    if any(row.basis is Basis.DISTRICTS for row in rows):
        missing = _missing_districts(area, rows, districts)
    else:
        covered = sum(row.fraction for row in rows)
        if covered > 1:
            raise _contradiction(area, rows, f"counts {covered} times")
        missing = str(1 - covered) if covered < 1 else ""
    return [Finding.of(Subject.PARTLY_COVERED, **where, missing=missing)] if missing else []


def _missing_districts(
    area: Area, rows: list[Membership], districts: Mapping[str, District]
) -> str:
    if any(row.basis is not Basis.DISTRICTS for row in rows):
        raise _contradiction(area, rows, "counts by districts and otherwise too")
    listed = [code for row in rows for code in row.districts]
    if doubled := sorted({code for code in listed if listed.count(code) > 1}):
        raise _contradiction(area, rows, f"counts district {', '.join(doubled)} more than once")
    return ", ".join(code for code in districts if code != COPENHAGEN_TOTAL and code not in listed)


def _contradiction(area: Area, rows: list[Membership], what: str) -> RuleError:
    listed = "\n".join(
        f"  memberships.csv row {row.row}: {row.cluster_id}, {row.basis}"
        f" {' '.join(row.districts) or row.fraction}"
        for row in rows
    )
    return RuleError(
        f"{area.name} ({area.code}) {what}:\n{listed}",
        _HINT,
        Remedy.END_MEMBERSHIP,
        municipality_code=area.code,
    )


def rule_periods(reference: Reference) -> Iterator[Period]:
    """Return the periods between which a rule begins or ends, in order.

    The same goes for areas and districts. Quarters in which no cluster is in force are left out.
    """
    dated = (
        reference.area_rows, reference.district_rows, reference.clusters,
        reference.memberships, reference.costs, reference.keys,
    )  # fmt: skip
    periods = [row.period for rows in dated for row in rows]
    starts = {period.first for period in periods}
    starts |= {period.last + 1 for period in periods if period.last}
    for first, after in pairwise([*sorted(starts), None]):
        if first and any(first in row.period for row in reference.clusters):
            yield Period(first, after + -1 if after else None)


def coverage(reference: Reference, quarter: Quarter) -> list[Finding]:
    """Check the rules of a quarter, and return what must be explained about them.

    Raises:
        RuleError: A cluster has no member, or a municipality counts more than once.
    """
    return check_coverage(in_force(reference, ReportName(quarter)))
