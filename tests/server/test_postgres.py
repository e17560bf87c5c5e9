"""Two workers on Postgres: two runs of one quarter at once, and both machines lost in a run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from subprocess import Popen

import psutil
import pytest
import yaml

from flows.server.deployments import PREFECT_FILE
from tests.listener import Listener, listening, name_block
from tests.prefect_site import Site, build_site, kill
from tests.server.postgres import binaries, cluster
from tests.statbank_emulator import StatBankEmulator, faults
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

QUARTER = "2022K1"
HUNG = "2022K3"
SILENCE_SECONDS = 10
"""Less than Prefect lets pass between two heartbeats, so it is asked of the lost run alone."""

PATIENT = {
    "KLYNGE_BUDGET_SECONDS": "600",
    "KLYNGE_READ_TIMEOUT_SECONDS": "600",
    "KLYNGE_QUARTER_WAIT_SECONDS": "4",
}
"""A run waits as long as it takes for figures, and not as long for a run that is gone."""


@pytest.fixture(scope="module")
def bank() -> Iterator[StatBankEmulator]:
    """A StatBank of its own."""
    with StatBankEmulator(since="2016K1", until="2023K1") as bank:
        yield bank


@pytest.fixture(scope="module")
def told() -> Iterator[Listener]:
    """Who is told what happens here."""
    with listening() as listener:
        yield listener


@pytest.fixture(scope="module")
def postgres_site(
    tmp_path_factory: pytest.TempPathFactory, bank: StatBankEmulator, told: Listener
) -> Iterator[Site]:
    """A server on Postgres with our deployments; its health says that it has no worker yet."""
    programs = binaries()
    if programs is None:
        pytest.skip("Postgres is not installed: apt-get install postgresql")
    folder = tmp_path_factory.mktemp("postgres-site")
    with cluster(programs) as url:
        site = build_site(folder, bank, {"KLYNGE_POSTGRES_URL": url, **PATIENT})
        try:
            site.environment["KLYNGE_NOTIFICATION_BLOCK"] = name_block(site, told)
            ended = site.klynge("server", "deploy")
            assert ended.returncode == 0, ended.stderr
            status = site.klynge("server", "status")
            assert status.returncode == 2
            assert "CRITICAL worker: none has asked for runs lately\n" in status.stdout
            yield site
        finally:
            site.stop()


@pytest.fixture(scope="module")
def workers(postgres_site: Site) -> list[Popen[bytes]]:
    """The two workers."""
    return [postgres_site.start_worker() for _ in range(2)]


def test_two_triggers_at_once_write_one_revision(
    postgres_site: Site, workers: list[Popen[bytes]]
) -> None:
    """Two workers, two runs of one quarter at once: one writes r1, the other finds it there."""
    runs = [postgres_site.trigger("quarterly/on-demand", quarter=QUARTER) for _ in workers]
    messages = sorted(postgres_site.message(run) for run in runs)
    assert messages == [("Completed", "unchanged (r1)"), ("Completed", "written r1")]
    assert [path.name for path in (postgres_site.reports / QUARTER).glob("r*")] == ["r1"]


def test_lost_machine(
    postgres_site: Site, workers: list[Popen[bytes]], bank: StatBankEmulator, told: Listener
) -> None:
    """A worker killed hard with its run: the next run succeeds on the other one, nothing is half
    written, and the killed run is called crashed instead of running for good; that is told, under
    the name of its quarter.
    """
    bank.fail(faults.hang(), times=None, function="data")
    lost = postgres_site.trigger("quarterly/on-demand", quarter=HUNG)
    _call_crashed(postgres_site, str(lost))
    wait_until(lambda: bank.count("data"), "the run asks for data")
    wait_until(lambda: _has_sent_a_heartbeat(postgres_site, str(lost)), "a heartbeat")
    (at_work,) = [worker for worker in workers if psutil.Process(worker.pid).children()]
    kill(at_work)
    killed_at = datetime.now(UTC)
    bank.reset()
    following = postgres_site.trigger("quarterly/on-demand", quarter=HUNG)
    assert postgres_site.message(following) == ("Completed", "written r1")
    assert sorted(path.name for path in (postgres_site.reports / HUNG).iterdir()) == [
        ".lock",
        "r1",
    ]
    name, message = postgres_site.message(lost)
    assert (name, message.partition(":")[0]) == (
        "Crashed",
        f"no sign of life for {SILENCE_SECONDS} s",
    )
    assert "no sign of life" in told.hears(f"fordeling-{HUNG}: Crashed")["body"]
    waited = (datetime.now(UTC) - killed_at).total_seconds()
    assert waited < 2 * SILENCE_SECONDS + 30


def _call_crashed(site: Site, run: str) -> None:
    """Have a run called crashed by the automation of the site, but sooner."""
    content = PREFECT_FILE.read_text(encoding="utf-8")
    automation, *_ = yaml.safe_load(content.replace("90", str(SILENCE_SECONDS)))["automations"]
    impatient = automation | {"name": "impatient"}
    impatient["trigger"]["match"] = {"prefect.resource.id": f"prefect.flow-run.{run}"}
    with site.client() as client:
        client.request("POST", "/automations/", json=impatient).raise_for_status()


def _has_sent_a_heartbeat(site: Site, run: str) -> bool:
    from prefect.events.filters import EventFilter, EventNameFilter, EventResourceFilter

    wanted = EventFilter(
        event=EventNameFilter(name=["prefect.flow-run.heartbeat"]),
        resource=EventResourceFilter(id=[f"prefect.flow-run.{run}"]),
    )
    with site.client() as client:
        answer = client.request(
            "POST", "/events/filter", json={"filter": wanted.model_dump(mode="json")}
        )
    return bool(answer.json()["events"])
