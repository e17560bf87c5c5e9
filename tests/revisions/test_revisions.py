"""Same input, no new revision; changed input, a further one with its reason; never an overwrite."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from pipeline.files import json_bytes, record
from pipeline.revisions.store import Report, newest_revision, read_revision, sealed
from schemas.quarter import Quarter
from tests.analysis.quarters import add_quarter, replace_quarters
from tests.conftest import Klynge
from tests.processes import contents, environment, finish, start
from tests.reference.broken import recorded, replaced
from tests.report_of import calculation_of
from tests.revisions.changing import append, reverse_rows, revisions, set_amount


def modified(folder: Path) -> dict[str, int]:
    """Return when each file and folder below was last modified, in nanoseconds."""
    return {
        str(path): path.stat().st_mtime_ns for path in folder.rglob("*") if path.name != ".lock"
    }


def test_a_rerun_writes_nothing(klynge: Klynge, reports_dir: Path) -> None:
    """Unchanged input: the same manifest, not a file or folder touched, and it says so."""
    first = klynge("run", "2022K1", "--format=json")
    before, times = contents(reports_dir), modified(reports_dir / "2022K1" / "r1")
    assert klynge("run", "2022K1", "--format=json").out == first.out
    assert f"Unchanged: {reports_dir / '2022K1' / 'r1'}\n" in klynge("run", "2022K1").out
    assert contents(reports_dir) == before
    assert modified(reports_dir / "2022K1" / "r1") == times


def test_a_changed_amount_is_a_new_revision(
    written: Klynge, data_dir: Path, reports_dir: Path
) -> None:
    """The second revision names what changed, and the first stays byte for byte."""
    first = contents(reports_dir)
    set_amount(data_dir, 380_000)
    ended = written("run", "2022K1")
    reason = (
        "Cost “Half a full-time post, Sundhedsklynge Syd”: the amount (kr.) changed from 370,000 "
        "to 380,000."
    )
    assert f"Written: {reports_dir / '2022K1' / 'r2'}\nReason: {reason}\n" in ended.out
    assert read_revision(reports_dir / "2022K1" / "r2")["reason"] == reason
    now = contents(reports_dir)
    assert {name: file for name, file in now.items() if "/r1/" in name} == first
    assert revisions(reports_dir) == ["r1", "r2"]


def test_changing_back_is_a_third_revision(
    klynge: Klynge, data_dir: Path, reports_dir: Path
) -> None:
    """A revision compares with the newest only: the old amount again is a change again."""
    for amount in (370_000, 380_000, 370_000):
        set_amount(data_dir, amount)
        assert klynge("run", "2022K1").exit_code == 0
    assert revisions(reports_dir) == ["r1", "r2", "r3"]
    folder = reports_dir / "2022K1"
    csv = "fordeling-2022K1.csv"
    assert (folder / "r3" / csv).read_bytes() == (folder / "r1" / csv).read_bytes()


def test_revisions_count_beyond_nine(written: Klynge, data_dir: Path, reports_dir: Path) -> None:
    """The tenth comes after the ninth, not after the first, and the eleventh after it."""
    shutil.copytree(reports_dir / "2022K1" / "r1", reports_dir / "2022K1" / "r9")
    for amount in range(2):
        set_amount(data_dir, amount)
        assert written("run", "2022K1", "--quiet").exit_code == 0
    assert revisions(reports_dir) == ["r1", "r9", "r10", "r11"]


def test_a_corrected_figure_names_the_area(
    written: Klynge, data_dir: Path, reports_dir: Path
) -> None:
    """Another answer of the source is a revision whose reason gives both figures."""
    recorded(
        "KKBEF1",
        lambda text: replaced("2022K1;644425", "2022K1;644426")(
            replaced("2022K1;3840", "2022K1;3841")(text)
        ),
    )(data_dir)
    assert "Written" in written("run", "2022K1").out
    reason = read_revision(reports_dir / "2022K1" / "r2")["reason"]
    assert reason == (
        "KKBEF1: 1000 København i alt changed from 644,425 to 644,426 inhabitants (+1). "
        "KKBEF1: 1099 Uden for inddeling changed from 3,840 to 3,841 inhabitants (+1)."
    )


CHANGES: dict[str, tuple[Callable[[Path], None], str]] = {
    "cost added": (
        lambda data: append(
            data, "costs", "ny,Ny,New,bornholm,1,once,K1,2022K1,2022K1,kl-faelles-midler,"
        ),
        "Cost “New, Sundhedsklynge Bornholm” was added.",
    ),
    "cost renamed": (
        lambda data: _replace(data, "costs", "½ årsværk", "Et halvt årsværk"),
        "Cost “Half a full-time post, Sundhedsklynge Syd”: the Danish name changed from ½ årsværk "
        "to Et halvt",
    ),
    "municipality moved": (
        lambda data: _replace(data, "memberships", "hjoerring,825,", "aalborg,825,"),
        "Membership “Klynge Nord (Hjørring), Læsø” was removed. "
        "Membership “Klynge Midt (Aalborg), Læsø” was added.",
    ),
    "assumption reworded": (
        lambda data: _replace(data, "assumptions", "er ikke afklaret", "er afklaret"),
        "Assumption “5”: the Danish text changed from",
    ),
}


def _replace(data_dir: Path, table: str, old: str, new: str) -> None:
    path = data_dir / "reference" / f"{table}.csv"
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize(("change", "reason"), CHANGES.values(), ids=CHANGES)
def test_every_change_of_a_rule_is_named(
    written: Klynge,
    data_dir: Path,
    reports_dir: Path,
    change: Callable[[Path], None],
    reason: str,
) -> None:
    """A reader of the second revision learns what differs from the first."""
    change(data_dir)
    assert written("run", "2022K1").exit_code == 0
    assert reason in read_revision(reports_dir / "2022K1" / "r2")["reason"]


def as_version_0_wrote_it(folder: Path, *changed: str) -> None:
    """Turn a revision into one of an earlier version, which calculated these files otherwise."""
    manifest = read_revision(folder)
    manifest["versions"]["klyngefordeling"] = "0"
    for output in manifest["outputs"]:
        if output["file"] in changed:
            (folder / output["file"]).write_bytes(b"other figures\n")
            output |= asdict(record(output["file"], b"other figures\n"))
    (folder / "manifest.json").write_bytes(json_bytes(sealed(manifest)))


@pytest.mark.parametrize("name", ["fordeling-2022K1", "fordeling-2022K1-excel", "puljer-2022K1"])
def test_an_upgrade_that_changes_a_figure_says_so(
    written: Klynge, reports_dir: Path, name: str
) -> None:
    """The same input in other figures is a revision; its reason names the version they were of."""
    as_version_0_wrote_it(reports_dir / "2022K1" / "r1", f"{name}.csv")
    reason = "The program itself changed since version 0 wrote the revision before"
    assert f"Reason: {reason}" in written("run", "2022K1").out
    assert "Unchanged" in written("run", "2022K1").out


def test_a_revision_that_names_no_contact(written: Klynge, reports_dir: Path) -> None:
    """The earliest versions recorded none; their revisions explain themselves and are compared."""
    manifest = read_revision(reports_dir / "2022K1" / "r1")
    del manifest["parameters"]["contact"]
    (reports_dir / "2022K1" / "r1" / "manifest.json").write_bytes(json_bytes(sealed(manifest)))
    for name in ("2022K1", "2022K1:r1"):
        assert "all equal" in written("explain", name, "amager-hvidovre", "rødovre").out
        assert written("compare", name, "2023K1").exit_code == 0


def test_an_upgrade_that_changes_no_figure_is_no_change(written: Klynge, reports_dir: Path) -> None:
    """Finance receives nothing new because of a version."""
    as_version_0_wrote_it(reports_dir / "2022K1" / "r1")
    assert "Unchanged" in written("run", "2022K1").out


def test_an_earlier_quarter_that_is_stored_since_is_no_change(
    klynge: Klynge, data_dir: Path, reports_dir: Path
) -> None:
    """A report is compared with what was stored when it was written; no krone rests on that."""
    replace_quarters(data_dir, [Quarter(2022, 1), Quarter(2022, 4)])
    assert klynge("run", "2022K4", "--offline", "-q").exit_code == 0
    add_quarter(data_dir, Quarter(2022, 3))
    assert "Last time, 2022K3" in (ended := klynge("run", "2022K4", "--offline")).out
    assert "Unchanged" in ended.out
    assert revisions(reports_dir, "2022K4") == ["r1"]


def test_other_rules_of_the_quarter_before_are_a_new_revision(
    klynge: Klynge, data_dir: Path
) -> None:
    """What changed since then is another change now, and the reason names the earlier rule."""
    klynge("run", "2023K1", "-q")
    costs = data_dir / "reference" / "costs.csv"
    row = next(line for line in costs.read_text("utf-8").splitlines() if "370000" in line)
    then = row.replace("2026K4", "2022K4").replace("370000", "360000")
    now = row.replace("2022K1", "2023K1")
    costs.write_text(costs.read_text("utf-8").replace(row, f"{then}\n{now}"), "utf-8")
    out = klynge("run", "2023K1").out
    cost = "Cost in the report before “Half a full-time post, Sundhedsklynge Syd”"
    assert f"{cost}: the amount (kr.) changed from 370,000" in out


NO_CHANGES: dict[str, Callable[[Path], None]] = {
    "cost of another quarter": lambda data: append(
        data, "costs", "ny,Ny,New,bornholm,1,year,K1,2022K2,2026K4,kl-faelles-midler,"
    ),
    "membership of another quarter": lambda data: append(
        data, "memberships", "hobro,851,fraction,1/9,,2026K4,2026K4,rn-sundhedsklynger"
    ),
    "source that is not cited": lambda data: append(data, "sources", "ny,New,,low,,"),
    "memberships in another order": lambda data: reverse_rows(data, "memberships"),
    "sources in another order": lambda data: reverse_rows(data, "sources"),
    "assumptions in another order": lambda data: reverse_rows(data, "assumptions"),
    "areas in another order": lambda data: reverse_rows(data, "areas"),
    "clusters in another order": lambda data: reverse_rows(data, "clusters"),
    "costs in another order": lambda data: reverse_rows(data, "costs"),
}


@pytest.mark.parametrize("change", NO_CHANGES.values(), ids=NO_CHANGES)
def test_what_does_not_concern_the_quarter_is_no_change(
    written: Klynge, data_dir: Path, reports_dir: Path, change: Callable[[Path], None]
) -> None:
    """Rows for other quarters and another order of rows leave the report alone."""
    before = contents(reports_dir)
    change(data_dir)
    ended = written("run", "2022K1")
    assert "Unchanged" in ended.out, ended
    assert contents(reports_dir) == before


@pytest.mark.parametrize(
    "name", ["fordeling-2022K1.csv", "fordeling-2022K1.xlsx", "puljer-2022K1.csv", "inputs.json"]
)
def test_an_edited_file_stops(written: Klynge, reports_dir: Path, name: str) -> None:
    """A delivered file that someone edited is not built upon: expected and found are shown."""
    path = reports_dir / "2022K1" / "r1" / name
    expected = hashlib.sha256(path.read_bytes()).hexdigest()
    path.write_bytes(path.read_bytes() + b"\n")
    before = contents(reports_dir)
    ended = written("run", "2022K1")
    assert ended.exit_code == 50
    assert f"{path} differs from the manifest:" in ended.err
    assert f"sha256 {expected}" in ended.err
    assert f"sha256 {hashlib.sha256(path.read_bytes()).hexdigest()}" in ended.err
    assert contents(reports_dir) == before


@pytest.mark.parametrize("name", ["fordeling-2022K1.csv", "inputs.json", "manifest.json"])
def test_a_lost_file_stops(written: Klynge, reports_dir: Path, name: str) -> None:
    """A delivered file that is gone is named."""
    (reports_dir / "2022K1" / "r1" / name).unlink()
    ended = written("run", "2022K1")
    assert ended.exit_code == 50
    assert str(reports_dir / "2022K1" / "r1" / name) in ended.err
    assert revisions(reports_dir) == ["r1"]


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"outputs": []}', '{"outputs": [1]}'])
def test_a_broken_manifest_stops(written: Klynge, reports_dir: Path, content: str) -> None:
    """A manifest that cannot be read, or does not list the files, is refused with one message."""
    manifest = reports_dir / "2022K1" / "r1" / "manifest.json"
    manifest.write_text(content, encoding="utf-8")
    ended = written("run", "2022K1")
    assert ended.exit_code == 50
    assert str(manifest) in ended.err
    assert "cannot be read: 'outputs'" not in ended.err, "a word of the file's says nothing"
    assert revisions(reports_dir) == ["r1"]


def test_a_manifest_lists_everything_beside_it(written: Klynge, reports_dir: Path) -> None:
    """Every file of a revision but the manifest stands in it, with its size and sha256."""
    folder = reports_dir / "2022K1" / "r1"
    listed = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["outputs"]
    assert {(row["file"], row["bytes"], row["sha256"]) for row in listed} == {
        (name, len(content), hashlib.sha256(content).hexdigest())
        for name, content in contents(folder).items()
        if name != "manifest.json"
    }


def test_two_runs_at_once(data_dir: Path, reports_dir: Path) -> None:
    """Started together, one writes the revision and the other waits and finds it unchanged."""
    env = environment(data_dir, reports_dir)
    both = [start("run", "2022K1", env=env) for _ in range(2)]
    ended = [finish(process) for process in both]
    assert [end.returncode for end in ended] == [0, 0], ended
    folder = reports_dir / "2022K1" / "r1"
    said = sorted(
        line for end in ended for line in end.stdout.splitlines() if line.endswith(str(folder))
    )
    assert said == [f"Unchanged: {folder}", f"Written: {folder}"]
    assert revisions(reports_dir) == ["r1"]
    read_revision(folder)


def test_a_full_disk_leaves_nothing_behind(
    klynge: Klynge, reports_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message names the file that did not fit, and what was written of its revision is gone."""

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    ended = klynge("run", "2022K1")
    assert ended.exit_code == 51
    assert ended.err.startswith(f"klynge: {reports_dir / '2022K1' / 'r1'}")
    assert [path.name for path in (reports_dir / "2022K1").iterdir()] == [".lock"]


def test_only_folders_of_revisions_count(tmp_path: Path) -> None:
    """What else somebody put beside them has no number, however it begins."""
    assert newest_revision(tmp_path) == 0
    for name in ("r1", "r2", "r10", "r11-old", "readme", "r", "r012", "r9x"):
        (tmp_path / name).mkdir()
    assert newest_revision(tmp_path) == 10


@pytest.mark.parametrize(
    ("subjects", "has_costs"),
    [([], True), (["first_revision"], True), (["no_cost"], False), (["x", "costs_ended"], False)],
)
def test_a_quarter_without_an_amount_is_said_so(subjects: list[str], has_costs: bool) -> None:
    """Nothing to allocate is told by what the manifest found."""
    manifest = {"findings": [{"subject": subject} for subject in subjects]}
    report = Report(calculation_of(), Path("r1"), written=True, manifest=manifest)
    assert report.has_costs is has_costs
