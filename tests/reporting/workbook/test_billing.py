"""What finance sends on: the memo's table on a sheet, and what the co-chair collects."""

import csv
import io
import shutil
from pathlib import Path

import pytest

from pipeline.errors import InvalidData
from pipeline.reference.tables import load_reference
from pipeline.reporting.content import Content
from pipeline.reporting.rows import figure_files
from pipeline.reporting.workbook.books import workbooks
from schemas.sharing import EVERYBODY
from tests.analysis.keys import KINDS, add_keys
from tests.calculation.test_published_table import PRINTED
from tests.conftest import REPOSITORY
from tests.report_of import content_of
from tests.reporting.workbook.cells import grid, opened

HVIDOVRE, BRONDBY = "167", "153"
EAN = "5798000000001"


def collected(content: Content) -> list[dict[str, str]]:
    """Return the rows of the CSV file of what is collected."""
    (file,) = (
        file for name, file in figure_files(content.calculation).items() if "opkraevning" in name
    )
    lines = io.StringIO(file.decode("utf-8-sig"), newline="")
    return list(csv.DictReader(lines, delimiter=";"))


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Data in which Hvidovre is the co-chair, with an account, and Brøndby has an EAN."""
    data_dir = tmp_path_factory.mktemp("known") / "data"
    shutil.copytree(REPOSITORY / "data", data_dir)
    clusters = data_dir / "reference/clusters.csv"
    head, *rows = clusters.read_text("utf-8").splitlines()
    rows = [f"{row}{HVIDOVRE if row.startswith('amager-hvidovre,') else ''}" for row in rows]
    clusters.write_text("\n".join([head, *rows, ""]), "utf-8")
    accounts = data_dir / "reference/accounts.csv"
    with accounts.open("a", encoding="utf-8") as file:
        file.write(f"{BRONDBY},{EAN},\n{HVIDOVRE},,1234 0012345678\n")
    return data_dir


def test_the_sheet_for_an_agenda_is_the_published_table(national: bytes) -> None:
    """Municipalities are columns; the cells follow the live table, and show the printed digits."""
    sheet, formulas = (opened(national, values=on)["Bilag"] for on in (True, False))
    table = grid(sheet)
    shown = {}
    for name, letter in table.letters.items():
        people, share, kroner = (sheet[f"{letter}{row}"].value for row in table.rows)
        if name != "Kommune":
            percent = f"{100 * share:.1f} %".replace(".", ",")
            whole = [f"{number:,.0f}".replace(",", ".") for number in (people, kroner)]
            shown[name.rstrip("*")] = (whole[0], percent, whole[1])
            assert str(formulas[f"{letter}{table.first}"].value).startswith("='Sundhedsklynge Syd'")
    assert shown == PRINTED
    labels = [sheet.cell(row, 1).value for row in table.rows]
    assert labels == ["Indbyggertal 1. kvartal 2022", "Befolkningsandel", "½ årsværk (370.000 kr.)"]
    above = [str(sheet.cell(row, 1).value) for row in range(2, table.header)]
    assert above[0] == "Kilde: Danmarks Statistik"
    assert any(line.startswith("** Rødovre") for line in above)


def test_without_a_co_chair_the_payee_is_empty_and_the_sheet_says_so(
    content: Content, national: bytes
) -> None:
    """A line a municipality with its amount, none of them left out."""
    rows = collected(content)
    assert [row["Modtager"] for row in rows] == [""] * 11
    assert sum(int(row["Beløb (kr.)"]) for row in rows) == 370_000
    sheet = opened(national, values=True)["Opkrævning"]
    assert "co_chair" in str(sheet["A3"].value)
    table = grid(sheet)
    assert sheet[f"{table.letter('Beløb')}{table.header - 1}"].value == 370_000
    assert {sheet[f"{table.letter('Modtager')}{row}"].value for row in table.rows} == {"–"}


def test_the_co_chair_is_paid_and_does_not_pay_itself(known: Path) -> None:
    """Its own share is marked as not collected; EAN and account stand where they belong."""
    report = content_of(data_dir=known)
    rows = {row["Kommunekode"]: row for row in collected(report)}
    assert {row["Modtager"] for row in rows.values()} == {"Hvidovre"}
    assert {row["Konto (modtager)"] for row in rows.values()} == {"1234 0012345678"}
    assert {code for code, row in rows.items() if row["EAN-nummer (betaler)"]} == {BRONDBY}
    own = {code: row["Opkræves"] for code, row in rows.items() if row["Opkræves"] != "ja"}
    assert own == {HVIDOVRE: "nej: egen andel"}
    assert rows[BRONDBY]["Periode"] == "pr. år, 2022"
    book = workbooks(report)["klynger/amager-hvidovre-2022K1.xlsx"]
    assert "co_chair" not in str(opened(book)["Opkrævning"]["A3"].value)


@pytest.mark.parametrize("keyed", [False, True])
def test_one_total_a_municipality_says_by_its_sign_who_pays(
    known: Path, tmp_path: Path, keyed: bool
) -> None:
    """All others pay what the co-chair receives, by whatever key; its own share moves no money."""
    data_dir = Path(shutil.copytree(known, tmp_path / "data"))
    if keyed:
        add_keys(data_dir, {"loft": KINDS["loft"]}, {"loft": "amager-hvidovre"})
    content = content_of(data_dir=data_dir)
    book = opened(workbooks(content)["fordeling-2022K1.xlsx"], values=True)
    sheet = book["Oversigt over kommuner"]
    table = grid(sheet)
    net = {
        sheet.cell(row, 1).value: sheet[f"{table.letter('Betaler (+)')}{row}"].value
        for row in table.rows
    }
    keys = [row for row in content.result.sections if row.key != EVERYBODY]
    more = {code: sum(sum(row.amounts_of(code)) for row in keys) for code in (HVIDOVRE, BRONDBY)}
    assert all(more.values()) == keyed
    assert net[HVIDOVRE] == 32_956 - 370_000 + more[HVIDOVRE] - 500_000 * keyed
    assert net[BRONDBY] == 22_057 + more[BRONDBY]
    assert sum(net.values()) == 0


def test_what_another_quarter_settles_is_not_collected(data_dir: Path) -> None:
    """A report of a back-cast, or of another quarter than settles the year, says so in each row."""
    report = content_of("2023K1", rules="2022K1")
    assert {row["Opkræves"] for row in collected(report)} == {"nej: ikke den gældende fordeling"}
    costs = data_dir / "reference/costs.csv"
    costs.write_text(costs.read_text("utf-8").replace("year,K1", "year,K2"), "utf-8")
    rows = collected(content_of(data_dir=data_dir))
    assert {row["Opkræves"] for row in rows} == {"nej: afregnes efter 2022K2"}


@pytest.mark.parametrize(
    ("file", "old", "new", "rule"),
    [
        ("clusters.csv", "2026K4,\n", "2026K4,851\n", "must be a member of the cluster"),
        ("accounts.csv", "account\n", "account\n153,5.8E+12,\n", "must be 13 digits, or blank"),
        ("accounts.csv", "account\n", "account\n153,,DK12\n", "must be such as 1234 0012345678"),
        ("accounts.csv", "account\n", "account\n999,,\n", "must be a municipality of areas.csv"),
    ],
)
def test_a_wrong_payee_or_account_is_refused(
    data_dir: Path, file: str, old: str, new: str, rule: str
) -> None:
    """Money sent to the wrong place is not a matter of a later check."""
    path = data_dir / "reference" / file
    path.write_text(path.read_text("utf-8").replace(old, new, 1), "utf-8")
    with pytest.raises(InvalidData, match=rule):
        load_reference(data_dir)


def test_a_folder_of_before_is_read(data_dir: Path) -> None:
    """Without accounts.csv and without co-chairs in clusters.csv: neither is known then."""
    (data_dir / "reference/accounts.csv").unlink()
    clusters = data_dir / "reference/clusters.csv"
    rows = [row.rpartition(",")[0] for row in clusters.read_text("utf-8").splitlines()]
    clusters.write_text("\n".join([*rows, ""]), "utf-8")
    reference = load_reference(data_dir)
    assert not reference.accounts
    assert {row.co_chair for row in reference.clusters} == {""}
