"""What tables must look like where they come in: Pandera schemas, strict and never coercing.

Tables are read as text, so every column is text here and a rule is about the text that stands in
the cell. The message of a rule is what the person who maintains the file reads. The rules of a
reference table are made from the rows of all of them, since one refers to another. A column that
several tables have means the same in each.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final

import pandera.pandas as pa

from schemas import checks, records
from schemas.checks import IDENTIFIER, PART
from schemas.records import ALL_CLUSTERS, COPENHAGEN, COPENHAGEN_TOTAL, AreaKind, Basis, Per
from schemas.rows import KEYS, TABLES, columns
from schemas.source_tables import TIME, VALUE, SourceTable

Row = Mapping[str, str]
Tables = Mapping[str, Sequence[Row]]
"""The rows of each reference table, by the name of the table."""

_LARGEST: Final = records.LARGEST_AMOUNT_DKK
_PEOPLE: Final = r"0|[1-9][0-9]{0,8}"
_EMAIL: Final = r"[\w.%+'-]+@([^\W_]|[.-])+\.[^\W\d_]{2,}"


def answer(
    source: SourceTable, area_codes: Sequence[str], quarters: Sequence[str]
) -> pa.DataFrameSchema:
    """An answer of the StatBank: codes and figures as the text that was sent."""
    rules: checks.Rules = {
        source.area_variable.upper(): checks.known(area_codes, "must be a code that was asked for"),
        TIME.upper(): checks.known(quarters, "must be a quarter that was asked for"),
        VALUE: checks.matches(_PEOPLE, "must be a whole number of people ('..' is missing)"),
    }
    totals = {
        code.upper(): checks.known(
            values, f"must be the total {values[0]}{', or an age' * (len(values) > 1)}"
        )
        for code, values in source.selected
    }
    return checks.table(source.header, rules, totals)


def recipients(cluster_ids: Collection[str]) -> pa.DataFrameSchema:
    """Who gets each revision: `cluster_id` or `*`, `email, name, language`."""
    known_ids = [records.EVERY_CLUSTER, *cluster_ids]
    rules: checks.Rules = {
        "cluster_id": checks.known(known_ids, "must be a cluster of clusters.csv, or *"),
        "email": [
            checks.matches(_EMAIL, "must be one e-mail address"),
            checks.matches("[ -~]*", "must be in a-z on both sides; køge.dk is xn--kge-0na.dk"),
            checks.all_rows(
                "must not stand twice for the same cluster",
                lambda rows: ~rows.duplicated(["cluster_id", "email"]),
            ),
        ],
        "name": checks.NOT_BLANK,
        "language": checks.known(["", *records.Language], "must be da or en, or blank for da"),
    }
    return checks.table(rules, rules)


def reference(name: str, tables: Tables) -> pa.DataFrameSchema:
    """A reference table: the columns of its record, by the rules of all tables and its own."""
    own = checks.RULES.get(name) or _RULES[name](tables)
    return checks.table(columns(TABLES[name]), _shared(tables), own)


def _shared(tables: Tables) -> checks.Rules:
    """Return the rules of the columns that several tables have."""
    there = [row["code"] for row in tables["areas"] if row["kind"] == AreaKind.MUNICIPALITY]
    return {
        **dict.fromkeys(("name", "name_da", "name_en"), checks.NOT_BLANK),
        "municipality_code": checks.known(there, "must be a municipality of areas.csv"),
        "first_quarter": checks.matches(records.QUARTER, "must be a quarter such as 2022K1"),
        "last_quarter": [
            checks.matches(rf"|{records.QUARTER}", "must be a quarter such as 2026K4, or blank"),
            checks.each_row(
                "must not lie before first_quarter",
                lambda row: not row["last_quarter"] or row["first_quarter"] <= row["last_quarter"],
            ),
        ],
        "source_id": checks.known(_ids(tables, "sources"), "must be a source of sources.csv"),
    }


def _ids(tables: Tables, name: str) -> list[str]:
    """Return the ids of a table."""
    return [row[KEYS[name][0]] for row in tables[name]]


def _clusters(tables: Tables) -> checks.Rules:
    structures = _ids(tables, "structures")
    members = {(row["cluster_id"], row["municipality_code"]) for row in tables["memberships"]}
    return {
        "cluster_id": [IDENTIFIER, checks.UNIQUE],
        "structure": checks.known(structures, "must be a structure of structures.csv"),
        "region": checks.NOT_BLANK,
        "co_chair": checks.each_row(
            "must be a member of the cluster by memberships.csv, or blank",
            lambda row: not row["co_chair"] or (row["cluster_id"], row["co_chair"]) in members,
        ),
    }


def _memberships(tables: Tables) -> checks.Rules:
    listed = {*_ids(tables, "districts")} - {COPENHAGEN_TOTAL}
    clusters = {row["cluster_id"]: row for row in tables["clusters"]}

    def is_within(row: Row) -> bool:
        cluster = clusters.get(row["cluster_id"], {"first_quarter": "", "last_quarter": ""})
        last = cluster["last_quarter"]
        ends_in_time = not last or "" < row["last_quarter"] <= last
        return cluster["first_quarter"] <= row["first_quarter"] and ends_in_time

    return {
        "cluster_id": checks.known(_ids(tables, "clusters"), "must be a cluster of clusters.csv"),
        "municipality_code": checks.no_overlap("cluster_id", "municipality_code"),
        "basis": [
            checks.one_of(list(Basis)),
            checks.each_row(
                "only København (101) can count by districts",
                lambda row: (
                    row["basis"] != Basis.DISTRICTS or row["municipality_code"] == COPENHAGEN
                ),
            ),
        ],
        "fraction": [
            checks.at_most_one(rf"|{PART}/{PART}", "must be p/q with 0 < p/q <= 1"),
            checks.filled_by(Basis.FRACTION),
        ],
        "districts": [
            checks.each_cell(
                "must be codes of districts.csv, each once, with a space between",
                lambda cell: sorted(listed & set(cell.split())) == sorted(cell.split()),
            ),
            checks.filled_by(Basis.DISTRICTS),
        ],
        "first_quarter": checks.each_row(
            "must lie, to last_quarter, within the quarters of its cluster in clusters.csv",
            is_within,
        ),
    }


def _costs(tables: Tables) -> checks.Rules:
    funds = [structure + ALL_CLUSTERS for structure in _ids(tables, "structures")]
    scopes = [*_ids(tables, "clusters"), *funds]
    return {
        "cost_id": [IDENTIFIER, checks.no_overlap("cost_id", "scope")],
        "scope": checks.known(scopes, "must be a cluster of clusters.csv, or a structure and :*"),
        "amount_dkk": checks.matches(
            rf"0|[1-9][0-9]{{0,11}}|{_LARGEST}",
            f"must be whole kroner, from 0 to {_LARGEST}, such as 370000",
        ),
        "per": [
            checks.one_of(list(Per)),
            checks.each_row(
                "must begin and end in one year if it is paid once",
                lambda row: (
                    row["per"] != Per.ONCE or row["first_quarter"][:4] == row["last_quarter"][:4]
                ),
            ),
        ],
        "settled_by": [
            checks.matches(r"|K[1-4]", "must be K1, K2, K3 or K4, or blank"),
            checks.each_row(
                "must be blank where each quarter settles its own",
                lambda row: not row["settled_by"] or row["per"] != Per.QUARTER,
            ),
        ],
        "key_id": [
            checks.known(["", *_ids(tables, "keys")], "must be a key of keys.csv, or blank"),
            checks.each_row(
                "must be blank for a cost of all clusters: counted population splits it",
                lambda row: not (row["key_id"] and row["scope"].endswith(ALL_CLUSTERS)),
            ),
        ],
    }


def _assumptions(tables: Tables) -> checks.Rules:
    cluster_ids, costs = set(_ids(tables, "clusters")), set(_ids(tables, "costs"))
    names_costs = checks.each_cell(
        "must have costs of costs.csv in curly brackets, for their amounts",
        lambda cell: costs.issuperset(records.COST_NAMED.findall(cell)),
    )
    return {
        "number": [
            checks.matches(r"[1-9][0-9]{0,2}", "must be a whole number from 1"),
            checks.UNIQUE,
        ],
        "text_da": [checks.NOT_BLANK, names_costs],
        "text_en": [checks.NOT_BLANK, names_costs],
        "cluster_ids": checks.each_cell(
            "must be clusters of clusters.csv with a space between, or blank",
            lambda cell: cluster_ids.issuperset(cell.split()),
        ),
    }


def _alternatives(tables: Tables) -> checks.Rules:
    members = {
        (row["cluster_id"], row["municipality_code"]): set(row["districts"].split())
        for row in tables["memberships"]
    }
    is_cluster = checks.known(["", *_ids(tables, "clusters")], "must be a cluster of clusters.csv")

    def is_there(row: Row) -> bool:
        districts = members.get((row["from_cluster_id"], row["municipality_code"]))
        return districts is not None and districts.issuperset(row["districts"].split())

    return {
        "alternative_id": [IDENTIFIER, checks.UNIQUE],
        "from_cluster_id": [
            is_cluster,
            checks.NOT_BLANK,
            checks.each_row(
                "must hold the municipality, and the districts, by memberships.csv", is_there
            ),
        ],
        "to_cluster_id": is_cluster,
    }


_RULES: Final[Mapping[str, Callable[[Tables], checks.Rules]]] = {
    "clusters": _clusters,
    "memberships": _memberships,
    "costs": _costs,
    "assumptions": _assumptions,
    "alternatives": _alternatives,
}
