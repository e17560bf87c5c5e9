"""What a flow is asked, and how it behaves: what is tried again, who waits, what is logged.

Prefect validates a run's parameters against the types here before it starts; a parameter's help
stands in the docstring of its flow. Folders and addresses are no parameters: a worker has its own.
"""

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Annotated, Any, ParamSpec, TypeVar

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State, TaskRun
from prefect.concurrency.sync import concurrency
from prefect.exceptions import ObjectAlreadyExists
from prefect.tasks import Task
from pydantic import AfterValidator, Field

from pipeline.errors import DeliveryError, KlyngeError, StatBankUnavailable
from pipeline.settings import Settings
from schemas.quarter import WRITTEN, Quarter
from schemas.records import AREA_CODE, DISTRICT_CODE

P = ParamSpec("P")
R = TypeVar("R")
log = logging.getLogger(__name__)


def is_temporary(task: Task[..., object], task_run: TaskRun, state: State) -> bool:
    """Whether a task failed because the StatBank or a target of the delivery is away."""
    error = state.result(raise_on_failure=False)
    away = isinstance(error, DeliveryError) and error.facts.get("temporary")
    return bool(away) or isinstance(error, StatBankUnavailable)


def retrying(task: Task[P, R], settings: Settings) -> Task[P, R]:
    """Return a task that tries again, over hours, what its `retry_condition_fn` lets it."""
    delays = list(settings.retry_delays_seconds)
    return task.with_options(retries=len(delays), retry_delay_seconds=delays)


@contextmanager
def one_at_a_time(label: str, wait_seconds: float) -> Iterator[None]:
    """Wait until no other run of this report is under way on this server, at most `wait_seconds`.

    The lock that guards the reports is a file lock (`pipeline.revisions.store`). This one spares
    the StatBank a second set of queries, and shows in the UI who waits. So it never blocks for
    good: a run killed hard may leave its slot taken, and whoever has waited long enough goes on.
    """
    name = f"klynge-{label}"
    with get_client(sync_client=True) as client, suppress(ObjectAlreadyExists):
        client.upsert_global_concurrency_limit_by_name(name, 1)
    with ExitStack() as held:
        # After a minute without a sign of life a slot is free again; that is Prefect's least.
        slot = concurrency(name, timeout_seconds=wait_seconds, lease_duration=60)
        try:
            held.enter_context(slot)
        except TimeoutError:
            log.warning("%s is still taken after %g s; going on beside it", name, wait_seconds)
        yield


def log_steps() -> None:
    """Log a line a step, and a `KlyngeError` without the traceback that other errors keep.

    Prefect says of it in the end that it was not expected; that line is left out.
    """
    for name in ("pipeline", "flows"):
        logging.getLogger(name).setLevel(logging.INFO)
    for name in ("prefect.task_runs", "prefect.flow_runs", "prefect.engine"):
        logging.getLogger(name).addFilter(_as_expected)


def _as_expected(record: logging.LogRecord) -> bool:
    if isinstance(record.exc_info, tuple) and isinstance(record.exc_info[1], KlyngeError | OSError):
        record.exc_info = None
        return "unexpected exception" not in record.getMessage()
    return True


_NAMED = AfterValidator(lambda text: str(Quarter.parse(text)))
_WORDS: Any = {"pattern": "a quarter such as 2022K1, K1 to K4"}  # which a server shows
_WRITTEN = Field(json_schema_extra={"if": {"pattern": WRITTEN}, "else": _WORDS})
QuarterText = Annotated[str, _NAMED, _WRITTEN]
"""A quarter as the history keeps it, which holds JSON only; a run has it as `2022K1`."""
QuarterOrNone = Annotated[Annotated[str, _NAMED] | None, _WRITTEN]

AreaCode = Annotated[str, Field(pattern=f"^({AREA_CODE}|{DISTRICT_CODE})$")]
