"""The quarterly flow in this process: against a server that runs, else with one of its own.

Starting Prefect's server takes longer than anything else here. So `prepare` starts it first, and
it boots while this process imports pandas and Prefect. It keeps its history in `KLYNGE_HOME`.
"""

from __future__ import annotations

import atexit
import gc
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.server import local as local_server
from flows.server import processes as server_processes
from pipeline.settings import Settings

if TYPE_CHECKING:
    from pipeline.calculation.calculate import Parameters
    from pipeline.run import Report
    from pipeline.snapshots.acquisition import Access

_NOT_FOR_ONE_RUN = (
    "CANCELLATION_CLEANUP",
    "CLEANUP_RECONCILER",
    "EVENT_LOGGER",
    "FOREMAN",
    "LATE_RUNS",
    "PAUSE_EXPIRATIONS",
    "SCHEDULER",
    "TRIGGERS",
)
"""Services of a server that stays: this one must not plan runs, call them late, or act on them."""

_waiting: list[tuple[str, subprocess.Popen[bytes]]] = []


def prepare(settings: Settings) -> None:
    """Set the environment that the flow reads, and start a server unless one is there.

    It must be called before Prefect is imported: Prefect reads its settings then, and what is
    registered first at exit runs last, when Prefect has sent its last log lines.
    """
    gc.disable()  # the process ends soon, and searching all of Prefect for cycles takes a while
    os.environ["KLYNGE_DATA_DIR"] = str(settings.data_dir)
    os.environ["KLYNGE_REPORTS_DIR"] = str(settings.reports_dir)
    os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")
    os.environ.setdefault("PREFECT_LOGGING_EXTRA_LOGGERS", "pipeline,flows")
    if "PREFECT_API_URL" in os.environ:
        return
    running = server_processes.recorded(os.environ)
    if running and local_server.is_healthy(running.api_url):
        os.environ["PREFECT_API_URL"] = running.api_url
    else:
        _start_own_server()


def _start_own_server() -> None:
    port = local_server.free_port()
    environment = local_server.prefect_environment(os.environ, port)
    Path(environment["PREFECT_HOME"]).mkdir(parents=True, exist_ok=True)
    os.environ.update(environment)
    quiet = {f"PREFECT_SERVER_SERVICES_{name}_ENABLED": "false" for name in _NOT_FOR_ONE_RUN}
    arguments = ["server", "start", "--host", local_server.HOST, "--port", str(port), "--no-ui"]
    server = local_server.start(arguments, {**environment, **quiet}, subprocess.DEVNULL)
    atexit.register(_stop, server)
    _waiting.append((environment["PREFECT_API_URL"], server))


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    server.wait()


def run_flow(parameters: Parameters, access: Access) -> Report:
    """Run the quarterly flow in this process.

    Raises:
        KlyngeError: What the run ended with, also where that is no failure of the run.
    """
    for api_url, server in _waiting:
        local_server.wait_until_healthy(api_url, server, local_server.home(os.environ))
    try:
        return _run(parameters, access)
    finally:
        # Nor is memory searched when the process ends: that would take half as long as the run.
        gc.freeze()


def _run(parameters: Parameters, access: Access) -> Report:
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

    from flows.quarterly import quarterly

    # A run that somebody watches needs no heartbeat, which would hold it up for a second.
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        state = quarterly(**_flow_parameters(parameters, access), return_state=True)
    ended: Any = state.result(raise_on_failure=False)
    if isinstance(ended, BaseException):
        raise ended
    report: Report = ended
    return report


def _flow_parameters(parameters: Parameters, access: Access) -> dict[str, Any]:
    report = parameters.report
    return {
        "quarter": str(report.quarter),
        "refresh": access.refresh,
        "rules": str(report.rules_quarter) if report.rules_quarter else None,
        "accept_jumps": access.accept_jumps,
        "language": report.language.value,
        "estimate_districts": parameters.estimate_districts,
        "offline": access.offline,
    }
