"""The cells of a workbook as tests read and change them."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from tests.office import Texts


def opened(content: bytes | Path, *, values: bool = False) -> Workbook:
    """Return a workbook by openpyxl, with its formulas or with their values, to read only."""
    return _opened(content if isinstance(content, bytes) else content.read_bytes(), values)


@lru_cache(maxsize=8)
def _opened(content: bytes, values: bool) -> Workbook:
    return load_workbook(io.BytesIO(content), data_only=values)


def figures(book: Workbook) -> dict[tuple[str, str], Any]:
    """Return everything that stands in the cells by sheet and cell."""
    return {
        (sheet.title, cell.coordinate): cell.value
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if cell.value is not None
    }


def on_cover(cells: Texts, subject: str) -> str:
    """Return what the cover says of a subject."""
    (row,) = (cell[1:] for (sheet, cell), text in cells.items()
              if (sheet, cell[0], text) == ("Forside", "A", subject))  # fmt: skip
    return cells["Forside", f"B{row}"]


def same(cached: object, recalculated: object) -> bool:
    """Whether a value in a file is the one that was recalculated."""
    if isinstance(cached, float) and isinstance(recalculated, (int, float)):
        return recalculated == pytest.approx(cached, rel=1e-12)
    return cached == recalculated


def parts(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of each part of a workbook."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        for name in package.namelist():
            yield name, package.read(name)


@dataclass(frozen=True)
class Grid:
    """The table of a sheet.

    Args:
        name: Of the table.
        header: Row of its header.
        first: First row of its data.
        last: Last row of its data.
        letters: Letter of each column by its heading.
    """

    name: str
    header: int
    first: int
    last: int
    letters: Mapping[str, str]

    @property
    def rows(self) -> range:
        """The rows of its data."""
        return range(self.first, self.last + 1)

    def letter(self, start: str) -> str:
        """Return the letter of the only column whose heading starts like this."""
        found = [at for heading, at in self.letters.items() if heading.startswith(start)]
        assert len(found) == 1, (start, list(self.letters))
        return found[0]


def grid(sheet: Worksheet) -> Grid:
    """Return the table of a sheet, which has exactly one."""
    (table,) = sheet.tables.values()
    left, header, right, last = range_boundaries(table.ref)
    letters = {
        str(sheet.cell(header, column).value): get_column_letter(column)
        for column in range(left, right + 1)
    }
    return Grid(table.name, header, header + 1, last, letters)


def changed(content: bytes, inputs: Mapping[str, Mapping[str, int | str | None]]) -> bytes:
    """Return a workbook with other inputs in cells that hold inputs, by sheet and cell."""
    names = load_workbook(io.BytesIO(content), read_only=True).sheetnames
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        for name, part in parts(content):
            match = re.fullmatch(r"xl/worksheets/sheet(\d+)\.xml", name)
            sheet = names[int(match[1]) - 1] if match else ""
            package.writestr(name, _with(part.decode(), inputs[sheet]) if sheet in inputs else part)
    return target.getvalue()


def _with(xml: str, inputs: Mapping[str, int | str | None]) -> str:
    for cell, value in inputs.items():
        if value is None:
            kind, content = "", ""
        elif isinstance(value, str):
            kind, content = ' t="inlineStr"', f'<is><t xml:space="preserve">{value}</t></is>'
        else:
            kind, content = "", f"<v>{value}</v>"
        old = rf'<c r="{cell}"((?: s="\d+")?)><v>[^<]*</v></c>'
        xml, count = re.subn(old, rf'<c r="{cell}"\g<1>{kind}>{content}</c>', xml)
        assert count == 1, cell
    return xml
