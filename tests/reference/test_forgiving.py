"""What Excel and editors do to a file is forgiven; what changes its meaning is not."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.errors import InvalidData
from pipeline.reference.tables import load_reference
from schemas.rows import TABLES
from tests.conftest import Klynge
from tests.processes import contents

pytestmark = pytest.mark.slow

Bytes = Callable[[bytes], bytes]


def semicolons(content: bytes) -> bytes:
    """Write the table with semicolons, as Danish Excel does."""
    target = io.StringIO()
    rows = csv.reader(io.StringIO(content.decode()))
    csv.writer(target, delimiter=";", lineterminator="\n").writerows(rows)
    return target.getvalue().encode()


def trailing_blanks(content: bytes) -> bytes:
    """Put blanks behind every cell that is not quoted, the header's too."""
    target = io.StringIO()
    rows = csv.reader(io.StringIO(content.decode()))
    csv.writer(target, lineterminator="\n").writerows([f"{cell} \t" for cell in r] for r in rows)
    return target.getvalue().encode()


def byte_order_mark(content: bytes) -> bytes:
    """Start the file with a byte order mark."""
    return b"\xef\xbb\xbf" + content


def crlf(content: bytes) -> bytes:
    """End the lines as Windows does."""
    return content.replace(b"\n", b"\r\n")


def returns(content: bytes) -> bytes:
    """End the lines as the oldest spreadsheets do, and `CSV (Macintosh)` still does."""
    return content.replace(b"\n", b"\r")


def blank_rows(content: bytes) -> bytes:
    """End the file with rows without anything in them."""
    commas = b"," * content.partition(b"\n")[0].count(b",")
    return content + commas + b"\n\n \n"


def blank_columns(content: bytes) -> bytes:
    """End every row with cells without anything in them."""
    return content.replace(b"\n", b",,,\n")


def cursor_signs(content: bytes) -> bytes:
    """Put a sign that is no text behind a cell of the first row."""
    return content.replace(b"\n", b"\x07\x1b\n", 1)


def no_last_line_end(content: bytes) -> bytes:
    """End the file without a line end."""
    return content.removesuffix(b"\n")


def quoted(content: bytes) -> bytes:
    """Put every cell in quotes."""
    target = io.StringIO()
    rows = csv.reader(io.StringIO(content.decode()))
    csv.writer(target, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    return target.getvalue().encode()


def other_spelling_of_quarters(content: bytes) -> bytes:
    """Write every quarter as people say it."""
    return re.sub(rb'"(\d{4})K(\d)"', rb'"\2. kvartal \1"', quoted(content))


def as_danish_excel_saves(content: bytes) -> bytes:
    """Do all of it, as Danish Excel saves `CSV UTF-8`."""
    return byte_order_mark(crlf(semicolons(content)))


def rewritten(data_dir: Path, write: Bytes) -> None:
    """Write every reference table anew."""
    tables = list((data_dir / "reference").glob("*.csv"))
    assert len(tables) == 12
    for path in tables:
        before = path.read_bytes()
        path.write_bytes(write(before))
        assert path.read_bytes() != before


def csv_outputs(reports_dir: Path) -> dict[str, bytes]:
    """Return the CSV files of a reports folder."""
    return {name: file for name, file in contents(reports_dir).items() if name.endswith(".csv")}


FORGIVEN = [
    byte_order_mark,
    semicolons,
    crlf,
    returns,
    trailing_blanks,
    blank_rows,
    blank_columns,
    cursor_signs,
    no_last_line_end,
    quoted,
    other_spelling_of_quarters,
    as_danish_excel_saves,
]


@pytest.mark.parametrize("write", FORGIVEN, ids=lambda write: write.__name__)
def test_forgiven(klynge: Klynge, data_dir: Path, reports_dir: Path, write: Bytes) -> None:
    """The same tables, written otherwise, give the same bytes and are no change."""
    assert klynge("run", "2022K1").exit_code == 0
    written = contents(reports_dir)
    rewritten(data_dir, write)
    rerun = klynge("run", "2022K1")
    assert rerun.exit_code == 0, rerun.err
    assert f"Unchanged: {reports_dir / '2022K1' / 'r1'}" in rerun.out
    assert contents(reports_dir) == written
    elsewhere = reports_dir.with_name("elsewhere")
    assert klynge("run", "2022K1", "--reports-dir", str(elsewhere)).exit_code == 0
    assert csv_outputs(elsewhere) == csv_outputs(reports_dir)


def in_file(name: str, old: str, new: str) -> Callable[[Path], None]:
    """Return an edit of a reference table that replaces text wherever it stands."""

    def edit(data_dir: Path) -> None:
        path = data_dir / "reference" / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    return edit


def latin_1(data_dir: Path) -> None:
    """Save the clusters as Excel's plain CSV."""
    path = data_dir / "reference" / "clusters.csv"
    path.write_bytes(path.read_bytes().decode().encode("latin-1"))


NOT_FORGIVEN = {
    "leading zero dropped": (in_file("areas.csv", "\n000,", "\n0,"), "row 2, column code"),
    "leading zeros of a region dropped": (in_file("areas.csv", "084", "84"), "row 3, column code"),
    "half as a date": (in_file("memberships.csv", ",1/2,", ",01-feb,"), "found '01-feb'"),
    "half as a decimal": (in_file("memberships.csv", ",1/2,", ',"0,5",'), "found '0,5'"),
    "thousands separator": (in_file("costs.csv", ",370000,", ",370.000,"), "found '370.000'"),
    "scientific": (in_file("costs.csv", ",40000000,", ",4E+07,"), "found '4E+07'"),
    "quarter or month": (in_file("clusters.csv", "2022K1", "2022-01"), "found '2022-01'"),
    "leading blank": (in_file("costs.csv", ",370000,", ", 370000,"), "found ' 370000'"),
    "tab as separator": (in_file("costs.csv", ",", "\t"), "costs.csv has"),
    "latin-1": (latin_1, "is not UTF-8"),
}


@pytest.mark.parametrize(("edit", "fragment"), NOT_FORGIVEN.values(), ids=NOT_FORGIVEN)
def test_not_forgiven(
    klynge: Klynge,
    data_dir: Path,
    reports_dir: Path,
    edit: Callable[[Path], None],
    fragment: str,
) -> None:
    """Nothing is guessed: a cell whose meaning may have changed stops the run."""
    edit(data_dir)
    ended = klynge("run", "2022K1")
    assert ended.exit_code == 20
    assert fragment in ended.err
    assert not reports_dir.exists()


CAME_LATER = {"structures": True, "keys": False, "alternatives": False, "accounts": False}
"""Tables that a folder of an earlier version lacks, and whether they start from any row."""


@pytest.mark.parametrize("name", TABLES)
def test_a_table_may_be_missing_that_came_later(data_dir: Path, name: str) -> None:
    """It starts from what it starts from in a new folder; any other is asked for by its name."""
    (data_dir / "reference" / f"{name}.csv").unlink()
    if name in CAME_LATER:
        assert bool(getattr(load_reference(data_dir), name)) is CAME_LATER[name]
    else:
        with pytest.raises(InvalidData, match=rf"{name}\.csv does not exist"):
            load_reference(data_dir)
