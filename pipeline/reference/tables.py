"""The reference tables: validated strictly, handed on as frozen values."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from pipeline.files import FileRecord, record
from pipeline.reference.files import invalid, read_cells, read_content
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
from schemas.validation import HEADER_ROW, failures

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

    def __init__(self, folder: Path, instead: Mapping[str, bytes]) -> None:
        self.folder = folder
        self.instead = instead
        self.files: list[FileRecord] = []

    def read(self, name: str, schema: pa.DataFrameSchema) -> list[Row]:
        path = self.folder / f"{name}.csv"
        rows, content = read_rows(path, schema, self.instead.get(path.name))
        self.files.append(record(path.name, content))
        return rows


def load_reference(data_dir: Path, instead: Mapping[str, bytes] | None = None) -> Reference:
    """Read and validate `<data_dir>/reference/*.csv`.

    Args:
        data_dir: The data folder.
        instead: Contents by file name that are read in place of the files', to try them.

    Raises:
        InvalidData: A file is missing, is not a CSV in UTF-8, or breaks a rule; the message names
            file, row as Excel shows it, column, rule and value.
    """
    reader = _Reader(data_dir / "reference", instead or {})
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


def read_rows(
    path: Path, schema: pa.DataFrameSchema, instead: bytes | None = None
) -> tuple[list[Row], bytes]:
    """Return the validated rows of a table, and the file as it was read.

    Args:
        path: The file.
        schema: What it must look like.
        instead: Content that is read in place of the file's, to try it.

    Raises:
        InvalidData: As `load_reference`.
    """
    content = read_content(path) if instead is None else instead
    header, rows = read_cells(path, content)
    table = pd.DataFrame(rows, columns=header, dtype=str)
    broken = failures(schema, table)
    if broken:
        raise invalid(path, *broken)
    return [dict(zip(header, row, strict=True)) for row in rows], content


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
