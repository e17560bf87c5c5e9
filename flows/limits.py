"""One run a quarter at a time on one Prefect server.

The lock that guards the reports is the file lock below (`pipeline.revisions.store`). This one
spares the StatBank a second set of queries, and shows in the UI who waits. So it never blocks for
good: a run killed hard may leave its slot taken, and whoever has waited long enough goes on.
"""

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from prefect.client.orchestration import get_client
from prefect.concurrency.sync import concurrency
from prefect.exceptions import ObjectAlreadyExists

log = logging.getLogger(__name__)

LEASE_SECONDS = 60
"""After this long without a sign of life a slot is free again; Prefect's least."""


@contextmanager
def one_at_a_time(label: str, wait_seconds: float) -> Iterator[None]:
    """Wait until no other run of this report is under way, at most `wait_seconds`."""
    name = f"klynge-{label}"
    with get_client(sync_client=True) as client, suppress(ObjectAlreadyExists):
        client.upsert_global_concurrency_limit_by_name(name, 1)
    with ExitStack() as held:
        try:
            held.enter_context(
                concurrency(name, timeout_seconds=wait_seconds, lease_duration=LEASE_SECONDS)
            )
        except TimeoutError:
            log.warning("%s is still taken after %g s; going on beside it", name, wait_seconds)
        yield
