"""What tables must look like where they come in: Pandera schemas, strict and never coercing.

Tables are read as text, so every column is text here and a rule is about the text that stands in
the cell. The message of a rule is what the person who maintains the file reads. The schema of a
reference table is made from the rows of all of them, since one refers to another.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final

import pandas as pd
import pandera.pandas as pa

from schemas import records
from schemas.places import (
    Tables,
    a_municipality,
    a_source,
    accounts,
    are_fractions,
    areas,
    column,
    districts,
    each,
    filled_exactly_when,
    identifier,
    in_order,
    keys,
    known,
    matches,
    no_overlap,
    not_blank,
    one_of,
    period,
    row_rule,
    structures,
    table,
    unique,
)
from schemas.records import Basis, Language, Per
from schemas.source_tables import TIME, VALUE, SourceTable

_PEOPLE: Final = r"0|[1-9][0-9]{0,8}"
_CONFIDENCE: Final = ("high", "medium", "low")
_AMOUNT: Final = rf"0|[1-9][0-9]{{0,11}}|{records.LARGEST_AMOUNT_DKK}"
_AMOUNT_RULE: Final = (
    f"must be whole kroner, from 0 to {records.LARGEST_AMOUNT_DKK}, such as 370000"
)
_NUMBER: Final = r"[1-9][0-9]{0,2}"
_EMAIL: Final = r"[A-Za-z0-9._%+'-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}"


def answer(
    source: SourceTable, area_codes: Sequence[str], quarters: Sequence[str]
) -> pa.DataFrameSchema:
    """An answer of the StatBank: codes and figures as the text that was sent."""
    totals = {
        code.upper(): known(
            values, f"must be the total {values[0]}{', or an age' * (len(values) > 1)}"
        )
        for code, values in source.selected
    }
    return table(
        {
            source.area_variable.upper(): known(area_codes, "must be a code that was asked for"),
            **totals,
            TIME.upper(): known(quarters, "must be a quarter that was asked for"),
            VALUE: matches(_PEOPLE, "must be a whole number of people ('..' is missing)"),
        }
    )


def _sources(_: Tables) -> pa.DataFrameSchema:
    return table(
        {
            "source_id": [identifier, unique()],
            "title": not_blank(),
            "url": matches(r"|https?://\S+", "must be a web address, or blank"),
            "confidence": known(_CONFIDENCE, "must be high, medium or low"),
            "remark": [],
            "title_da": [],
        }
    )


def _clusters(tables: Tables) -> pa.DataFrameSchema:
    members = {(row["cluster_id"], row["municipality_code"]) for row in tables["memberships"]}

    def is_member(rows: pd.DataFrame) -> list[bool]:
        pairs = zip(rows["cluster_id"], rows["co_chair"], strict=True)
        return [not code or (cluster_id, code) in members for cluster_id, code in pairs]

    return table(
        {
            "cluster_id": [identifier, unique()],
            "name": not_blank(),
            "structure": known(
                column(tables, "structures", "structure"), "must be a structure of structures.csv"
            ),
            "region": not_blank(),
            "hospital": [],
            **period,
            "co_chair": [],
        },
        in_order,
        row_rule(
            "co_chair",
            "must be a member of the cluster by memberships.csv, or blank",
            lambda rows: pd.Series(is_member(rows), index=rows.index, dtype=bool),
        ),
    )


def _memberships(tables: Tables) -> pa.DataFrameSchema:
    cluster_ids = column(tables, "clusters", "cluster_id")
    listed = {*column(tables, "districts", "code")} - {records.COPENHAGEN_TOTAL}
    return table(
        {
            "cluster_id": known(cluster_ids, "must be a cluster of clusters.csv"),
            "municipality_code": a_municipality(tables),
            "basis": one_of(list(Basis)),
            "fraction": pa.Check(are_fractions, error="must be p/q with 0 < p/q <= 1"),
            "districts": each(
                lambda cell: len(set(cell)) == len(cell) and listed.issuperset(cell),
                "must be codes of districts.csv, each once, with a space between",
            ),
            **period,
            "source_id": a_source(tables),
        },
        in_order,
        filled_exactly_when("fraction", "basis", Basis.FRACTION),
        filled_exactly_when("districts", "basis", Basis.DISTRICTS),
        row_rule(
            "basis",
            "only København (101) can count by districts",
            lambda rows: (
                rows["basis"].ne(Basis.DISTRICTS) | rows["municipality_code"].eq(records.COPENHAGEN)
            ),
        ),
        row_rule(
            "first_quarter",
            "must lie, to last_quarter, within the quarters of its cluster in clusters.csv",
            lambda rows: _within_cluster(rows, tables),
        ),
        no_overlap("municipality_code", ["cluster_id", "municipality_code"]),
    )


def _within_cluster(rows: pd.DataFrame, tables: Tables) -> pd.Series:
    clusters = {row["cluster_id"]: row for row in tables["clusters"]}
    none = {"first_quarter": "", "last_quarter": ""}
    found = [clusters.get(cluster_id, none) for cluster_id in rows["cluster_id"]]
    periods = pd.DataFrame(found, index=rows.index, columns=list(none))
    first, last = periods["first_quarter"], periods["last_quarter"]
    ends_in_time = last.eq("") | (rows["last_quarter"].ne("") & rows["last_quarter"].le(last))
    return rows["first_quarter"].ge(first) & ends_in_time


def _costs(tables: Tables) -> pa.DataFrameSchema:
    cluster_ids = column(tables, "clusters", "cluster_id")
    key_ids = ["", *column(tables, "keys", "key_id")]
    structures = column(tables, "structures", "structure")
    scopes = [*cluster_ids, *(structure + records.ALL_CLUSTERS for structure in structures)]
    return table(
        {
            "cost_id": identifier,
            "name_da": not_blank(),
            "name_en": not_blank(),
            "scope": known(scopes, "must be a cluster of clusters.csv, or a structure and :*"),
            "amount_dkk": matches(_AMOUNT, _AMOUNT_RULE),
            "per": one_of(list(Per)),
            "settled_by": matches(r"|K[1-4]", "must be K1, K2, K3 or K4, or blank"),
            **period,
            "source_id": a_source(tables),
            "key_id": known(key_ids, "must be a key of keys.csv, or blank"),
        },
        in_order,
        row_rule(
            "settled_by",
            "must be blank where each quarter settles its own",
            lambda rows: rows["settled_by"].eq("") | rows["per"].ne(Per.QUARTER),
        ),
        row_rule(
            "per",
            "must begin and end in one year if it is paid once",
            lambda rows: (
                rows["per"].ne(Per.ONCE)
                | rows["first_quarter"].str[:4].eq(rows["last_quarter"].str[:4])
            ),
        ),
        no_overlap("cost_id", ["cost_id", "scope"]),
        row_rule(
            "key_id",
            "must be blank for a cost of all clusters: counted population splits it",
            lambda rows: rows["key_id"].eq("") | ~rows["scope"].str.endswith(records.ALL_CLUSTERS),
        ),
    )


def _assumptions(tables: Tables) -> pa.DataFrameSchema:
    cluster_ids = set(column(tables, "clusters", "cluster_id"))
    costs = set(column(tables, "costs", "cost_id"))
    names_costs = pa.Check(
        lambda cells: cells.map(lambda cell: costs.issuperset(records.COST_NAMED.findall(cell))),
        error="must have costs of costs.csv in curly brackets, for their amounts",
    )
    return table(
        {
            "number": [matches(_NUMBER, "must be a whole number from 1"), unique()],
            "text_da": [not_blank(), names_costs],
            "text_en": [not_blank(), names_costs],
            "cluster_ids": each(
                cluster_ids.issuperset,
                "must be clusters of clusters.csv with a space between, or blank",
            ),
        }
    )


def _alternatives(tables: Tables) -> pa.DataFrameSchema:
    memberships = {
        (row["cluster_id"], row["municipality_code"]): row["districts"].split()
        for row in tables["memberships"]
    }
    clusters = known(
        ["", *column(tables, "clusters", "cluster_id")], "must be a cluster of clusters.csv"
    )

    def is_there(rows: pd.DataFrame) -> list[bool]:
        keys = zip(rows["from_cluster_id"], rows["municipality_code"], strict=True)
        found = zip(map(memberships.get, keys), rows["districts"], strict=True)
        return [there is not None and set(cell.split()) <= set(there) for there, cell in found]

    return table(
        {
            "alternative_id": [identifier, unique()],
            "name_da": not_blank(),
            "name_en": not_blank(),
            "municipality_code": a_municipality(tables),
            "districts": [],
            "from_cluster_id": [clusters, not_blank()],
            "to_cluster_id": clusters,
        },
        row_rule(
            "from_cluster_id",
            "must hold the municipality, and the districts, by memberships.csv",
            lambda rows: pd.Series(is_there(rows), index=rows.index, dtype=bool),
        ),
    )


REFERENCE: Final[Mapping[str, Callable[[Tables], pa.DataFrameSchema]]] = {
    schema.__name__.removeprefix("_"): schema
    for schema in (
        _sources,
        areas,
        districts,
        structures,
        _clusters,
        _memberships,
        keys,
        _costs,
        _assumptions,
        _alternatives,
        accounts,
    )
}
"""The schema of each reference table, given the rows of all of them."""


def recipients(cluster_ids: Collection[str]) -> pa.DataFrameSchema:
    """Who gets each revision: `cluster_id` or `*`, `email, name, language`."""
    known_ids = [records.EVERY_CLUSTER, *cluster_ids]
    return table(
        {
            "cluster_id": known(known_ids, "must be a cluster of clusters.csv, or *"),
            "email": matches(_EMAIL, "must be one e-mail address"),
            "name": not_blank(),
            "language": known(["", *Language], "must be da or en, or blank for da"),
        },
        row_rule(
            "email",
            "must not stand twice for the same cluster",
            lambda rows: ~rows.duplicated(["cluster_id", "email"]),
        ),
    )
