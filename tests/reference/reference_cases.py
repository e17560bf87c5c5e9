"""Bad reference tables: what is done, and what the message must name."""

from __future__ import annotations

from tests.reference.broken import (
    Case,
    Change,
    added,
    cells,
    in_every_row,
    in_turn,
    member,
    reference,
    reference_bytes,
    replaced,
    without_column,
    without_reference,
    without_row,
)

TWICE = "must not stand twice"
BLANK = "must not be blank"
QUARTER = "must be a quarter such as 2022K1"
NOT_IN_FORCE_TWICE = "must not be in force twice in one quarter for the same"


def broken(name: str, table: str, change: Change, *fragments: str) -> Case:
    """Return a case whose message must name the table's file and hold the fragments."""
    return Case(reference(table, change), 20, (f"{table}.csv has", *fragments), id=name)


def at(row: int, column: str, rule: str, value: str, cause: str = "") -> tuple[str, ...]:
    """Return the whole line of one failure."""
    return "has 1 problem:", f"  row {row}, column {column}: {rule}, found {value!r}{cause}\n"


FILES = [
    broken("tabs", "areas", lambda text: text.replace(",", "\t"), "areas.csv has 1 problem:",
           "  is separated by tabs: save it as CSV, with commas or semicolons\n"),
    broken("cell too long", "costs", cells(2, name_da="½" * 1001),
           "  row 2: must have at most 1000 signs in a cell"),
    broken("id too long", "costs", cells(2, cost_id="a" * 300),
           "row 2, column cost_id: must be lower-case letters a-z, digits and hyphens, at most 60"),
    broken("ragged row", "costs", added("a,b,c"), "  row 5: must have 11 cells, found 3"),
    broken("blank row within", "costs", replaced("\nfaelles-midler-r", "\n\nfaelles-midler-r"),
           "  row 4: must have 11 cells, found 0"),
    broken("empty file", "costs", lambda _: "", "is empty: the header is missing"),
    broken("only blanks", "costs", lambda _: " \n,,\n", "is empty: the header is missing"),
    broken("open quote", "costs", added('"open,'), "is not a CSV file"),
    broken("missing column", "sources", without_column("url"), "column url: is missing"),
    broken("extra column", "sources", replaced(",remark", ",remark,note"),
           "column note: is not a column of this table"),
    broken("renamed column", "costs", replaced("amount_dkk", "amount"),
           "column amount_dkk: is missing", "column amount: is not a column of this table"),
    broken("column twice", "costs", replaced("name_en", "name_da"),
           "has 2 problems", "column name_en: is missing", "column name_da: stands twice"),
    broken("two columns twice", "sources", replaced("remark", "remark,url,title"),
           "column title: stands twice\n  column url: stands twice"),
    broken("more than ten", "memberships", in_every_row("source_id", "hearsay"),
           "has 198 problems:", "  row 2, column source_id: must be a source of sources.csv",
           "  row 11, column source_id", "  and 188 more\n"),
    Case(without_reference("clusters"), 20, ("clusters.csv does not exist", "--data-dir"),
                 id="missing file"),
    Case(
        reference_bytes("costs", lambda content: content.decode().encode("latin-1")), 20,
        ("costs.csv has", "  row 2: is not UTF-8, found byte 0xbd", "as CSV UTF-8"), id="latin-1"),
    Case(
        reference_bytes("costs", lambda content: content.decode().encode("utf-16")), 20,
        ("costs.csv has", "  row 1: is not UTF-8, found byte 0xff"), id="utf-16"),
]  # fmt: skip

SOURCES_AND_AREAS = [
    broken("source id", "sources", cells(2, source_id="Memo Syd"),
           "row 2, column source_id: must be lower-case letters", "found 'Memo Syd'"),
    broken("source twice", "sources", cells(3, source_id="amager-vestegnen-press-2026"),
           *at(3, "source_id", TWICE, "amager-vestegnen-press-2026")),
    broken("source without title", "sources", cells(4, title=""), *at(4, "title", BLANK, "")),
    broken("source address", "sources", cells(2, url="www.kl.dk"),
           *at(2, "url", "must be a web address, or blank", "www.kl.dk")),
    broken("source confidence", "sources", cells(2, confidence="sikker"),
           *at(2, "confidence", "must be high, medium or low", "sikker")),
    broken("area code", "areas", cells(2, code="0"),
           *at(2, "code", "must be three digits (Excel drops leading zeros)", "0")),
    broken("area twice", "areas", cells(5, code="101"),
           *at(5, "code", f"{NOT_IN_FORCE_TWICE} code", "101")),
    broken("area without name", "areas", cells(4, name=""), *at(4, "name", BLANK, "")),
    broken("area kind", "areas", cells(4, kind="kommune"),
           "row 4, column kind: must be one of country, region, municipality, other",
           "found 'kommune'"),
    broken("area's region", "areas", cells(4, region_code="086"),
           *at(4, "region_code", "must be the code of a region in this file", "086")),
    broken("municipality without region", "areas", cells(4, region_code=""),
           *at(4, "region_code", "must be the code of a region in this file", "")),
    broken("country with region", "areas", cells(2, region_code="084"),
           *at(2, "region_code", "must be the code of a region in this file", "084")),
    broken("97 municipalities", "areas", cells(5, kind="other"),
           "column kind: must name 98 municipalities"),
    broken("no country", "areas", cells(2, kind="region"),
           "column kind: must name the country once"),
]  # fmt: skip

DISTRICTS_AND_CLUSTERS = [
    broken("district code", "districts", cells(3, code="101"),
           *at(3, "code", "must be four digits", "101")),
    broken("district twice", "districts", cells(4, code="1001"),
           *at(4, "code", f"{NOT_IN_FORCE_TWICE} code", "1001")),
    broken("district without name", "districts", cells(3, name=""), *at(3, "name", BLANK, "")),
    broken("district's municipality", "districts", cells(3, municipality_code="102"),
           *at(3, "municipality_code", "must be a municipality of areas.csv", "102")),
    broken("no city total", "districts", without_row(2),
           "column code: must hold the city total 1000"),
    broken("cluster id", "clusters", cells(2, cluster_id="Hjørring"),
           "row 2, column cluster_id: must be lower-case letters", "found 'Hjørring'"),
    broken("cluster twice", "clusters", cells(3, cluster_id="hjoerring"),
           *at(3, "cluster_id", TWICE, "hjoerring")),
    broken("cluster without name", "clusters", cells(2, name=""), *at(2, "name", BLANK, "")),
    broken("cluster's structure", "clusters", cells(2, structure="klynge"),
           *at(2, "structure", "must be a structure of structures.csv", "klynge")),
    broken("cluster without region", "clusters", cells(2, region=""), *at(2, "region", BLANK, "")),
    broken("cluster's first quarter", "clusters", cells(2, first_quarter="2022-01"),
           f"row 2, column first_quarter: {QUARTER}, found '2022-01'"),
    broken("a fifth quarter", "clusters", cells(2, first_quarter="2022K5"),
           f"row 2, column first_quarter: {QUARTER}, found '2022K5'"),
    broken("cluster's last quarter", "clusters", cells(2, last_quarter="2026"),
           "row 2, column last_quarter: must be a quarter such as 2026K4, or blank, found '2026'"),
    broken("cluster ends first", "clusters", cells(2, last_quarter="2021K4"),
           *at(2, "last_quarter", "must not lie before first_quarter", "2021K4")),
]  # fmt: skip

_FRACTION = "must be p/q with 0 < p/q <= 1"
_LISTED = "must be codes of districts.csv, each once, with a space between"
_WITHIN = "must lie, to last_quarter, within the quarters of its cluster in clusters.csv"


def fraction(name: str, text: str, cause: str = "") -> Case:
    """Return a case of a membership whose fraction is this text."""
    return broken(f"fraction {name}", "memberships", cells(2, basis="fraction", fraction=text),
                  *at(2, "fraction", _FRACTION, text, cause))  # fmt: skip


def listed(name: str, text: str) -> Case:
    """Return a case of a membership whose districts are this text."""
    change = member("amager-hvidovre", "101", districts=text)
    return broken(f"districts {name}", "memberships", change,
                  "column districts: " + _LISTED, f"found {text!r}")  # fmt: skip


MEMBERSHIPS = [
    broken("member's cluster", "memberships", cells(2, cluster_id="nord"),
           "row 2, column cluster_id: must be a cluster of clusters.csv, found 'nord'"),
    broken("member is Christiansø", "memberships", cells(2, municipality_code="411"),
           *at(2, "municipality_code", "must be a municipality of areas.csv", "411")),
    broken("basis", "memberships", cells(2, basis="half"),
           *at(2, "basis", "must be one of whole, fraction, districts", "half")),
    fraction("over one", "3/2"),
    fraction("by zero", "1/0"),
    fraction("of nothing", "0/2"),
    fraction("as decimal", "0,5"),
    fraction("as date", "01-feb", " (Excel made a date of it: format the column as text and write "
             "it again)"),
    fraction("negative", "-1/2"),
    broken("fraction missing", "memberships", cells(2, basis="fraction"),
           *at(2, "fraction", "must be filled when basis is fraction, and only then", "")),
    broken("fraction of the whole", "memberships", cells(2, fraction="1/2"),
           *at(2, "fraction", "must be filled when basis is fraction, and only then", "1/2")),
    listed("unknown", "1004 1011"),
    listed("city total", "1000"),
    listed("twice", "1004 1005 1004"),
    listed("with commas", "1004,1005"),
    broken("districts missing", "memberships", cells(2, basis="districts"),
           "row 2, column districts: must be filled when basis is districts, and only then",
           "row 2, column basis: only København (101) can count by districts"),
    broken("districts of another", "memberships", cells(2, basis="districts", districts="1004"),
           *at(2, "basis", "only København (101) can count by districts", "districts")),
    broken("member's first quarter", "memberships", cells(2, first_quarter="1.1.2022"),
           f"row 2, column first_quarter: {QUARTER}, found '1.1.2022'"),
    broken("member's last quarter", "memberships", cells(2, last_quarter="K4"),
           "row 2, column last_quarter: must be a quarter such as 2026K4, or blank, found 'K4'"),
    broken("member ends first", "memberships", cells(2, first_quarter="2026K4",
                                                     last_quarter="2026K3"),
           *at(2, "last_quarter", "must not lie before first_quarter", "2026K3")),
    broken("member before its cluster", "memberships", cells(2, first_quarter="2021K4"),
           *at(2, "first_quarter", _WITHIN, "2021K4")),
    broken("member after its cluster", "memberships", cells(2, last_quarter=""),
           *at(2, "first_quarter", _WITHIN, "2022K1")),
    broken("member's source", "memberships", cells(2, source_id="hearsay"),
           *at(2, "source_id", "must be a source of sources.csv", "hearsay")),
    broken("member twice", "memberships",
           added("hjoerring,860,fraction,1/2,,2024K1,2026K4,rn-sundhedsklynger"),
           *at(200, "municipality_code",
               f"{NOT_IN_FORCE_TWICE} cluster_id and municipality_code", "860")),
]  # fmt: skip

_KRONER = "must be whole kroner, from 0 to 1000000000000, such as 370000"


def amount(name: str, text: str, cause: str = "") -> Case:
    """Return a case of a cost whose amount is this text."""
    return broken(f"amount {name}", "costs", cells(2, amount_dkk=text),
                  *at(2, "amount_dkk", _KRONER, text, cause))  # fmt: skip


COSTS_AND_ASSUMPTIONS = [
    broken("cost id", "costs", cells(2, cost_id="½"),
           "row 2, column cost_id: must be lower-case letters", "found '½'"),
    broken("cost without Danish name", "costs", cells(2, name_da=""), *at(2, "name_da", BLANK, "")),
    broken("cost without English name", "costs", cells(2, name_en=""),
           *at(2, "name_en", BLANK, "")),
    broken("scope", "costs", cells(2, scope="syd"),
           *at(2, "scope", "must be a cluster of clusters.csv, or a structure and :*", "syd")),
    broken("scope of a structure", "costs", cells(3, scope="klynge:*"),
           *at(3, "scope", "must be a cluster of clusters.csv, or a structure and :*", "klynge:*")),
    amount("grouped", "370.000"),
    amount("grouped, below 100,000", "20.000"),
    amount("with two decimals", "370.00"),
    amount("with a decimal", "370000,5"),
    amount("negative", "-370000"),
    amount("missing", ""),
    amount("in words", "370 tusind"),
    amount("from a spreadsheet", "3.7E+05", " (Excel shortened the number: format the column as "
           "text and write it again)"),
    amount("too large", "1000000000001"),
    broken("amount of a formula", "costs", cells(2, amount_dkk="#REF!"),
           "found '#REF!' (Excel could not calculate it: format"),
    amount("in other digits", "37٠"),
    broken("cost's quarter", "costs", cells(2, first_quarter="2022"),
           f"row 2, column first_quarter: {QUARTER}, found '2022'"),
    broken("cost's last quarter", "costs", cells(2, last_quarter="none"),
           "row 2, column last_quarter: must be a quarter such as 2026K4, or blank, found 'none'"),
    broken("cost's per", "costs", cells(2, per="month"),
           *at(2, "per", "must be one of year, quarter, once", "month")),
    broken("cost settled by a quarter's number", "costs", cells(2, settled_by="1"),
           *at(2, "settled_by", "must be K1, K2, K3 or K4, or blank", "1")),
    broken("each quarter settled by one", "costs", cells(2, per="quarter"),
           *at(2, "settled_by", "must be blank where each quarter settles its own", "K1")),
    broken("paid once in two years", "costs", cells(3, last_quarter="2023K1"),
           *at(3, "per", "must begin and end in one year if it is paid once", "once")),
    broken("alternative to what is not there", "alternatives", cells(2, from_cluster_id="odense"),
           *at(2, "from_cluster_id", "must hold the municipality, and the districts, by "
               "memberships.csv", "odense")),
    broken("cost ends first", "costs", cells(2, last_quarter="2021K4"),
           *at(2, "last_quarter", "must not lie before first_quarter", "2021K4")),
    broken("cost's source", "costs", cells(2, source_id=""),
           *at(2, "source_id", "must be a source of sources.csv", "")),
    broken("cost twice", "costs",
           added("halvt-aarsvaerk,½,½,amager-hvidovre,1,year,K1,2026K4,2026K4,memo-syd-2022,"),
           *at(5, "cost_id", f"{NOT_IN_FORCE_TWICE} cost_id and scope", "halvt-aarsvaerk")),
    broken("assumption's number", "assumptions", cells(2, number="0"),
           *at(2, "number", "must be a whole number from 1", "0")),
    broken("assumption twice", "assumptions", cells(3, number="1"), *at(3, "number", TWICE, "1")),
    broken("assumption without Danish", "assumptions", cells(2, text_da=""),
           *at(2, "text_da", BLANK, "")),
    broken("assumption without English", "assumptions", cells(2, text_en=""),
           *at(2, "text_en", BLANK, "")),
    broken("assumption's cost", "assumptions", cells(7, text_da="{nowhere} kr."),
           *at(7, "text_da", "must have costs of costs.csv in curly brackets, for their amounts",
               "{nowhere} kr.")),
    broken("assumption's clusters", "assumptions", cells(2, cluster_ids="syd"),
           *at(2, "cluster_ids", "must be clusters of clusters.csv with a space between, or blank",
               "syd")),
]  # fmt: skip


def contradicting(name: str, change: Change, *fragments: str) -> Case:
    """Return a case of memberships that are well written and contradict each other."""
    return Case(reference("memberships", change), 40, fragments, id=name)


RULES = [
    contradicting("counted three halves", member("herlev-gentofte", "175", basis="whole",
                                                 fraction=""),
                  "Rødovre (175) counts 3/2 times:", "amager-hvidovre, fraction 1/2",
                  "herlev-gentofte, whole 1", "Correct data/reference/memberships.csv"),
    contradicting("counted twice", added("aalborg,860,whole,,,2022K1,2026K4,rn-sundhedsklynger"),
                  "Hjørring (860) counts 2 times:", "memberships.csv row 5: hjoerring, whole 1",
                  "memberships.csv row 200: aalborg, whole 1"),
    contradicting("district in two clusters",
                  member("amager-hvidovre", "101", districts="1001 1004 1005 1009 1010"),
                  "København (101) counts district 1001 more than once:",
                  "amager-hvidovre, districts 1001 1004 1005 1009 1010",
                  "bispebjerg-frederiksberg, districts"),
    contradicting("districts beside the whole",
                  member("amager-hvidovre", "101", basis="whole", districts=""),
                  "København (101) counts by districts and otherwise too:",
                  "amager-hvidovre, whole 1", "bispebjerg-frederiksberg, districts"),
    contradicting("no member",
                  in_turn(member("bornholm", "400", first_quarter="2022K2")),
                  "In 2022K1 no municipality belongs to bornholm."),
    Case(reference("costs", cells(3, scope="sundhedsraad:*")), 40,
         ("In 2022K1 there is no cluster", "faelles-midler-kommuner (sundhedsraad:*)", "costs.csv"),
         id="fund of no cluster"),
    Case(reference("costs", cells(2, scope="sundhedsraad-aarhus")), 40,
         ("In 2022K1 there is no cluster", "halvt-aarsvaerk (sundhedsraad-aarhus)", "costs.csv"),
         id="cost of a cluster not in force"),
]  # fmt: skip

REFERENCE = [
    *FILES,
    *SOURCES_AND_AREAS,
    *DISTRICTS_AND_CLUSTERS,
    *MEMBERSHIPS,
    *COSTS_AND_ASSUMPTIONS,
    *RULES,
]
