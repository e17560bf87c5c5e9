"""The same report as one would write it in an afternoon: pandas and XlsxWriter, nothing checked.

    python tests/benchmarks/plain.py DATA_DIR REPORTS_DIR CELLS

What `klynge run 2022K1` is measured against: the same three CSV files byte for byte, the 23
workbooks with the same cells in the same formats (read from CELLS, see `reporting.py`), a page of
bare tables, the inputs and a manifest. No schema, no verified snapshot, no identity or coverage
check, no table, chart or page set-up, no revision but the first, no flush.
"""

# mypy: ignore-errors
# A script as people write them, without types; it is measured, not used.

import hashlib
import json
import sys
from fractions import Fraction
from pathlib import Path

import pandas as pd
import xlsxwriter

QUARTER = "2022K1"
DANISH = {
    "quarter": "Kvartal",
    "structure": "Struktur",
    "cluster_id": "Klynge-id",
    "cluster_name": "Klynge",
    "cost_id": "Udgift-id",
    "municipality_code": "Kommunekode",
    "municipality_name": "Kommune",
    "basis": "Tæller med",
    "population": "Folketal",
    "counted_population": "Medregnet folketal",
    "share": "Befolkningsandel",
    "amount_dkk": "Beløb (kr.)",
    "estimated": "Skøn",
}
BASIS = {"whole": "hele folketallet", "fraction": "brøkdel", "districts": "bydele"}


def allocate(amount, weights):
    """Give each weight its part of an amount, the rest to the largest remainders."""
    total = sum(weights)
    parts = [int(amount * weight // total) for weight in weights]
    rest = [amount * weight / total - part for weight, part in zip(weights, parts, strict=True)]
    for place in sorted(range(len(parts)), key=lambda place: -rest[place])[: amount - sum(parts)]:
        parts[place] += 1
    return parts


def plain(number):
    """Write a number that may have a half."""
    return str(number.numerator) if number.denominator == 1 else str(float(number))


data, reports = Path(sys.argv[1]), Path(sys.argv[2])
reference = {
    path.stem: pd.read_csv(path, dtype=str, keep_default_na=False)
    for path in sorted((data / "reference").glob("*.csv"))
}
people, sidecars = {}, []
for table in ("FOLK1A", "KKBEF1"):
    (answer,) = (data / "snapshots" / table / QUARTER).glob("*.csv")
    sidecars.append(json.loads(answer.with_suffix(".json").read_text(encoding="utf-8")))
    rows = pd.read_csv(answer, sep=";", encoding="utf-8-sig", dtype=str)
    people |= dict(zip(rows.iloc[:, 0], rows["INDHOLD"].astype(int), strict=True))


def in_force(rows):
    """Keep the rules of the quarter."""
    last = rows["last_quarter"].replace("", "9999K4")
    return rows[(rows["first_quarter"] <= QUARTER) & (last >= QUARTER)]


clusters = in_force(reference["clusters"]).sort_values(["structure", "region", "cluster_id"])
members = in_force(reference["memberships"]).sort_values("municipality_code").to_dict("records")
costs = in_force(reference["costs"]).sort_values("cost_id").to_dict("records")
names = dict(zip(reference["areas"]["code"], reference["areas"]["name"], strict=True))
for member in members:
    if member["basis"] == "districts":
        member["population"] = sum(people[code] for code in member["districts"].split())
        member["counted"] = Fraction(member["population"])
    else:
        member["population"] = people[member["municipality_code"]]
        member["counted"] = member["population"] * Fraction(member["fraction"] or 1)

by_cluster = {
    row.cluster_id: [m for m in members if m["cluster_id"] == row.cluster_id]
    for row in clusters.itertuples()
}
sums = {key: sum(m["counted"] for m in found) for key, found in by_cluster.items()}
all_people = sum(sums.values())
table, pools = [], []
for row in clusters.itertuples():
    found = by_cluster[row.cluster_id]
    for cost in [c for c in costs if c["scope"] == row.cluster_id] or [None]:
        amounts = (
            allocate(int(cost["amount_dkk"]), [m["counted"] for m in found])
            if cost
            else [None] * len(found)
        )
        for member, amount in zip(found, amounts, strict=True):
            table.append(
                {
                    "quarter": QUARTER,
                    "structure": row.structure,
                    "cluster_id": row.cluster_id,
                    "cluster_name": row.name,
                    "cost_id": cost["cost_id"] if cost else "",
                    "municipality_code": member["municipality_code"],
                    "municipality_name": names[member["municipality_code"]],
                    "basis": member["basis"],
                    "population": member["population"],
                    "counted_population": plain(member["counted"]),
                    "share": f"{float(member['counted'] / sums[row.cluster_id]):.10f}",
                    "amount_dkk": amount,
                    "estimated": "false",
                }
            )
for cost in costs:
    if cost["scope"].endswith(":*"):
        amounts = allocate(int(cost["amount_dkk"]), list(sums.values()))
        for row, amount in zip(clusters.itertuples(), amounts, strict=True):
            pools.append(
                {
                    "quarter": QUARTER,
                    "structure": row.structure,
                    "cost_id": cost["cost_id"],
                    "cluster_id": row.cluster_id,
                    "cluster_name": row.name,
                    "counted_population": plain(sums[row.cluster_id]),
                    "share": f"{float(sums[row.cluster_id] / all_people):.10f}",
                    "amount_dkk": amount,
                }
            )
table = pd.DataFrame(table).astype({"amount_dkk": "Int64"})
pools = pd.DataFrame(pools)

folder = reports / QUARTER / "r1"
folder.mkdir(parents=True)
table.to_csv(folder / f"fordeling-{QUARTER}.csv", index=False, lineterminator="\n")
pools.to_csv(folder / f"puljer-{QUARTER}.csv", index=False, lineterminator="\n")


def for_excel(name, rows):
    """Write rows as Danish Excel opens them."""
    comma = {
        column: rows[column].str.replace(".", ",")
        for column in ("counted_population", "share")
        if column in rows
    }
    rows.assign(**comma).rename(columns=DANISH).to_csv(
        folder / f"{name}-{QUARTER}-excel.csv",
        sep=";",
        index=False,
        lineterminator="\r\n",
        encoding="utf-8-sig",
    )


for_excel("fordeling", table.assign(basis=table["basis"].map(BASIS), estimated="nej"))
for_excel("puljer", pools)
owed = table[table["cost_id"] != ""].merge(pd.DataFrame(costs)[["cost_id", "name_da"]])
for_excel(
    "opkraevning",
    pd.DataFrame(
        {
            "quarter": QUARTER,
            "cluster_name": owed["cluster_name"],
            "Udgift": owed["name_da"],
            "Periode": f"pr. år, {QUARTER[:4]}",
            "municipality_code": owed["municipality_code"],
            "municipality_name": owed["municipality_name"],
            "EAN-nummer (betaler)": "",
            "Modtager": "",
            "Konto (modtager)": "",
            "amount_dkk": owed["amount_dkk"],
            "Opkræves": "ja",
        }
    ),
)

citations = [
    f"{s['source']}, afskrevet fra offentliggjorte tal {s['retrieved_at']}, licens {s['licence']}"
    for s in sidecars
]
for file, cells in json.loads(Path(sys.argv[3]).read_bytes()).items():
    (folder / file).parent.mkdir(exist_ok=True)
    book = xlsxwriter.Workbook(str(folder / file), {"in_memory": True})
    formats = {key: book.add_format(look) for key, look in cells["looks"].items()}
    for name, rows in cells["sheets"].items():
        sheet = book.add_worksheet(name)
        for row, column, kind, held, value, look in rows:
            if kind == "formula":
                sheet.write_formula(row, column, held, formats[str(look)], value)
            elif kind == "number":
                sheet.write_number(row, column, held, formats[str(look)])
            else:
                sheet.write_string(row, column, held, formats[str(look)])
    book.close()

sections = [
    f"<h2>{row.name}</h2>{table[table['cluster_id'] == row.cluster_id].to_html(index=False)}"
    for row in clusters.itertuples()
]
(folder / f"fordeling-{QUARTER}.html").write_text("\n".join(sections), encoding="utf-8")

digests = {
    path.name: hashlib.sha256(path.read_bytes()).hexdigest()
    for path in sorted((data / "reference").glob("*.csv"))
}
inputs = {name: rows.to_dict("records") for name, rows in reference.items()} | {"people": people}
(folder / "inputs.json").write_text(
    json.dumps(inputs, ensure_ascii=False, indent=1), encoding="utf-8"
)
manifest = {
    "quarter": QUARTER,
    "snapshots": [{key: s[key] for key in ("table", "quarter", "sha256")} for s in sidecars],
    "reference": digests,
    "outputs": {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*.*")
    },
}
(folder / "manifest.json").write_text(
    json.dumps(manifest, ensure_ascii=False, indent=1), encoding="utf-8"
)

print(f"{QUARTER}: {len(clusters)} clusters")
for citation in citations:
    print(citation)
for cost in costs:
    print(f"{cost['name_en']:40} {cost['scope']:20} {int(cost['amount_dkk']):>14,} kr.")
print(f"Written: {folder}")
