"""`klynge` with a trace: which files it opens in which phase, how deep its own frames stack.

python -m tests.architecture.traced ARGUMENT ...      prints the trace as JSON on the last line
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

REPOSITORY = Path(__file__).parents[2]
OURS = tuple(str(REPOSITORY / name) for name in ("flows", "pipeline", "schemas"))


class Trace:
    """What is seen while the command runs."""

    def __init__(self) -> None:
        self.phase = "gather"
        self.opened: list[tuple[str, str]] = []
        self.depth = self.deepest = 0
        self.stack: list[str] = []
        self.functions: set[CodeType] = set()
        self.validated: Counter[str] = Counter()

    def audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Note each file that is opened."""
        if event == "open" and isinstance(arguments[0], str | Path):
            self.opened.append((self.phase, str(arguments[0])))

    def called(self, frame: FrameType, event: str, argument: Any) -> Any:
        """Follow our own functions in, and out of what was entered; no other is looked at."""
        code = frame.f_code
        if code.co_name.startswith("<") or not code.co_filename.startswith(OURS):
            return None
        self.depth += 1
        if self.depth > self.deepest:
            self.deepest, self.stack = self.depth, _stack(frame)
        self.functions.add(code)
        if code.co_name == "check_rows":
            self.validated[Path(frame.f_locals["path"]).name] += 1
        if (Path(code.co_filename).name, code.co_name) == ("store.py", "write"):
            self.phase = "write"
        frame.f_trace_lines = False
        return self.left

    def left(self, frame: FrameType, event: str, argument: Any) -> Any:
        """Follow a function of ours out."""
        if event == "return":
            self.depth -= 1
            code = frame.f_code
            if (Path(code.co_filename).name, code.co_name) == ("run.py", "gather"):
                self.phase = "calculate"
        return self.left

    def report(self) -> dict[str, Any]:
        """Return what was seen, as JSON takes it."""
        return {
            "opened": self.opened,
            "deepest": self.deepest,
            "stack": self.stack,
            "functions": len(self.functions),
            "modules": len({code.co_filename for code in self.functions}),
            "validated": dict(self.validated),
        }


def _stack(frame: FrameType | None) -> list[str]:
    stack = []
    while frame:
        code = frame.f_code
        if code.co_filename.startswith(OURS) and not code.co_name.startswith("<"):
            stack.append(f"{Path(frame.f_code.co_filename).name}:{frame.f_code.co_name}")
        frame = frame.f_back
    return stack


def main() -> None:
    """Run the command line under the trace."""
    from flows.cli import main as klynge

    trace = Trace()
    sys.argv[0] = "klynge"
    sys.addaudithook(trace.audit)
    sys.settrace(trace.called)
    with suppress(SystemExit):
        klynge()
    sys.settrace(None)
    print(json.dumps(trace.report()))


if __name__ == "__main__":
    main()
