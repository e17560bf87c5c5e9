"""Where an amount comes from: the whole trail from the krone back to the StatBank's answer.

Method: the trail is taken from a calculation made on the spot from the verified snapshot and the
rules. Each of its numbers is then worked out once more from the one before it, by the definitions
(a share is a part of a sum, or of the parts that its key names; largest remainder rounds down and
gives the rest to the largest remainders), and all cells are compared with the revision that finance
received. A difference is an error.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from pipeline.calculation.allocation import Part
from pipeline.calculation.calculate import Calculation, Snapshot
from pipeline.calculation.quarter import ClusterResult, Member
from pipeline.errors import AllocationError, ProvenanceError, Remedy, UsageError
from pipeline.files import record
from pipeline.reporting.notes import key_text
from pipeline.reporting.rows import ALLOCATION_COLUMNS, SHARE_DECIMALS, allocation_rows, machine_csv
from pipeline.reporting.texts import ENGLISH, exact, rounded
from pipeline.revisions.recorded import changes, read_inputs, recorded_inputs
from pipeline.revisions.store import MANIFEST, read_revision, written
from schemas.report_name import ReportName
from schemas.sharing import EVERYBODY
from schemas.source_tables import FOLK1A, KKBEF1

_SHOWN_DECIMALS = 4

Steps = dict[str, dict[str, str]]
"""The values of a trail as text, by what they are about and by what they are."""
Values = Mapping[str, object]


@dataclass(frozen=True)
class Trail:
    """What one municipality's part of one cluster rests on, calculated on the spot."""

    calculation: Calculation
    cluster: ClusterResult
    member: Member

    @property
    def keyed(self) -> list[Trail]:
        """The same by each key of the cluster."""
        return [
            Trail(self.calculation, section, row)
            for section in self.calculation.result.sections_of(self.cluster.cluster)
            for row in section.members
            if section.key != EVERYBODY and row.membership == self.member.membership
        ]

    @property
    def figures(self) -> dict[str, int]:
        """The population that the rule starts from: people by table, code and name."""
        people = self.calculation.result.populations[self.cluster.key.key_id]
        reference, codes = self.calculation.inputs.reference, self.member.membership.counted_codes
        if self.member.membership.districts:
            table, by_code, places = KKBEF1.table, people.by_district, reference.districts
            return {f"{table} {code} {places[code].name}": by_code[code] for code in codes}
        return {f"{FOLK1A.table} {code} {self.member.name}": people.by_area[code] for code in codes}

    @property
    def snapshot(self) -> Snapshot:
        """The answer in which those figures stand."""
        figures = self.calculation.inputs.figures_of(self.cluster.key)
        return figures[-1 if self.member.membership.districts else 0].snapshot

    def steps(self) -> Steps:
        """Return the trail as text, from the krone back to the answer of the StatBank."""
        carried = f"districts carried forward from {self.snapshot.quarter}"
        of = f"{exact(self.member.counted_population)} / {exact(self.cluster.counted_population)}"
        steps: dict[str, Values] = {
            **self._amounts(of),
            "share": {
                "share of the cluster": rounded(self.member.share, SHARE_DECIMALS),
                "counted population": exact(self.member.counted_population),
                "counted in the cluster": exact(self.cluster.counted_population),
            },
            "rule": self._rule(),
            "population": {**self.figures, "estimated": carried if self.member.estimated else None},
            "snapshot": {
                "file": self.snapshot.path,
                "sha256": self.snapshot.sha256,
                "origin": self.snapshot.origin,
                "retrieved at": self.snapshot.retrieved_at,
                "address": self.snapshot.url,
                "query": _one_line(self.snapshot.query),
            },
        }
        for found in self.keyed:
            share = f"{found.member.share.numerator} / {found.member.share.denominator}"
            steps |= {**found._amounts(share), f"key {found.cluster.key.key_id}": found._key()}
        return {
            about: {item: str(value) for item, value in values.items() if value is not None}
            for about, values in steps.items()
        }

    def document(self, steps: Steps) -> dict[str, object]:
        """Return steps as an object, with what they are about and the whole query."""
        snapshot = {**steps["snapshot"], "query": dict(self.snapshot.query)}
        return {
            "report": self.calculation.report.label,
            "cluster_id": self.cluster.cluster.cluster_id,
            "cluster_name": self.cluster.cluster.name,
            "municipality_code": self.member.code,
            "municipality_name": self.member.name,
            "trail": {**steps, "snapshot": snapshot},
        }

    def _amounts(self, share: str) -> dict[str, Values]:
        """Return the steps from whole kroner to amount of each cost, given the share in words."""
        amounts: dict[str, Values] = {}
        for allocation in self.cluster.allocations:
            part, amount = allocation.parts[self.member.code], allocation.cost.amount_dkk
            left = amount - sum(int(part.exact) for part in allocation.parts.values())
            gets = "one" if part.rank <= left else "none"
            amounts[f"amount of {allocation.cost.cost_id}"] = {
                "whole kroner": part.amount,
                "left for largest remainders": f"{left} kr.; it gets {gets}",
                "rank of its remainder": f"{part.rank} of {len(allocation.parts)}",
                "remainder": rounded(part.remainder, _SHOWN_DECIMALS),
                "exact kroner": f"{rounded(part.exact, _SHOWN_DECIMALS)} = {amount} x {share}",
                "amount to allocate": amount,
            }
        return amounts

    def _rule(self) -> Values:
        rule = self.member.membership
        source = self.calculation.inputs.reference.sources[rule.source_id]
        return {
            "counts with": rule.counts_with,
            "row": f"memberships.csv row {rule.row}" if rule.row else None,
            "rules of": self.calculation.result.rules.quarter,
            "source": f"{source.source_id}: {source.title}",
            "address": source.url or None,
            "confidence": source.confidence,
            "remark": source.remark or None,
        }

    def _key(self) -> Values:
        """Return what the share by a key is put together from."""
        member, key = self.member, self.cluster.key
        equal, equals, reached, all_reached = self._parts()
        equally = f"{key.equal_part} x {exact(equal)} / {exact(equals)}"
        return {
            "counts": key_text(key, self.calculation.result.quarter, ENGLISH),
            "share of the cluster": rounded(member.share, SHARE_DECIMALS),
            "shared equally": equally if key.equal_part else None,
            "shared by people": f"{1 - key.equal_part} x {exact(reached)} / {exact(all_reached)}",
            "counted population": exact(member.counted_population),
            "counts with at most": key.cap,
            **self.figures,
            "file": self.snapshot.path,
            "sha256": self.snapshot.sha256,
        }

    def _parts(self) -> tuple[Fraction, ...]:
        """Return its part and all parts of what a key shares equally; its people and all people."""
        members, key = self.cluster.members, self.cluster.key
        equal = [key.equal_weight(row.membership.fraction) for row in members]
        reached = [key.reached(row.counted_population) for row in members]
        at = members.index(self.member)
        return equal[at], sum(equal, Fraction(0)), reached[at], sum(reached, Fraction(0))


def _one_line(query: Mapping[str, Any]) -> str:
    """Return a query in one line: long lists of codes are counted."""
    values = ((row["code"], row["values"]) for row in query["variables"])
    chosen = (f"{code}={of[0] if len(of) == 1 else f'({len(of)} codes)'}" for code, of in values)
    return f"{query['table']} {' '.join(chosen)}"


def trail(calculation: Calculation, cluster_id: str, municipality_code: str) -> Trail:
    """Return the trail of a municipality in a cluster, each number worked out once more.

    Raises:
        UsageError: The municipality does not belong to the cluster.
        AllocationError: A number does not follow from the one before it; a fault of ours.
    """
    clusters = {row.cluster.cluster_id: row for row in calculation.result.clusters}
    cluster, rules = clusters[cluster_id], calculation.result.rules
    for member in cluster.members:
        if member.code == municipality_code:
            found = Trail(calculation, cluster, member)
            for one in (found, *found.keyed):
                _check(one)
            return found
    area = calculation.inputs.reference.areas[municipality_code]
    where = [row.cluster_id for row in rules.memberships if row.municipality_code == area.code]
    raise UsageError(
        f"{area.name} ({area.code}) does not belong to {cluster.cluster.name} "
        f"({cluster_id}) by the rules of {rules.quarter}.",
        f"It belongs to {', '.join(where) or 'no cluster'}.",
    )


def _check(found: Trail) -> None:
    """Work each number out from the one before it, by definition."""
    member, key = found.member, found.cluster.key
    people = sum(found.figures.values())
    equal, equals, reached, all_reached = found._parts()
    by_people = (1 - key.equal_part) * reached / all_reached if all_reached else 0
    share = by_people + key.equal_part * equal / equals
    steps: dict[str, tuple[object, object]] = {
        "population": (people, member.population),
        "counted population": (people * member.membership.fraction, member.counted_population),
        "share": (share, member.share),
    }
    for row in found.cluster.allocations:
        amount, part = row.cost.amount_dkk, row.parts[member.code]
        steps[f"amount of {row.cost.cost_id}"] = _expected_part(found, amount, share), part
    for what, (expected, there) in steps.items():
        if expected != there:
            raise AllocationError(
                f"The {what} does not follow from what it rests on: expected {expected}, "
                f"found {there}."
            )


def _expected_part(found: Trail, amount: int, share: Fraction) -> Part:
    code = found.member.code
    due = {row.code: amount * row.share for row in found.cluster.members}
    rank = sorted(due, key=lambda other: (-(due[other] % 1), other)).index(code) + 1
    left = amount - sum(map(int, due.values()))
    whole = int(amount * share) + (rank <= left)
    return Part(code, whole, amount * share, due[code] % 1, rank)


def found_in_revision(trail: Trail, name: ReportName, reports_dir: Path) -> dict[str, str]:
    """Compare a trail cell by cell with its rows in the revision meant, or in the newest one.

    What is returned is the last steps of the trail: where it stands; none if nothing is written.

    Raises:
        ProvenanceError: A file of the revision differs from its manifest, or a cell differs from
            what was worked out; the message gives both and what changed since.
    """
    folder = written(name, reports_dir)
    if folder is None:
        return {}
    read_revision(folder)
    expected = _rows(trail, machine_csv(allocation_rows(trail.calculation.result)))
    found = _rows(trail, (folder / f"fordeling-{name.label}.csv").read_bytes().decode())
    if found != expected:
        raise _differs(trail, folder, expected, found)
    return {
        "revision": folder.as_posix(),
        "sha256 of its manifest": record(MANIFEST, (folder / MANIFEST).read_bytes()).sha256,
        "cells compared": f"{sum(map(len, found))}, all equal",
    }


def _rows(trail: Trail, content: str) -> list[dict[str, str]]:
    wanted = (trail.cluster.cluster.cluster_id, trail.member.code)
    return [
        {column: row[column] for column in ALLOCATION_COLUMNS}
        for row in csv.DictReader(io.StringIO(content))
        if (row["cluster_id"], row["municipality_code"]) == wanted
    ]


def _differs(
    trail: Trail, folder: Path, expected: list[dict[str, str]], found: list[dict[str, str]]
) -> ProvenanceError:
    lines = [
        f"{before['cost_id'] or 'key'}, {column}: {before[column]} in the report, "
        f"{after[column]} worked out now"
        for before, after in zip(found, expected, strict=False)
        for column in before
        if before[column] != after[column]
    ]
    if len(found) != len(expected):
        lines.append(f"{len(found)} rows in the report, {len(expected)} worked out now")
    since = changes(read_inputs(folder), recorded_inputs(trail.calculation.inputs))
    lines += [f"Changed since: {ENGLISH.findings(since)}"] if since else []
    return ProvenanceError(
        "\n  ".join([f"{folder} says something else than what is stored now:", *lines]),
        remedy=Remedy.EXPLAIN_AS_WRITTEN,
        revision=f"{trail.calculation.report.label}:{folder.name}",
        cluster_id=trail.cluster.cluster.cluster_id,
        municipality_code=trail.member.code,
    )
