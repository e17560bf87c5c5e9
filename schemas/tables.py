"""What the reference tables must look like: Pandera schemas, strict and never coercing.

Reference tables are read as text, so every column is text here and a rule is about the text that
stands in the cell. The message of a rule is what the person who maintains the file reads.
A schema that refers to other tables is a function of what those hold.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

import pandas as pd
import pandera.pandas as pa

from schemas import codes
from schemas.column_rules import (
    known,
    matches,
    no_overlap,
    not_blank,
    row_rule,
    table,
    text,
    unique,
)
from schemas.records import AreaKind, Basis

_CONFIDENCE: Final = ("high", "medium", "low")
_AMOUNT: Final = r"0|[1-9][0-9]{0,15}"
_NUMBER: Final = r"[1-9][0-9]{0,2}"

_quarter = matches(codes.QUARTER, "must be a quarter such as 2022K1")
_quarter_or_blank = matches(rf"|{codes.QUARTER}", "must be a quarter such as 2026K4, or blank")
_identifier = matches(
    codes.IDENTIFIER, "must be lower-case letters a-z, digits and hyphens, such as amager-hvidovre"
)
_in_order = row_rule(
    "last_quarter",
    "must not lie before first_quarter",
    lambda rows: rows["last_quarter"].eq("") | rows["last_quarter"].ge(rows["first_quarter"]),
)


def _period_columns() -> dict[str, pa.Column]:
    return {"first_quarter": text(_quarter), "last_quarter": text(_quarter_or_blank)}


def sources() -> pa.DataFrameSchema:
    """Where the rules come from: `source_id, title, url, confidence, remark`."""
    return table(
        {
            "source_id": text(_identifier, unique()),
            "title": text(not_blank()),
            "url": text(matches(r"|https?://\S+", "must be a web address, or blank")),
            "confidence": text(known(_CONFIDENCE, "must be high, medium or low")),
            "remark": text(),
        }
    )


def areas() -> pa.DataFrameSchema:
    """Areas of FOLK1A in the order of the StatBank: `code, name, kind, region_code`."""
    kinds = [kind.value for kind in AreaKind]
    return table(
        {
            "code": text(
                matches(codes.AREA_CODE, "must be three digits (Excel drops leading zeros)"),
                unique(),
            ),
            "name": text(not_blank()),
            "kind": text(known(kinds, f"must be one of {', '.join(kinds)}")),
            "region_code": text(),
        },
        row_rule("region_code", "must be the code of a region in this file", _has_its_region),
        row_rule(
            "kind", f"must name {codes.MUNICIPALITY_COUNT} municipalities", _municipality_count
        ),
        row_rule("kind", "must name the country once", _one_country),
    )


def _has_its_region(rows: pd.DataFrame) -> pd.Series:
    regions = rows["code"][rows["kind"] == AreaKind.REGION]
    in_region = rows["kind"].isin([AreaKind.MUNICIPALITY, AreaKind.OTHER])
    return rows["region_code"].where(in_region, "").isin(["", *regions]) & (
        rows["region_code"].ne("") == in_region
    )


def _municipality_count(rows: pd.DataFrame) -> bool:
    return int((rows["kind"] == AreaKind.MUNICIPALITY).sum()) == codes.MUNICIPALITY_COUNT


def _one_country(rows: pd.DataFrame) -> bool:
    return int((rows["kind"] == AreaKind.COUNTRY).sum()) == 1


def districts(municipality_codes: Collection[str]) -> pa.DataFrameSchema:
    """Districts of KKBEF1 in the order of the StatBank: `code, name, municipality_code`."""
    return table(
        {
            "code": text(matches(codes.DISTRICT_CODE, "must be four digits"), unique()),
            "name": text(not_blank()),
            "municipality_code": text(
                known(municipality_codes, "must be a municipality of areas.csv")
            ),
        },
        row_rule("code", f"must hold the city total {codes.COPENHAGEN_TOTAL}", _has_city_total),
    )


def _has_city_total(rows: pd.DataFrame) -> bool:
    return codes.COPENHAGEN_TOTAL in set(rows["code"])


def clusters() -> pa.DataFrameSchema:
    """Clusters and the quarters in which they are in force."""
    structures = ", ".join(codes.STRUCTURES)
    return table(
        {
            "cluster_id": text(_identifier, unique()),
            "name": text(not_blank()),
            "structure": text(known(codes.STRUCTURES, f"must be one of {structures}")),
            "region": text(not_blank()),
            "hospital": text(),
            **_period_columns(),
        },
        _in_order,
    )


def memberships(
    cluster_periods: Mapping[str, tuple[str, str]],
    municipality_codes: Collection[str],
    district_codes: Collection[str],
    source_ids: Collection[str],
) -> pa.DataFrameSchema:
    """Who belongs to which cluster, how it counts, and when.

    Args:
        cluster_periods: First and last quarter (blank until further notice) by cluster id.
        municipality_codes: Codes of areas.csv whose kind is `municipality`.
        district_codes: Codes of districts.csv without the city total.
        source_ids: Ids of sources.csv.
    """
    bases = [basis.value for basis in Basis]
    return table(
        {
            "cluster_id": text(known(cluster_periods, "must be a cluster of clusters.csv")),
            "municipality_code": text(
                known(municipality_codes, "must be a municipality of areas.csv")
            ),
            "basis": text(known(bases, f"must be one of {', '.join(bases)}")),
            "fraction": text(pa.Check(_are_fractions, error="must be p/q with 0 < p/q <= 1")),
            "districts": text(
                pa.Check(
                    lambda cells: cells.map(lambda cell: _are_districts(cell, district_codes)),
                    error="must be codes of districts.csv, each once, with a space between",
                )
            ),
            **_period_columns(),
            "source_id": text(known(source_ids, "must be a source of sources.csv")),
        },
        _in_order,
        _filled_exactly_for("fraction", Basis.FRACTION),
        _filled_exactly_for("districts", Basis.DISTRICTS),
        row_rule("basis", "only København (101) can count by districts", _districts_of_copenhagen),
        row_rule(
            "first_quarter",
            "must lie, to last_quarter, within the quarters of its cluster in clusters.csv",
            lambda rows: _within_cluster(rows, cluster_periods),
        ),
        no_overlap("municipality_code", ["cluster_id", "municipality_code"]),
    )


def _are_fractions(cells: pd.Series) -> pd.Series:
    parts = cells.str.extract(r"^([1-9][0-9]{0,5})/([1-9][0-9]{0,5})$").fillna("0").astype(int)
    return cells.eq("") | (parts[0].gt(0) & parts[0].le(parts[1]))


def _are_districts(cell: str, district_codes: Collection[str]) -> bool:
    listed = cell.split()
    return len(set(listed)) == len(listed) and all(code in district_codes for code in listed)


def _filled_exactly_for(column: str, basis: Basis) -> pa.Check:
    return row_rule(
        column,
        f"must be filled when basis is {basis.value}, and only then",
        lambda rows: rows[column].ne("") == rows["basis"].eq(basis.value),
    )


def _districts_of_copenhagen(rows: pd.DataFrame) -> pd.Series:
    return rows["basis"].ne(Basis.DISTRICTS) | rows["municipality_code"].eq(codes.COPENHAGEN)


def _within_cluster(rows: pd.DataFrame, periods: Mapping[str, tuple[str, str]]) -> pd.Series:
    first = rows["cluster_id"].map(lambda cluster_id: periods.get(cluster_id, ("", ""))[0])
    last = rows["cluster_id"].map(lambda cluster_id: periods.get(cluster_id, ("", ""))[1])
    ends_in_time = last.eq("") | (rows["last_quarter"].ne("") & rows["last_quarter"].le(last))
    return rows["first_quarter"].ge(first) & ends_in_time


def costs(cluster_ids: Collection[str], source_ids: Collection[str]) -> pa.DataFrameSchema:
    """Amounts to allocate, by scope: a cluster, or all clusters of a structure."""
    scopes = [*cluster_ids, *(structure + codes.ALL_CLUSTERS for structure in codes.STRUCTURES)]
    return table(
        {
            "cost_id": text(_identifier),
            "name_da": text(not_blank()),
            "name_en": text(not_blank()),
            "scope": text(
                known(scopes, "must be a cluster of clusters.csv, or a structure and :*")
            ),
            "amount_dkk": text(
                matches(_AMOUNT, "must be whole kroner, not negative, such as 370000")
            ),
            **_period_columns(),
            "source_id": text(known(source_ids, "must be a source of sources.csv")),
        },
        _in_order,
        no_overlap("cost_id", ["cost_id", "scope"]),
    )


def assumptions(cluster_ids: Collection[str]) -> pa.DataFrameSchema:
    """Choices that the published rules leave open: `number, text_da, text_en, cluster_ids`."""
    return table(
        {
            "number": text(matches(_NUMBER, "must be a whole number from 1"), unique()),
            "text_da": text(not_blank()),
            "text_en": text(not_blank()),
            "cluster_ids": text(
                pa.Check(
                    lambda cells: cells.map(
                        lambda cell: all(code in cluster_ids for code in cell.split())
                    ),
                    error="must be clusters of clusters.csv with a space between, or blank",
                )
            ),
        }
    )


_EMAIL: Final = r"[A-Za-z0-9._%+'-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}"
_LANGUAGES: Final = ("da", "en")


def recipients(cluster_ids: Collection[str]) -> pa.DataFrameSchema:
    """Who gets each revision: `cluster_id` or `*`, `email, name, language`."""
    known_ids = [codes.EVERY_CLUSTER, *cluster_ids]
    columns = {
        "cluster_id": known(known_ids, "must be a cluster of clusters.csv, or *"),
        "email": matches(_EMAIL, "must be one e-mail address"),
        "name": not_blank(),
        "language": known(["", *_LANGUAGES], "must be da or en, or blank for da"),
    }
    once = row_rule(
        "email",
        "must not stand twice for the same cluster",
        lambda rows: ~rows.duplicated(["cluster_id", "email"]),
    )
    return pa.DataFrameSchema(
        {column: pa.Column(str, rule) for column, rule in columns.items()},
        checks=[once],
        strict=True,
    )
