"""Serve the emulator until Ctrl-C: `python -m tests.statbank_emulator --port 8100`."""

import argparse
import contextlib
import signal
import threading
from collections.abc import Sequence

from .quarters import ordinal
from .server import StatBankEmulator


def _quarter(text: str) -> str:
    ordinal(text)
    return text


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, print the address and serve."""
    parser = argparse.ArgumentParser(prog="python -m tests.statbank_emulator", description=__doc__)
    parser.add_argument(
        "--port", type=int, default=0, help="port on loopback (default: a free one)"
    )
    parser.add_argument("--since", type=_quarter, default="2008K1", help="first published quarter")
    parser.add_argument("--until", type=_quarter, default="2026K4", help="last published quarter")
    options = parser.parse_args(arguments)
    # A job in the background ignores Ctrl-C, and hands that on to what it starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with StatBankEmulator(options.since, options.until, port=options.port) as bank:
        print(bank.url, flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
