"""A long night: `python -m tests.fuzzing --cases 20000 --seed 1`, or one door or case of it."""

from __future__ import annotations

import argparse
import logging
import tempfile
from collections import Counter
from pathlib import Path

from tests.fuzzing.doors import DOORS
from tests.fuzzing.fuzzer import fuzz, knock
from tests.fuzzing.world import World, quick


def main() -> int:
    """Print the outcomes of each door, and all cases that went wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzzing", description=__doc__)
    parser.add_argument("--cases", type=int, default=20_000, help="over all doors")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--door", choices=sorted(DOORS), help="only this one")
    parser.add_argument("--case", type=int, help="only this case of the door")
    given = parser.parse_args()
    logging.disable(logging.CRITICAL)
    doors = [given.door] if given.door else list(DOORS)
    total: Counter[str] = Counter()
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as folder, quick():
        world = World(Path(folder))
        if given.case is not None:
            print(knock(world, doors[0], given.seed, given.case))
            return 0
        for door in doors:
            outcomes, found = fuzz(world, door, given.seed, -(-given.cases // len(doors)))
            told = ", ".join(f"{count} {what}" for what, count in sorted(outcomes.items()))
            print(f"{door}: {told}", flush=True)
            total += outcomes
            wrong += found
    print(f"all {total.total()}: {', '.join(f'{n} {what}' for what, n in sorted(total.items()))}")
    print("\n".join(wrong))
    return bool(wrong)


if __name__ == "__main__":
    raise SystemExit(main())
