"""`klynge server status` as a monitor asks it: what is wrong comes first, and as the exit code."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from unittest import mock
from uuid import UUID

import httpx
import pytest

from flows.server import deployments, embedded, health
from flows.server.local import free_port, known_server
from tests.conftest import Klynge
from tests.prefect_site import Site, due_now
from tests.processes import NOBODY
from tests.statbank_emulator import StatBankEmulator, faults


def status(site: Site, *parts: str) -> tuple[int, dict[str, tuple[str, str]]]:
    """Return the exit code, and level and text by part."""
    ended = site.klynge("server", "status", *parts, "--format=json")
    rows = json.loads(ended.stdout)
    return ended.returncode, {row["part"]: (row["level"], row["text"]) for row in rows}


@pytest.fixture
def bank(site_statbank: StatBankEmulator) -> Iterator[StatBankEmulator]:
    """The StatBank of the site, as new for each test."""
    site_statbank.reset()
    yield site_statbank
    site_statbank.reset()


def test_what_must_be_up_for_a_run_to_come(site: Site, first_run: UUID) -> None:
    """Server, database, worker and schedule are each said to be well, with the next run.

    A server on this machine is asked past a proxy for the web, however its address is written.
    """
    left_out = {"NO_PROXY", "no_proxy"}
    variables = {key: row for key, row in site.environment.items() if key not in left_out}
    variables["PREFECT_API_URL"] = site.api_url.replace("127.0.0.1", "localhost")
    here = replace(site, environment={**variables, "HTTP_PROXY": NOBODY, "http_proxy": NOBODY})
    code, found = status(here, "server", "database", "worker", "schedule", "delivery")
    assert code == 0, found
    assert [level for level, _ in found.values()] == ["ok"] * 5
    assert found["schedule"][1].startswith("next run 20")
    assert found["delivery"][1] == "nothing is left to do"


def test_a_paused_schedule_is_critical(site: Site) -> None:
    """A schedule that somebody paused is the first line, and exit code 2."""
    with site.client() as client:
        deployment = client.read_deployment_by_name("quarterly/scheduled")
        (schedule,) = deployment.schedules
        client.update_deployment_schedule(deployment.id, schedule.id, active=False)
        ended = site.klynge("server", "status")
        client.update_deployment_schedule(deployment.id, schedule.id, active=True)
    assert ended.returncode == 2
    assert ended.stdout.startswith("CRITICAL schedule: quarterly/scheduled is paused\n")


def test_a_failed_run_until_it_is_made_good(site: Site, bank: StatBankEmulator) -> None:
    """The last scheduled run failed: exit code 1, until its quarter is run to a good end."""
    bank.fail(faults.status(404, b"gone"), times=None, function="any")
    assert site.message(site.trigger("quarterly/scheduled"))[0] == "Failed"
    code, found = status(site, "run", "quarter")
    assert code == 1
    assert found["run"][0] == "warning"
    assert "Failed: " in found["run"][1]
    assert found["quarter"] == ("ok", "none is overdue")
    bank.reset()
    due = str(due_now())
    assert site.message(site.trigger("quarterly/on-demand", quarter=due))[0] == "Completed"
    assert status(site, "run")[0] == 0


def test_nothing_there(klynge: Klynge, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without a server the exit code is 2; what can be seen without it is still looked at."""
    monkeypatch.setenv("KLYNGE_HOME", str(tmp_path))
    monkeypatch.setenv("KLYNGE_SERVER_PORT", str(free_port()))
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    ended = klynge("server", "status")
    assert ended.exit_code == 2
    assert [line.split()[:2] for line in ended.out.splitlines()[:2]] == [
        ["CRITICAL", "server:"],
        ["OK", "delivery:"],
    ]
    heading, first, _ = klynge("server", "status", "--format", "csv").out.splitlines()
    assert heading == "part,level,text"
    assert first.startswith("server,critical,nothing answers at ")


class _WithoutDatabase(BaseHTTPRequestHandler):
    """Answers as Prefect's server does whose database is away."""

    well: tuple[str, ...] = ("health",)
    code = 503

    def do_GET(self) -> None:
        self.send_response(200 if self.path.endswith(self.well) else self.code)
        self.end_headers()
        self.wfile.write(b"true")

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:
        pass


class _WithoutRoom(_WithoutDatabase):
    """Answers as Prefect's server does whose disk is full."""

    well = ("health", "ready")
    code = 500


@pytest.fixture
def stand_in(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[str]:
    """The address of what stands in for the server that is named."""
    monkeypatch.setenv("KLYNGE_HOME", str(tmp_path))
    with HTTPServer(("127.0.0.1", 0), request.param) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}/api"
        with mock.patch.dict(os.environ, {"PREFECT_API_URL": url}):
            yield url
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("stand_in", [_WithoutDatabase], indirect=True)
def test_a_database_that_is_away(klynge: Klynge, stand_in: str) -> None:
    """A server that answers and cannot reach its database is no server."""
    ended = klynge("server", "status")
    assert ended.exit_code == 2
    assert ended.out.startswith("CRITICAL database: the server cannot reach it\n")


@pytest.mark.parametrize("stand_in", [_WithoutRoom], indirect=True)
def test_a_server_that_cannot_write_is_not_asked_for_its_secret(
    klynge: Klynge, stand_in: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whose disk is full fails at what it is told; the messages send to its log, without code.

    A monitor does not wait for one that hangs, for minutes and more: 15 s, and once.
    """
    from prefect.concurrency._asyncio import ConcurrencySlotAcquisitionError

    ended = klynge("server", "status")
    assert ended.exit_code == 2
    assert ended.out.startswith(f"CRITICAL server: {stand_in} says 500: its log says why\n")

    asked: dict[str, str] = {}
    with monkeypatch.context() as watched:
        watched.setattr(health, "_asked", lambda given: asked.update(given) or [])
        klynge("server", "status")
    assert int(asked["PREFECT_API_REQUEST_TIMEOUT"]) <= 15
    assert asked["PREFECT_CLIENT_MAX_RETRIES"] == "0"

    def run(*_: object) -> None:
        raise ConcurrencySlotAcquisitionError("Unable to acquire") from full.value

    with pytest.raises(httpx.HTTPStatusError) as full, deployments.client(os.environ) as connected:
        connected.read_work_pools()
    monkeypatch.setattr(embedded, "_run", run)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    for command in (("server", "deploy"), ("run", "2022K1", "--prefect")):
        ended = klynge(*command)
        assert ended.exit_code == 61
        _, what, hint = ended.err.splitlines()
        assert what.startswith("Server error '500 Internal Server Error' for url")
        assert hint == "The log of the server says why: is its disk full, or its database busy?"


def test_a_revision_that_has_not_arrived(
    written: Klynge, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A revision that did not reach all is exit code 1, with whom it has not reached."""
    (tmp_path / "share").mkdir()
    monkeypatch.setenv("KLYNGE_DELIVERY_FOLDER", str(tmp_path / "share"))
    ended = written("server", "status", "delivery")
    assert ended.exit_code == 1
    assert ended.out.startswith(
        f"WARNING  delivery: 2022K1 r1 has not reached folder {tmp_path}/share\n"
    )
    written("deliver", "2022K1")
    assert written("server", "status", "delivery").exit_code == 0


def test_a_record_that_cannot_be_read_is_a_warning(written: Klynge, reports_dir: Path) -> None:
    """A monitor gets a level it knows, also where the system refuses a file."""
    (reports_dir / "2022K1" / "deliveries" / "r1.json").mkdir(parents=True)
    ended = written("server", "status", "delivery")
    assert ended.exit_code == 1
    assert ended.out.startswith("WARNING  delivery: ")
    assert "r1.json: Is a directory." in ended.out


def test_an_address_may_end_with_a_slash(
    klynge: Klynge, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Prefect takes it, and with blanks about it, as it comes out of a file of settings."""
    monkeypatch.setenv("PREFECT_API_URL", f" {site.api_url}/ ")
    told = klynge("server", "status", "server").out
    assert told.startswith(f"OK       server: answers at {site.api_url.removesuffix('/api')}\n")
    assert known_server(os.environ) == site.api_url
