"""`klynge server` and `klynge serve`: what a small organisation starts by hand."""

from __future__ import annotations

import errno
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from unittest import mock
from uuid import UUID

import psutil
import pytest
from filelock import FileLock, Timeout

from flows.server import deployments, embedded, environment
from flows.server import local as local_server
from flows.server.environment import client_environment, local_url, secret
from pipeline.settings import Settings
from tests.conftest import Klynge
from tests.listener import make_block
from tests.prefect_site import Site, as_background_job, kill
from tests.processes import KLYNGE, NOBODY
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

    The log names the day of each line, since a schedule fills it over months.
    The fixture of the site proves that `down` leaves nothing running.
    """
    assert site.message(first_run) == ("Completed", "written r1")
    status = site.klynge("server", "status").stdout
    assert f"OK       server: answers at {site.api_url.removesuffix('/api')}\n" in status
    assert "OK       worker: waits for runs\n" in status
    assert site.klynge("server", "up").stdout == site.up_said
    log = (site.folder / "worker.log").read_text(encoding="utf-8")
    assert re.search(r"^20[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9:.]+ \| INFO", log, re.MULTILINE)


def test_a_worker_takes_two_runs_at_once(site: Site) -> None:
    """Twenty reruns that are asked for together wait, and do not bring the server down."""
    (worker,) = local_server.running(site.environment, "worker")
    assert worker.cmdline()[-2:] == ["--limit", "2"]


@contextmanager
def _paused(site: Site) -> Iterator[Callable[[], tuple[bool, bool, bool]]]:
    """Pause the deployment of the schedule, the schedule in it, and the pool; tell if they are."""
    from prefect.client.schemas.actions import WorkPoolUpdate

    def states() -> tuple[bool, bool, bool]:
        there = client.read_deployment_by_name("quarterly/scheduled")
        pool = client.read_work_pool(deployments.POOL)
        return there.paused, there.schedules[0].active, pool.is_paused

    def pause(paused: bool) -> None:
        there = client.read_deployment_by_name("quarterly/scheduled")
        (client.pause_deployment if paused else client.resume_deployment)(there.id)
        client.update_deployment_schedule(there.id, there.schedules[0].id, active=not paused)
        client.update_work_pool(deployments.POOL, WorkPoolUpdate(is_paused=paused))

    with site.client() as client:
        pause(True)
        try:
            yield states
        finally:
            pause(False)


def test_what_runs_on_the_home_is_deployed_to(site: Site) -> None:
    """`deploy` finds the server that `up` started, with no address named, and can be silent.

    A proxy that the way to others needs is not asked for it, and what is paused stays so.
    """
    left_out = {"PREFECT_API_URL", "NO_PROXY", "no_proxy"}
    variables = {key: row for key, row in site.environment.items() if key not in left_out}
    here = replace(site, environment={**variables, "HTTP_PROXY": NOBODY, "http_proxy": NOBODY})
    with _paused(site) as states:
        ended = here.klynge("server", "deploy")
        assert states() == (True, False, True)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("Deployed: ")
    ended = here.klynge("server", "up", "--quiet")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


@pytest.mark.parametrize("pages", ["", "https://klynge.example.dk"])
@pytest.mark.parametrize("by", ["KLYNGE_SECRET_FILE", "PREFECT_API_AUTH_STRING"])
def test_the_pages_of_the_server_that_is_named_are_opened(
    klynge: Klynge,
    site: Site,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    pages: str,
    by: str,
) -> None:
    """`open` shows a server that a service runs too, and where the proxy before it has it.

    The password is the one that the server takes, wherever it stands.
    """
    secret_file, password = site.folder / "secret", secret(site.environment)
    for name, value in {
        "KLYNGE_HOME": str(tmp_path),
        "KLYNGE_SERVER_URL": pages,
        "PREFECT_API_URL": site.api_url,
        "PREFECT_API_AUTH_STRING": "klynge:wrong",
        by: str(secret_file) if by == "KLYNGE_SECRET_FILE" else password,
    }.items():
        monkeypatch.setenv(name, value)
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    ended = klynge("server", "open")
    assert (ended.exit_code, ended.err) == (0, "")
    there = pages or site.api_url.removesuffix("/api")
    assert opened == [there]
    assert ended.out == f"Prefect's UI: {there}\nPassword: {password}\n"


@pytest.mark.skipif(os.name == "nt", reason="Windows ends a process without telling it")
def test_a_run_that_is_stopped_can_say_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`down` stops the runs before the worker, which would kill them before they have told."""
    told = tmp_path / "told"
    run = (
        "import pathlib, signal, sys, time\n"
        "def end(*_): time.sleep(0.2); pathlib.Path(sys.argv[1]).touch(); sys.exit()\n"
        "signal.signal(signal.SIGTERM, end); print(flush=True); time.sleep(60)"
    )
    worker = (
        "import signal, subprocess, sys\n"
        "run = subprocess.Popen([sys.executable, '-c', *sys.argv[1:]])\n"
        "signal.signal(signal.SIGTERM, lambda *_: (run.kill(), sys.exit()))\n"
        "run.wait(); signal.pause()"
    )
    command = [sys.executable, "-c", worker, run, str(told)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as started:
        assert started.stdout
        started.stdout.readline()
        found = {psutil.Process(started.pid): NOBODY}
        of_kind = {"worker": found, "server": {}}
        monkeypatch.setattr(local_server, "running", lambda _, kind: of_kind[kind])
        assert local_server.down(os.environ)
    assert told.exists()


def test_nothing_is_said_of_nothing_that_ran(
    klynge: Klynge, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """`down --quiet` prints nothing but errors, and --format says the rest to programs."""
    monkeypatch.setenv("KLYNGE_HOME", str(tmp_path))
    ended = klynge("server", "down", "--quiet")
    assert (ended.exit_code, ended.out, ended.err) == (0, "", "")
    told = klynge("server", "down", "--format", "json").out
    assert json.loads(told) == [{"text": "Nothing was running."}]
    assert klynge("server", "down", "--format", "csv").out == "text\nNothing was running.\n"


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no exec")
def test_the_server_of_a_service_is_known(
    own_home: Site, klynge: Klynge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`server start` becomes a process as `up` starts one, so `up` gives it only a worker."""
    became: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda _, command: became.append(command))
    monkeypatch.setattr(os, "umask", lambda _: None)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    with mock.patch.dict(os.environ):
        assert klynge("server", "start").exit_code == 0
        served = dict(os.environ)
    (command,) = became
    process = mock.Mock(cmdline=lambda: command, environ=lambda: served)
    monkeypatch.setattr(psutil, "process_iter", lambda: [process])
    monkeypatch.setattr(local_server, "is_healthy", lambda _: True)
    started: list[list[str]] = []
    monkeypatch.setattr(local_server, "start", lambda row, *_: started.append(row))
    monkeypatch.setattr(deployments, "deploy", lambda _: None)
    ended = klynge("server", "up")
    assert (ended.exit_code, ended.err) == (0, "")
    assert served["PREFECT_API_URL"].removesuffix("/api") in ended.out
    assert started == [deployments.WORKER]
    process.terminate.assert_not_called()


def test_a_second_server_on_a_home_is_refused(site: Site) -> None:
    """Two on one database would both plan its runs, on whatever port."""
    variables = {"KLYNGE_SERVER_PORT": str(local_server.free_port())}
    ended = replace(site, environment=site.environment | variables).klynge("server", "start")
    pages = site.api_url.removesuffix("/api")
    assert ended.returncode == 61
    assert ended.stderr == (
        f"klynge: The server of {site.folder} runs already: {pages}\n"
        "To stop it: klynge server down\n"
    )


@pytest.mark.parametrize("command", ["up", "start"])
def test_taken_port_is_named(own_home: Site, site: Site, command: str) -> None:
    """A port that another program holds is named, and nothing is started."""
    own_home.environment["KLYNGE_SERVER_PORT"] = site.api_url.rpartition(":")[2].split("/")[0]
    ended = own_home.klynge("server", command)
    assert ended.returncode == 61
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


@pytest.mark.parametrize("command", [("server", "deploy"), ("run", "2022K1", "--prefect")])
def test_another_secret_is_told_in_a_line(
    site: Site, tmp_path: Path, command: tuple[str, ...]
) -> None:
    """A server that keeps another secret takes nothing; the message asks for it, without code."""
    what = "deployments" if command[0] == "server" else "run"
    variables = {
        "KLYNGE_HOME": str(tmp_path),
        "PREFECT_API_URL": site.api_url,
        "PREFECT_API_AUTH_STRING": "klynge:wrong",
    }
    ended = subprocess.run(
        [KLYNGE, *command], env=site.environment | variables, capture_output=True, text=True
    )
    assert ended.returncode == 61
    first, second, last = ended.stderr.splitlines()
    assert first == f"klynge: The server does not take our {what}:"
    assert "401 Unauthorized" in second
    assert last == f"Is a server with our secret at {site.api_url}? klynge server status"


@pytest.mark.parametrize("command", [("server", "deploy"), ("run", "2022K1", "--prefect")])
def test_a_secret_that_cannot_be_sent_is_told_and_not_shown(
    klynge: Klynge,
    site: Site,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    command: tuple[str, ...],
) -> None:
    """Signs that HTTP has no place for are a wrong setting, and one that is empty is none."""
    variables = {"KLYNGE_HOME": str(tmp_path), "PREFECT_API_URL": site.api_url}
    for name, value in {**variables, "PREFECT_API_AUTH_STRING": "klynge:blåbær"}.items():
        monkeypatch.setenv(name, value)
    with mock.patch.dict(os.environ):
        ended = klynge(*command)
    assert (ended.exit_code, ended.out) == (2, "")
    assert ended.err == (
        "klynge: PREFECT_API_AUTH_STRING has signs that cannot be sent.\n"
        "Set it to what the server's secret file holds, or leave it out.\n"
    )
    with_none = client_environment({**variables, "PREFECT_API_AUTH_STRING": ""}, site.api_url)
    assert with_none["PREFECT_API_AUTH_STRING"] == secret(variables)


@pytest.mark.parametrize("kind", ["secret", "none-of-that-kind"])
def test_a_block_that_can_tell_nobody_is_refused(site: Site, kind: str) -> None:
    """Whoever takes another kind of block hears of it at once, and not when a run has failed."""
    make_block(site, "secret", {"value": "x"})
    variables = {"KLYNGE_NOTIFICATION_BLOCK": f"{kind}/klynge"}
    ended = replace(site, environment=site.environment | variables).klynge("server", "deploy")
    assert ended.returncode == 61
    assert ended.stderr.startswith(f"klynge: The server has no notification block {kind}/klynge,")


@pytest.mark.parametrize("what", ["nobody", "another program", "no address", "no address at all"])
def test_an_address_without_a_server_is_told_in_a_line(
    klynge: Klynge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """Where no server of Prefect's answers, each command says so at once, and shows no code."""
    monkeypatch.setenv("KLYNGE_HOME", str(tmp_path))
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    with mock.patch.dict(os.environ), socket.create_server(("127.0.0.1", 0)) as listening:
        url = {
            "nobody": NOBODY,
            "another program": f"http://127.0.0.1:{listening.getsockname()[1]}/api",
            "no address": "http://127.0.0.1:port/api",
            "no address at all": "http://[::1/api",
        }[what]
        os.environ["PREFECT_API_URL"] = url
        threading.Thread(target=_greet, args=(listening,), daemon=True).start()
        for command in (("server", "deploy"), ("run", "2022K1", "--prefect")):
            ended = klynge(*command)
            assert ended.exit_code == 61
            assert ended.err == (
                f"klynge: No Prefect server answers at {url}.\n"
                "Start it, or correct PREFECT_API_URL.\n"
            )
        ended = klynge("server", "status", "server")
        assert ended.exit_code == 2
        assert ended.out.startswith(f"CRITICAL server: nothing answers at {url}\n")


def _greet(listening: socket.socket) -> None:
    """Answer as a server of another protocol does, which speaks first."""
    with suppress(OSError):
        while True:
            with listening.accept()[0] as connection:
                connection.sendall(b"SSH-2.0-another\r\n")
                connection.recv(65_536)


def test_an_empty_address_counts_as_not_set(
    klynge: Klynge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`PREFECT_API_URL=` names no server, as with each setting of ours."""
    monkeypatch.setenv("PREFECT_API_URL", "")
    ended = klynge("server", "deploy")
    assert ended.exit_code == 2
    assert ended.err.startswith("klynge: PREFECT_API_URL is not set")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("KLYNGE_HOME", "~nobody-of-that-name/klynge", "KLYNGE_HOME is ~nobody-of-that-name"),
        ("KLYNGE_HOME", "~nobody-of-that-name/klynge", "Set KLYNGE_HOME to a folder of this user"),
        ("KLYNGE_POSTGRES_URL", "klynge@host/klynge", "must be an address that begins with"),
        ("KLYNGE_SECRET_FILE", "secret", "must hold klynge:PASSWORD"),
    ],
)
def test_a_setting_that_no_server_can_start_with_is_named(
    klynge: Klynge,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
    said: str,
) -> None:
    """Nothing is started, least of all on another database than the one that was meant."""
    (tmp_path / "secret").write_bytes(b"klynge:\xff")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KLYNGE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv(name, value)
    ended = klynge("server", "up")
    assert ended.exit_code == 2
    assert said in ended.err


@pytest.mark.parametrize("what", ["no folder can be made", "no room is left"])
@pytest.mark.parametrize("command", [("server", "up"), ("run", "2022K1", "--prefect")])
def test_a_home_that_cannot_be_used_is_named(
    klynge: Klynge,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: tuple[str, ...],
    what: str,
) -> None:
    """Whose home directory is `/`, as a container's user has it, is told what to set instead."""

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    (tmp_path / "file").touch()
    home = tmp_path / ("file" if what == "no folder can be made" else "home")
    monkeypatch.setenv("KLYNGE_HOME", str(home))
    monkeypatch.setattr(environment, "NamedTemporaryFile", full)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    with mock.patch.dict(os.environ):
        ended = klynge(*command)
    said = "File exists" if what == "no folder can be made" else "No space left on device"
    assert ended.exit_code == 51
    assert ended.err == (
        f"klynge: {home}: {said}.\n"
        "Set KLYNGE_HOME to a folder of this user's with room, or make room there.\n"
    )


def test_a_user_without_a_home_directory_has_that_of_the_server(tmp_path: Path) -> None:
    """Prefect asks for a home directory when it is imported; a container's user may have none."""
    variables = {"KLYNGE_HOME": str(tmp_path / "home")}
    assert client_environment(variables, NOBODY)["HOME"] == str(tmp_path / "home")
    assert client_environment({**variables, "HOME": "/root"}, NOBODY)["HOME"] == "/root"


@pytest.mark.parametrize("proxy", ["HTTP_PROXY", "https_proxy", "ALL_PROXY"])
@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://localhost:4200/api", "localhost"),
        ("https://127.0.1.1/api", "127.0.1.1"),
        ("http://[::1]:4200/api", "::1"),
        ("http://localhost.example.dk/api", None),
    ],
)
def test_this_machine_is_not_asked_through_a_proxy(
    tmp_path: Path, proxy: str, url: str, host: str | None
) -> None:
    """However it is named; what the environment itself keeps from the proxy stays."""
    variables = {"KLYNGE_HOME": str(tmp_path), proxy: NOBODY}
    assert client_environment(variables, url).get("NO_PROXY") == host
    held = client_environment({**variables, "no_proxy": ".example.dk"}, url)["no_proxy"]
    assert held == ",".join(filter(None, [".example.dk", host]))


@pytest.mark.parametrize(
    ("host", "asked"),
    [
        ("", "127.0.0.1"),
        ("0.0.0.0", "127.0.0.1"),
        ("::", "127.0.0.1"),
        ("127.0.0.2", "127.0.0.2"),
        ("::1", "[::1]"),
    ],
)
def test_a_server_is_asked_where_it_listens(host: str, asked: str) -> None:
    """`up` would wait for it in vain at another address."""
    assert local_url({"KLYNGE_SERVER_HOST": host}) == f"http://{asked}:4200/api"


def test_a_home_whose_name_has_blanks_can_be_pasted(
    klynge: Klynge, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A shell reads the secret by the command that `up` prints, wherever the home lies."""
    home = tmp_path / "vores hjem"
    home.mkdir()
    (home / "secret").write_text("klynge:hemmeligt", encoding="utf-8")
    monkeypatch.setenv("KLYNGE_HOME", str(home))
    monkeypatch.setattr(local_server, "up", lambda _: NOBODY)
    said = next(line for line in klynge("server", "up").out.splitlines() if "$(cat" in line)
    typed = said.removeprefix("and: ") + '; printf %s "$PREFECT_API_AUTH_STRING"'
    ran = subprocess.run(["sh", "-c", typed], capture_output=True, encoding="utf-8")
    assert (ran.stdout, ran.stderr) == ("klynge:hemmeligt", "")


def test_two_that_start_it_at_once_do_so_in_turn(
    klynge: Klynge, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Whoever types `up` twice gets one server; the second would stop what the first starts."""
    home = tmp_path / "home"
    monkeypatch.setenv("KLYNGE_HOME", str(home))
    tried = []

    def up(_: object) -> str:
        with pytest.raises(Timeout), FileLock(home / "up.lock", timeout=0):
            pass
        tried.append(NOBODY)
        return NOBODY

    monkeypatch.setattr(local_server, "up", up)
    assert klynge("server", "up").exit_code == 0
    assert tried == [NOBODY]


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


@pytest.mark.parametrize("nohup", [False, True])
def test_a_run_is_stopped_with_its_terminal(
    nohup: bool, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As by SIGTERM, so that it tells the server; one that `nohup` started goes on."""
    monkeypatch.setattr(os, "environ", {**os.environ, **site.environment})
    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    signal.signal(signal.SIGHUP, signal.SIG_IGN if nohup else signal.SIG_DFL)
    try:
        embedded.prepare(Settings.from_environment(os.environ))
        with suppress(SystemExit) if nohup else pytest.raises(SystemExit, match="129"):
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def test_serve_runs_what_is_asked_for(site: Site) -> None:
    """One command deploys and runs what is asked for; the schedule stays active when it stops.

    It is found as a worker of the home is, and stops at once, also where a script started it in
    the background.
    """
    log = site.folder / "serve.log"
    with log.open("wb") as output, as_background_job():
        served = subprocess.Popen(
            [sys.executable, "-c", "from flows.cli import main; main()", "serve"],
            env=site.environment,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    (other,) = local_server.running(site.environment, "worker")
    other.suspend()
    try:
        wait_until(lambda: "started!" in log.read_text(encoding="utf-8"), "it waits for runs")
        assert served.pid in {row.pid for row in local_server.running(site.environment, "worker")}
        run = site.trigger("quarterly/on-demand", quarter="2023K1")
        assert site.message(run)[0] == "Completed"
    finally:
        other.resume()
        served.terminate()
        with suppress(subprocess.TimeoutExpired):
            served.wait(20)
        kill(served)
    assert "stopped!" in log.read_text(encoding="utf-8")
    with site.client() as client:
        schedules = client.read_deployment_by_name("quarterly/scheduled").schedules
    assert [schedule.active for schedule in schedules] == [True]
