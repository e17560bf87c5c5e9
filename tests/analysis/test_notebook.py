"""The door for notebooks: few functions, typed and documented, exact, and cheap to stand before."""

from __future__ import annotations

import dataclasses
import doctest
import inspect
import io
import json
import subprocess
import sys
import typing
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest

import pipeline
from pipeline.errors import AllocationError, UsageError
from tests.analysis import notebook
from tests.conftest import REPOSITORY


@pytest.mark.parametrize(("page", "examples"), [("README.md", 3), ("docs/analysts.md", 9)])
def test_the_example_in_the_documentation_runs(
    page: str, examples: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The Python example gives what the page says, to the digit."""
    monkeypatch.chdir(REPOSITORY)
    path = str(REPOSITORY / page)
    failed, tried = doctest.testfile(path, module_relative=False, encoding="utf-8")
    assert (failed, tried) == (0, examples)


def test_the_example_notebook_is_real(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run cell by cell it shows what stands in it; update: python -m tests.analysis.notebook."""
    monkeypatch.chdir(notebook.PATH.parent)
    stored = json.loads(notebook.PATH.read_text(encoding="utf-8"))
    current, names = notebook.executed(stored)
    assert current == stored
    syd, counted = names["syd"], names["counted"]
    kinds = {"counted_population": "float64", "share": "float64", "amount_dkk": "Int64"}
    assert {column: str(syd[column].dtype) for column in kinds} == kinds
    assert (syd["amount_dkk"].sum(), syd["amount_dkk"]["Rødovre"]) == (370_000, 12_801)
    assert {type(people) for people in counted["counted_population"]} == {Fraction}


def test_results_show_themselves(data_dir: Path) -> None:
    """A run is a line in a shell and the memo's tables in a notebook; a share is one drawing."""
    run = pipeline.run_quarter("2022K1", data_dir=data_dir)
    assert repr(run) == "<2022K1: 22 clusters, 3 costs>"
    assert len(repr(pipeline.load_population("2022K1", data_dir))) < 100
    (table,) = pd.read_html(io.StringIO(run._repr_html_()), index_col=0, thousands=".")
    assert table.loc["½ årsværk (370.000 kr.)"].astype(int).sum() == 370_000
    assert (
        pipeline.run_quarter("2023K1", "2027K1", data_dir)._repr_html_().startswith("<p>&lt;2023K1")
    )
    for drawing in (run.plot("amager-hvidovre", "Rødovre"), run.plot("Midtklyngen")):
        points = ElementTree.fromstring(drawing._repr_svg_()).findall(".//{*}circle")
        assert len(points) == 7
        assert len(repr(drawing)) < 100
    with pytest.raises(UsageError, match=r"No member of .*Syd .* is called 'Skive'"):
        run.plot("amager-hvidovre", "Skive")


def test_importing_the_package_imports_no_pandas() -> None:
    """`import pipeline` stays cheap; pandas comes with the first function."""
    code = "import sys, pipeline; print('pandas' in sys.modules); pipeline.allocate; " \
        "print('pandas' in sys.modules)"  # fmt: skip
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert ended.stdout.split() == ["False", "True"]


@pytest.mark.parametrize("name", pipeline.__all__)
def test_each_function_is_typed_and_documented(name: str) -> None:
    """Every function says what it takes, in which unit, what it gives and what it raises."""
    function = getattr(pipeline, name)
    hints = typing.get_type_hints(function, {**vars(inspect.getmodule(function))})
    assert set(hints) == {*inspect.signature(function).parameters, "return"}
    assert "Raises:" in function.__doc__


def test_other_names_are_missing_as_ever() -> None:
    """A name that is not there raises what Python's own modules raise."""
    with pytest.raises(AttributeError, match="has no attribute 'alocate'"):
        pipeline.alocate  # noqa: B018


def test_values_are_frozen(data_dir: Path) -> None:
    """A population and a run cannot be changed by accident."""
    population = pipeline.load_population("2022K1", data_dir)
    with pytest.raises(dataclasses.FrozenInstanceError):
        population.quarter = population.quarter  # type: ignore[misc]
    run = pipeline.run_quarter("2022K1", data_dir=data_dir)
    with pytest.raises(dataclasses.FrozenInstanceError):
        run.result = run.result  # type: ignore[misc]


def test_numbers_are_numbers(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """People add up, an estimate is true or false, and what is exact stands beside; the folder may
    be that of the settings.
    """
    monkeypatch.setenv("KLYNGE_DATA_DIR", str(data_dir))
    run = pipeline.run_quarter("2022K1")
    syd = run.allocation.query("cost_id == 'halvt-aarsvaerk'")
    assert (syd["counted_population"].sum(), syd["amount_dkk"].sum()) == (598_032.0, 370_000)
    assert sum(syd["counted_population_exact"]) == Fraction(598_032)
    assert syd["share"].sum() == pytest.approx(1)
    assert not syd["estimated"].any()
    assert run.shared_funds["amount_dkk"].sum() == 80_000_000


def test_what_cannot_be_is_said(tmp_path: Path) -> None:
    """A missing folder is named, and an amount that is no whole number."""
    with pytest.raises(UsageError, match=r"There is no data folder .*nowhere"):
        pipeline.run_quarter("2022K1", data_dir=tmp_path / "nowhere")
    with pytest.raises(TypeError, match=r"370000\.5 is no whole number of kroner"):
        pipeline.allocate(370_000.5, {"101": 1})  # type: ignore[arg-type]
    assert {*pipeline.__all__} <= {*dir(pipeline)}


def test_the_door_gives_what_the_report_gives(data_dir: Path) -> None:
    """Counted by hand from the door's functions, the published table comes out to the krone."""
    population = pipeline.load_population("2022K1", data_dir)
    counted = pipeline.count_population(population, data_dir=data_dir)
    syd = counted[counted["cluster_id"] == "amager-hvidovre"].set_index("municipality_code")
    amounts = pipeline.allocate(370_000, syd["counted_population"])
    run = pipeline.run_quarter("2022K1", data_dir=data_dir).allocation
    reported = run[run["cost_id"] == "halvt-aarsvaerk"].set_index("municipality_code")
    pd.testing.assert_series_equal(
        amounts, reported["amount_dkk"].astype("int64"), check_names=False
    )
    assert amounts["101"] == 177_678
    assert sum(syd["share"]) == Fraction(1)


def test_rules_of_another_quarter_apply(data_dir: Path) -> None:
    """A population counts by the rules of any quarter, those of the councils too."""
    population = pipeline.load_population("2022K1", data_dir)
    councils = pipeline.count_population(population, rules="2027K1", data_dir=data_dir)
    assert councils["cluster_id"].nunique() == 17
    assert len(pipeline.run_quarter("2019K1", "2022K1", data_dir).shared_funds) == 44


def test_inexact_weights_are_refused() -> None:
    """A float is not exact and is refused; so is nothing to allocate by, and a negative amount."""
    with pytest.raises(TypeError, match="use int or"):
        pipeline.allocate(10, {"a": 0.5})  # type: ignore[dict-item]
    with pytest.raises(AllocationError):
        pipeline.allocate(10, {"a": 0})
    with pytest.raises(ValueError, match="negative"):
        pipeline.allocate(-1, {"a": 1})
    assert pipeline.allocate(10, {"a": Fraction(1, 2), "b": 1}).tolist() == [3, 7]


def test_no_weight_is_lost(data_dir: Path) -> None:
    """A municipality of two clusters has two weights, of which neither is dropped in silence."""
    population = pipeline.load_population("2022K1", data_dir)
    counted = pipeline.count_population(population, data_dir=data_dir)
    weights = counted.set_index("municipality_code")["counted_population"]
    with pytest.raises(ValueError, match="a code has several weights"):
        pipeline.allocate(370_000, weights)


def test_mistakes_are_said(data_dir: Path) -> None:
    """A quarter that is none, or is not stored, is named."""
    with pytest.raises(ValueError, match="is not a quarter"):
        pipeline.load_population("2022", data_dir)
    with pytest.raises(ValueError, match="'2022' is not a quarter; write it like 2022K1"):
        pipeline.run_quarter(2022, data_dir=data_dir)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="2024K2 is stored"):
        pipeline.load_population("2024K2", data_dir)
