"""Knocks at the doors, case by case, and counts what came of it."""

from __future__ import annotations

import time
import traceback
from collections import Counter
from random import Random

from flows.terminal.remedies import told
from pipeline.errors import KlyngeError
from pipeline.plain_text import terminal_text
from tests.fuzzing.doors import DOORS, moves_the_cursor
from tests.fuzzing.oracle import Refused
from tests.fuzzing.world import World, Wrong

LONGEST_SECONDS = 10.0
"""Of the processor, so that a busy machine is no fault."""

LONGEST_MESSAGE = 20_000


def knock(world: World, door: str, seed: int, number: int) -> str:
    """Return the outcome of one case: `accepted`, or `refused` with the exit code.

    Raises:
        Wrong: It took too long, the message is none for people, or what was accepted is wrong.
    """
    case = f"{door!r} --seed {seed} --case {number}"
    began = time.process_time()
    try:
        outcome = DOORS[door](world, Random(f"{door} {seed} {number}"))
    except KlyngeError as error:
        outcome = f"refused {error.exit_code}"
        _check_message(case, terminal_text(told(error)))
    except (Refused, Wrong) as error:
        raise Wrong(f"--door {case}: {type(error).__name__}: {error}") from None
    except Exception:
        raise Wrong(f"--door {case}: {traceback.format_exc(limit=-6)}") from None
    if time.process_time() - began > LONGEST_SECONDS:
        raise Wrong(f"--door {case} took {time.process_time() - began:.1f} s")
    return outcome


def _check_message(case: str, message: str) -> None:
    odd = [line for line in message.split("\n") if moves_the_cursor(line)]
    if odd or not message.strip() or len(message) > LONGEST_MESSAGE:
        raise Wrong(f"--door {case}: a message that is not for people: {odd or len(message)}")


def fuzz(world: World, door: str, seed: int, cases: int) -> tuple[Counter[str], list[str]]:
    """Return the outcomes of a door's cases, and what went wrong."""
    outcomes: Counter[str] = Counter()
    wrong: list[str] = []
    for number in range(cases):
        try:
            outcomes[knock(world, door, seed, number)] += 1
        except Wrong as error:
            outcomes["WRONG"] += 1
            wrong.append(str(error))
    return outcomes, wrong
