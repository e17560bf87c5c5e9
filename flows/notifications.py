"""Who is told of a failure or a new revision: a notification block of Prefect, named in settings.

Off by default. A notification that fails is logged by Prefect and changes nothing else.
"""

import os
from typing import Any

from prefect.blocks.core import Block
from prefect.client.schemas.objects import FlowRun, State
from prefect.flows import Flow
from prefect.settings import PREFECT_UI_URL

from flows.summary import WRITTEN
from pipeline.settings import setting


def tell_of_failure(flow: Flow[..., Any], flow_run: FlowRun, state: State) -> None:
    """Tell that a run failed or crashed, and why."""
    _tell(f"{flow_run.name}: {state.name}", flow_run, state)


def tell_of_revision(flow: Flow[..., Any], flow_run: FlowRun, state: State) -> None:
    """Tell that a run wrote a new revision; one that found nothing new is no news."""
    if (state.message or "").startswith(WRITTEN):
        _tell(f"{flow_run.name}: {state.message}", flow_run, state)


def _tell(subject: str, flow_run: FlowRun, state: State) -> None:
    name = setting("notification_block", os.environ)
    if name:
        block: Any = Block.load(name)
        where = f"{PREFECT_UI_URL.value()}/runs/flow-run/{flow_run.id}"
        block.notify(f"{state.message}\n{where}", subject)
