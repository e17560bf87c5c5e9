"""`klynge serve`: the deployments without a worker."""

from __future__ import annotations

import os

from flows.server import deployments
from flows.terminal import options
from pipeline.errors import UsageError


def serve(data_dir: options.DataDir = None, reports_dir: options.ReportsDir = None) -> None:
    """Serve the scheduled and on-demand runs from this process, without a worker."""
    settings = options.settings(data_dir, reports_dir)
    if "PREFECT_API_URL" not in os.environ:
        raise UsageError(
            "PREFECT_API_URL is not set: a schedule needs a server that stays.",
            "Start one with: prefect server start, or use: klynge server up",
        )
    os.environ["KLYNGE_DATA_DIR"] = str(settings.data_dir.resolve())
    os.environ["KLYNGE_REPORTS_DIR"] = str(settings.reports_dir.resolve())
    os.environ.setdefault("PREFECT_LOGGING_EXTRA_LOGGERS", "pipeline,flows")
    os.environ.setdefault("PREFECT_FLOWS_HEARTBEAT_FREQUENCY", "30")
    deployments.serve()
