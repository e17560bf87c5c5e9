"""Show what differs from the approved report, or approve it; see `tests.golden`."""

from __future__ import annotations

import sys

from tests.golden.approved import APPROVED, approve, approved, differing, report_now, to_approve


def main() -> int:
    """Return 0 when nothing differs or it was approved, 1 when something differs."""
    now = to_approve(report_now())
    names = list(differing(approved(), now))
    for name in names:
        print(f"differs: {name}")
    if not names:
        print("nothing differs")
        return 0
    if sys.argv[1:] == ["--update"]:
        approve(now)
        print(f"approved: {APPROVED}")
        return 0
    print("to approve it: python -m tests.golden --update")
    return 1


if __name__ == "__main__":
    sys.exit(main())
