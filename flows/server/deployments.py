"""What `prefect.yaml` says, put on the server of `PREFECT_API_URL` for its workers."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from flows.server.environment import API_URL, AUTHENTICATION
from pipeline.errors import KlyngeError
from pipeline.files import packaged
from pipeline.settings import setting

if TYPE_CHECKING:
    from uuid import UUID

    from prefect.client.orchestration import SyncPrefectClient

POOL: Final = "klynge"
WORKER: Final = ["worker", "start", "--pool", POOL, "--no-create-pool-if-not-found", "--limit", "2"]
PREFECT_FILE: Final = packaged("flows", "prefect.yaml")
OURS: Final = "klynge: "
"""How the names of our automations begin."""


class ServerError(KlyngeError, exit_code=61):
    """Prefect's server or worker cannot be used."""


def deploy(environment: Mapping[str, str]) -> None:
    """Put the work pool, the deployments and the automations on the server, or update them.

    Raises:
        ServerError: Prefect refused one of them.
    """
    import httpx

    try:
        with client(environment) as connected:
            block = setting("notification_block", environment)
            target = _block_id(connected, block) if block else None
            disabled = [row.id for row in connected.read_deployments() if row.paused]
            _put_pool(connected)
            _deploy_all(environment)
            for deployment in disabled:  # Prefect enables what it deploys
                connected.pause_deployment(deployment)
            _put_automations(connected, target)
    except httpx.HTTPError as error:
        raise refused(environment, "deployments", error) from None


def _deploy_all(environment: Mapping[str, str]) -> None:
    command = [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all"]
    command += ["--prefect-file", str(PREFECT_FILE)]
    nothing = subprocess.DEVNULL
    ended = subprocess.run(command, env=environment, stdin=nothing, capture_output=True, text=True)
    if ended.returncode:
        raise refused(environment, "deployments", ended.stderr or ended.stdout)


def client(environment: Mapping[str, str]) -> SyncPrefectClient:
    """Return Prefect's client of the server; Prefect reads its settings when it is imported."""
    os.environ.update(environment)
    from prefect.client.orchestration import SyncPrefectClient

    return SyncPrefectClient(environment[API_URL], auth_string=environment[AUTHENTICATION])


def _put_pool(connected: SyncPrefectClient) -> None:
    from prefect.client.schemas.actions import WorkPoolCreate
    from prefect.workers.process import ProcessWorker

    template = ProcessWorker.get_default_base_job_template()
    pool = WorkPoolCreate(name=POOL, type=ProcessWorker.type, base_job_template=template)
    pool.is_paused = any(row.is_paused for row in connected.read_work_pools() if row.name == POOL)
    connected.create_work_pool(pool, overwrite=True)


def refused(environment: Mapping[str, str], what: str, said: object) -> ServerError:
    """Return the error of what a server does not take, and what was said of it."""
    text = str(said).partition("For more information")[0].rpartition("Error: ")[2].strip("\n -")
    hint = f"Is a server with our secret at {environment[API_URL]}? klynge server status"
    if "'500 " in text or "timed out" in text:
        hint = "The log of the server says why: is its disk full, or its database busy?"
    return ServerError(f"The server does not take our {what}:\n{text}", hint)


def _put_automations(connected: SyncPrefectClient, target: UUID | None) -> None:
    """Bring our automations up to date; one that is as it should be keeps what it has counted."""
    from prefect.events.schemas.automations import AutomationCore

    wanted = {row["name"]: AutomationCore.model_validate(row) for row in _automations(target)}
    there = {row.name: row for row in connected.read_automations() if row.name.startswith(OURS)}
    for name in there.keys() - wanted.keys():
        connected.delete_automation(there[name].id)
    for name, automation in wanted.items():
        if name not in there:
            connected.create_automation(automation)
        elif AutomationCore.model_validate(there[name].model_dump()) != automation:
            connected.update_automation(there[name].id, automation)


def _automations(target: UUID | None) -> Iterator[dict[str, Any]]:
    """Yield our automations; those that tell somebody only where there is somebody to tell."""
    import yaml

    content = yaml.safe_load(PREFECT_FILE.read_text(encoding="utf-8"))
    for automation in content["automations"]:
        (action,) = automation["actions"]
        if action["type"] != "send-notification":
            yield automation
        elif target:
            yield automation | {"actions": [action | {"block_document_id": target}]}


def _block_id(connected: SyncPrefectClient, block: str) -> UUID:
    from prefect.exceptions import ObjectNotFound

    kind, _, name = block.partition("/")
    with suppress(ObjectNotFound):
        found = connected.read_block_document_by_name(name, kind)
        if found.block_schema and "notify" in found.block_schema.capabilities:
            return found.id
    raise ServerError(
        f"The server has no notification block {block}, which KLYNGE_NOTIFICATION_BLOCK names.",
        "Make it on the page Blocks, and deploy again: klynge server deploy",
    )
