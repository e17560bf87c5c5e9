"""`klynge run --prefect` tells what a plain run tells, with the same exit codes."""

from __future__ import annotations

from tests.prefect_site import Site, due_now


def test_report_is_printed(site: Site) -> None:
    """The summary on the terminal is that of a plain run."""
    assert site.klynge("run", "2023K1", "--quiet").returncode == 0
    tracked = site.klynge("run", "2023K1", "--prefect")
    assert tracked.stderr == ""
    assert tracked.stdout == site.klynge("run", "2023K1").stdout


def test_unpublished_quarter_has_its_exit_code(site: Site) -> None:
    """What is only awaited on the server is exit code 32 on the terminal, said once."""
    later = due_now() + 1
    ended = site.klynge("run", str(later), "--prefect")
    assert ended.returncode == 32
    assert ended.stderr.count(f"FOLK1A {later} is not published yet") == 1
    assert "Traceback" not in ended.stderr


def test_failure_has_its_exit_code(site: Site) -> None:
    """A failed run ends the command with the code of its error and the whole message."""
    ended = site.klynge("run", "2019K1", "--prefect", "--offline")
    assert ended.returncode == 40
    assert ended.stderr.startswith("klynge: ")
    assert "Traceback" not in ended.stderr
