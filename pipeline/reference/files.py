"""The files of the reference tables as text: read forgivingly, written in one canonical form.

People keep these files in Excel or an editor, so a byte order mark, semicolons, CRLF, blank cells,
rows and columns at the end, and signs that only move a cursor are forgiven, and nothing else. The
canonical form is UTF-8 without a mark, commas, quotes only where they are needed, LF, columns and
rows in the order of the table: memberships by cluster (as in clusters.csv) and municipality; costs
by cluster and id, shared funds last; sources by id; assumptions by number. The order of areas,
districts and clusters was chosen by people: it stays.
"""

import csv
import io
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from pipeline.errors import InvalidData, Remedy
from pipeline.files import packaged
from pipeline.plain_text import plain
from schemas.quarter import Quarter
from schemas.rows import TABLES, columns
from schemas.validation import HEADER_ROW, Failure, counted, describe

Row = dict[str, str]

CLUSTERS: Final = "clusters.csv"
MEMBERSHIPS: Final = "memberships.csv"
COSTS: Final = "costs.csv"
SOURCES: Final = "sources.csv"
SHARING_KEYS: Final = "keys.csv"

COLUMNS: Final = {f"{name}.csv": columns(record) for name, record in TABLES.items()}
"""The columns of each file, in the order in which one file builds on another."""

_ALWAYS: Final = {"first_quarter": "2008K1", "last_quarter": ""}
_SINCE: Final[dict[str, tuple[Row, ...]]] = {
    "areas.csv": (_ALWAYS,),
    "districts.csv": (_ALWAYS,),
    "clusters.csv": ({"co_chair": ""},),
    "costs.csv": ({"per": "year", "settled_by": ""}, {"key_id": ""}),
    "sources.csv": ({"title_da": ""},),
}
"""Columns that tables of an earlier version lack, with what they meant there, by version."""

SORTED_BY: Final = {
    SOURCES: ("source_id",),
    MEMBERSHIPS: ("cluster_id", "municipality_code", "first_quarter"),
    COSTS: ("scope", "cost_id", "first_quarter"),
    SHARING_KEYS: ("key_id", "first_quarter"),
    "assumptions.csv": ("number",),
}
"""The columns that the rows of a file are sorted by, if they are."""

MOST_SIGNS: Final = 1000
"""Signs of a cell; the longest has 230, and a sheet of Excel takes 32,767."""


def bundled_data() -> Path:
    """Return the data folder that comes with the package."""
    return packaged("pipeline", "data")


def read_content(path: Path) -> bytes:
    """Return the bytes of a reference file; of a table that came later, those it starts from.

    Raises:
        InvalidData: There is no such file.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        if path.with_name(CLUSTERS).exists():  # a folder of an earlier version lacks these tables
            if path.name == "structures.csv":
                return (bundled_data() / "reference" / path.name).read_bytes()
            if path.name in (SHARING_KEYS, "alternatives.csv", "accounts.csv"):
                return write_rows(path.name, [])
        raise InvalidData(
            f"{path} does not exist.",
            "Run the command in the folder of the repository, or name the data folder.",
            Remedy.NAME_DATA_FOLDER,
        ) from None


def rows_of(path: Path, content: bytes, expected: Sequence[str] = ()) -> list[Row]:
    """Return the rows of a file as text by column; of no reference table, its columns are given.

    Raises:
        InvalidData: It is no CSV in UTF-8, its columns are not exactly those of the table, or a row
            has another number of cells.
    """
    header, *rows = _cells(path, _text(path, content))
    since: Row = {}
    for later in _SINCE.get(path.name, ()):
        if later.keys().isdisjoint(header):  # else one of them alone was lost, or mistyped
            since |= later
    wanted = [name for name in expected or COLUMNS[path.name] if name not in since]
    broken: list[object] = [*_header_failures(header, wanted)]
    for number, cells in enumerate(rows, start=HEADER_ROW + 1):
        if len(cells) != len(header):
            broken.append(f"row {number}: must have {len(header)} cells, found {len(cells)}")
        elif max(map(len, cells), default=0) > MOST_SIGNS:
            broken.append(f"row {number}: must have at most {MOST_SIGNS} signs in a cell")
    if broken:
        raise invalid(path, *broken)
    return [since | dict(zip(header, map(_notation, header, row), strict=True)) for row in rows]


def _notation(column: str, cell: str) -> str:
    """Return a quarter in Statistics Denmark's notation, however it was written; others as is."""
    if column.endswith(("_quarter", "population_of")):
        with suppress(ValueError):
            return str(Quarter.parse(cell))
    return cell


def _text(path: Path, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content[: error.start].count(b"\n") + HEADER_ROW
        problem = f"row {row}: is not UTF-8, found byte 0x{content[error.start]:02x}"
        raise invalid(path, problem) from None


def _cells(path: Path, text: str) -> list[list[str]]:
    first_line = text.partition("\n")[0]
    delimiter = ";" if first_line.count(";") > first_line.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        rows = list(reader)
    except csv.Error as error:
        raise invalid(path, f"line {reader.line_num}: is not a CSV file: {error}") from None
    stripped = [[plain(cell).rstrip() for cell in row] for row in rows]
    while stripped and not any(stripped[-1]):
        stripped.pop()
    if not stripped:
        raise invalid(path, "is empty: the header is missing")
    if len(stripped[0]) == 1 and "\t" in first_line:
        raise invalid(path, "is separated by tabs: save it as CSV, with commas or semicolons")
    while all(row[-1:] == [""] for row in stripped):  # a blank column, as Excel may leave behind
        stripped = [row[:-1] for row in stripped]
    return stripped


def _header_failures(header: Sequence[str], expected: Sequence[str]) -> list[Failure]:
    rules = {
        "is missing": [name for name in expected if name not in header],
        "is not a column of this table": [name for name in header if name not in expected],
        "stands twice": [name for name in dict.fromkeys(header) if header.count(name) > 1],
    }
    return [Failure(None, name, rule, None) for rule, found in rules.items() for name in found]


def invalid(path: Path, *problems: object) -> InvalidData:
    """Return the error for a file with problems, each of which says where it is."""
    return InvalidData(
        f"{path} has {counted(problems, 'problem')}:\n{describe(problems)}",
        "Correct the file (as CSV UTF-8 when it comes from Excel) and run the command again.",
    )


def read_rows(folder: Path, name: str) -> list[Row]:
    """Return the rows of a reference file.

    Raises:
        InvalidData: The file is missing, is no CSV, or has other columns.
    """
    path = folder / name
    return rows_of(path, read_content(path))


def write_rows(name: str, rows: Sequence[Row]) -> bytes:
    """Return rows as the bytes of a file, in the order given."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS[name], lineterminator="\n")
    writer.writeheader()
    writer.writerows({at: _notation(at, cell) for at, cell in row.items()} for row in rows)
    return text.getvalue().encode()


def canonical(path: Path, rows: Sequence[Row]) -> bytes:
    """Return the rows of a file in canonical form; clusters.csv beside it gives their order."""
    name = path.name
    clusters = read_rows(path.parent, CLUSTERS) if name in (MEMBERSHIPS, COSTS) else []
    place = {row["cluster_id"]: number for number, row in enumerate(clusters)}

    def key(row: Row) -> tuple[tuple[int, str], ...]:
        cells = ((column, row[column]) for column in SORTED_BY[name])
        return tuple((_rank(column, cell, place), cell) for column, cell in cells)

    return write_rows(name, sorted(rows, key=key) if name in SORTED_BY else rows)


def _rank(column: str, cell: str, place: dict[str, int]) -> int:
    """Return the number that a cell sorts by before its text; unknown clusters come last."""
    if column in ("cluster_id", "scope"):
        return place.get(cell, len(place))
    return int(cell) if column == "number" and cell.isdecimal() else 0
