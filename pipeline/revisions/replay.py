"""Figures as a revision recorded them, calculated again from its inputs and snapshots alone.

What is in the data folder today plays no part, but for the snapshots, which are never changed: the
figures of an old revision come out as they did then, although rules were edited since.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from pipeline.calculation.calculate import Calculation, Parameters
from pipeline.calculation.history import History
from pipeline.calculation.membership import RulesInForce
from pipeline.calculation.population import Population
from pipeline.calculation.quarter import calculate_quarter
from pipeline.errors import ProvenanceError, UsageError
from pipeline.files import FileRecord
from pipeline.reference.tables import Reference
from pipeline.revisions.inputs import POPULATION, Inputs
from pipeline.revisions.manifest import INPUTS
from pipeline.revisions.name import ReportName
from pipeline.revisions.store import newest_revision, read_revision
from pipeline.snapshots.figure_reader import FigureReader
from pipeline.snapshots.store import Snapshot, SnapshotStore
from schemas.quarter import Quarter
from schemas.records import (
    Area,
    AreaKind,
    Assumption,
    Basis,
    Cluster,
    Cost,
    District,
    Membership,
    Period,
    Source,
)


def revision_folder(name: ReportName, reports_dir: Path) -> Path:
    """Return the folder of a revision.

    Raises:
        UsageError: It was not written; the message says which were.
    """
    folder = reports_dir / name.label
    if (folder / f"r{name.revision}").is_dir():
        return folder / f"r{name.revision}"
    newest = newest_revision(folder)
    raise UsageError(
        f"There is no revision r{name.revision} of {name.label} in {reports_dir}.",
        f"The newest is {name.label}:r{newest}" if newest else "None of its revisions is there.",
    )


def read_inputs(folder: Path) -> Inputs:
    """Return the inputs that a revision recorded; the revision has been verified."""
    inputs: Inputs = json.loads((folder / INPUTS).read_text(encoding="utf-8"))
    return inputs


def recorded_calculation(name: ReportName, data_dir: Path, reports_dir: Path) -> Calculation:
    """Calculate a revision again from what it recorded.

    Raises:
        UsageError: The revision was not written.
        ProvenanceError: A file of it, or a snapshot that it rests on, is gone or differs.
    """
    folder = revision_folder(name, reports_dir)
    manifest = read_revision(folder)
    inputs = read_inputs(folder)
    rules_quarter = name.rules_quarter or name.quarter
    try:
        reference = _reference(inputs, manifest, Period(rules_quarter, rules_quarter))
        population = _population(name.quarter, inputs)
    except (KeyError, TypeError, ValueError) as error:
        raise ProvenanceError(
            f"{folder / INPUTS} does not hold what is needed to calculate it again: {error!r}.",
            "It was written by another version of this program; use that one.",
        ) from None
    rules = _rules(rules_quarter, reference)
    result = calculate_quarter(population, rules, reference.areas, reference.districts)
    store = SnapshotStore(data_dir)
    snapshots = tuple(_snapshot(store, recorded) for recorded in manifest["snapshots"])
    compared_with = tuple(_snapshot(store, recorded) for recorded in manifest["compared_with"])
    parameters = recorded_parameters(name, manifest)
    history = History(name.quarter, FigureReader(reference, store))
    return Calculation(parameters, result, reference, snapshots, compared_with, history)


def recorded_parameters(name: ReportName, manifest: Mapping[str, Any]) -> Parameters:
    """Return the parameters that a revision was written with."""
    recorded = manifest["parameters"]
    return Parameters(
        name.quarter,
        name.rules_quarter,
        recorded["estimate_districts"],
        tuple(recorded["accept_jumps"]),
    )


def _snapshot(store: SnapshotStore, recorded: Mapping[str, Any]) -> Snapshot:
    held = store.all(recorded["table"], Quarter.parse(recorded["quarter"]))
    for snapshot in held:
        found = (snapshot.sha256, snapshot.retrieved_at)
        if found == (recorded["sha256"], recorded["retrieved_at"]):
            store.read(snapshot)
            return snapshot
    raise ProvenanceError(
        f"The snapshot {recorded['path']} (sha256 {recorded['sha256']}) is not held in "
        f"{store.folder}; the revision rests on it.",
        "Restore it from the repository or a backup.",
    )


def _population(quarter: Quarter, inputs: Inputs) -> Population:
    people = {
        table: {code: int(row[POPULATION]) for code, row in inputs[table].items()}
        for table in ("FOLK1A", "KKBEF1")
    }
    estimated_from = inputs["parameters"]["run"]["estimated_from"]
    known = Quarter.parse(estimated_from) if estimated_from else None
    return Population(quarter, people["FOLK1A"], people["KKBEF1"], known)


def _rules(quarter: Quarter, reference: Reference) -> RulesInForce:
    memberships = {
        cluster.cluster_id: tuple(
            row for row in reference.memberships if row.cluster_id == cluster.cluster_id
        )
        for cluster in reference.clusters
    }
    return RulesInForce(quarter, reference.clusters, memberships, reference.costs)


def _reference(inputs: Inputs, manifest: Mapping[str, Any], period: Period) -> Reference:
    """Return the rules that were in force; each with the one quarter for which it is recorded."""
    return Reference(
        areas={
            code: Area(code, row["name"], AreaKind(row["kind"]), "")
            for code, row in inputs["areas"].items()
        },
        districts={
            code: District(code, row["name"], "") for code, row in inputs["districts"].items()
        },
        clusters=tuple(
            Cluster(cluster_id, row["name"], row["structure"], row["region"], "", period)
            for cluster_id, row in inputs["clusters"].items()
        ),
        memberships=tuple(
            _membership(key, row, period) for key, row in inputs["memberships"].items()
        ),
        costs=tuple(_cost(key, row, period) for key, row in inputs["costs"].items()),
        sources={
            key: Source(key, row["title"], row["url"], row["confidence"], row["remark"])
            for key, row in inputs["sources"].items()
        },
        assumptions=tuple(
            Assumption(int(number), row["text_da"], row["text_en"], ())
            for number, row in inputs["assumptions"].items()
        ),
        files=tuple(FileRecord(**record) for record in manifest["reference"]),
    )


def _membership(key: str, row: Mapping[str, Any], period: Period) -> Membership:
    cluster_id, municipality_code = key.split()
    return Membership(
        cluster_id,
        municipality_code,
        Basis(row["basis"]),
        Fraction(row["fraction"]),
        tuple(row["districts"].split()),
        period,
        row["source_id"],
        row=0,
    )


def _cost(key: str, row: Mapping[str, Any], period: Period) -> Cost:
    cost_id, scope = key.split()
    return Cost(
        cost_id, row["name_da"], row["name_en"], scope, row["amount_dkk"], period, row["source_id"]
    )
