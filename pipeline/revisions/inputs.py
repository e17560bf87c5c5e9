"""Everything that a report rests on, as plain rows; and what differs between two of them.

Only what is in force in the quarter is recorded, without the quarters of a rule, so that a row for
another quarter, another order or another line end is no change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.calculation.calculate import Calculation
from pipeline.calculation.findings import Finding, Subject
from pipeline.calculation.population import Population
from pipeline.calculation.quarter import QuarterResult
from pipeline.reference.tables import Reference
from schemas.records import Cost, Membership

Rows = dict[str, dict[str, Any]]
Inputs = dict[str, Rows]

POPULATION: str = "population"


def inputs_of(calculation: Calculation) -> Inputs:
    """Return the inputs of a calculation: table, then row by its key, then value by column."""
    result, reference = calculation.result, calculation.reference
    return {
        "parameters": {"run": {"estimated_from": str(result.population.districts_from or "")}},
        **_population_rows(result.population),
        **_rule_rows(result, reference),
        "sources": _source_rows(result, reference),
        "assumptions": {
            str(row.number): {"text_da": row.text_da, "text_en": row.text_en}
            for row in reference.assumptions
        },
    }


def _population_rows(population: Population) -> Inputs:
    tables = {"FOLK1A": population.by_area, "KKBEF1": population.by_district}
    return {
        table: {code: {POPULATION: people} for code, people in figures.items()}
        for table, figures in tables.items()
    }


def _rule_rows(result: QuarterResult, reference: Reference) -> Inputs:
    return {
        "areas": {
            code: {"name": area.name, "kind": area.kind.value}
            for code, area in reference.areas.items()
        },
        "districts": {code: {"name": row.name} for code, row in reference.districts.items()},
        "clusters": {
            row.cluster_id: {"name": row.name, "structure": row.structure, "region": row.region}
            for row in result.rules.clusters
        },
        "memberships": {
            f"{row.cluster_id} {row.municipality_code}": _membership_row(row)
            for rows in result.rules.memberships.values()
            for row in rows
        },
        "costs": {f"{row.cost_id} {row.scope}": _cost_row(row) for row in result.rules.costs},
    }


def _membership_row(row: Membership) -> dict[str, Any]:
    return {
        "basis": row.basis.value,
        "fraction": str(row.fraction),
        "districts": " ".join(row.districts),
        "source_id": row.source_id,
    }


def _cost_row(row: Cost) -> dict[str, Any]:
    return {
        "name_da": row.name_da,
        "name_en": row.name_en,
        "amount_dkk": row.amount_dkk,
        "source_id": row.source_id,
    }


def _source_rows(result: QuarterResult, reference: Reference) -> Rows:
    cited = {row.source_id for rows in result.rules.memberships.values() for row in rows}
    cited |= {row.source_id for row in result.rules.costs}
    return {
        key: {
            "title": row.title,
            "url": row.url,
            "confidence": row.confidence,
            "remark": row.remark,
        }
        for key, row in reference.sources.items()
        if key in cited
    }


def changes(before: Inputs, after: Inputs) -> list[Finding]:
    """Return what differs, in the order of the tables; empty if nothing does."""
    found = [
        change
        for table in dict.fromkeys([*before, *after])
        for change in _row_changes(table, before.get(table, {}), after.get(table, {}))
    ]
    names = {
        code: row["name"] for table in ("areas", "districts") for code, row in after[table].items()
    }
    return [_named(change, names) for change in found]


def _named(change: Finding, names: Mapping[str, str]) -> Finding:
    """Add the name of the place whose population changed."""
    if change.subject is not Subject.POPULATION_CHANGED:
        return change
    values = dict(change.values)
    return Finding.of(change.subject, **values, name=names[str(values["key"])])


def _row_changes(table: str, before: Rows, after: Rows) -> Iterator[Finding]:
    for key in dict.fromkeys([*before, *after]):
        if key not in before:
            yield Finding.of(Subject.ROW_ADDED, table=table, key=key)
        elif key not in after:
            yield Finding.of(Subject.ROW_REMOVED, table=table, key=key)
        else:
            yield from _value_changes(table, key, before[key], after[key])


def _value_changes(
    table: str, key: str, before: dict[str, Any], after: dict[str, Any]
) -> Iterator[Finding]:
    for column in dict.fromkeys([*before, *after]):
        old, new = before.get(column, ""), after.get(column, "")
        if old == new:
            continue
        if column == POPULATION:
            yield Finding.of(
                Subject.POPULATION_CHANGED,
                table=table,
                key=key,
                before=old,
                after=new,
                change=f"{new - old:+d}",
            )
        else:
            yield Finding.of(
                Subject.VALUE_CHANGED, table=table, key=key, column=column, before=old, after=new
            )
