"""The deployments of `prefect.yaml`: put on a server for its workers, or served by one process."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from flows.server.local import ServerError

if TYPE_CHECKING:
    from prefect.deployments.runner import RunnerDeployment

POOL: Final = "klynge"
AT_ONCE: Final = 2
"""Runs that `klynge serve` takes at the same time."""

SILENCE_SECONDS: Final = 90
NO_SIGN_OF_LIFE: Final = "klynge: no sign of life"


def crash_automation(silence_seconds: int = SILENCE_SECONDS) -> dict[str, Any]:
    """Return the automation that calls a run crashed whose machine died under it.

    Without it such a run stays "Running" for good.

    Args:
        silence_seconds: How long a run may go without a heartbeat.
    """
    ends = ("Completed", "Failed", "Cancelled", "Crashed")
    return {
        "name": NO_SIGN_OF_LIFE,
        "description": "Calls a run crashed that stopped sending heartbeats.",
        "trigger": {
            "type": "event",
            "posture": "Proactive",
            "match": {"prefect.resource.id": "prefect.flow-run.*"},
            "match_related": {"prefect.resource.id": "prefect.tag.klynge"},
            "for_each": ["prefect.resource.id"],
            "after": ["prefect.flow-run.heartbeat"],
            "expect": ["prefect.flow-run.heartbeat", *(f"prefect.flow-run.{end}" for end in ends)],
            "threshold": 1,
            "within": silence_seconds,
        },
        "actions": [
            {
                "type": "change-flow-run-state",
                "state": "CRASHED",
                "message": f"no sign of life for {silence_seconds} s: was the machine stopped?",
            }
        ],
    }


def prefect_file() -> Path:
    """Return `prefect.yaml`: beside the packages, or within an installed one."""
    installed = Path(__file__).parents[1] / "prefect.yaml"
    return installed if installed.exists() else Path(__file__).parents[2] / "prefect.yaml"


def deploy(environment: Mapping[str, str]) -> None:
    """Put the work pool, the deployments and the automation on the server of `PREFECT_API_URL`.

    Raises:
        ServerError: Prefect refused one of them.
    """
    pool = ["work-pool", "create", POOL, "--type", "process", "--overwrite"]
    _prefect(pool, environment)
    _prefect(["deploy", "--all", "--prefect-file", str(prefect_file())], environment)
    if _call(["automation", "inspect", NO_SIGN_OF_LIFE], environment).returncode:
        automation = json.dumps(crash_automation())
        _prefect(["automation", "create", "--from-json", automation], environment)


def _call(arguments: list[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "prefect", "--no-prompt", *arguments],
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def _prefect(arguments: list[str], environment: Mapping[str, str]) -> None:
    ended = _call(arguments, environment)
    if ended.returncode:
        said = (ended.stderr or ended.stdout).strip()
        raise ServerError(
            f"prefect {' '.join(arguments[:2])} failed:\n{said}",
            f"Is a server running at {environment.get('PREFECT_API_URL')}? klynge server status",
        )


def served() -> list[RunnerDeployment]:
    """Return the deployments as one process can serve them, without a work pool."""
    import yaml
    from prefect.flows import load_flow_from_entrypoint
    from prefect.schedules import Cron
    from prefect.types.entrypoint import EntrypointType

    content = yaml.safe_load(prefect_file().read_text(encoding="utf-8"))
    return [
        load_flow_from_entrypoint(row["entrypoint"]).to_deployment(  # type: ignore[misc]
            row["name"],
            description=row["description"],
            tags=row["tags"],
            parameters=row.get("parameters", {}),
            schedules=[
                Cron(schedule["cron"], timezone=schedule["timezone"])
                for schedule in row.get("schedules", ())
            ],
            entrypoint_type=EntrypointType.MODULE_PATH,
        )
        for row in content["deployments"]
    ]


def serve() -> None:
    """Serve the deployments until the process is stopped; their schedules stay active then."""
    from prefect import serve as serve_deployments

    serve_deployments(*served(), pause_on_shutdown=False, limit=AT_ONCE)
