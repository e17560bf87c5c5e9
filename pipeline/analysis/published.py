"""A published table as it was received or typed: CSV or xlsx, in Danish or English form.

Its columns are known by words of their headings; municipalities stand in rows or in columns. Of a
number that a spreadsheet keeps unrounded, as many decimals count as a table would print.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import product, zip_longest
from pathlib import Path
from typing import Any, Final

from pipeline.calculation.audit import Audit, Column, Doubt, PublishedTable
from pipeline.errors import InvalidData
from pipeline.reference import names
from pipeline.run import calculation_of
from pipeline.snapshots.acquisition import Acquisition
from schemas.report_name import ReportName

Cell = str | Decimal
Grid = Sequence[Sequence[Cell]]

_HEADINGS: Final = (
    (None, r"nedrundet|rounded down|ligelig|equal part|efter pers|by people|pr\.? indb|per inhab"),
    (Column.AMOUNT, r"\bkr\b|\bdkk\b"),
    (Column.SHARE, r"andel|share|%|\bpct\b|procent|per ?cent|nøgle|\bkey\b"),
    (Column.AMOUNT, r"beløb|bidrag|betal|udgift|amount|contribution|\bpays?\b|\bcosts?\b"),
    (Column.FIGURE, r"tal\b|antal|årige|indbyggere|borgere|personer|grundlag|population|number|"
     r"figure|people|inhabitants|persons|basis|aged?\b"),
)  # fmt: skip
"""A heading is of the first kind that fits: `Befolkningsandel` is a share, `Andel i kr.` is not."""

_COUNTED: Final = re.compile("medregnet|counted", re.IGNORECASE)
_STATED: Final = re.compile(r"(\d[\d.,]*)\s*(?:kr\b|dkk\b)", re.IGNORECASE)
_HINT: Final = "CSV or xlsx, with headings such as Kommune, Indbyggertal, Andel, Beløb i kr."
_TOTAL: Final = re.compile(r"(i ?alt|total|sum|samlet|hele)\b.*", re.IGNORECASE)
_NOT_DIGITS: Final = re.compile(r"\s|kr\.?|dkk|%|pct\.?|\*", re.IGNORECASE)
_FORMS: Final = ((".", ","), (",", "."))
"""Signs between thousands and before decimals: the Danish form, and the English one."""

_MOST_DECIMALS: Final = {Column.FIGURE: 4, Column.SHARE: 6, Column.AMOUNT: 2}


def read_tables(path: Path, sheet: str = "") -> dict[str, PublishedTable]:
    """Return the tables of a file, one for each column of amounts, by its sheet and heading.

    They are those of one sheet: the first with figures and shares, else with one of them.

    Raises:
        InvalidData: There is none, or a number is missing in it.
    """
    grids = [(name, grid) for name, grid in _grids(path) if sheet in ("", name)]
    for kinds, (name, grid) in product((3, 2), grids):
        for turned in (grid, list(zip(*grid, strict=True))):
            if found := _tables(path, turned, kinds):
                return {f"{name}: {at}".removeprefix(": "): table for at, table in found.items()}
    where = f" on a sheet {sheet}" if sheet else ""
    raise InvalidData(f"{path} has no table of figures or shares and amounts{where}.", _HINT)


def count_again(
    table: PublishedTable,
    wanted: ReportName,
    cluster: str,
    members: Sequence[str],
    acquisition: Acquisition,
) -> dict[str, list[Any]]:
    """Return what differs of a table from the people that the StatBank counted, rounded.

    That is figures, members that it lacks, and others that it has, by name. Members count by the
    memberships of the cluster, if one is named, else whole: those named, or all of the table.

    Raises:
        UsageError: A name fits no cluster or municipality.
    """
    result = calculation_of(wanted, acquisition).result
    areas = names.municipalities(acquisition.reference.areas.values())
    # A name may have the star of a note, and more in brackets.
    bare = (name.partition("(")[0].strip(" *") for name in table.names)
    codes = [names.find("municipality", name, areas).code for name in bare]
    meant = [names.find("municipality", name, areas).code for name in members] or codes
    people = {code: Fraction(result.population.by_area[code]) for code in meant}
    if cluster:
        wanted_ids = names.cluster_ids([cluster], result.rules.clusters)
        found = next(row for row in result.clusters if row.cluster.cluster_id in wanted_ids)
        people = {row.code: row.counted_population for row in found.members}
    scale = 10 ** table.decimals.get(Column.FIGURE, 0)
    figures = enumerate(zip(codes, table.cells.get(Column.FIGURE, ()), strict=False))
    differing = (
        Doubt(Column.FIGURE, row, printed, (int(people[code] * scale + Fraction(1, 2)),))
        for row, (code, printed) in figures
        if code in people and abs(printed - people[code] * scale) > Fraction(1, 2)
    )
    named = zip(table.names, codes, strict=True)
    return {
        "differing": [_doubt(table, row) for row in differing],
        "missing": [area.name for area in areas if area.code in people.keys() - {*codes}],
        "others": [name for name, code in named if code not in people],
    }


def outcome(audited: Audit, counted: Mapping[str, list[Any]]) -> dict[str, Any]:
    """Return what is told of a table as an object, with what differs of it if it was counted."""
    table = audited.table
    return {
        "municipalities": len(table.names),
        "holds": bool(audited.methods) and not any(counted.values()),
        "methods": [method.value for method in audited.methods],
        "explanations": [_doubt(table, row) for row in audited.explanations],
        "deviations": [_doubt(table, row) for row in audited.deviations],
        **counted,
    }


def _doubt(table: PublishedTable, doubt: Doubt) -> dict[str, Any]:
    """Return a doubt with its numbers as the table prints them."""
    decimals = table.decimals[doubt.column]
    shown = [f"{Decimal(value).scaleb(-decimals):,}" for value in (doubt.printed, *doubt.values)]
    where = "total" if doubt.row is None else table.names[doubt.row]
    return {"where": where, "column": doubt.column, "printed": shown[0], "right": shown[1:]}


def _grids(path: Path) -> Iterator[tuple[str, Grid]]:
    content = path.read_bytes()
    if not content.startswith(b"PK"):
        yield "", _csv_grid(content)
        return
    import python_calamine as calamine  # only where there is a workbook to read

    try:
        workbook = calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        for name in workbook.sheet_names:
            rows = workbook.get_sheet_by_name(name).to_python()
            yield name, [list(map(_cell, row)) for row in rows]
    except calamine.CalamineError as error:
        raise InvalidData(
            f"{path} is no workbook: {error}.", "Get it whole, as xlsx or CSV."
        ) from None


def _csv_grid(content: bytes) -> Grid:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")
    lines = text.splitlines()
    delimiter = max(";\t,", key=lambda sign: sum(sign in line for line in lines))
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    return list(zip(*zip_longest(*rows, fillvalue=""), strict=True))


def _cell(value: object) -> Cell:
    if isinstance(value, int | float):
        return Decimal(str(round(value, max(_MOST_DECIMALS.values()) + 2)))
    return str(value)


def _tables(path: Path, grid: Grid, least: int) -> dict[str, PublishedTable]:
    form = _form(grid)
    texts = [list(map(str, row)) for row in grid]
    read = [[_number(cell, form) for cell in row] for row in grid]
    for below, header in enumerate(grid, start=1):
        body, numbers = texts[below:], read[below:]
        kinds = [
            (at, kind)
            for at, kind in enumerate(map(_kind, header))
            if kind and sum(row[at] is not None for row in numbers) > 1
        ]
        columns = {kind: at for at, kind in reversed(kinds)}
        columns |= {kind: at for at, kind in kinds if _COUNTED.search(str(header[at]))}
        if Column.AMOUNT in columns and len(columns) >= least and len(kinds) < len(header):
            labels = _labels(body, [at for at, _ in kinds])
            return {
                str(header[at]): _table(path, header, labels, numbers, {**columns, kind: at}, form)
                for at, kind in kinds
                if kind is Column.AMOUNT
            }
    return {}


def _kind(cell: Cell) -> Column | None:
    text = str(cell).casefold()
    return next((kind for kind, words in _HEADINGS if re.search(words, text)), None)


def _labels(body: Sequence[Sequence[str]], others: Sequence[int]) -> list[str]:
    """Return the column that holds most words."""
    columns = [column for at, column in enumerate(zip(*body, strict=True)) if at not in others]
    words = [sum(any(map(str.isalpha, cell)) for cell in cells) for cells in columns]
    return [cell.strip() for cell in columns[words.index(max(words))]]


def _table(
    path: Path,
    header: Sequence[Cell],
    labels: Sequence[str],
    numbers: Sequence[Sequence[Decimal | None]],
    columns: Mapping[Column, int],
    form: tuple[str, str],
) -> PublishedTable:
    named = [
        (name, row)
        for name, row in zip(labels, numbers, strict=True)
        if name and any(row[at] is not None for at in columns.values())
    ]
    members = [pair for pair in named if not _TOTAL.fullmatch(pair[0])]
    sums = [row for name, row in named if _TOTAL.fullmatch(name)]
    cells, decimals = {}, {}
    totals: dict[Column, int] = {}
    for kind, at in columns.items():
        for name, row in members:
            if row[at] is None:
                raise InvalidData(f"{path}: {name} has no number under {header[at]}.", _HINT)
        values = [value for _, row in members if (value := row[at]) is not None]
        total = [value for row in sums if (value := row[at]) is not None][-1:]
        if not total and kind is Column.AMOUNT and (stated := _STATED.search(str(header[at]))):
            total = [_number(stated[1], form) or Decimal(0)]
        units, decimals[kind] = _in_units(kind, values, total)
        cells[kind] = units[: len(values)]
        if total:
            totals[kind] = units[-1]
    return PublishedTable(tuple(name for name, _ in members), cells, totals, decimals)


def _in_units(
    kind: Column, values: Sequence[Decimal], total: Sequence[Decimal]
) -> tuple[tuple[int, ...], int]:
    """Return whole numbers of the last decimal, and how many there are; parts of 1 are percent."""
    hundred = 2 if kind is Column.SHARE and sum(values) < 2 else 0
    numbers = [number.scaleb(hundred) for number in (*values, *total)]
    most = max(0, *(-int(number.normalize().as_tuple().exponent) for number in numbers))
    decimals = min(most, _MOST_DECIMALS[kind])
    units = (number.scaleb(decimals).to_integral_value(ROUND_HALF_UP) for number in numbers)
    return tuple(map(int, units)), decimals


def _form(grid: Grid) -> tuple[str, str]:
    """Return the form in which most numbers can be read, and most have thousands."""
    cells = [str(cell) for row in grid for cell in row if isinstance(cell, str)]

    def fits(form: tuple[str, str]) -> tuple[int, int]:
        read = [cell for cell in cells if _number(cell, form) is not None]
        return len(read), sum(form[0] in cell for cell in read)

    return max(_FORMS, key=fits)


def _number(cell: Cell, form: tuple[str, str]) -> Decimal | None:
    if isinstance(cell, Decimal):
        return cell
    thousand, decimal = map(re.escape, form)
    text = _NOT_DIGITS.sub("", cell)
    if not re.fullmatch(rf"(\d{{1,3}}({thousand}\d{{3}})+|\d+)({decimal}\d+)?", text):
        return None
    return Decimal(text.replace(form[0], "").replace(form[1], "."))
