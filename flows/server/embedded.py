"""The quarterly flow in this process: against a server that runs, else with one of its own.

Starting Prefect's server takes longer than anything else here. So `prepare` starts it first, and
it boots while this process imports pandas and Prefect. It keeps its history in `KLYNGE_HOME`, and
it ends with this process.
"""

from __future__ import annotations

import atexit
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any, cast

from flows.server import deployments, environment
from flows.server import local as local_server
from pipeline.settings import Settings, variable

if TYPE_CHECKING:
    from pipeline.calculation.calculate import Parameters
    from pipeline.revisions.store import Report
    from pipeline.snapshots.acquisition import Access

_NOT_FOR_ONE_RUN = (
    "CANCELLATION_CLEANUP", "CLEANUP_RECONCILER", "EVENT_LOGGER", "FOREMAN",
    "LATE_RUNS", "PAUSE_EXPIRATIONS", "SCHEDULER", "TRIGGERS",
)  # fmt: skip
"""Services of a server that stays: this one must not plan runs, call them late, or act on them."""


def prepare(settings: Settings) -> subprocess.Popen[bytes] | None:
    """Set the environment that the flow reads, and return a server started unless one is there.

    It must be called before Prefect is imported: Prefect reads its settings then, and what is
    registered first at exit runs last, when Prefect has sent its last log lines.
    """
    environment.set_folders(settings)
    os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")
    os.environ.setdefault("PREFECT_LOGGING_EXTRA_LOGGERS", "pipeline,flows")
    # As at Ctrl-C, a run that ends with its terminal, or is stopped, is recorded as crashed.
    for number in {signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)}:
        if signal.getsignal(number) is not signal.SIG_IGN:  # as `nohup` has it
            signal.signal(number, lambda number, _: sys.exit(128 + number))
    if local_server.known_server(os.environ):
        os.environ.update(local_server.reached(os.environ))
        return None
    os.environ[variable("server_port")] = str(local_server.free_port())
    os.environ.update(environment.server_environment(os.environ))
    quiet = {f"PREFECT_SERVER_SERVICES_{name}_ENABLED": "false" for name in _NOT_FOR_ONE_RUN}
    server = local_server.start(["server", "start", "--no-ui"], os.environ | quiet, until_eof=True)
    atexit.register(server.communicate)  # closes the pipe, and waits
    return server


def run_flow(
    parameters: Parameters, access: Access, server: subprocess.Popen[bytes] | None = None
) -> Report:
    """Run the quarterly flow in this process, once a server that was started answers.

    Raises:
        KlyngeError: What the run ended with, also where that is no failure of the run.
    """
    if server:
        hint = f"Look at {environment.home(os.environ)}, and at the room there."
        local_server.wait_until_healthy(os.environ[environment.API_URL], hint, server)
    import httpx

    try:
        return _run(parameters, access)
    except Exception as error:
        for said in (error, error.__cause__):
            if isinstance(said, httpx.HTTPError):
                raise deployments.refused(os.environ, "run", said) from None
        raise


def _run(parameters: Parameters, access: Access) -> Report:
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

    from flows.quarterly import quarterly

    report = parameters.report
    # A run that somebody watches needs no heartbeat, which would hold it up for a second.
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        state = quarterly(
            quarter=str(report.quarter),
            refresh=access.refresh,
            rules=report.rules_quarter and str(report.rules_quarter),
            accept_jumps=access.accept_jumps,
            language=report.language,
            estimate_districts=parameters.estimate_districts,
            offline=access.offline,
            return_state=True,
        )
    ended: Any = state.result(raise_on_failure=False)
    if isinstance(ended, BaseException):
        raise ended
    return cast("Report", ended)
