"""A Prefect server with workers, a StatBank and folders of its own, as an organisation has it.

Prefect is imported where it is used: tests of the rules load this module too.
"""

from __future__ import annotations

import os
import shutil
import signal
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psutil
import pytest

from flows.server import deployments
from flows.server import local as local_server
from flows.server.environment import server_environment
from schemas.quarter import Quarter
from tests.statbank_emulator import StatBankEmulator
from tests.waiting import wait_until

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import Artifact, FlowRun

REPOSITORY = Path(__file__).parents[1]
COMMAND_SECONDS = 300
"""A first `klynge server up` takes about 20 s on an idle machine."""

QUICK = {
    "KLYNGE_BUDGET_SECONDS": "1.9",
    "KLYNGE_RETRY_DELAYS_SECONDS": "0.5 0.5 0.5",
    "KLYNGE_QUARTER_WAIT_SECONDS": "20",
    "PREFECT_WORKER_QUERY_SECONDS": "1",
    "PREFECT_SERVER_EVENTS_PROACTIVE_GRANULARITY": "PT1S",
    "PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "2",
    "PREFECT_SERVER_SERVICES_SCHEDULER_MIN_RUNS": "200",
    "PREFECT_SERVER_SERVICES_SCHEDULER_MAX_RUNS": "200",
    "PREFECT_SERVER_SERVICES_SCHEDULER_MAX_SCHEDULED_TIME": "P300D",
}
"""So that nothing waits for hours, and the schedule is listed for most of a year.

The budget is as large as it can be while a call does not wait its first 2 s to try a third time.
"""


@dataclass
class Site:
    """A server and its workers.

    Args:
        folder: Throwaway folder with the home, the data, the reports and the logs.
        environment: What the processes get.
        statbank: Who is asked.
        up_said: What `klynge server up` printed, if that started it.
    """

    folder: Path
    environment: dict[str, str]
    statbank: StatBankEmulator
    up_said: str = ""
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def api_url(self) -> str:
        """Address of the API."""
        return self.environment["PREFECT_API_URL"]

    @property
    def reports(self) -> Path:
        """Folder of the reports."""
        return self.folder / "reports"

    def start(self, *arguments: str, **variables: str) -> subprocess.Popen[bytes]:
        """Start a command of Prefect in the background."""
        log = self.folder / f"{arguments[0]}.log"
        process = local_server.start(list(arguments), {**self.environment, **variables}, log)
        self.processes.append(process)
        return process

    def start_worker(self, **variables: str) -> subprocess.Popen[bytes]:
        """Start a worker."""
        return self.start(*deployments.WORKER, **variables)

    def prefect(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run Prefect's command line to its end."""
        return self._run("-m", "prefect", *arguments)

    def klynge(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run our command line to its end."""
        return self._run("-c", "from flows.cli import main; main()", *arguments)

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            env=self.environment,
            cwd=REPOSITORY,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=COMMAND_SECONDS,
        )

    @contextmanager
    def client(self) -> Iterator[SyncPrefectClient]:
        """Prefect's own client, which reads no certificates for a server without TLS."""
        from prefect.client.orchestration import SyncPrefectClient

        secret = self.environment["PREFECT_API_AUTH_STRING"]
        settings = {"verify": ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)}
        with SyncPrefectClient(self.api_url, auth_string=secret, httpx_settings=settings) as client:
            yield client

    def trigger(
        self,
        deployment: str,
        at: datetime | None = None,
        state_name: str = "Scheduled",
        **parameters: Any,
    ) -> UUID:
        """Ask for a run, as the button does; or plan one for a moment that is over.

        The server calls late only what is named "Scheduled".
        """
        from prefect.states import Scheduled

        with self.client() as client:
            there = client.read_deployment_by_name(deployment)
            return client.create_flow_run_from_deployment(
                there.id, parameters=parameters, state=Scheduled(scheduled_time=at, name=state_name)
            ).id

    def read(self, run: UUID) -> FlowRun:
        """Return a run."""
        with self.client() as client:
            return client.read_flow_run(run)

    def ended(self, run: UUID, seconds: float = 90.0) -> FlowRun:
        """Wait until a run has ended, and return it; a look keeps the server busy for 11 ms."""

        def final() -> FlowRun | None:
            now = self.read(run)
            return now if now.state and now.state.is_final() else None

        return wait_until(final, f"the run ends; {self.tail('worker')}", seconds, 0.5)

    def message(self, run: UUID) -> tuple[str, str]:
        """Wait until a run has ended, and return the name and message of its state."""
        state = self.ended(run).state
        assert state
        return str(state.name), state.message or ""

    def artifacts(self, run: UUID) -> dict[str, Artifact]:
        """Return what a run shows, by key."""
        from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId

        of_run = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run]))
        with self.client() as client:
            return {str(each.key): each for each in client.read_artifacts(artifact_filter=of_run)}

    def tail(self, log: str) -> str:
        """Return the end of a log, for messages."""
        path = self.folder / f"{log}.log"
        return path.read_text(encoding="utf-8")[-2000:] if path.exists() else ""

    def stop(self) -> None:
        """Stop everything, the newest first."""
        for process in reversed(self.processes):
            kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a process with all that it started, as a lost machine does."""
    with suppress(psutil.NoSuchProcess):
        parent = psutil.Process(process.pid)
        # The parent first, or it would tell that its child was killed.
        for each in [parent, *parent.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                each.kill()
    process.wait()


def due_now() -> Quarter:
    """Return the quarter now due."""
    from flows.quarterly import due_quarter

    return due_quarter()


def variables_of(folder: Path, statbank: StatBankEmulator) -> dict[str, str]:
    """Return the environment of a site: a home, a copy of the data, and an empty reports folder."""
    for part in ("reference", "snapshots"):
        shutil.copytree(REPOSITORY / "data" / part, folder / "data" / part)
    return {
        **{key: value for key, value in os.environ.items() if not key.startswith("PREFECT_")},
        **QUICK,
        "KLYNGE_HOME": str(folder),
        "KLYNGE_DATA_DIR": str(folder / "data"),
        "KLYNGE_REPORTS_DIR": str(folder / "reports"),
        "KLYNGE_STATBANK_URL": statbank.url,
        "PYTHONPATH": str(REPOSITORY),
    }


def build_site(folder: Path, statbank: StatBankEmulator, extra: Mapping[str, str]) -> Site:
    """Start a server in an empty home, and wait until it answers."""
    port = local_server.free_port()
    variables = {**variables_of(folder, statbank), **extra}
    environment = server_environment({**variables, "KLYNGE_SERVER_PORT": str(port)})
    site = Site(folder, environment, statbank)
    server = site.start("server", "start")
    try:
        local_server.wait_until_healthy(site.api_url, site.tail("server"), server)
    except BaseException:
        site.stop()
        raise
    return site


@pytest.fixture(scope="session")
def site_statbank() -> Iterator[StatBankEmulator]:
    """The StatBank of the sites, up to the quarter now due."""
    with StatBankEmulator(since="2016K1", until=str(due_now())) as bank:
        yield bank


_END = pytest.StashKey[Callable[[], None]]()


def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any], request: Any) -> None:
    """Keep how the site is ended, with all that rests on it."""
    if fixturedef.argname == "site":
        request.config.stash[_END] = partial(fixturedef.finish, request)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """End the site after the last test that uses it: a server costs a twelfth of a core."""
    yield
    if uses_site(item) and item is [each for each in item.session.items if uses_site(each)][-1]:
        item.config.stash[_END]()


def uses_site(item: pytest.Item) -> bool:
    """Return whether a test uses the site."""
    return "site" in getattr(item, "fixturenames", ())


@contextmanager
def as_background_job() -> Iterator[None]:
    """Start processes as a script does in the background: Ctrl-C, SIGINT, is not for them."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def site(
    tmp_path_factory: pytest.TempPathFactory, site_statbank: StatBankEmulator
) -> Iterator[Site]:
    """What `klynge server up` starts on a machine on which nothing of Prefect's was set up.

    One server on SQLite and one worker with our deployments, for the whole session; `down` leaves
    nothing running.
    """
    port = str(local_server.free_port())
    folder = tmp_path_factory.mktemp("site")
    variables = {**variables_of(folder, site_statbank), "KLYNGE_SERVER_PORT": port}
    site = Site(folder, variables, site_statbank)
    with as_background_job():
        up = site.klynge("server", "up")
    site.environment, site.up_said = server_environment(variables), up.stdout
    try:
        assert up.returncode == 0, up.stderr
        assert f"Prefect's UI: http://127.0.0.1:{port}" in up.stdout
        assert "klynge server down" in up.stdout
        yield site
    finally:
        down = site.klynge("server", "down")
    assert down.stdout == "Stopped.\n"
    log = (folder / "worker.log").read_text(encoding="utf-8")
    assert log.count("stopped!") >= log.count("started!")  # one may end before it says it started
    assert not local_server.is_healthy(site.api_url)
    status = site.klynge("server", "status").stdout
    assert status.startswith("CRITICAL server: nothing answers")
    assert site.klynge("server", "down").stdout == "Nothing was running.\n"
