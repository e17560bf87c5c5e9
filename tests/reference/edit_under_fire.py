"""Edits killed at random moments: `python -m tests.reference.edit_under_fire DATA_DIR ROUNDS SEED`.

Each round forks a child that adds one cost after the other, ends it by SIGKILL at a random moment,
and then reads every reference file: they must be whole, valid and canonical, with the costs in an
unbroken series. It prints how many costs came through.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
import time
from functools import partial
from pathlib import Path

from pipeline.reference.editing import edit, not_canonical
from pipeline.reference.files import COSTS
from pipeline.reference.rule_edits import add_cost
from pipeline.reference.tables import load_reference


def added(data_dir: Path) -> list[int]:
    costs = load_reference(data_dir).costs
    return sorted(
        int(cost.cost_id.removeprefix("cost-")) for cost in costs if cost.cost_id[:5] == "cost-"
    )


def add_next(data_dir: Path) -> None:
    cost_id = f"cost-{len(added(data_dir)) + 1}"
    cost = {
        "cost_id": cost_id,
        "name_da": "a",
        "name_en": "b",
        "scope": "viborg",
        "amount_dkk": "1",
        "per": "year",
        "settled_by": "",
        "first_quarter": "2022K1",
        "last_quarter": "",
        "source_id": "rm-klynger",
    }
    edit(data_dir, COSTS, partial(add_cost, cost))


def kill_one(data_dir: Path, seconds: float) -> None:
    child = os.fork()
    if not child:
        try:
            while True:
                add_next(data_dir)
        finally:
            os._exit(1)  # an edit that fails must not run the parent's code
    threading.Event().wait(seconds)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), "an edit failed by itself"


def main(data_dir: Path, rounds: int, seed: int) -> None:
    chance = random.Random(seed)
    add_next(data_dir)  # whatever is imported or cached late is so before it is timed
    begin = time.perf_counter()
    add_next(data_dir)
    longest_seconds = 2.5 * (time.perf_counter() - begin)
    for _ in range(rounds):
        kill_one(data_dir, chance.uniform(0, longest_seconds))
        found = added(data_dir)
        assert found == list(range(1, len(found) + 1)), found
        assert not_canonical(data_dir) == []
    came_through = len(added(data_dir)) - 2
    add_next(data_dir)
    assert list(data_dir.rglob("*.tmp")) == []
    print(came_through)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
