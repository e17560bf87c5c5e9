"""Kroner worked out from the same bytes by other means: another reader, other arithmetic.

It reads strictly what a reference table and an answer may be, and raises `Refused` for the rest.
What the product accepts and the oracle refuses is a fault of one of them.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache

Row = dict[str, str]
Tables = Mapping[str, Sequence[Row]]
Kroner = dict[tuple[str, str, str], int]
"""Amounts by cost, cluster and municipality; of a shared fund by cost, cluster and nothing."""

COLUMNS = {
    "sources": "source_id title url confidence remark title_da",
    "areas": "code name kind region_code first_quarter last_quarter",
    "districts": "code name municipality_code first_quarter last_quarter",
    "structures": "structure name_da one_da several_da the_one_da the_ones_da name_en one_en "
    "several_en the_one_en the_ones_en",
    "clusters": "cluster_id name structure region hospital first_quarter last_quarter co_chair",
    "memberships": "cluster_id municipality_code basis fraction districts first_quarter "
    "last_quarter source_id",
    "keys": "key_id name_da name_en ages population_of equal_part equal_by cap first_quarter "
    "last_quarter source_id",
    "costs": "cost_id name_da name_en scope amount_dkk per settled_by first_quarter last_quarter "
    "source_id key_id",
    "assumptions": "number text_da text_en cluster_ids",
    "alternatives": "alternative_id name_da name_en municipality_code districts from_cluster_id "
    "to_cluster_id",
    "accounts": "municipality_code ean account",
}
LATER = {"sources": ["title_da"], "clusters": ["co_chair"], "costs": ["key_id"]}
"""Columns that a table of before may lack; they are empty then."""
AREA_HEADER = "OMRÅDE;KØN;ALDER;CIVILSTAND;TID;INDHOLD"
CITY_HEADER = "OMRKK;KON;ALDER;CIVILSTAND;TID;INDHOLD"


class Refused(Exception):
    """What was read is not what was agreed."""


@lru_cache(maxsize=32)
def read_table(name: str, content: bytes) -> list[Row]:
    """Return the rows of a reference table."""
    try:
        text = content.decode("utf-8-sig")
        first = text.split("\n")[0]
        delimiter = ";" if first.count(";") > first.count(",") else ","
        found = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise Refused(f"{name}: {error}") from None
    rows = [[clean(cell) for cell in row] for row in found]
    while rows and not any(rows[-1]):
        rows.pop()
    while rows and all(row and not row[-1] for row in rows):
        rows = [row[:-1] for row in rows]
    for column in LATER.get(name, []):
        if rows and column not in rows[0]:
            rows = [[*rows[0], column], *([*row, ""] for row in rows[1:])]
    if not rows or Counter(rows[0]) != Counter(COLUMNS[name].split()):
        raise Refused(f"{name}: columns {rows[:1]}")
    if any(len(row) != len(rows[0]) for row in rows):
        raise Refused(f"{name}: cells")
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def clean(cell: str) -> str:
    """Return a cell without the signs that only move a cursor, each run of them a blank."""
    moving = [unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") for sign in cell]
    more = "\ufffe\uffff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    moving = [moves or sign in more for moves, sign in zip(moving, cell, strict=True)]
    kept = [
        " " if moves else sign
        for at, (moves, sign) in enumerate(zip(moving, cell, strict=True))
        if not (moves and at and moving[at - 1])
    ]
    return "".join(kept).rstrip()


def read_answer(
    content: bytes, header: str, quarter: str, codes: Iterable[str], may_lack: Iterable[str] = ()
) -> dict[str, int]:
    """Return the people by code of an answer, each code once and no other; sums may be missing."""
    try:
        first, *lines = re.split("[\r\n]+", content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise Refused("not UTF-8") from None
    if first != header:
        raise Refused(f"header {first!r}")
    people: dict[str, int] = {}
    middle = "TOT;IALT;TOT" if header == AREA_HEADER else "TOT;TOT;TOT"
    sums = rf"({'|'.join(may_lack) or '-'});{middle};{quarter};\.\.\r?"
    for line in filter(str.strip, lines):
        if re.fullmatch(sums, line):
            continue
        match = re.fullmatch(rf"([0-9]+);{middle};{quarter};(0|[1-9][0-9]{{0,8}})\r*", line)
        if match is None or match[1] in people:
            raise Refused(f"row {line!r}")
        people[match[1]] = int(match[2])
    if people.keys() | set(may_lack) != set(codes):
        raise Refused(f"codes {sorted(people.keys() ^ set(codes))}")
    return people


def check_sums(people: Mapping[str, int], areas: Sequence[Row]) -> None:
    """Refuse figures of FOLK1A that contradict each other."""
    kinds = {row["code"]: row["kind"] for row in areas}
    if not kinds.keys() <= people.keys():
        kinds = {code: kind for code, kind in kinds.items() if kind != "region"}
    country = [people[code] for code, kind in kinds.items() if kind == "country" and code in people]
    for region in (code for code, kind in kinds.items() if kind == "region"):
        parts = sum(people[row["code"]] for row in areas if row["region_code"] == region)
        if parts != people[region]:
            raise Refused(f"region {region}: {parts}, {people[region]}")
    parts = sum(people[code] for code, kind in kinds.items() if kind in ("municipality", "other"))
    if country not in ([], [parts]):
        raise Refused(f"country {country}: {parts}")


def check_city(people: Mapping[str, int]) -> None:
    """Refuse figures of KKBEF1 that contradict each other."""
    parts = sum(count for code, count in people.items() if code != "1000")
    if parts != people["1000"]:
        raise Refused(f"city {people['1000']}: {parts}")


def kroner(
    tables: Tables, areas: Mapping[str, int], city: Mapping[str, int], quarter: str
) -> Kroner:
    """Return what each municipality owes, and each cluster of a shared fund."""
    clusters = {row["cluster_id"]: row["structure"] for row in _due(tables["clusters"], quarter)}
    counted: dict[str, dict[str, Fraction]] = {cluster_id: {} for cluster_id in clusters}
    for row in _due(tables["memberships"], quarter):
        if row["basis"] == "districts":
            people = Fraction(sum(city[code] for code in row.get("districts", "").split()))
        else:
            people = areas[row["municipality_code"]] * Fraction(row.get("fraction") or 1)
        if row["cluster_id"] in counted:
            counted[row["cluster_id"]][row["municipality_code"]] = people
    owed: Kroner = {}
    for cost in _due(tables["costs"], quarter):
        structure, of_all = re.subn(r":\*$", "", cost["scope"])
        weights = counted.get(structure, {})
        if of_all:
            weights = {
                cluster_id: sum(counted[cluster_id].values(), Fraction(0))
                for cluster_id, kind in clusters.items()
                if kind == structure
            }
        for code, amount in _split(int(cost["amount_dkk"]), weights).items():
            key = (code, "") if of_all else (structure, code)
            owed[cost["cost_id"], *key] = amount
    return owed


def _due(rows: Iterable[Row], quarter: str) -> list[Row]:
    return [
        row
        for row in rows
        if row.get("first_quarter", "") <= quarter <= (row.get("last_quarter") or quarter)
    ]


def _split(amount: int, weights: Mapping[str, Fraction]) -> dict[str, int]:
    """Give each its whole kroner, then one at a time to who is furthest below what is due."""
    total = sum(weights.values(), Fraction(0))
    if not total:
        raise Refused("nobody to split by")
    due = {code: amount * weight / total for code, weight in weights.items()}
    given = {code: exact.numerator // exact.denominator for code, exact in due.items()}
    for _ in range(amount - sum(given.values())):
        behind = min(due, key=lambda code: (given[code] - due[code], code))
        given[behind] += 1
    return given


def kroner_of(files: Mapping[str, bytes], label: str) -> Kroner:
    """Return the kroner that stand in the CSV files of a report."""
    owed: Kroner = {}
    for name in ("fordeling", "puljer"):
        text = files.get(f"{name}-{label}.csv", b"").decode("utf-8-sig")
        for row in csv.DictReader(io.StringIO(text, newline="")):
            if row["cost_id"]:
                key = (row["cost_id"], row["cluster_id"], row.get("municipality_code", ""))
                owed[key] = int(row["amount_dkk"])
    return owed
