"""A run of the quarterly flow ends in a state that says what happened."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from schemas.records import Language
from tests.analysis.keys import KINDS, add_keys
from tests.flows.conftest import EndedRun, Run
from tests.prefect_site import Site
from tests.statbank_emulator import StatBankEmulator, faults

QUARTER = "2022K1"
NOT_HELD = "2022K2"
REQUESTS_A_TRY = 2
"""What the client itself makes of its short budget before the flow has to wait."""


def outcome(run: EndedRun) -> tuple[str, str]:
    return run.name, run.message


def test_written_then_unchanged(quarterly: Run) -> None:
    """A first run says that r1 is written, a second that nothing changed."""
    assert outcome(quarterly(quarter=QUARTER)) == ("Completed", "written r1")
    assert outcome(quarterly(quarter="2022q1")) == ("Completed", "unchanged (r1)")


def test_arguments_are_used(environment: Site, reports_dir: Path) -> None:
    """Called as the plain function that it is, the flow does what its arguments say."""
    from flows.quarterly import quarterly

    state = quarterly.fn(quarter=QUARTER, language=Language.ENGLISH, rules="2023K1")
    assert state.message == "written r1"
    assert [path.name for path in reports_dir.iterdir()] == ["2022K1-rules-2023K1-en"]


def test_summary_table_and_links(quarterly: Run, environment: Site) -> None:
    """A run shows the memo's figures as markdown and as a table, and links to the workbook."""
    run = quarterly(quarter=QUARTER)
    shown = environment.artifacts(run.id)
    assert set(shown) == {"fordeling", "fordeling-amager-hvidovre", "fordeling-workbook"}
    assert "| København | 287.181 | 48,0 % | 177.678 |" in str(shown["fordeling"].data)
    rows = json.loads(str(shown["fordeling-amager-hvidovre"].data))
    koebenhavn = next(row for row in rows if row["Kommune"] == "København")
    assert koebenhavn["½ årsværk, pr. år"] == "177.678"
    assert "r1/fordeling-2022K1.xlsx" in str(shown["fordeling-workbook"].data)
    assert environment.read(run.id).name == f"fordeling-{QUARTER}"


def test_names_mean_nothing_in_an_artifact(
    quarterly: Run, environment: Site, data_dir: Path
) -> None:
    """A name with a link, a tag and a bar stays a name in the summary, a cell and a title; two
    costs of one name are two columns, and a share by a key is none of the population."""
    add_keys(data_dir, {"loft": KINDS["loft"]}, {"loft": "amager-hvidovre"})
    for table, old in (("areas", "Rødovre"), ("clusters", "Sundhedsklynge Syd")):
        path = data_dir / "reference" / f"{table}.csv"
        name = f"{old} [her](http://x.example) <i>|`"
        path.write_text(path.read_text("utf-8").replace(old, name), "utf-8")
    costs = data_dir / "reference" / "costs.csv"
    first = next(row for row in costs.read_text("utf-8").splitlines() if row.startswith("halvt"))
    with costs.open("a", encoding="utf-8") as file:
        file.write(first.replace("halvt-aarsvaerk", "endnu-et").replace("370000", "1000") + "\n")
    run = quarterly(quarter=QUARTER)
    shown = environment.artifacts(run.id)
    members = shown["fordeling-amager-hvidovre"]
    written = r"\[her\](http://x.example) &lt;i&gt;\|\`"
    assert f"| Rødovre {written} |" in str(shown["fordeling"].data)
    rows = json.loads(str(members.data))
    assert f"Rødovre {written}" in {row["Kommune"] for row in rows}
    kroner = [int(cell.replace(".", "")) for row in rows for cell in list(row.values())[3:]]
    assert sum(kroner) == 370_000 + 1_000
    (by_key,) = (shown[key] for key in shown if key.endswith("-loft"))
    assert "Andel" in json.loads(str(by_key.data))[0]
    assert f"Sundhedsklynge Syd {written}" in str(members.description)
    assert not any("[her](" in str(artifact) for artifact in shown.values())


def test_summary_in_english(quarterly: Run, environment: Site) -> None:
    """The summary comes in the language that was asked for, the reason included."""
    run = quarterly(quarter=QUARTER, language="en")
    summary = str(environment.artifacts(run.id)["fordeling"].data)
    assert "# Allocation 2022K1-en: revision r1 was written" in summary
    assert "First revision." in summary
    assert "| København | 287,181 | 48.0% | 177,678 |" in summary


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (datetime(2023, 2, 9, 15, 15, tzinfo=UTC), ("Completed", "awaiting")),
        (datetime(2023, 2, 10, 7, 15, tzinfo=UTC), ("Overdue", "overdue:")),
    ],
    ids=["three working days after the first was expected", "the next morning"],
)
def test_unpublished_quarter_is_awaited(
    quarterly: Run, statbank: StatBankEmulator, at: datetime, expected: tuple[str, str]
) -> None:
    """A quarter that is not out yet completes the run with the day on which it is expected; once
    it is overdue the run is red.
    """
    statbank.withhold("FOLK1A", "2023K1")
    statbank.withhold("KKBEF1", "2023K1")
    name, said = expected
    assert outcome(quarterly(at, quarter="2023K1", refresh=True)) == (
        name,
        f"{said} Danmarks Statistik: FOLK1A 2023K1 expected 11 February 2023; "
        "Københavns Kommune: KKBEF1 2023K1 expected 6 February 2023",
    )


def test_quarter_that_never_comes_fails(quarterly: Run) -> None:
    """A quarter before the first of a table is a mistake, not a wait."""
    assert outcome(quarterly(quarter="1999K1")) == (
        "Failed",
        "FOLK1A starts with 2016K1; it has no 1999K1.",
    )


def test_broken_rule_fails_at_once(quarterly: Run, environment: Site, data_dir: Path) -> None:
    """A broken rule fails with the reason in a line, and shows it in full with the hint."""
    costs = data_dir / "reference" / "costs.csv"
    costs.write_text(costs.read_text(encoding="utf-8").replace("370000", "3700,5"))
    run = quarterly(quarter=QUARTER)
    assert run.name == "Failed"
    assert "costs.csv" in run.message
    shown = str(environment.artifacts(run.id)["fordeling-failure"].data)
    assert "costs.csv" in shown
    assert "run the command again" in shown


def test_rejected_query_is_not_repeated(quarterly: Run, statbank: StatBankEmulator) -> None:
    """What the StatBank refuses it refuses tomorrow too: one request, then Failed."""
    statbank.fail(faults.status(404, b"gone"), times=None)
    run = quarterly(quarter=NOT_HELD)
    assert run.name == "Failed"
    assert "status 404" in run.message
    assert statbank.count("data", "FOLK1A") == 1


def test_statbank_back_after_retries(
    quarterly: Run, environment: Site, statbank: StatBankEmulator
) -> None:
    """The StatBank away for the first two tries and back at the third: the report is written, and
    only the fetch was tried again.
    """
    statbank.fail(faults.unavailable(), times=2 * REQUESTS_A_TRY, function="any")
    run = quarterly(quarter=NOT_HELD)
    assert outcome(run) == ("Completed", "written r1")
    assert statbank.count("tableinfo") == 2 * REQUESTS_A_TRY + 2
    assert environment.read(run.id).run_count == 1


def test_statbank_away_for_good(
    quarterly: Run, environment: Site, statbank: StatBankEmulator
) -> None:
    """Away for all four tries: Failed with the reason, the artifact, and no report."""
    statbank.fail(faults.unavailable(), times=None, function="any")
    run = quarterly(quarter=NOT_HELD)
    assert run.name == "Failed"
    assert "The StatBank did not answer" in run.message
    assert len(statbank.log) == 4 * REQUESTS_A_TRY
    shown = environment.artifacts(run.id)
    assert "The newest quarter stored is 2026K1" in str(shown["fordeling-failure"].data)


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ({"quarter": "2022-01"}, "quarter"),
        ({"quarter": "2022K5"}, "quarter"),
        ({"language": "de"}, "language"),
        ({"accept_jumps": ["Aarhus"]}, "accept_jumps"),
    ],
)
def test_nonsense_is_refused(quarterly: Run, parameters: dict[str, object], named: str) -> None:
    """A parameter that makes no sense is refused by its name, before anything runs."""
    run = quarterly(**parameters)
    assert run.name == "Failed"
    assert f"received invalid parameters:\n - {named}" in run.message


def test_what_contradicts_is_refused_in_a_form_too(quarterly: Run, backfill: Run) -> None:
    """Stored snapshots only, and asking for what is stored: one of them would be passed over."""
    said = "Offline asks nobody and refresh asks again: they contradict each other."
    run = quarterly(quarter="2022K1", offline=True, refresh=True)
    assert (run.name, run.message) == ("Failed", said)
    run = backfill(from_quarter="2022K1", to_quarter="2022K1", offline=True, refresh=True)
    assert (run.name, run.message) == ("Failed", said)


@pytest.mark.page
def test_the_change_of_structure_is_lived_through(
    quarterly: Run, environment: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """2026K4, 2027K1 and 2027K2 are delivered; what has nothing to allocate says so each time."""
    delivered = tmp_path / "delivered"
    delivered.mkdir()
    monkeypatch.setenv("KLYNGE_DELIVERY_FOLDER", str(delivered))
    runs = {}
    with StatBankEmulator("2026K1", "2027K2") as bank:
        monkeypatch.setenv("KLYNGE_STATBANK_URL", bank.url)
        for quarter in ("2026K4", "2027K1", "2027K2"):
            runs[quarter] = quarterly(quarter=quarter)
        assert bank.count("data", "KKBEF1") == 1
    assert {quarter: outcome(run) for quarter, run in runs.items()} == {
        "2026K4": ("Completed", "written r1"),
        "2027K1": ("Completed", "written r1, no costs entered"),
        "2027K2": ("Completed", "written r1, no costs entered"),
    }
    pages = {
        quarter: (delivered / quarter / "r1" / f"fordeling-{quarter}.html").read_text("utf-8")
        for quarter in runs
    }
    assert "er afregnet efter folketallet i 2026K1" in pages["2026K4"]
    assert "Alle beløb er fordelt fuldt ud i hele kroner." in pages["2026K4"]
    for quarter in ("2027K1", "2027K2"):
        said = f"Ingen udgifter er angivet for {quarter}; den seneste gjaldt til 2026K4."
        assert said in pages[quarter]
        shown = str(environment.artifacts(runs[quarter].id)["fordeling"].data)
        assert said in shown
        assert "klynge" not in shown.lower()
        assert "Fordeling af fælles udgifter i sundhedsråd" in pages[quarter]
        assert "Alle beløb er fordelt" not in pages[quarter]
