"""What `prefect.yaml` says, put on the server of `PREFECT_API_URL` for its workers."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pipeline.errors import KlyngeError, UsageError

POOL: Final = "klynge"
WORKER: Final = ["worker", "start", "--pool", POOL]
NO_SIGN_OF_LIFE: Final = "klynge: no sign of life"


class ServerError(KlyngeError):
    """The local Prefect server or worker cannot be used."""


def prefect_file() -> Path:
    """Return `prefect.yaml`: beside the packages, or within an installed one."""
    installed = Path(__file__).parents[1] / "prefect.yaml"
    return installed if installed.exists() else Path(__file__).parents[2] / "prefect.yaml"


def deploy(environment: Mapping[str, str]) -> None:
    """Put the work pool, the deployments and the automation on the server.

    Raises:
        UsageError: No server is named.
        ServerError: Prefect refused one of them.
    """
    if "PREFECT_API_URL" not in environment:
        raise UsageError(
            "PREFECT_API_URL is not set: a schedule needs a server that stays.",
            "Start one with: prefect server start, or use: klynge server up",
        )
    content = str(prefect_file())
    _prefect(environment, "work-pool", "create", POOL, "--type", "process", "--overwrite")
    _prefect(environment, "deploy", "--all", "--prefect-file", content)
    if _call(environment, "automation", "inspect", NO_SIGN_OF_LIFE).returncode:
        _prefect(environment, "automation", "create", "--from-file", content)


def _call(environment: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "prefect", "--no-prompt", *arguments],
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def _prefect(environment: Mapping[str, str], *arguments: str) -> None:
    ended = _call(environment, *arguments)
    if ended.returncode:
        said = (ended.stderr or ended.stdout).strip()
        raise ServerError(
            f"prefect {' '.join(arguments[:2])} failed:\n{said}",
            f"Is a server running at {environment['PREFECT_API_URL']}? klynge server status",
        )
