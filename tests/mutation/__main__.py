"""Put faults into modules and say which no test notices; see `tests.mutation`."""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
import tomllib
from pathlib import Path

from tests.mutation.mutants import Mutant, mutants
from tests.mutation.proof import proofs
from tests.mutation.running import survivors, warm_up
from tests.processes import REPOSITORY

EQUIVALENTS = Path(__file__).with_name("equivalents.toml")


def main() -> int:
    """Return 0 when every fault is noticed or equivalent, 1 when one is neither."""
    options = _options()
    listed = tomllib.loads(EQUIVALENTS.read_text(encoding="utf-8"))
    chosen = options.modules or sorted(proofs())
    sample = options.sample or (None if options.modules else 40)
    warm_up()
    sound = [
        _proved(module, listed.get(module, []), sample, options.seed, options.jobs)
        for module in chosen
    ]
    for gone in sorted(listed.keys() - set(proofs())):
        print(f"{gone} has equivalents and is not there")
        sound.append(False)
    return 0 if all(sound) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation")
    parser.add_argument("modules", nargs="*", metavar="MODULE", type=_module)
    parser.add_argument("--sample", type=int, help="faults a module; all where MODULE is given")
    parser.add_argument("--seed", default=0, help="another seed takes other faults")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    return parser.parse_args()


def _module(name: str) -> str:
    """Return the path of a module, as it is listed."""
    if name not in proofs():
        raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(sorted(proofs()))}")
    return name


def _proved(
    module: str, listed: list[dict[str, str]], sample: int | None, seed: object, jobs: int
) -> bool:
    """Say what came of one module, and return whether every fault was noticed."""
    began = time.monotonic()
    source = (REPOSITORY / module).read_bytes()
    there = mutants(source)
    equivalent = {(row["before"], row["after"]) for row in listed}
    tried = [row for row in there if (row.before, row.after) not in equivalent]
    if sample and sample < len(tried):
        tried = sorted(
            random.Random(f"{seed} {module}").sample(tried, sample), key=lambda row: row.lines.start
        )
    left = survivors(module, tried, proofs()[module], jobs)
    seconds = time.monotonic() - began
    print(
        f"{module}: {len(tried) - len(left)} of {len(tried)} noticed, {seconds:.0f} s", flush=True
    )
    for row in left:
        print(f"  line {row.lines.start}: {row.before}\n        now: {row.after}", flush=True)
    gone = stale(listed, there)
    for before in gone:
        print(f"  listed as equivalent and not there: {before}", flush=True)
    return not left and not gone


def stale(listed: list[dict[str, str]], there: list[Mutant]) -> list[str]:
    """Return what is listed as equivalent and is no fault of the module as it is now."""
    known = {(row.before, row.after) for row in there}
    return [row["before"] for row in listed if (row["before"], row["after"]) not in known]


if __name__ == "__main__":
    sys.exit(main())
