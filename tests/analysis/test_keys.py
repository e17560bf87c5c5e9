"""Keys through everything: what is fetched, the report, its trail, and how a key is changed."""

import csv
import io
import re
from pathlib import Path

import pytest
from openpyxl import load_workbook

from pipeline.analysis.published import read_tables
from pipeline.calculation.audit import Column, Method, audit
from pipeline.calculation.population import totals_of_ages
from pipeline.errors import InvalidData
from pipeline.reference.tables import load_reference
from schemas.quarter import Quarter
from schemas.source_tables import AGE_TABLES
from tests.analysis.keys import CHILDREN, KINDS, MANY, PLAIN, add_keys, oracle
from tests.analysis.quarters import add_quarter
from tests.conftest import REPOSITORY, Klynge
from tests.statbank_emulator import StatBankEmulator


@pytest.fixture
def asking(klynge: Klynge, statbank: StatBankEmulator, monkeypatch: pytest.MonkeyPatch) -> Klynge:
    """`klynge` pointed at the emulator, with the bundled figures stored."""
    monkeypatch.setenv("KLYNGE_STATBANK_URL", statbank.url)
    return klynge


def rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file."""
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))


def test_every_cluster_by_every_kind_of_key(
    asking: Klynge, data_dir: Path, reports_dir: Path, statbank: StatBankEmulator
) -> None:
    """Each kind of key shares a cost of each cluster as an oracle does with the StatBank's figures,
    and each table by age was asked for once a day that counts."""
    add_keys(data_dir, KINDS, dict.fromkeys(KINDS, "*"))
    assert asking("run", "2022K1").exit_code == 0
    shared = [row for row in rows(reports_dir / "2022K1/r1/fordeling-2022K1.csv") if row["key_id"]]
    found: dict[tuple[str, str], dict[str, int]] = {}
    for row in shared:
        place = found.setdefault((row["cluster_id"], row["key_id"]), {})
        place[row["municipality_code"]] = int(row["amount_dkk"])
    reference = load_reference(data_dir)
    assert len(found) == 22 * len(KINDS)
    for (cluster_id, key_id), kroner in found.items():
        assert kroner == oracle(statbank, reference, cluster_id, key_id, 500_000)
    asked = [entry.table for entry in statbank.log if entry.function == "data"]
    assert sorted(asked) == ["FOLK1A", "KKBEF1"]


def test_seventeen_municipalities_by_their_children_of_the_year_before(
    asking: Klynge, data_dir: Path, reports_dir: Path, tmp_path: Path, statbank: StatBankEmulator
) -> None:
    """A published style from end to end: 17 municipalities, one amount, 0-17-year-olds on the first
    day of the year before, in a back-fill too. The table made of the report passes the audit."""
    cluster_id, codes = MANY
    add_keys(data_dir, {"boern": CHILDREN}, {"boern": cluster_id}, members=codes)
    assert asking("run", "2022K1").exit_code == 0
    report = rows(reports_dir / "2022K1/r1/fordeling-2022K1.csv")
    shared = [row for row in report if row["key_id"] == "boern"]
    reference = load_reference(data_dir)
    assert len(shared) == 17
    assert {row["municipality_code"]: int(row["amount_dkk"]) for row in shared} == oracle(
        statbank, reference, cluster_id, "boern", 500_000
    )
    assert asking("backfill", "--from", "2022K1", "--to", "2022K2", "--quiet").exit_code == 0
    filled = rows(reports_dir / "backfill" / "fordeling-2022K1-2022K2.csv")
    kroner = [[row["amount_dkk"] for row in shared]]
    for quarter in ("2022K1", "2022K2"):
        of = [row for row in filled if (row["quarter"], row["key_id"]) == (quarter, "boern")]
        kroner.append([row["amount_dkk"] for row in of])
    assert kroner[0] == kroner[1] == kroner[2]  # by the children of one and the same day
    path = tmp_path / "opgoerelse.csv"
    lines = ["Kommune;Antal 0-17-årige;Andel;Beløb i kr."]
    for row in shared:
        share = f"{float(row['share']) * 100:.1f}".replace(".", ",")
        people = f"{int(row['counted_population']):,}".replace(",", ".")
        lines.append(f"{row['municipality_name']};{people};{share} %;{row['amount_dkk']}")
    path.write_text("\n".join([*lines, "I alt;;;500.000"]), encoding="utf-8")
    (table,) = read_tables(path).values()
    assert Method.LARGEST_REMAINDER in audit(table).methods
    assert sum(table.cells[Column.AMOUNT]) == 500_000


def test_a_jump_of_another_day_stops_the_run(klynge: Klynge, data_dir: Path) -> None:
    """What a key counts must be accepted too where it is implausible, now or by a fetch."""
    add_quarter(data_dir, Quarter(2022, 2), {"167": 25_000})
    later = {"later": {**PLAIN, "population_of": "2022K2"}}
    add_keys(data_dir, later, {"later": "amager-hvidovre"})
    ended = klynge("run", "2022K1")
    assert ended.exit_code == 20
    assert "167 Hvidovre: 53267 in 2022K1, 78267 in 2022K2" in ended.err
    assert "klynge fetch 2022K2 --accept-jump 167" in ended.err
    assert klynge("run", "2022K1", "--accept-jump", "167").exit_code == 0
    assert "unchanged" in klynge("run", "2022K1").out.lower()


@pytest.mark.workbooks
def test_what_is_collected_by_a_key_is_in_the_workbook(
    asking: Klynge, data_dir: Path, reports_dir: Path
) -> None:
    """A cluster whose only cost has a key has the sheet of the key, and what is collected by it; it
    is none of those without a cost."""
    add_keys(data_dir, KINDS, {"alt": "viborg"})
    assert asking("run", "2022K1").exit_code == 0
    folder = reports_dir / "2022K1" / "r1"
    book = load_workbook(folder / "klynger" / "viborg-2022K1.xlsx", read_only=True)
    assert any(name.endswith("Nøgle alt") for name in book.sheetnames)
    assert "Opkrævning" in book.sheetnames
    book.close()
    national = load_workbook(folder / "fordeling-2022K1.xlsx", read_only=True)
    without = {row[0] for row in national["Fordelingsnøgler"].iter_rows(values_only=True)}
    assert "Randersklyngen" in without
    assert "Midtklyngen (Viborg)" not in without
    national.close()
    page = (folder / "fordeling-2022K1.html").read_text("utf-8")
    assert "Nøgle alt: 0-17-årige den 1. januar 2021" in page
    sources = re.findall(r"<dt>Kilde</dt><dd>(.*?)</dd>", page)
    assert len(sources) == len(set(sources)) == 4
    assert "FOLK1A, folketal efter alder den 1. januar 2021, hentet" in sources[2]


def keyed(asking: Klynge, data_dir: Path) -> Klynge:
    """Write 2022K1 with a keyed cost of Sundhedsklynge Syd."""
    add_keys(data_dir, KINDS, {"alt": "amager-hvidovre"})
    assert asking("run", "2022K1").exit_code == 0
    return asking


def test_the_trail_shows_each_part_of_the_share(asking: Klynge, data_dir: Path) -> None:
    """Ages and day, what is equal, what goes by people, the cap, and the answer by age."""
    told = keyed(asking, data_dir)("explain", "2022K1", "amager-hvidovre", "rødovre").out
    for part in ("people aged 0-17 on 1 January 2021", "1/4 x 1 / 11", "3/4 x ", " 8,000\n",
                 "snapshots/FOLK1A-by-age/2021K1/", "26, all equal"):  # fmt: skip
        assert part in told


def test_a_revision_by_a_key_is_replayed_whatever_happened_since(
    asking: Klynge, data_dir: Path, reports_dir: Path
) -> None:
    """An old revision gives its own kroner after the key has changed, and the change is the reason
    of the next revision."""
    call = keyed(asking, data_dir)
    before = call("explain", "2022K1:r1", "amager-hvidovre", "101", "--format=json").out
    path = data_dir / "reference" / "keys.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",1/4,", ",1/3,"), encoding="utf-8")
    written = call("run", "2022K1")
    assert "Reason:" in written.out
    assert "1/3" in written.out
    assert (reports_dir / "2022K1/r2").is_dir()
    assert call("explain", "2022K1:r1", "amager-hvidovre", "101", "--format=json").out == before
    compared = call("compare", "2022K1:r1", "2022K1:r2", "--format=csv").out
    changes = [row for row in csv.DictReader(io.StringIO(compared)) if row["cost_id"] == "alt"]
    assert any(row["rules_dkk"] != "0" for row in changes)
    assert all(row["rules_dkk"] == row["change_dkk"] for row in changes)


def test_a_scenario_changes_a_key_and_gives_a_cost_another(asking: Klynge, data_dir: Path) -> None:
    """`boern.cap` and `halvt-aarsvaerk.key_id` are overridden like amounts and memberships."""
    call = keyed(asking, data_dir)
    arguments = ("--set", "alt.cap=5000", "--set", "halvt-aarsvaerk.key_id=alt")
    ended = call("scenario", "andet", "2022K1", *arguments, "--format=csv")
    assert ended.exit_code == 0
    compared = csv.DictReader(io.StringIO(ended.out))
    changed = {row["cost_id"] for row in compared if row["rules_dkk"] not in ("", "0")}
    assert changed == {"alt", "halvt-aarsvaerk"}


def test_commands_add_a_key_and_a_cost_by_it(klynge: Klynge, data_dir: Path) -> None:
    """`add-key` makes the table where there is none, and `add-cost --key` names a row of it."""
    common = ("--name-da", "a", "--name-en", "b", "--from", "2022K1", "--source", "memo-syd-2022")
    (data_dir / "reference" / "keys.csv").unlink()
    assert klynge("add-cost", "ny", "viborg", "100", "--key", "aeldre", *common).exit_code == 20
    day = ("--population-of", "1. kvartal 2022")
    assert klynge("add-key", "aeldre", "--ages", "65-", *day, *common).exit_code == 0
    assert ",65-,2022K1," in (data_dir / "reference" / "keys.csv").read_text("utf-8")
    assert klynge("add-cost", "ny", "viborg", "100", "--key", "aeldre", *common).exit_code == 0
    reference = load_reference(data_dir)
    assert [key.ages for key in reference.keys] == ["65-"]
    assert {cost.key_id for cost in reference.costs} == {"", "aeldre"}
    assert klynge("check").exit_code == 0
    missing = klynge("run", "2022K1", "--offline")
    assert missing.exit_code == 2
    assert "FOLK1A-by-age 2022K1" in missing.err


@pytest.mark.parametrize(
    ("column", "wrong"),
    [("ages", "17-0"), ("ages", "0-120"), ("equal_part", "3/2"), ("equal_part", ""),
     ("population_of", "1 January"), ("cap", "0"), ("equal_by", "half")],
)  # fmt: skip
def test_a_key_that_means_nothing_stops(
    klynge: Klynge, data_dir: Path, column: str, wrong: str
) -> None:
    """The message names the file, the row and the column."""
    add_keys(data_dir, {"boern": {**CHILDREN, column: wrong}}, {"boern": "viborg"})
    ended = klynge("check")
    assert ended.exit_code == 20
    assert f"row 2, column {column}" in ended.out + ended.err


def test_a_shared_fund_has_no_key(klynge: Klynge, data_dir: Path) -> None:
    """A fund of all clusters is split by counted population; a key is refused with the row."""
    add_keys(data_dir, {"boern": CHILDREN}, {"boern": "sundhedsklynge:*"})
    ended = klynge("check")
    assert ended.exit_code == 20
    assert "column key_id" in ended.out + ended.err


def test_costs_without_keys_are_as_they_were(
    klynge: Klynge, data_dir: Path, reports_dir: Path, first_report: Path
) -> None:
    """A key that no cost names changes no byte of the CSV, and asks for nothing."""
    add_keys(data_dir, KINDS, {})
    assert klynge("run", "2022K1", "--offline").exit_code == 0
    name = "2022K1/r1/fordeling-2022K1.csv"
    assert (reports_dir / name).read_bytes() == (first_report / name).read_bytes()


def by_age(statbank: StatBankEmulator) -> dict[str, int]:
    """Return the districts of København by age, as an answer holds them."""
    source, codes = AGE_TABLES[1], load_reference(REPOSITORY / "data").districts
    return {
        f"{code} {age}": statbank.people(source.asked, "2022K1", code, "" if age == "TOT" else age)
        for code in codes
        for age in ("TOT", *source.ages)
    }


@pytest.mark.parametrize("broken", ["1001 07", "1001 TOT", "1000 40"])
def test_ages_that_do_not_add_up_are_refused(statbank: StatBankEmulator, broken: str) -> None:
    """A person too many in an age, a total or the city stops at the door."""
    people, reference = by_age(statbank), load_reference(REPOSITORY / "data")
    totals = totals_of_ages(AGE_TABLES[1], reference, people, {}, "here")
    assert totals["1000"] == people["1000 TOT"]
    with pytest.raises(InvalidData, match="does not add up"):
        totals_of_ages(AGE_TABLES[1], reference, {**people, broken: people[broken] + 1}, {}, "here")


def test_totals_by_age_are_those_stored_without(
    asking: Klynge, data_dir: Path, reports_dir: Path, statbank: StatBankEmulator
) -> None:
    """The StatBank revised a total: no report is written of both, and the ages are not stored."""
    statbank.revise("FOLK1A", "2021K1", {"147": 103_677 + 5})
    add_keys(data_dir, KINDS, {"alt": "amager-hvidovre"})
    refused = asking("run", "2022K1")
    assert (refused.exit_code, "is stored without ages" in refused.err) == (20, True)
    assert "klynge fetch 2021K1 --refresh" in refused.err
    assert not list((data_dir / "snapshots" / "FOLK1A-by-age").glob("2021K1/*"))
    assert not reports_dir.exists()
