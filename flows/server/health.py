"""Whether runs will come and come through: what a monitor asks, one line for each thing.

The levels are those of Nagios and its like: 2 where no run will come, 1 where somebody must look
though runs go on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flows.server import deployments
from flows.server.environment import API_URL, client_environment, local_url
from flows.server.local import is_healthy, known_server
from pipeline.errors import AccessRefused, KlyngeError, StorageError
from pipeline.settings import Settings

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

SCHEDULED: Final = "quarterly/scheduled"
OVERDUE: Final = "Overdue"
"""Name of the state of a run whose quarter should long be published."""

_OF_SCHEDULE: Final = {"name": {"any_": ["scheduled"]}}
_IN_TIME: Final = {"PREFECT_API_REQUEST_TIMEOUT": "15", "PREFECT_CLIENT_MAX_RETRIES": "0"}
"""A monitor does not wait for a server that hangs, as a run does."""

Level = IntEnum("Level", "OK WARNING CRITICAL", start=0)
"""How bad it is; the number is the exit code."""

Part = StrEnum("Part", "SERVER DATABASE WORKER SCHEDULE RUN QUARTER DELIVERY")
"""What can be looked at."""


class Check(NamedTuple):
    """What was found."""

    part: Part
    level: Level
    text: str

    def __str__(self) -> str:
        return f"{self.level.name:<9}{self.part}: {self.text}"


def look(
    environment: Mapping[str, str], settings: Settings, parts: Collection[Part] = ()
) -> list[Check]:
    """Return what is found of some parts, or of everything, the worst first.

    The server is the one that the environment names, else that of our home, or on our port. Of one
    that does not answer nothing else is known.
    """
    wanted = set(parts or Part)
    api_url = known_server(environment) or local_url(environment)
    of_server = wanted - {Part.DELIVERY}
    found = list(_server(api_url)) if of_server else []
    in_the_way = {Part.SERVER, Part.DATABASE}
    if of_server - in_the_way and all(row.level is Level.OK for row in found):
        found += _asked(client_environment(_IN_TIME | dict(environment), api_url))
    if Part.DELIVERY in wanted:
        found += _delivery(settings)
    wanted |= {row.part for row in found if row.level is Level.CRITICAL and row.part in in_the_way}
    shown = (row for row in found if row.part in wanted)
    return sorted(shown, key=lambda row: -row.level)


def _server(api_url: str) -> Iterator[Check]:
    try:
        said = "" if is_healthy(api_url) else f"nothing answers at {api_url}"
    except AccessRefused as error:
        said = error.message
    if said:
        yield Check(Part.SERVER, Level.CRITICAL, said)
        return
    yield Check(Part.SERVER, Level.OK, f"answers at {api_url.removesuffix('/api')}")
    ready = is_healthy(api_url, "ready")
    said = "answers" if ready else "the server cannot reach it"
    yield Check(Part.DATABASE, Level.OK if ready else Level.CRITICAL, said)


def _asked(environment: Mapping[str, str]) -> Iterator[Check]:
    """Yield what only the server knows."""
    import httpx

    asking = deployments.client(environment)  # sets what Prefect reads when it is imported
    from prefect.exceptions import ObjectNotFound

    try:
        with asking as connected:
            yield _worker(connected)
            yield _schedule(connected)
            yield from _last_run(connected)
    except ObjectNotFound:
        yield Check(Part.SCHEDULE, Level.CRITICAL, "nothing is deployed: klynge server deploy")
    except httpx.HTTPStatusError as error:
        code = error.response.status_code
        why = "its log says why" if code == 500 else "is the secret its own?"
        yield Check(Part.SERVER, Level.CRITICAL, f"{environment[API_URL]} says {code}: {why}")
    except httpx.HTTPError as error:
        yield Check(Part.SERVER, Level.CRITICAL, f"{environment[API_URL]}: {error}")


def _worker(connected: SyncPrefectClient) -> Check:
    status = connected.read_work_pool(deployments.POOL).status
    if status == "READY":
        return Check(Part.WORKER, Level.OK, "waits for runs")
    said = "its pool is paused" if status == "PAUSED" else "none has asked for runs lately"
    return Check(Part.WORKER, Level.CRITICAL, said)


def _schedule(connected: SyncPrefectClient) -> Check:
    deployment = connected.read_deployment_by_name(SCHEDULED)
    if deployment.paused or not any(schedule.active for schedule in deployment.schedules):
        return Check(Part.SCHEDULE, Level.CRITICAL, f"{SCHEDULED} is paused")
    planned = _first(connected, ["SCHEDULED"], "EXPECTED_START_TIME_ASC", deployments=_OF_SCHEDULE)
    if planned is None:
        return Check(Part.SCHEDULE, Level.CRITICAL, f"{SCHEDULED} is active, and plans no run")
    return Check(Part.SCHEDULE, Level.OK, f"next run {planned['expected_start_time'][:16]} UTC")


def _last_run(connected: SyncPrefectClient) -> Iterator[Check]:
    """Yield how the last run ended of the quarter that the schedule was at last."""
    ended = ["COMPLETED", "FAILED", "CRASHED"], "END_TIME_DESC"
    last = _first(connected, *ended, deployments=_OF_SCHEDULE)
    last = last and _first(connected, *ended, flow_runs={"name": {"any_": [last["name"]]}})
    if last is None:
        yield Check(Part.RUN, Level.OK, "none has ended yet")
        return
    state = last["state"]
    overdue = state["name"] == OVERDUE
    bad = not overdue and state["type"] != "COMPLETED"
    said = f"{last['name']} {last['end_time'][:16]} UTC: {state['name']}: {state['message']}"
    yield Check(Part.RUN, Level(bad), said)
    yield Check(Part.QUARTER, Level(overdue), state["message"] if overdue else "none is overdue")


def _first(connected: SyncPrefectClient, states: list[str], sort: str, **more: Any) -> Any:
    """Return the first run in one of these states; None where there is none."""
    of_state = {"state": {"type": {"any_": states}}, **more.pop("flow_runs", {})}
    wanted = {"flow_runs": of_state, "sort": sort, "limit": 1, **more}
    answer = connected.request("POST", "/flow_runs/filter", json=wanted).raise_for_status()
    return next(iter(answer.json()), None)


def _delivery(settings: Settings) -> Iterator[Check]:
    from pipeline.delivery.deliver import newest_plan

    try:
        plan = newest_plan(settings)
    except (KlyngeError, OSError) as error:
        said = StorageError.of(error).message.splitlines()[0]
        yield Check(Part.DELIVERY, Level.WARNING, said)
        return
    left = ", ".join(map(str, plan.pending)) if plan else ""
    said = f"{plan.issue} has not reached {left}" if plan and left else "nothing is left to do"
    yield Check(Part.DELIVERY, Level(bool(left)), said)
