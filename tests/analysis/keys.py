"""Keys to try, costs shared by them, and an oracle that works from the StatBank's own figures."""

import csv
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path

from schemas.records import Reference
from tests.statbank_emulator import StatBankEmulator

Row = Mapping[str, str]
COLUMNS = (
    "key_id", "name_da", "name_en", "ages", "population_of", "equal_part", "equal_by", "cap",
    "first_quarter", "last_quarter", "source_id",
)  # fmt: skip
PLAIN = {
    "name_da": "Nøgle", "name_en": "Key", "ages": "", "population_of": "quarter",
    "equal_part": "0", "equal_by": "member", "cap": "", "first_quarter": "2022K1",
    "last_quarter": "", "source_id": "memo-syd-2022",
}  # fmt: skip
CHILDREN: Row = {**PLAIN, "ages": "0-17", "population_of": "year_before"}
KINDS: Mapping[str, Row] = {
    "boern": CHILDREN,
    "aaret": {**PLAIN, "population_of": "year"},
    "fast": {**PLAIN, "population_of": "2020K1"},
    "lige": {**PLAIN, "equal_part": "1/3", "equal_by": "fraction"},
    "loft": {**PLAIN, "cap": "50000"},
    "alt": {**CHILDREN, "equal_part": "1/4", "cap": "8000"},
}
MANY = ("amager-hvidovre", (
    "147", "151", "153", "155", "157", "159", "161", "163", "165", "167", "169", "173", "175",
    "183", "185", "187", "190",
))  # fmt: skip
"""A cluster of 17 whole municipalities."""

DAYS = {"quarter": "2022K1", "year": "2022K1", "year_before": "2021K1"}
"""The day that counts in the report of 2022K1."""


def add_keys(
    data_dir: Path,
    keys: Mapping[str, Row],
    scopes: Mapping[str, str],
    members: Sequence[str] = (),
) -> None:
    """Write keys.csv, and a cost of 500,000 kr. shared by each key in its scope (`*` for all).

    Args:
        data_dir: The data folder.
        keys: The keys by id.
        scopes: The cluster of each key's cost.
        members: Whole municipalities that make up the cluster; none for those of the file.
    """
    folder = data_dir / "reference"
    _write(
        folder / "keys.csv",
        COLUMNS,
        [{**row, "key_id": key, "name_da": f"Nøgle {key}"} for key, row in keys.items()],
    )
    with (folder / "clusters.csv").open(encoding="utf-8") as file:
        clusters = [row["cluster_id"] for row in csv.DictReader(file)
                    if row["structure"] == "sundhedsklynge"]  # fmt: skip
    with (folder / "costs.csv").open(encoding="utf-8") as file:
        costs = [{**row, "key_id": ""} for row in csv.DictReader(file)]
    for key, scope in scopes.items():
        costs += [
            {"cost_id": key, "name_da": key, "name_en": key, "scope": place,
             "amount_dkk": "500000", "per": "year", "settled_by": "K1",
             "first_quarter": "2022K1", "last_quarter": "2026K4",
             "source_id": "memo-syd-2022", "key_id": key}
            for place in (clusters if scope == "*" else [scope])
        ]  # fmt: skip
    _write(folder / "costs.csv", list(costs[0]), costs)
    if members:
        _only(folder / "memberships.csv", scopes.values(), members)


def _only(path: Path, clusters: object, members: Sequence[str]) -> None:
    """Leave a cluster these members, and take them from every other cluster of its structure."""
    cluster_id = next(iter(clusters))  # type: ignore[call-overload]
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    whole = {"basis": "whole", "fraction": "", "districts": ""}
    kept = [
        row for row in rows
        if row["cluster_id"].startswith("sundhedsraad")
        or (row["cluster_id"] != cluster_id and row["municipality_code"] not in members)
    ]  # fmt: skip
    like = next(row for row in rows if row["cluster_id"] == cluster_id)
    kept += [{**like, **whole, "municipality_code": code} for code in members]
    _write(path, list(rows[0]), kept)
    alternatives = path.with_name("alternatives.csv")
    alternatives.write_text(alternatives.read_text("utf-8").splitlines()[0] + "\n", "utf-8")


def _write(path: Path, columns: Sequence[str], rows: Sequence[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def oracle(
    statbank: StatBankEmulator, reference: Reference, cluster_id: str, key_id: str, amount_dkk: int
) -> dict[str, int]:
    """Work out the kroner of a cluster from the definitions and the figures of the StatBank."""
    key = KINDS[key_id]
    day = DAYS.get(key["population_of"], key["population_of"])
    people, equal = {}, {}
    for row in reference.memberships:
        if row.cluster_id != cluster_id:
            continue
        table = "KKBEF1" if row.districts else "FOLK1A"
        count = 0
        for place in row.districts or [row.municipality_code]:
            if key["ages"]:
                ages = [f"{age:02}" if row.districts else str(age) for age in range(18)]
                count += sum(statbank.people(table, day, place, age) for age in ages)
            else:
                count += statbank.people(table, day, place)
        counted = count * row.fraction
        people[row.municipality_code] = min(counted, Fraction(key["cap"] or 10**9))
        equal[row.municipality_code] = (
            row.fraction if key["equal_by"] == "fraction" else Fraction(1)
        )
    part = Fraction(key["equal_part"])
    exact = {
        code: amount_dkk * ((1 - part) * people[code] / sum(people.values())
                            + part * equal[code] / sum(equal.values()))
        for code in people
    }  # fmt: skip
    kroner = {code: int(value) for code, value in exact.items()}
    ranked = sorted(exact, key=lambda code: (kroner[code] - exact[code], code))
    for code in ranked[: amount_dkk - sum(kroner.values())]:
        kroner[code] += 1
    return kroner
