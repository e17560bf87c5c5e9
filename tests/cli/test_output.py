"""What a run prints, in a terminal's absence too, and with which exit code it ends."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from pathlib import Path

import pytest

from schemas.quarter import Quarter
from tests.analysis.keys import KINDS, add_keys
from tests.analysis.quarters import add_quarter
from tests.conftest import Klynge
from tests.processes import KLYNGE, contents, environment, finish, read_until_closed, start
from tests.reference.broken import cells, member, reference
from tests.revisions.changing import append


def test_the_summary(klynge: Klynge, reports_dir: Path) -> None:
    """It names the day, both sources, every cost, the findings, the folder and the reason."""
    ended = klynge("run", "2022K1")
    assert (ended.exit_code, ended.err) == (0, "")
    first, *lines = ended.out.splitlines()
    assert first == "2022K1: population on 1 January 2022"
    assert lines[0].startswith("Danmarks Statistik, FOLK1A, transcribed from published figures")
    assert lines[1].startswith("Københavns Kommune, KKBEF1, transcribed from published figures")
    text = " ".join(ended.out.split())
    assert "Half a full-time post Sundhedsklynge Syd 11 370,000 kr." in text
    assert "Shared funds 2022, municipal half 22 clusters 40,000,000 kr." in text
    assert "Shared funds 2022, regional half 22 clusters 40,000,000 kr." in text
    assert "Finding: København has 644,431 inhabitants in FOLK1A and 644,425 in KKBEF1" in text
    assert lines[-2:] == [
        f"Written: {reports_dir / '2022K1' / 'r1'}",
        "Reason: First revision.",
    ]


@pytest.mark.page
def test_some_clusters(klynge: Klynge, reports_dir: Path) -> None:
    """`--cluster` limits what is shown, cluster by cluster; the report holds all the same."""
    klynge("run", "2022K1", "--reports-dir", str(reports_dir.with_name("all")))
    ended = klynge("run", "2022K1", "--cluster", "viborg", "--cluster", "amager-hvidovre")
    assert "791 Viborg" in ended.out
    assert "175 Rødovre" in ended.out
    assert "fraction 1/2" in ended.out
    assert "Horsens" not in ended.out
    assert contents(reports_dir) == contents(reports_dir.with_name("all"))


def test_totals_of_a_cluster(klynge: Klynge) -> None:
    """The last line of a cluster sums its people, shares and kroner."""
    ended = klynge("run", "2022K1", "--cluster", "amager-hvidovre")
    (total,) = [line for line in ended.out.splitlines() if line.startswith("Total")]
    assert total.split() == ["Total", "598,032", "100.0%", "370,000", "kr."]


def test_what_it_was_last_time(klynge: Klynge) -> None:
    """Beside what is owed stands what the report before gives, also one that was never written."""
    out = klynge("run", "2023K1").out
    assert "Last time, 2022K1" in out
    assert "101 København districts 294,946 48.2% 178,504 kr. 177,678 kr." in " ".join(out.split())
    assert "Last time" not in klynge("run", "2022K1").out


def test_a_council_that_was_not_there_has_no_last_time(klynge: Klynge, data_dir: Path) -> None:
    """In the first quarter of the councils nobody reads that it was 0 kroner before."""
    add_quarter(data_dir, Quarter(2027, 1))
    sek = "sek,Sek,Sec,sundhedsraad-hovedstaden,5,year,K1,2027K1,,memo-syd-2022,"
    append(data_dir, "costs", sek)
    out = klynge("run", "2027K1", "--offline").out
    assert "Sundhedsråd Hovedstaden  Counts with" in out
    assert "Last time" not in out


def test_json_is_the_manifest(klynge: Klynge, reports_dir: Path) -> None:
    """`--format json` prints the manifest of the revision, and nothing else."""
    manifest = reports_dir / "2022K1" / "r1" / "manifest.json"
    for _ in range(2):
        ended = klynge("run", "2022K1", "--format=json")
        assert (ended.exit_code, ended.err) == (0, "")
        assert json.loads(ended.out) == json.loads(manifest.read_text(encoding="utf-8"))


def test_quiet_prints_nothing(klynge: Klynge, data_dir: Path, reports_dir: Path) -> None:
    """`--quiet` leaves only errors."""
    assert klynge("run", "2022K1", "--quiet") == klynge("run", "2022K1", "-q")
    assert klynge("run", "2022K1", "--quiet").out == ""
    assert (reports_dir / "2022K1" / "r1").is_dir()
    reference("costs", cells(2, amount_dkk="x"))(data_dir)
    assert "costs.csv has 1 problem" in klynge("run", "2022K1", "--quiet").err


def test_verbose_tells_each_step(data_dir: Path, reports_dir: Path) -> None:
    """`--verbose` logs to standard error, in order, and leaves standard output as it is."""
    env = environment(data_dir, reports_dir)
    plain = finish(start("run", "2022K1", env=env))
    verbose = finish(start("run", "2022K1", "--verbose", env=env))
    assert plain.stderr == ""
    steps = ["FOLK1A/2022K1/ed50db07da6c.csv", "calculated 2022K1: 22 clusters", "unchanged (r1)"]
    places = [verbose.stderr.index(step) for step in steps]
    assert places == sorted(places)
    assert verbose.stdout == plain.stdout.replace("Written", "Unchanged").replace(
        "Reason: First revision.\n", ""
    )


def test_piped_output_is_plain(data_dir: Path, reports_dir: Path) -> None:
    """Through a pipe there are no escape codes, whatever the terminal around it can do."""
    env = environment(data_dir, reports_dir, TERM="xterm-256color", COLORTERM="truecolor")
    for arguments in (["run", "2022K1"], ["clusters", "--quarter", "2022K1"], ["--help"]):
        ended = finish(start(*arguments, env=env))
        assert ended.returncode == 0
        assert "\x1b" not in ended.stdout + ended.stderr
    failed = finish(start("run", "2022K9", env=env))
    assert (failed.returncode, "\x1b" in failed.stderr) == (2, False)


@pytest.mark.parametrize("arguments", [["fetch", "--\u202erom"], ["clusters", "a", "\x1b[2J"]])
def test_what_is_typed_moves_no_cursor(klynge: Klynge, arguments: list[str]) -> None:
    """An argument with an escape sequence is refused, and shown without it."""
    ended = klynge(*arguments)
    assert (ended.exit_code, ended.err.replace("\n", "").isprintable()) == (2, True)


def test_a_terminal_gets_the_same_words(data_dir: Path, reports_dir: Path) -> None:
    """On a terminal headings are bold; without the escape codes it is the piped text."""
    env = environment(data_dir, reports_dir, TERM="xterm-256color", COLUMNS="100")
    env.pop("NO_COLOR", None)
    finish(start("run", "2022K1", env=env)).check_returncode()
    piped = finish(start("run", "2022K1", env=env)).stdout
    reader, writer = pty.openpty()
    with subprocess.Popen([KLYNGE, "run", "2022K1"], env=env, stdout=writer, stdin=writer) as run:
        os.close(writer)
        shown = read_until_closed(reader)
    assert run.returncode == 0
    assert b"\x1b[1m" in shown
    assert _without_escapes(shown).split() == piped.split()


def _without_escapes(shown: bytes) -> str:
    parts = shown.decode().split("\x1b[")
    return parts[0] + "".join(part.partition("m")[2] for part in parts[1:])


def test_a_reader_that_has_enough(data_dir: Path, reports_dir: Path) -> None:
    """A pipe that is closed early, as by `head`, is no error."""
    process = start("clusters", "--quarter", "2022K1", env=environment(data_dir, reports_dir))
    assert process.stdout is not None
    process.stdout.close()
    process.wait(timeout=60)
    assert process.stderr is not None
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.returncode in (0, 141)


def test_clusters_of_2022(klynge: Klynge, data_dir: Path) -> None:
    """The 22 health clusters, each member and how it counts, and what is shared by which key."""
    add_keys(data_dir, {"loft": KINDS["loft"]}, {"loft": "amager-hvidovre"})
    ended = klynge("clusters", "--quarter", "2022K1")
    assert (ended.exit_code, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert "amager-hvidovre  Sundhedsklynge Syd, Hovedstaden" in lines
    assert "  101 København: its districts 1004 1005 1009 1010" in lines
    assert "  175 Rødovre: 1/2 of its population" in lines
    assert "  400 Bornholm" in lines
    assert "  shares by loft 500,000 kr. a year: loft (loft)" in lines
    assert any(line.startswith("  shares 370,000 kr. a year: Half a") for line in lines)
    assert lines[-1] == "22 clusters in force in 2022K1 (sundhedsklynge)."


def test_clusters_of_2027(klynge: Klynge) -> None:
    """The 17 health councils, with each of the 98 municipalities once and whole."""
    lines = klynge("clusters", "--quarter", "2027K1").out.splitlines()
    members = [line for line in lines if line.startswith("  ")]
    assert lines[-1] == "17 clusters in force in 2027K1 (sundhedsraad)."
    assert len(lines) - 1 - len(members) == 17
    assert len({line.split()[0] for line in members}) == len(members) == 98
    assert not any(":" in line for line in members)


def test_a_back_cast_stands_apart(klynge: Klynge, reports_dir: Path) -> None:
    """`--rules` writes to a folder of its own, with revisions of its own, and says what it is."""
    ended = klynge("run", "2019K1", "--rules", "2022K1")
    assert (ended.exit_code, ended.err) == (0, "")
    assert [path.name for path in reports_dir.iterdir()] == ["2019K1-rules-2022K1"]
    folder = reports_dir / "2019K1-rules-2022K1" / "r1"
    assert f"Written: {folder}" in ended.out
    parameters = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["parameters"]
    assert (parameters["quarter"], parameters["rules"]) == ("2019K1", "2022K1")
    table = (folder / "fordeling-2019K1-rules-2022K1.csv").read_text(encoding="utf-8")
    assert all(line.startswith("2019K1,") for line in table.splitlines()[1:])


def test_its_own_rules_are_no_back_cast(klynge: Klynge, reports_dir: Path) -> None:
    """`--rules` with the quarter itself is the quarter's report."""
    assert klynge("run", "2022K1", "--rules", "2022K1").exit_code == 0
    assert [path.name for path in reports_dir.iterdir()] == ["2022K1"]


def test_a_quarter_may_be_written_otherwise(klynge: Klynge, reports_dir: Path) -> None:
    """`2022q1` is the same report as `2022K1`."""
    assert klynge("run", "2022q1").exit_code == 0
    assert "Unchanged" in klynge("run", "2022K1").out
    assert [path.name for path in reports_dir.iterdir()] == ["2022K1"]


def test_options_win_over_the_environment(
    klynge: Klynge, data_dir: Path, reports_dir: Path, tmp_path: Path
) -> None:
    """Folders given as options are used, those of the environment left alone."""
    elsewhere = tmp_path / "elsewhere"
    data_dir.rename(tmp_path / "moved")
    ended = klynge(
        "run", "2022K1", "--data-dir", str(tmp_path / "moved"), "--reports-dir", str(elsewhere)
    )
    assert ended.exit_code == 0
    assert (elsewhere / "2022K1" / "r1").is_dir()
    assert not reports_dir.exists()


def test_a_reports_folder_that_cannot_be_written(klynge: Klynge, reports_dir: Path) -> None:
    """A file where the folder should be: one message with its path, and exit code 51."""
    reports_dir.write_text("not a folder", encoding="utf-8")
    ended = klynge("run", "2022K1")
    assert (ended.exit_code, ended.out) == (51, "")
    assert ended.err.startswith(f"klynge: {reports_dir}")
    assert ended.err.count("klynge: ") == 1
    assert reports_dir.read_text(encoding="utf-8") == "not a folder"


def test_an_error_is_one_message_without_a_traceback(data_dir: Path, reports_dir: Path) -> None:
    """As a process of its own: standard output stays empty, standard error has no traceback."""
    reference("costs", cells(2, amount_dkk="-1"))(data_dir)
    ended = finish(start("run", "2022K1", env=environment(data_dir, reports_dir)))
    assert (ended.returncode, ended.stdout) == (20, "")
    assert ended.stderr.startswith("klynge: ")
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("form", ["--format=csv", "--format=json"])
def test_what_machines_read_is_utf8(data_dir: Path, reports_dir: Path, form: str) -> None:
    """CSV and JSON reach a pipe as UTF-8 with LF, also where the console has another encoding."""
    env = environment(data_dir, reports_dir, PYTHONIOENCODING="cp1252")
    command = [KLYNGE, "compare", "2022K1", "2023K1", form]
    content = subprocess.run(command, env=env, check=True, capture_output=True).stdout
    assert "Rødovre" in content.decode("utf-8")
    assert b"\r" not in content


def test_csv_has_the_cluster_that_is_asked_for(klynge: Klynge) -> None:
    """`--cluster` limits the rows for machines as it limits the tables for people."""
    ended = klynge("run", "2022K1", "--cluster", "amager-hvidovre", "--format", "csv")
    heading, *rows = ended.out.splitlines()
    at = heading.split(",").index("cluster_id")
    assert {row.split(",")[at] for row in rows} == {"amager-hvidovre"}
    assert len(rows) == 11


def test_an_unknown_cluster_stops_a_scenario(klynge: Klynge, reports_dir: Path) -> None:
    """A cluster that is not known is refused in every form, before anything is written."""
    override = ("--set", "halvt-aarsvaerk.amount_dkk=400000", "--cluster", "nowhere")
    for form in (
        (),
        ("--format=csv",),
        ("--format=json",),
    ):
        ended = klynge("scenario", "higher", "2022K1", *override, *form)
        assert (ended.exit_code, ended.out) == (2, "")
    assert not reports_dir.exists() or not list(reports_dir.iterdir())


def test_a_third_of_a_municipality(klynge: Klynge, data_dir: Path) -> None:
    """People that no decimal gives exactly are shown as a fraction."""
    reference("memberships", member("amager-hvidovre", "175", fraction="1/3"))(data_dir)
    reference("memberships", member("herlev-gentofte", "175", fraction="2/3"))(data_dir)
    ended = klynge("run", "2023K1", "--cluster", "amager-hvidovre")
    assert (ended.exit_code, ended.err) == (0, "")
    shown = [line.split() for line in ended.out.splitlines() if "/3" in line]
    assert shown[0][:5] == ["175", "Rødovre", "fraction", "1/3", "42563/3"]
    assert shown[1][:2] == ["Total", "1812800/3"]


@pytest.mark.parametrize("arguments", [("run", "2022K1"), ("add-cost", "--help"), ("run", "½")])
def test_a_terminal_that_lacks_a_sign_shows_its_number(
    data_dir: Path, reports_dir: Path, arguments: tuple[str, ...]
) -> None:
    """Results, help and errors reach a terminal of ASCII without a traceback."""
    env = environment(data_dir, reports_dir, PYTHONIOENCODING="ascii")
    ended = finish(start(*arguments, env=env))
    assert "Traceback" not in ended.stderr
    assert ended.returncode in (0, 2)
    assert "København" not in ended.stdout
