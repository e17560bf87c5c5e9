"""The same report as one would write it in an afternoon: pandas and XlsxWriter, nothing checked.

    python tests/benchmarks/plain.py DATA_DIR REPORTS_DIR

What `klynge run 2022K1` is measured against: the same three CSV files byte for byte, a workbook
with the same sheets and about as many cells in the same formats, the inputs and a manifest. No
schema, no verified snapshot, no identity or coverage check, no revision but the first, no flush.
"""

# mypy: ignore-errors
# A script as people write them, without types; it is measured, not used.

import datetime
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
CONFIDENCE = {"high": "høj", "medium": "middel", "low": "lav"}
FONT = {"font_name": "Calibri", "font_size": 11, "valign": "top"}
HEADER = {"bold": True, "font_color": "#FFFFFF", "bg_color": "#1F3A5F", "text_wrap": True}
TOTAL = {"bold": True, "top": 1, "bg_color": "#E8EEF5"}
FORMATS = {
    "text": {"text_wrap": True},
    "title": {"font_size": 18, "bold": True, "font_color": "#1F3A5F"},
    "label": {"bold": True},
    "header": HEADER,
    "number_header": {**HEADER, "align": "right"},
    "whole": {"num_format": "#,##0"},
    "percent": {"num_format": "0.0%"},
    "total": TOTAL,
    "total_whole": {**TOTAL, "num_format": "#,##0"},
    "total_percent": {**TOTAL, "num_format": "0.0%"},
    "link": {"font_color": "#0B5394", "underline": 1},
}


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
table.assign(
    basis=table["basis"].map(BASIS),
    estimated="nej",
    counted_population=table["counted_population"].str.replace(".", ","),
    share=table["share"].str.replace(".", ","),
).rename(columns=DANISH).to_csv(
    folder / f"fordeling-{QUARTER}-excel.csv",
    sep=";",
    index=False,
    lineterminator="\r\n",
    encoding="utf-8-sig",
)

book = xlsxwriter.Workbook(str(folder / f"fordeling-{QUARTER}.xlsx"), {"in_memory": True})
book.set_properties(
    {
        "title": "Fordeling af fælles udgifter i sundhedsklynger",
        "created": datetime.datetime(2026, 11, 22, 12),
    }
)
formats = {name: book.add_format({**FONT, **look}) for name, look in FORMATS.items()}


def sheet(name, widths, headings=()):
    """Add a sheet with its columns, print settings and headings."""
    added = book.add_worksheet(name)
    for column, width in enumerate(widths):
        added.set_column(column, column, width)
    added.hide_gridlines(2)
    added.set_landscape()
    added.set_paper(9)
    added.fit_to_pages(1, 0)
    added.set_footer(f"&L{QUARTER} r1&R&P / &N")
    for column, (heading, kind) in enumerate(headings):
        added.write_string(0, column, heading, formats[kind])
    if headings:
        added.freeze_panes(1, 0)
        added.repeat_rows(0)
    return added


def write(to, row, values):
    """Write a row of (value, format)."""
    for column, (value, kind) in enumerate(values):
        if isinstance(value, str):
            to.write_string(row, column, value, formats[kind])
        else:
            to.write_number(row, column, value, formats[kind])


citations = [
    f"{s['source']}, afskrevet fra offentliggjorte tal {s['retrieved_at']}, licens {s['licence']}"
    for s in sidecars
]
finding = (
    f"København har {people['101']} indbyggere i FOLK1A og {people['1000']} i KKBEF1. "
    "De to registre opgøres på forskellige dage; begge er brugt, som de er offentliggjort."
)
cover = sheet("Forside", [24, 100])
cover.write_string(0, 0, "Fordeling af fælles udgifter i sundhedsklynger", formats["title"])
lines = [
    ("Kvartal", QUARTER),
    ("Folketal den", "1. januar 2022"),
    ("Udgave", "r1"),
    ("Ændret siden sidst", "Første udgave."),
    *(("Kilde", citation) for citation in citations),
    ("Beløb", "Hele kroner uden moms, fordelt efter befolkningsandel"),
    ("Bemærkning", finding),
]
for number, (label, text) in enumerate(lines, start=2):
    write(cover, number, [(label, "label"), (text, "text")])
cover.write_string(11, 0, "Ark i denne fil", formats["label"])
listed = [("Overblik", "Overblik"), *zip(clusters["cluster_id"], clusters["name"], strict=True)]
for number, (name, title) in enumerate([*listed, ("Puljer",) * 2, ("Noter",) * 2], start=11):
    cover.write_url(number, 1, f"internal:'{name}'!A1", formats["link"], string=title)

headings = ["Klynge", "Region", "Kommuner", "Medregnet folketal", "Udgift", "Beløb (kr.)"]
kinds = ["header", "header", "number_header", "number_header", "header", "number_header"]
overview = sheet("Overblik", [58, 16, 13, 18, 34, 16], list(zip(headings, kinds, strict=True)))
for number, row in enumerate(clusters.itertuples(), start=1):
    overview.write_url(
        number, 0, f"internal:'{row.cluster_id}'!A1", formats["link"], string=row.name
    )
    overview.write_string(number, 1, row.region, formats["text"])
    overview.write_number(number, 2, len(by_cluster[row.cluster_id]), formats["whole"])
    overview.write_number(number, 3, float(sums[row.cluster_id]), formats["whole"])
    own = [cost for cost in costs if cost["scope"] == row.cluster_id]
    overview.write_string(
        number, 4, own[0]["name_da"] if own else "ingen udgift angivet", formats["text"]
    )
    if own:
        overview.write_number(number, 5, int(own[0]["amount_dkk"]), formats["whole"])

for row in clusters.itertuples():
    own = [cost for cost in costs if cost["scope"] == row.cluster_id]
    rows = table[table["cluster_id"] == row.cluster_id]
    text = [(DANISH[column], "header") for column in ("municipality_code", "municipality_name")]
    numbers = ["Folketal", "Medregnet folketal", "Befolkningsandel"]
    numbers += [f"{cost['name_da']} (kr.)" for cost in own]
    one = sheet(
        row.cluster_id,
        [13, 24, 20, 13, 15, 15, *(20 for _ in own)],
        [*text, ("Tæller med", "header"), *((heading, "number_header") for heading in numbers)],
    )
    for number, cells in enumerate(rows.itertuples(), start=1):
        values = [
            (cells.municipality_code, "text"),
            (cells.municipality_name, "text"),
            (BASIS[cells.basis], "text"),
            (cells.population, "whole"),
            (float(cells.counted_population), "whole"),
            (float(cells.share), "percent"),
        ]
        write(one, number, values + ([(cells.amount_dkk, "whole")] if own else []))
    end = len(rows) + 1
    totals = [("", "total"), ("I alt", "total"), ("", "total"), ("", "total")]
    totals += [(float(sums[row.cluster_id]), "total_whole"), (1.0, "total_percent")]
    write(one, end, totals + [(int(cost["amount_dkk"]), "total_whole") for cost in own])
    notes = [row.name]
    for member in by_cluster[row.cluster_id]:
        if member["basis"] != "whole":
            counts = member["fraction"] or member["districts"]
            notes.append(f"{names[member['municipality_code']]} tæller med {counts}.")
    notes += [f"Kilde: {citation}" for citation in citations]
    for number, note in enumerate(notes, start=end + 2):
        one.write_string(number, 0, note, formats["label"] if number == end + 2 else None)

headings = ["Udgift", "Klynge", "Medregnet folketal", "Befolkningsandel", "Beløb (kr.)"]
kinds = ["header", "header", "number_header", "number_header", "number_header"]
funds = sheet("Puljer", [44, 58, 18, 16, 16], list(zip(headings, kinds, strict=True)))
cost_names = {cost["cost_id"]: cost["name_da"] for cost in costs}
for number, row in enumerate(pools.itertuples(), start=1):
    values = [(cost_names[row.cost_id], "text"), (row.cluster_name, "text")]
    values += [(float(row.counted_population), "whole"), (float(row.share), "percent")]
    write(funds, number, [*values, (row.amount_dkk, "whole")])

sources = reference["sources"].set_index("source_id")
lines = [("Bemærkning", finding)]
lines += [(f"Antagelse {r.number}", r.text_da) for r in reference["assumptions"].itertuples()]
for row in clusters.itertuples():
    cited = dict.fromkeys(member["source_id"] for member in by_cluster[row.cluster_id])
    worded = [
        f"{sources.at[s, 'title']} (sikkerhed: {CONFIDENCE[sources.at[s, 'confidence']]})"
        for s in cited
    ]
    lines.append(("Kilde til reglen", f"{row.name}: {'; '.join(worded)}"))
lines += [
    ("Folketal", f"{citation}. {sidecar['bytes']} byte, sha256 {sidecar['sha256']}")
    for citation, sidecar in zip(citations, sidecars, strict=True)
]
digests = {
    path.name: hashlib.sha256(path.read_bytes()).hexdigest()
    for path in sorted((data / "reference").glob("*.csv"))
}
lines += [("Regelfil", f"{name}: sha256 {sha256}") for name, sha256 in digests.items()]
lines.append(("Program", "plain.py"))
notes = sheet("Noter", [24, 120], [("Emne", "header"), ("Tekst", "header")])
for number, (topic, text) in enumerate(lines, start=1):
    write(notes, number, [(topic, "label"), (text, "text")])
book.close()

inputs = {name: rows.to_dict("records") for name, rows in reference.items()} | {"people": people}
(folder / "inputs.json").write_text(
    json.dumps(inputs, ensure_ascii=False, indent=1), encoding="utf-8"
)
manifest = {
    "quarter": QUARTER,
    "snapshots": [{key: s[key] for key in ("table", "quarter", "sha256")} for s in sidecars],
    "reference": digests,
    "outputs": {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()
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
