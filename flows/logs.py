"""What a run logs: one line a step, and an error in the words of its message."""

import logging

from pipeline.errors import KlyngeError

STEPS = ("pipeline", "flows")
"""Our loggers; Prefect shows those named in PREFECT_LOGGING_EXTRA_LOGGERS."""


class _WithoutTraceback(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.exc_info, tuple) and isinstance(record.exc_info[1], KlyngeError):
            record.exc_info = None
        return True


_FILTER = _WithoutTraceback()


def log_steps() -> None:
    """Log each step, and a `KlyngeError` without the traceback that other errors keep."""
    for name in STEPS:
        logging.getLogger(name).setLevel(logging.INFO)
    for name in ("prefect.task_runs", "prefect.flow_runs"):
        logging.getLogger(name).addFilter(_FILTER)
