"""What a revision recorded gives the same inputs again, and so the same kroner."""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.calculation.calculate import Calculation, Figures, Inputs, Parameters, calculate
from pipeline.errors import ProvenanceError
from pipeline.revisions.recorded import (
    check_recorded,
    read_inputs,
    recorded_inputs,
    recorded_reference,
    recorded_tables,
    tables_before,
)
from pipeline.run import gather, replay
from pipeline.settings import Settings
from pipeline.snapshots.acquisition import Acquisition
from schemas.quarter import Period, Quarter
from schemas.records import (
    Area,
    AreaKind,
    Basis,
    Cluster,
    Cost,
    District,
    Membership,
    Per,
    Reference,
)
from schemas.report_name import ReportName
from schemas.rows import TABLES, columns, from_row, to_row
from schemas.sharing import Assumption, Source, Structure
from tests.analysis.keys import PLAIN, add_keys
from tests.analysis.quarters import add_quarter
from tests.conftest import REPOSITORY, Klynge

NOW = Period(Quarter(2022, 1), Quarter(2022, 1))
ids = st.integers(1, 999).map("id-{}".format)
three, four = (st.integers(low, 10 * low - 1).map(str) for low in (100, 1000))
texts = st.sampled_from(["", "Høje-Taastrup", '½ "årsværk", a;b', "=1+1", " x ", "to\nlinjer"])
areas = st.builds(Area, three, texts, st.sampled_from(AreaKind), ids, st.just(NOW))
districts = st.builds(District, four, texts, ids, st.just(NOW))
clusters = st.builds(Cluster, ids, texts, texts, texts, texts, st.just(NOW))
memberships = st.builds(
    Membership,
    ids,
    three,
    st.sampled_from(Basis),
    st.fractions(Fraction(1, 999), 1, max_denominator=999),
    st.lists(four, max_size=3).map(tuple),
    st.just(NOW),
    ids,
)
costs = st.builds(
    Cost,
    ids,
    texts,
    texts,
    ids,
    st.integers(0, 10**15),
    st.sampled_from(Per),
    st.sampled_from(["", "K1"]),
    st.just(NOW),
    ids,
)
structures = st.builds(Structure, ids, *[texts] * 10)
sources = st.builds(Source, ids, texts, texts, st.sampled_from(["high", "low"]), texts)
assumptions = st.builds(
    Assumption, st.integers(1, 999), texts, texts, st.lists(ids, max_size=3).map(tuple)
)


def unique(records: st.SearchStrategy, *key: str) -> st.SearchStrategy:
    """Return lists of records of which no two have the same key."""
    return st.lists(
        records, max_size=4, unique_by=lambda row: tuple(getattr(row, name) for name in key)
    )


references = st.builds(
    Reference,
    unique(areas, "code").map(tuple),
    unique(districts, "code").map(tuple),
    unique(clusters, "cluster_id").map(tuple),
    unique(memberships, "cluster_id", "municipality_code").map(tuple),
    unique(costs, "cost_id", "scope").map(tuple),
    unique(sources, "source_id").map(lambda rows: {row.source_id: row for row in rows}),
    unique(assumptions, "number").map(tuple),
    unique(structures, "structure").map(lambda rows: {row.structure: row for row in rows}),
)


@pytest.fixture(scope="session")
def areas_of_2022() -> Figures:
    """The bundled figures that an inputs must have."""
    reader = Acquisition.offline(Settings(REPOSITORY / "data", Path("nowhere"))).reader
    (snapshot,) = reader.store.all("FOLK1A", NOW.first)
    return reader.read(snapshot)


@given(references, references)
def test_every_table_comes_back_as_it_was_recorded(
    areas_of_2022: Figures, reference: Reference, before: Reference
) -> None:
    """Through JSON and back, every column of every record in force is what it was, in the report
    and in the one before that it is compared with."""
    report = ReportName(NOW.first)
    earlier, now = (
        Inputs(Parameters(report), rows, (areas_of_2022,), (), (), {})
        for rows in (before, reference)
    )
    recorded = json.loads(json.dumps(recorded_inputs(replace(now, before=earlier))))
    assert recorded_reference(recorded, report) == reference
    assert recorded["before"]["run"]["quarter"] == str(report.quarter)
    assert recorded_reference(tables_before(recorded), report) == before
    assert {f"before {name}" for name in recorded_inputs(now)} < set(recorded)


@pytest.mark.parametrize("name", TABLES)
def test_the_columns_of_a_file_are_the_fields_of_its_record(name: str) -> None:
    """The bundled file has the columns that its record declares, and rows if any are known."""
    path = REPOSITORY / "data" / "reference" / f"{name}.csv"
    header, *rows = [line.split(",") for line in path.read_text("utf-8").splitlines()]
    assert tuple(header) == columns(TABLES[name])
    assert rows or name in ("accounts", "keys")  # empty until somebody fills them


@given(memberships, st.sampled_from([None, Quarter(2026, 4)]))
def test_a_row_is_its_record(membership: Membership, last: Quarter | None) -> None:
    """A record becomes a row and the same record again, its period in two columns."""
    record = replace(membership, period=Period(Quarter(2022, 1), last))
    assert from_row(Membership, to_row(record)) == record


@pytest.mark.parametrize(
    "arguments",
    [
        ["2022K1"],
        ["2023K1", "--language", "en"],
        ["2019K1", "--rules", "2022K1"],
        ["2022K2", "--estimate-districts", "--offline"],
    ],
    ids=" ".join,
)
def test_a_revision_replays_to_equal_inputs(
    klynge: Klynge, data_dir: Path, reports_dir: Path, arguments: list[str]
) -> None:
    """Rules, figures, history and the report before, a key on another day: equal to what was
    gathered."""
    add_keys(data_dir, {"aaret": {**PLAIN, "population_of": "year_before"}}, {"aaret": "viborg"})
    add_quarter(data_dir, Quarter(2022, 2))
    for path in (data_dir / "snapshots" / "KKBEF1" / "2022K2").iterdir():
        path.unlink()
    (data_dir / "snapshots" / "KKBEF1" / "2022K2").rmdir()
    ended = klynge("run", *arguments, "--quiet")
    assert ended.exit_code == 0, ended.err
    (folder,) = reports_dir.iterdir()
    name = ReportName.parse(folder.name)
    estimated = "--estimate-districts" in arguments
    gathered = gather(
        Parameters(name, estimated), Acquisition.offline(Settings(data_dir, reports_dir))
    )
    replayed = replay(ReportName.parse(f"{folder.name}:r1"), data_dir, reports_dir)
    assert replayed == gathered
    assert (gathered.before is None) is (arguments == ["2022K1"])
    assert calculate(replayed) == calculate(gathered)


@pytest.mark.parametrize("table", ["clusters", "areas", "districts", "sources"])
def test_a_record_whose_rows_name_nothing_is_refused(
    bundled: dict[str, Calculation], table: str
) -> None:
    """A membership of a cluster, place or source that was not recorded stops the replay."""
    recorded = recorded_tables(bundled["2022K1"].result.rules)
    check_recorded(recorded)
    (lost,) = {"clusters": ["koege"], "areas": ["253"], "districts": ["1004"]}.get(
        table, [next(iter(recorded["memberships"].values()))["source_id"]]
    )
    without = {key: row for key, row in recorded[table].items() if key != lost}
    with pytest.raises(ValueError, match="names what is not there"):
        check_recorded({**recorded, table: without})


@pytest.mark.parametrize(("amount_dkk", "sound"), [(0, True), (1, True), (-1, False)])
def test_a_recorded_amount_is_no_debt(
    bundled: dict[str, Calculation], amount_dkk: int, sound: bool
) -> None:
    """Nothing is an amount, and less than nothing is none."""
    recorded = recorded_tables(bundled["2022K1"].result.rules)
    costs = {key: {**row, "amount_dkk": amount_dkk} for key, row in recorded["costs"].items()}
    with nullcontext() if sound else pytest.raises(ValueError, match="negative"):
        check_recorded({**recorded, "costs": costs})


def test_the_tables_of_the_report_before_are_told_from_its_own() -> None:
    """By the first word of their names, which they have not in the report before."""
    rows = {"1": {"name": "a"}}
    assert tables_before({"areas": {}, "before": {}, "before areas": rows}) == {"areas": rows}


@pytest.mark.parametrize("row", [{"name": None}, {"name": 1.5}, {"population": "41382"}], ids=str)
def test_a_record_holds_texts_and_whole_numbers(tmp_path: Path, row: dict[str, object]) -> None:
    """And populations that are numbers: anything else is refused where it is read."""
    (tmp_path / "inputs.json").write_text(json.dumps({"FOLK1A": {"101": row}}), "utf-8")
    with pytest.raises(ProvenanceError, match="neither text nor a whole number"):
        read_inputs(tmp_path)
