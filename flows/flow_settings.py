"""What only the flows need to know, read from the environment of the process that runs them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pipeline.errors import UsageError
from pipeline.settings import seconds

RETRY_DELAYS_SECONDS: Final = (600.0, 1800.0, 3600.0, 7200.0)
"""Pauses between fetches while the StatBank is away: a little under four hours in all."""

QUARTER_WAIT_SECONDS: Final = 900.0
THREADS: Final = 2


class TaskRunner(StrEnum):
    """Where the quarters of a back-fill are calculated."""

    THREADS = "threads"
    DASK = "dask"


@dataclass(frozen=True)
class FlowSettings:
    """How patient a flow is, where a back-fill runs, and who is told.

    Args:
        retry_delays_seconds: Pause before each further fetch when the StatBank is unavailable.
        quarter_wait_seconds: How long a run waits for another run of its quarter.
        task_runner: Where the quarters of a back-fill are calculated.
        threads: Quarters calculated at once, on this machine.
        dask_scheduler: Address of a Dask cluster; empty for one on this machine.
        notification_block: Prefect block that is told of failures and new revisions, such as
            `microsoft-teams-webhook/klynge`; empty for nobody.
        reports_url: Address under which people open the reports folder; empty for its path.
    """

    retry_delays_seconds: tuple[float, ...] = RETRY_DELAYS_SECONDS
    quarter_wait_seconds: float = QUARTER_WAIT_SECONDS
    task_runner: TaskRunner = TaskRunner.THREADS
    threads: int = THREADS
    dask_scheduler: str = ""
    notification_block: str = ""
    reports_url: str = ""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> FlowSettings:
        """Read the variables `KLYNGE_*` of the flows.

        Raises:
            UsageError: A value is not of its kind; the message names the variable.
        """
        return cls(
            retry_delays_seconds=_delays(environment, "KLYNGE_RETRY_DELAYS_SECONDS"),
            quarter_wait_seconds=seconds(
                environment, "KLYNGE_QUARTER_WAIT_SECONDS", QUARTER_WAIT_SECONDS
            ),
            task_runner=_task_runner(environment, "KLYNGE_TASK_RUNNER"),
            threads=int(seconds(environment, "KLYNGE_THREADS", THREADS)),
            dask_scheduler=environment.get("KLYNGE_DASK_SCHEDULER", ""),
            notification_block=environment.get("KLYNGE_NOTIFICATION_BLOCK", ""),
            reports_url=environment.get("KLYNGE_REPORTS_URL", "").rstrip("/"),
        )


def _delays(environment: Mapping[str, str], name: str) -> tuple[float, ...]:
    texts = environment.get(name, " ".join(f"{delay:g}" for delay in RETRY_DELAYS_SECONDS)).split()
    return tuple(seconds({name: text}, name, 0) for text in texts)


def _task_runner(environment: Mapping[str, str], name: str) -> TaskRunner:
    text = environment.get(name, TaskRunner.THREADS)
    if text not in list(TaskRunner):
        choices = " or ".join(TaskRunner)
        raise UsageError(f"{name} is {text!r}; it must be {choices}.", f"Example: {name}=threads")
    return TaskRunner(text)
