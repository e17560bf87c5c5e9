"""Check: everything that is wrong is listed, nothing is written, the exit code is the worst."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from pipeline.reference.files import COLUMNS, SORTED_BY, canonical, read_rows, rows_of
from schemas.quarter import Quarter
from tests.analysis.quarters import add_quarter
from tests.conftest import REPOSITORY, Klynge
from tests.processes import contents


def excel(path: Path) -> None:
    """Save a reference file as Danish Excel does: byte order mark, semicolons, CRLF."""
    table = list(csv.reader(io.StringIO(path.read_text("utf-8"), newline="")))
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerows([*table, [""] * len(table[0])])
    path.write_bytes(b"\xef\xbb\xbf" + text.getvalue().encode())


def test_the_bundled_data_is_sound_and_canonical(klynge: Klynge, data_dir: Path) -> None:
    """The repository's own data passes without a finding, and --fix-format finds nothing to do."""
    before = contents(data_dir)
    ended = klynge("check", "--fix-format")
    assert (ended.exit_code, ended.err) == (0, "")
    assert "6 checks, all right." in ended.out
    assert "explain" not in ended.out
    assert contents(data_dir) == before


def test_a_quarter_is_calculated_too(klynge: Klynge, reports_dir: Path) -> None:
    """With a quarter its calculation is tried, and what must be explained costs no exit code."""
    ended = klynge("check", "2022K1", "--format=json")
    checked = {row["subject"]: row for row in json.loads(ended.out)}
    assert ended.exit_code == 0
    assert "644,431" in checked["calculation 2022K1"]["text"]
    assert not reports_dir.exists()


def test_all_that_is_wrong_is_listed(klynge: Klynge, data_dir: Path) -> None:
    """A recipient of no cluster, broken rules and two broken snapshots are all named, and the worst
    gives the exit code.
    """
    with (data_dir / "reference" / "recipients.csv").open("a", encoding="utf-8") as file:
        file.write("hovedstaden,raad@example.dk,Sekretariatet,da\n")
    memberships = data_dir / "reference" / "memberships.csv"
    memberships.write_text(memberships.read_text("utf-8").replace(",1/2,", ",2/3,"), "utf-8")
    for table, quarter in (("FOLK1A", "2019K1"), ("KKBEF1", "2020K1")):
        path = next((data_dir / "snapshots" / table / quarter).glob("*.csv"))
        path.write_bytes(path.read_bytes()[:-10])
    ended = klynge("check", "--format=csv")
    failed = [row for row in csv.DictReader(io.StringIO(ended.out)) if row["exit_code"] != "0"]
    assert ended.exit_code == 50
    assert [(row["subject"], row["exit_code"]) for row in failed] == [
        ("recipients", "20"),
        ("coverage 2022K1 to 2022K4", "40"),
        ("coverage 2023K1 to 2026K4", "40"),
        ("snapshots of FOLK1A 2019K1", "50"),
        ("snapshots of KKBEF1 2020K1", "50"),
    ]


def test_snapshots_are_checked_where_the_rules_cannot_be_read(
    klynge: Klynge, data_dir: Path
) -> None:
    """A broken reference file does not hide a broken snapshot."""
    (data_dir / "reference" / "costs.csv").unlink()
    answer = next((data_dir / "snapshots" / "FOLK1A" / "2019K1").glob("*.csv"))
    answer.unlink()
    ended = klynge("check")
    assert ended.exit_code == 50
    assert "FAILED  reference data" in ended.out
    assert "FAILED  snapshots of FOLK1A 2019K1" in ended.out


@pytest.mark.parametrize("name", sorted(COLUMNS))
def test_fix_format_changes_the_form_alone(klynge: Klynge, data_dir: Path, name: str) -> None:
    """A file that Excel saved, its rows in another order, becomes what it was, and no other."""
    path = data_dir / "reference" / name
    before = contents(data_dir)
    if name in SORTED_BY:
        header, *rows = path.read_text("utf-8").splitlines()
        path.write_text("\n".join([header, *reversed(rows)]) + "\n", "utf-8")
    excel(path)
    loose = klynge("check")
    assert loose.exit_code == 0
    assert f"{name} is not in canonical form" in loose.out
    ended = klynge("check", "--fix-format")
    assert ended.exit_code == 0
    assert f"Rewritten in canonical form: {path}" in ended.out
    assert contents(data_dir) == before


def test_fix_format_keeps_wrong_values(klynge: Klynge, data_dir: Path) -> None:
    """A value that breaks a rule is kept as it stands, and the check says so."""
    path = data_dir / "reference" / "memberships.csv"
    path.write_text(path.read_text("utf-8").replace(",1/2,", ", 2/3,"), "utf-8")
    excel(path)
    rows = read_rows(path.parent, path.name)
    ended = klynge("check", "--fix-format")
    assert ended.exit_code == 20
    assert read_rows(path.parent, path.name) == rows
    assert b";" not in path.read_bytes()


@pytest.mark.parametrize(
    ("header", "fault"),
    [
        ("cost_id,cost_id", "column cost_id: stands twice"),
        ("cost_id", "column source_id: is missing"),
        ("cost_id,name_da,name_en,scope,amount_dkk", "column last_quarter: is missing"),
    ],
)
def test_fix_format_leaves_other_columns_alone(
    klynge: Klynge, data_dir: Path, header: str, fault: str
) -> None:
    """A file with other columns is no such table: it is refused and stays byte for byte."""
    path = data_dir / "reference" / "costs.csv"
    path.write_text(header + "\n", "utf-8")
    ended = klynge("check", "--fix-format")
    assert ended.exit_code == 20
    assert fault in ended.err
    assert path.read_text("utf-8") == header + "\n"


def test_columns_come_in_order(klynge: Klynge, data_dir: Path) -> None:
    """Columns in another order are put in theirs."""
    path = data_dir / "reference" / "sources.csv"
    before = path.read_bytes()
    rows = read_rows(path.parent, path.name)
    text = io.StringIO()
    writer = csv.DictWriter(text, sorted(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(text.getvalue(), "utf-8", newline="")
    assert klynge("check", "--fix-format").exit_code == 0
    assert path.read_bytes() == before


def test_the_tenth_assumption_comes_after_the_ninth() -> None:
    """Numbers are sorted by their value, not by their first digit; what is none comes first."""
    path = REPOSITORY / "data" / "reference" / "assumptions.csv"
    (row, *_) = read_rows(path.parent, path.name)
    written = canonical(path, [{**row, "number": number} for number in ("10", "9", "b", "1", "2")])
    assert [row["number"] for row in rows_of(path, written)] == ["b", "1", "2", "9", "10"]


def test_the_repository_holds_canonical_files() -> None:
    """The reference files of the repository are in the form in which edits write them."""
    from pipeline.reference.editing import not_canonical

    assert list(not_canonical(REPOSITORY / "data")) == []


def test_an_implausible_move_is_found(klynge: Klynge, data_dir: Path) -> None:
    """A municipality that grew by half in a quarter fails, until the jump is accepted."""
    add_quarter(data_dir, Quarter(2022, 2), {"167": 25_000})
    ended = klynge("check")
    assert ended.exit_code == 20
    assert "FAILED  snapshots of FOLK1A 2022K2" in ended.out
    assert "167 Hvidovre: 53267 in 2022K1, 78267 in 2022K2" in ended.out
    assert "klynge fetch 2022K2 --accept-jump 167" in ended.out
    assert klynge("fetch", "2022K2", "--accept-jump", "167").out.startswith("FOLK1A: 1 accepted")
    accepted = klynge("check", "2022K2")
    assert accepted.exit_code == 0
    assert accepted.out.count("Hvidovre (167) moved from 53,267") == 1


def test_a_register_that_contradicts_the_other_is_found(klynge: Klynge, data_dir: Path) -> None:
    """KKBEF1 with a tenth more people than FOLK1A has in the city fails, and so does its report."""
    add_quarter(data_dir, Quarter(2022, 2), {"1004": 64_000 // 100})
    assert klynge("check").exit_code == 0
    add_quarter(data_dir, Quarter(2022, 2), {"1004": 6_000})
    ended = klynge("check")
    assert ended.exit_code == 20
    assert "1000 København: 644431 in FOLK1A, 650425 in KKBEF1" in ended.out
    assert klynge("run", "2022K2").exit_code == 20
    assert klynge("run", "2022K2", "--accept-jump", "1000").exit_code == 0
    assert klynge("check").exit_code == 0


@pytest.mark.parametrize("command", ["check", "backfill"])
def test_a_file_that_cannot_be_read_stops_no_other_quarter(
    klynge: Klynge, data_dir: Path, command: str
) -> None:
    """What the system refuses is told of its quarter, and the other quarters come through."""
    (path,) = (data_dir / "snapshots" / "FOLK1A" / "2026K1").glob("*.csv")
    path.unlink()
    path.mkdir()
    ranged = ("--from", "2022K1", "--to", "2026K1", "--offline") if command == "backfill" else ()
    ended = klynge(command, *ranged)
    assert ended.exit_code == 51
    assert f"{path}: Is a directory." in ended.out + ended.err
    assert ("2025K1   2025K1" if ranged else "snapshots of FOLK1A, 10 sound") in ended.out


def test_a_folder_of_figures_is_not_passed_over(klynge: Klynge, data_dir: Path) -> None:
    """What cannot be listed is told, not taken for a quarter that was never stored; a folder of
    another name is nobody's quarter.
    """
    folder = data_dir / "snapshots" / "FOLK1A"
    (folder / "20ååK9").mkdir()
    (folder / "20ååK9" / "a.json").write_text("{}", encoding="utf-8")
    assert klynge("check").exit_code == 0
    (folder / "2021K2").write_text("no folder", encoding="utf-8")
    ended = klynge("check")
    assert ended.exit_code == 51
    assert f"{folder / '2021K2'}: Not a directory." in ended.err
