"""Edits: valid before they are written, whole whatever happens, and nobody is overwritten."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from pipeline.errors import InvalidData, ProvenanceError, StorageError
from pipeline.reference import editing
from pipeline.reference.editing import edit
from pipeline.reference.files import COSTS, MEMBERSHIPS, Row
from pipeline.reference.tables import load_reference
from schemas.records import Reference
from tests.conftest import REPOSITORY, Klynge
from tests.processes import contents

pytestmark = pytest.mark.slow

NAMES = ("--name-da", "½ årsværk", "--name-en", "Half a post")
BY = ("--source", "rm-klynger")
COST = ("add-cost", "post", "viborg", "370000", *NAMES, "--from", "2023K1", *BY)


def test_a_cost_is_added_in_its_place(klynge: Klynge, data_dir: Path) -> None:
    """One row more, between those of its neighbours, in force as long as its cluster."""
    before = (data_dir / "reference" / COSTS).read_text("utf-8").splitlines()
    ended = klynge(*COST)
    assert (ended.exit_code, ended.err) == (0, "")
    after = (data_dir / "reference" / COSTS).read_text("utf-8").splitlines()
    row = "post,½ årsværk,Half a post,viborg,370000,year,,2023K1,2026K4,rm-klynger,"
    assert [line for line in after if line != row] == before
    assert after.index(row) == 1  # viborg stands before amager-hvidovre in clusters.csv
    assert ended.out == f"+ {row}\nWritten: {data_dir / 'reference' / COSTS}\n"
    assert klynge("check").exit_code == 0


def test_a_fund_reaches_all_clusters(klynge: Klynge, data_dir: Path) -> None:
    """A cost of all clusters ends with them; the councils that follow have no last quarter."""
    fund = ("add-cost", "pulje", "sundhedsraad:*", "1", *NAMES, "--from", "2027K1", *BY)
    assert klynge(*fund).exit_code == 0
    cost = next(row for row in load_reference(data_dir).costs if row.cost_id == "pulje")
    assert (cost.structure, cost.period.last) == ("sundhedsraad", None)


def test_a_membership_ends_and_another_begins(klynge: Klynge, data_dir: Path) -> None:
    """A municipality moves from one cluster to another, by names; the gap between is said."""
    ended = klynge("end-membership", "Køge", "Greve", "--last", "2023K4")
    assert (ended.exit_code, ended.err) == (0, "")
    assert ended.out.splitlines()[2:-1] == [
        "Finding, 2024K1 to 2026K4: Greve (253) counts nowhere (sundhedsklynge)."
    ]
    again = klynge("end-membership", "Køge", "Greve", "--last", "2023K4").out
    assert again == f"Unchanged: {data_dir / 'reference' / MEMBERSHIPS}\n"
    half = ("--from", "2024K1", "--fraction", "1/2", "--source", "klynge-midt")
    assert "missing: 1/2" in klynge("add-membership", "amager-hvidovre", "Greve", *half).out
    assert klynge("add-membership", "herlev-gentofte", "253", *half).exit_code == 0
    rows = [row for row in load_reference(data_dir).memberships if row.municipality_code == "253"]
    in_force = {
        row.cluster_id: (str(row.period.first), str(row.period.last), str(row.fraction))
        for row in rows
    }
    assert in_force["koege"] == ("2022K1", "2023K4", "1")
    assert in_force["amager-hvidovre"] == ("2024K1", "2026K4", "1/2")
    assert in_force["herlev-gentofte"] == ("2024K1", "2026K4", "1/2")


def test_districts_can_be_moved(klynge: Klynge, data_dir: Path) -> None:
    """A part of København is added by its districts, once they are free."""
    assert klynge("end-membership", "Byen", "København", "--last", "2025K4").exit_code == 0
    ended = klynge(
        "add-membership", "bispebjerg-frederiksberg", "København", "--from", "2026K1",
        "--districts", "1001 1002 1003 1006 1007 1008 1099", "--source", "klynge-byen",
    )  # fmt: skip
    assert (ended.exit_code, ended.err) == (0, "")
    assert "Finding" not in ended.out


def test_a_year_of_edits_by_commands_alone(klynge: Klynge) -> None:
    """A new source, amount, cost and half member, and an ended cost: `compare` shows each."""

    def total(cluster: str, before: str = "2022K1", after: str = "2023K1") -> dict[str, int]:
        ended = klynge("compare", before, after, "--cluster", cluster, "--format=json")
        assert ended.exit_code == 0, ended.err
        rows = json.loads(ended.out)["rows"]
        return {row["name"]: row["change_dkk"] for row in rows if row["cost_id"]}

    def edit(*arguments: str) -> None:
        assert klynge(*arguments).exit_code == 0

    source = ("--source", "notat-2023")
    edit("add-source", "notat-2023", "--title", "Memo of 2023", "--title-da", "Notat fra 2023")
    edit("change-cost", "½ årsværk", "--amount", "381100", "--from", "2023K1", *source)
    assert sum(total("amager-hvidovre").values()) == 11_100
    edit("add-cost", "kvartal", "koege", "1000", *NAMES, "--from", "2023K1", "--per", "quarter",
         *source)  # fmt: skip
    assert sum(total("koege").values()) == 1_000
    edit("end-membership", "koege", "Greve", "--last", "2022K4")
    edit("add-membership", "amager-hvidovre", "Greve", "--from", "2023K1", "--fraction", "1/2",
         *source)  # fmt: skip
    half = total("amager-hvidovre")["Greve"]
    assert half > 0
    edit("end-cost", "kvar", "--last", "2023K1")
    assert sum(total("koege", "2023K1", "2024K1").values()) == -1_000


@pytest.mark.parametrize(
    ("arguments", "exit_code", "message"),
    [
        (("add-cost", "Post", *COST[2:]), 20, "must be lower-case letters"),
        ((*COST[:3], "370.000", *COST[4:]), 20, "must be whole kroner"),
        ((*COST[:3], "-5", *COST[4:]), 2, ""),
        ((*COST[:-1], "nobody"), 2, "klynge add-source nobody --title TEXT"),
        ((*COST[:4], "--name-da", "", *COST[6:]), 20, "must not be blank"),
        ((*COST, "--to", "2022K4"), 20, "must not lie before first_quarter"),
        ((*COST[:2], "Syd", *COST[3:]), 2, "fits 2 of the cluster names"),
        ((*COST[:2], "sundhedsklynge", *COST[3:]), 2, "No cluster is called"),
        (("add-cost", "halvt-aarsvaerk", "amager-hvidovre", *COST[3:]), 2,
         "klynge change-cost halvt-aarsvaerk --amount 370000 --from 2023K1"),
        (("change-cost", "halvt-aarsvaerk", "--amount", "1,5", "--from", "2023K1"), 20,
         "must be whole kroner"),
        (("change-cost", "halvt-aarsvaerk", "--amount", "1", "--from", "2027K1"), 2,
         "No cost in 2027K1 is called"),
        (("end-cost", "halvt-aarsverk", "--last", "2023K4"), 2, "Did you mean"),
        (("add-source", "rm-klynger", "--title", "Again"), 20, "must not stand twice"),
        (("add-membership", "viborg", "Skive", "--from", "2023K1", "--source", "rm-klynger"), 2,
         "klynge end-membership viborg 779 --last 2022K4"),
        (("add-membership", "viborg", "Herning", "--from", "2023K1", "--source", "rm-klynger"), 40,
         "Herning (657) counts 2 times"),
        (("add-membership", "viborg", "Herning", "--from", "2023K1", "--source", "rm-klynger"), 40,
         "klynge end-membership CLUSTER 657 --last QUARTER"),
        (("add-membership", "viborg", "Ærø", "--from", "2023K1", "--to", "2027K1", "--source",
          "rm-klynger"), 20, "within the quarters of its cluster"),
        (("end-membership", "bornholm", "Bornholm", "--last", "2024K4"), 40,
         "no municipality belongs to bornholm"),
        (("end-membership", "viborg", "Herning", "--last", "2024K4"), 2, "does not belong to"),
        (("add-membership", "viborg", "Greve", "--from", "2023K1", "--fraction", "1/2",
          "--districts", "1004", *BY), 2, "choose one of --fraction and --districts"),
        (("end-membership", "viborg", "Skive", "--last", "2028K1"), 2, "No cluster is called"),
    ],
)  # fmt: skip
def test_an_invalid_edit_writes_nothing(
    klynge: Klynge, data_dir: Path, arguments: tuple[str, ...], exit_code: int, message: str
) -> None:
    """What would break a rule is refused with the rule, and every file stays byte for byte."""
    before = contents(data_dir)
    ended = klynge(*arguments)
    assert ended.exit_code == exit_code
    assert message in ended.err
    assert contents(data_dir) == before


def test_what_contradicts_is_mended_by_the_command_that_is_told(
    klynge: Klynge, data_dir: Path
) -> None:
    """A cost that outlives its clusters and a member twice end by the edits that `check` names."""
    costs = data_dir / "reference" / COSTS
    costs.write_text(costs.read_text("utf-8").replace("2026K4,memo", "2028K4,memo"), "utf-8")
    assert "klynge end-cost halvt-aarsvaerk --last QUARTER" in klynge("check").out
    ended = klynge("end-cost", "halvt-aarsvaerk", "--last", "2026K4")
    assert (ended.exit_code, ended.err) == (0, "")
    with (data_dir / "reference" / MEMBERSHIPS).open("a", encoding="utf-8") as file:
        file.write("amager-hvidovre,253,whole,,,2024K1,2026K4,klynge-midt\n")
    assert klynge("check").exit_code == 40
    assert klynge("end-membership", "koege", "Greve", "--last", "2023K4").exit_code == 0
    assert klynge("check").exit_code == 0


def test_a_cost_that_is_not_written_is_not_to_be_ended(klynge: Klynge) -> None:
    """A new cost that would outlive its cluster is refused without a command that ends it."""
    ended = klynge(*COST, "--to", "2028K1")
    assert ended.exit_code == 40
    assert "there is no cluster to carry" in ended.err
    assert "end-cost" not in ended.err


def test_the_same_amount_is_no_change(klynge: Klynge, data_dir: Path) -> None:
    """A cost that is given the amount it has stays one row."""
    before = contents(data_dir)
    ended = klynge("change-cost", "halvt-aarsvaerk", "--amount", "370000", "--from", "2023K1")
    assert (ended.exit_code, ended.out[:9]) == (0, "Unchanged")
    assert contents(data_dir) == before


def test_a_cost_of_two_scopes_is_changed_where_it_is_said(klynge: Klynge) -> None:
    """Where two clusters have a cost of one id, an edit names the option that tells them apart."""
    assert klynge("add-cost", "halvt-aarsvaerk", *COST[2:]).exit_code == 0
    change = ("change-cost", "halvt-aarsvaerk", "--amount", "1", "--from", "2024K1")
    refused = klynge(*change)
    assert refused.exit_code == 2
    assert "a cost of viborg and of amager-hvidovre" in refused.err
    assert "--scope viborg" in refused.err
    assert klynge(*change, "--scope", "viborg").out.count(",viborg,1,") == 1


def test_broken_files_are_not_edited(klynge: Klynge, data_dir: Path) -> None:
    """Where the files were invalid before, that is said, and the edit is not tried."""
    path = data_dir / "reference" / MEMBERSHIPS
    path.write_text(path.read_text("utf-8").replace(",1/2,", ",5/4,"), "utf-8")
    before = contents(data_dir)
    ended = klynge(*COST)
    assert ended.exit_code == 20
    assert "with this edit" not in ended.err
    assert contents(data_dir) == before


def test_a_file_saved_meanwhile_is_not_overwritten(data_dir: Path) -> None:
    """Somebody saves the file in an editor while an edit runs: theirs stays, and it is said."""
    path = data_dir / "reference" / COSTS
    theirs = path.read_bytes().replace(b",370000,", b",380000,")

    def meanwhile(reference: Reference, rows: list[Row]) -> list[Row]:
        path.write_bytes(theirs)
        return [{**row, "amount_dkk": "1"} for row in rows]

    with pytest.raises(ProvenanceError, match="changed by somebody else meanwhile"):
        edit(data_dir, COSTS, meanwhile)
    assert path.read_bytes() == theirs
    assert [name for name in contents(path.parent) if name.endswith(".tmp")] == []


def test_a_file_deleted_meanwhile_stays_so(data_dir: Path) -> None:
    """A file that somebody removes while an edit runs does not come back."""
    path = data_dir / "reference" / COSTS

    def meanwhile(reference: Reference, rows: list[Row]) -> list[Row]:
        path.unlink()
        return [{**row, "amount_dkk": "1"} for row in rows]

    with pytest.raises(ProvenanceError):
        edit(data_dir, COSTS, meanwhile)
    assert not path.exists()


def test_a_file_saved_meanwhile_is_said_where_an_edit_changes_nothing(data_dir: Path) -> None:
    """`Unchanged` is said only of the file that was read."""
    path = data_dir / "reference" / COSTS

    def meanwhile(reference: Reference, rows: list[Row]) -> list[Row]:
        path.write_bytes(path.read_bytes().replace(b",370000,", b",380000,"))
        return rows

    with pytest.raises(ProvenanceError, match="changed by somebody else meanwhile"):
        edit(data_dir, COSTS, meanwhile)


def test_a_lock_that_is_held_is_said(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An edit that waits too long for another one gives up, and says what it waited for."""
    monkeypatch.setattr(editing, "LOCK_TIMEOUT_SECONDS", 0.0)
    with FileLock(data_dir / "reference" / editing.LOCK), pytest.raises(StorageError, match="held"):
        editing.fix_format(data_dir)
    with FileLock(data_dir / "reference" / editing.LOCK), pytest.raises(StorageError, match="held"):
        edit(data_dir, COSTS, lambda reference, rows: rows)


def test_a_folder_without_tables_stays_as_it_is(tmp_path: Path) -> None:
    """No lock is left where somebody named the wrong folder."""
    (tmp_path / "reference").mkdir()
    with pytest.raises(InvalidData, match=r"clusters\.csv does not exist"):
        edit(tmp_path, COSTS, lambda _, rows: rows)
    assert not list((tmp_path / "reference").iterdir())


def test_edits_at_once_are_all_kept(data_dir: Path) -> None:
    """Four processes add a cost each at the same time: one waits for the other, none is lost."""
    command = (
        "from flows.cli import main; from pipeline.reference import editing; "
        "editing.LOCK_TIMEOUT_SECONDS = 300; main()"  # a busy machine is no fault of an edit
    )
    adding = [
        subprocess.Popen(
            [sys.executable, "-c", command, "add-cost", f"post-{number}", *COST[2:],
             "--data-dir", str(data_dir)],
            cwd=REPOSITORY, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )
        for number in range(4)
    ]  # fmt: skip
    failed = [process.communicate(timeout=300)[1] for process in adding]
    assert failed == [b"", b"", b"", b""]
    kept = {cost.cost_id for cost in load_reference(data_dir).costs}
    assert {f"post-{number}" for number in range(4)} <= kept
