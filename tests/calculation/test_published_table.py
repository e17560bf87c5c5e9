"""The published table, to the digit, through the files that the command line writes.

Source: memo on inter-municipal financing, planområde Syd, 2022: half a full-time post, 370.000 kr.,
by population of the first quarter of 2022. Figures stand here as they are printed.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from tests.conftest import Klynge

pytestmark = pytest.mark.slow

Table = dict[str, tuple[str, str, str]]

PRINTED: Table = {
    "København": ("287.181", "48,0 %", "177.678"),
    "Høje-Taastrup": ("53.053", "8,9 %", "32.824"),
    "Albertslund": ("27.599", "4,6 %", "17.075"),
    "Ishøj": ("23.225", "3,9 %", "14.369"),
    "Vallensbæk": ("16.488", "2,8 %", "10.201"),
    "Brøndby": ("35.651", "6,0 %", "22.057"),
    "Glostrup": ("23.514", "3,9 %", "14.548"),
    "Hvidovre": ("53.267", "8,9 %", "32.956"),
    "Tårnby": ("42.723", "7,1 %", "26.433"),
    "Dragør": ("14.640", "2,4 %", "9.058"),
    "Rødovre": ("20.691", "3,5 %", "12.801"),
}
PRINTED_SUM = "370.000"
LARGEST_REMAINDER = {
    "viborg": (
        "370000",
        {
            "Viborg": ("96.847", "149.753"),
            "Silkeborg": ("97.358", "150.543"),
            "Skive": ("45.078", "69.704"),
        },
    ),
    "horsens": (
        "92500",
        {
            "Horsens": ("94.443", "38.121"),
            "Hedensted": ("47.099", "19.011"),
            "Odder": ("23.304", "9.407"),
            "Skanderborg": ("64.318", "25.961"),
        },
    ),
}


def danish(number: str) -> str:
    """Return a whole number of the machine's CSV as it is printed."""
    return f"{int(number):,}".replace(",", ".")


def danish_percent(share: str) -> str:
    """Return a share of the machine's CSV as it is printed, by hand rather than by the product."""
    tenths = (int(share.replace(".", "")) * 1000 + 5 * 10**9) // 10**10
    return f"{tenths // 10},{tenths % 10} %"


def rows(file: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV for machines."""
    return list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"))))


def of_cost(reports_dir: Path, cluster_id: str) -> list[dict[str, str]]:
    """Return the rows of a cluster's only cost."""
    table = rows(reports_dir / "2022K1" / "r1" / "fordeling-2022K1.csv")
    found = [row for row in table if row["cluster_id"] == cluster_id and row["cost_id"]]
    assert len({row["cost_id"] for row in found}) == 1
    return found


def test_the_memo_to_the_digit(klynge: Klynge, reports_dir: Path) -> None:
    """Eleven populations, eleven shares, eleven amounts, and their sum."""
    assert klynge("run", "2022K1").exit_code == 0
    table = of_cost(reports_dir, "amager-hvidovre")
    found = {
        row["municipality_name"]: (
            danish(row["counted_population"]),
            danish_percent(row["share"]),
            danish(row["amount_dkk"]),
        )
        for row in table
    }
    assert found == PRINTED
    assert danish(str(sum(int(row["amount_dkk"]) for row in table))) == PRINTED_SUM


def test_the_memo_in_danish_excel(klynge: Klynge, reports_dir: Path) -> None:
    """The file for Danish Excel holds the same populations and amounts."""
    assert klynge("run", "2022K1").exit_code == 0
    file = reports_dir / "2022K1" / "r1" / "fordeling-2022K1-excel.csv"
    table = csv.DictReader(io.StringIO(file.read_text(encoding="utf-8-sig")), delimiter=";")
    found = {
        row["Kommune"]: (danish(row["Medregnet folketal"]), danish(row["Beløb (kr.)"]))
        for row in table
        if row["Klynge"] == "Sundhedsklynge Syd"
    }
    assert found == {name: (people, amount) for name, (people, _, amount) in PRINTED.items()}


def test_the_memo_on_the_terminal(klynge: Klynge) -> None:
    """`--cluster` shows the same figures, grouped as English does."""
    shown = klynge("run", "2022K1", "--cluster", "amager-hvidovre").out
    lines = [line for line in shown.splitlines() if line.endswith(" kr.")]
    for name, (counted, share, amount) in PRINTED.items():
        (line,) = [line for line in lines if f" {name} " in line]
        printed = [counted, share.replace(" ", ""), amount]
        english = [figure.translate(str.maketrans(".,", ",.")) for figure in printed]
        assert line.removesuffix(" kr.").split()[-3:] == english


@pytest.mark.parametrize("cluster_id", LARGEST_REMAINDER)
def test_the_last_krone_goes_to_the_largest_remainder(
    klynge: Klynge, data_dir: Path, reports_dir: Path, cluster_id: str
) -> None:
    """Where rounding each share by itself is a krone off, largest remainder is not."""
    amount, expected = LARGEST_REMAINDER[cluster_id]
    with (data_dir / "reference" / "costs.csv").open("a", encoding="utf-8") as costs:
        costs.write(
            f"forsoeg,Forsøg,Trial,{cluster_id},{amount},once,K1,2022K1,2022K1,memo-syd-2022,\n"
        )
    assert klynge("run", "2022K1").exit_code == 0
    table = of_cost(reports_dir, cluster_id)
    found = {
        row["municipality_name"]: (danish(row["counted_population"]), danish(row["amount_dkk"]))
        for row in table
    }
    assert found == expected
    assert sum(int(row["amount_dkk"]) for row in table) == int(amount)


def test_the_shared_funds_add_up(klynge: Klynge, reports_dir: Path) -> None:
    """Twice 40 mio. kr. over the 22 clusters, each to the krone."""
    assert klynge("run", "2022K1").exit_code == 0
    table = rows(reports_dir / "2022K1" / "r1" / "puljer-2022K1.csv")
    funds: dict[str, list[int]] = {}
    for row in table:
        funds.setdefault(row["cost_id"], []).append(int(row["amount_dkk"]))
    assert {cost_id: (len(parts), sum(parts)) for cost_id, parts in funds.items()} == {
        "faelles-midler-kommuner": (22, 40_000_000),
        "faelles-midler-regioner": (22, 40_000_000),
    }
