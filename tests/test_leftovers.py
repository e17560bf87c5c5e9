"""A test run leaves no process behind, however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import psutil
import pytest

from tests.leftovers import VARIABLE
from tests.processes import REPOSITORY
from tests.waiting import wait_until

LEAVES_ONE = """
import subprocess, sys
from tests import leftovers

leftovers.watch()
command = [sys.executable, "-c", "import threading; threading.Event().wait(600)"]
left = subprocess.Popen(command, start_new_session=True)
print(left.pid, flush=True)
input()
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows knows no SIGKILL")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_what_a_killed_run_started_is_ended(how: signal.Signals) -> None:
    """A process in a session of its own, such as a server, ends soon after its run."""
    environment = {name: value for name, value in os.environ.items() if name != VARIABLE}
    with subprocess.Popen(
        [sys.executable, "-c", LEAVES_ONE],
        cwd=REPOSITORY,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as run:
        assert run.stdout
        left = psutil.Process(int(run.stdout.readline()))
        run.send_signal(how)
        assert run.wait() == -how
    wait_until(lambda: not left.is_running() or left.status() == psutil.STATUS_ZOMBIE, "it ends")
