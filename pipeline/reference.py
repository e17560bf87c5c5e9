"""The reference tables: read forgivingly, validated strictly, handed on as frozen values.

People keep these files in Excel or an editor, so a byte order mark, semicolons, CRLF and trailing
blanks are forgiven, and nothing else.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from pipeline.errors import InvalidData
from pipeline.files import FileRecord, record
from schemas import codes, tables
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
from schemas.validation import HEADER_ROW, counted, describe, failures

Row = Mapping[str, str]


@dataclass(frozen=True)
class Reference:
    """All reference tables, validated, with the record of each file that was read.

    Areas and districts stand in the order of the StatBank.
    """

    areas: Mapping[str, Area]
    districts: Mapping[str, District]
    clusters: tuple[Cluster, ...]
    memberships: tuple[Membership, ...]
    costs: tuple[Cost, ...]
    sources: Mapping[str, Source]
    assumptions: tuple[Assumption, ...]
    files: tuple[FileRecord, ...]

    @cached_property
    def municipality_codes(self) -> tuple[str, ...]:
        """Codes of the 98 municipalities."""
        return tuple(
            code for code, area in self.areas.items() if area.kind is AreaKind.MUNICIPALITY
        )


class _Reader:
    """Reads and validates one table after the other, and keeps a record of each file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: list[FileRecord] = []

    def read(self, name: str, schema: pa.DataFrameSchema) -> list[Row]:
        path = self.folder / f"{name}.csv"
        rows, content = read_rows(path, schema)
        self.files.append(record(path.name, content))
        return rows


def load_reference(data_dir: Path) -> Reference:
    """Read and validate `<data_dir>/reference/*.csv`.

    Raises:
        InvalidData: A file is missing, is not a CSV in UTF-8, or breaks a rule; the message names
            file, row as Excel shows it, column, rule and value.
    """
    reader = _Reader(data_dir / "reference")
    sources = {row["source_id"]: Source(**row) for row in reader.read("sources", tables.sources())}
    areas = {row["code"]: _area(row) for row in reader.read("areas", tables.areas())}
    municipalities = [code for code, area in areas.items() if area.kind is AreaKind.MUNICIPALITY]
    districts = _districts(reader, municipalities)
    clusters = tuple(_cluster(row) for row in reader.read("clusters", tables.clusters()))
    cluster_ids = [cluster.cluster_id for cluster in clusters]
    return Reference(
        areas=areas,
        districts=districts,
        clusters=clusters,
        memberships=_memberships(reader, clusters, municipalities, districts, sources),
        costs=tuple(_cost(row) for row in reader.read("costs", tables.costs(cluster_ids, sources))),
        sources=sources,
        assumptions=tuple(
            _assumption(row) for row in reader.read("assumptions", tables.assumptions(cluster_ids))
        ),
        files=tuple(reader.files),
    )


def _districts(reader: _Reader, municipality_codes: Collection[str]) -> dict[str, District]:
    rows = reader.read("districts", tables.districts(municipality_codes))
    return {row["code"]: District(**row) for row in rows}


def _memberships(
    reader: _Reader,
    clusters: Collection[Cluster],
    municipality_codes: Collection[str],
    district_codes: Collection[str],
    source_ids: Collection[str],
) -> tuple[Membership, ...]:
    periods = {
        cluster.cluster_id: (str(cluster.period.first), str(cluster.period.last or ""))
        for cluster in clusters
    }
    in_city = [code for code in district_codes if code != codes.COPENHAGEN_TOTAL]
    schema = tables.memberships(periods, municipality_codes, in_city, source_ids)
    rows = enumerate(reader.read("memberships", schema), start=HEADER_ROW + 1)
    return tuple(_membership(number, row) for number, row in rows)


def read_rows(path: Path, schema: pa.DataFrameSchema) -> tuple[list[Row], bytes]:
    """Return the validated rows of a table, and the file as it was read.

    Raises:
        InvalidData: As `load_reference`.
    """
    content = _content(path)
    table = _table(path, content)
    broken = failures(schema, table)
    if broken:
        raise _invalid(path, *broken)
    return [dict(zip(table.columns, row, strict=True)) for row in table.to_numpy()], content


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise InvalidData(
            f"{path} does not exist.",
            "Run the command in the folder of the repository, or name the data folder with "
            "--data-dir or KLYNGE_DATA_DIR.",
        ) from None


def _table(path: Path, content: bytes) -> pd.DataFrame:
    """Return the rows as text, row 0 being the first below the header."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content[: error.start].count(b"\n") + HEADER_ROW
        problem = f"row {row}: is not UTF-8, found byte 0x{content[error.start]:02x}"
        raise _invalid(path, problem) from None
    header, *rows = _cells(path, text)
    for number, cells in enumerate(rows, start=HEADER_ROW + 1):
        if len(cells) != len(header):
            problem = f"row {number}: must have {len(header)} cells, found {len(cells)}"
            raise _invalid(path, problem)
    return pd.DataFrame(rows, columns=header, dtype=str)


def _cells(path: Path, text: str) -> list[list[str]]:
    first_line = text.partition("\n")[0]
    delimiter = ";" if first_line.count(";") > first_line.count(",") else ","
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise _invalid(path, f"is not a CSV file: {error}") from None
    stripped = [[cell.rstrip() for cell in row] for row in rows]
    while stripped and not any(stripped[-1]):
        stripped.pop()
    if not stripped:
        raise _invalid(path, "is empty: the header is missing")
    return stripped


def _invalid(path: Path, *problems: object) -> InvalidData:
    return InvalidData(
        f"{path} has {counted(problems, 'problem')}:\n{describe(problems)}",
        "Correct the file (as CSV UTF-8 when it comes from Excel) and run the command again.",
    )


def _period(row: Row) -> Period:
    last = row["last_quarter"]
    return Period(Quarter.parse(row["first_quarter"]), Quarter.parse(last) if last else None)


def _area(row: Row) -> Area:
    return Area(row["code"], row["name"], AreaKind(row["kind"]), row["region_code"])


def _cluster(row: Row) -> Cluster:
    return Cluster(
        row["cluster_id"],
        row["name"],
        row["structure"],
        row["region"],
        row["hospital"],
        _period(row),
    )


def _membership(number: int, row: Row) -> Membership:
    return Membership(
        row["cluster_id"],
        row["municipality_code"],
        Basis(row["basis"]),
        Fraction(row["fraction"] or 1),
        tuple(row["districts"].split()),
        _period(row),
        row["source_id"],
        number,
    )


def _cost(row: Row) -> Cost:
    return Cost(
        row["cost_id"],
        row["name_da"],
        row["name_en"],
        row["scope"],
        int(row["amount_dkk"]),
        _period(row),
        row["source_id"],
    )


def _assumption(row: Row) -> Assumption:
    return Assumption(
        int(row["number"]), row["text_da"], row["text_en"], tuple(row["cluster_ids"].split())
    )
