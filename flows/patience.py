"""Which tasks try again, and when."""

from typing import ParamSpec, TypeVar

from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import Task

from pipeline.errors import DeliveryError, StatBankUnavailable
from pipeline.settings import Settings

P = ParamSpec("P")
R = TypeVar("R")


def time_may_mend(task: Task[..., object], task_run: TaskRun, state: State) -> bool:
    """Whether a task failed because the StatBank or a target of the delivery is away."""
    error = state.result(raise_on_failure=False)
    if isinstance(error, DeliveryError):
        return error.temporary
    return isinstance(error, StatBankUnavailable)


def patient(work: Task[P, R], settings: Settings) -> Task[P, R]:
    """Return a task that tries again, over hours, where time may mend what failed."""
    delays = list(settings.retry_delays_seconds)
    return work.with_options(retries=len(delays), retry_delay_seconds=delays)
