"""`klynge server` and `klynge serve`: what a small organisation starts by hand."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from unittest import mock
from uuid import UUID

import pytest

from flows.server import local as local_server
from tests.conftest import Klynge
from tests.prefect_site import Site, kill
from tests.processes import NOBODY
from tests.statbank_emulator import StatBankEmulator
from tests.waiting import wait_until


@pytest.fixture
def own_home(
    tmp_path: Path, data_dir: Path, statbank: StatBankEmulator, monkeypatch: pytest.MonkeyPatch
) -> Site:
    """A machine on which nothing of Prefect's has been set up."""
    port = local_server.free_port()
    for name, value in {
        "KLYNGE_HOME": str(tmp_path / "home"),
        "KLYNGE_SERVER_PORT": str(port),
        "KLYNGE_DATA_DIR": str(data_dir),
        "KLYNGE_REPORTS_DIR": str(tmp_path / "reports"),
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }.items():
        monkeypatch.setenv(name, value)
    environment = {key: value for key, value in os.environ.items() if key != "PREFECT_API_URL"}
    return Site(tmp_path, environment, statbank)


def test_a_run_goes_through_what_up_started(site: Site, first_run: UUID) -> None:
    """After `up` a run is made, the status says so, and a further `up` changes nothing.

    The fixture of the site proves that `down` leaves nothing running.
    """
    assert site.message(first_run) == ("Completed", "written r1")
    status = site.klynge("server", "status").stdout
    assert f"OK       server: answers at {site.api_url.removesuffix('/api')}\n" in status
    assert "OK       worker: waits for runs\n" in status
    assert site.klynge("server", "up").stdout == site.up_said


def test_taken_port_is_named(own_home: Site, site: Site) -> None:
    """A port that another program holds is named, and nothing is started."""
    own_home.environment["KLYNGE_SERVER_PORT"] = site.api_url.rpartition(":")[2].split("/")[0]
    ended = own_home.klynge("server", "up")
    assert ended.returncode == 1
    assert "is taken by another program" in ended.stderr


@pytest.mark.parametrize("command", [("serve",), ("server", "deploy")])
def test_schedule_needs_a_server(
    klynge: Klynge, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    """Without a server there is nothing to deploy to; the message says how to get one."""
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    ended = klynge(*command)
    assert ended.exit_code == 2
    assert ended.err == (
        "klynge: PREFECT_API_URL is not set: a schedule needs a server that stays.\n"
        "Start one with: klynge server start, or use: klynge server up\n"
    )


def test_a_server_that_does_not_take_them_is_told_in_a_line(
    klynge: Klynge, site: Site, tmp_path: Path
) -> None:
    """Where nothing answers, or only to another secret, deploying says so and shows no code."""
    for url, said in ((NOBODY, "Connection refused"), (site.api_url, "401 Unauthorized")):
        variables = {
            "KLYNGE_HOME": str(tmp_path),
            "PREFECT_API_URL": url,
            "PREFECT_API_AUTH_STRING": "klynge:wrong",
        }
        with mock.patch.dict(os.environ, variables):
            ended = klynge("server", "deploy")
        assert ended.exit_code == 1
        first, second, last = ended.err.splitlines()
        assert first == "klynge: The server does not take our deployments:"
        assert said in second
        assert last == f"Is a server running at {url}? klynge server status"


def test_what_another_home_runs_is_left_alone(
    klynge: Klynge, monkeypatch: pytest.MonkeyPatch, site: Site, tmp_path: Path
) -> None:
    """A server that runs on another home is not taken for ours, nor stopped; nor does a record of
    what once ran matter, damaged or with ids that other programs have got since.
    """
    monkeypatch.setenv("KLYNGE_HOME", str(tmp_path))
    monkeypatch.setenv("KLYNGE_SERVER_PORT", str(local_server.free_port()))
    for record in ("", json.dumps({"port": 4200, "server": os.getpid(), "worker": os.getpid()})):
        (tmp_path / "server.json").write_text(record, encoding="utf-8")
        shown = klynge("server", "status").out
        assert shown.startswith("CRITICAL server: nothing answers")
        assert klynge("server", "down").out == "Nothing was running.\n"
    assert local_server.is_healthy(site.api_url)


def test_serve_runs_what_is_asked_for(site: Site) -> None:
    """One command deploys and runs what is asked for; the schedule stays active when it stops."""
    served = subprocess.Popen(
        [sys.executable, "-c", "from flows.cli import main; main()", "serve"],
        env=site.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        run = wait_until(lambda: _trigger(site), "the deployments are there")
        assert site.message(run)[0] == "Completed"
    finally:
        served.terminate()
        served.wait(60)
        kill(served)
    with site.client() as client:
        schedules = client.read_deployment_by_name("quarterly/scheduled").schedules
    assert [schedule.active for schedule in schedules] == [True]


def _trigger(site: Site) -> UUID | None:
    from prefect.exceptions import ObjectNotFound

    try:
        return site.trigger("quarterly/on-demand", quarter="2023K1")
    except ObjectNotFound:
        return None
