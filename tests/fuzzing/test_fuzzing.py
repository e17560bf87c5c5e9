"""Nothing wrong comes in by any door, and every door answers in words."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.fuzzing.doors import DOORS
from tests.fuzzing.fuzzer import fuzz
from tests.fuzzing.world import World, quick

CASES = 300
VERIFIED = ("manifest", "snapshot")
"""Doors at which a sha256 refuses nearly everything."""

SEED = int(os.environ.get("KLYNGE_TEST_SEED", "2022"))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Folders of our own, for all doors."""
    with quick():
        yield World(tmp_path_factory.mktemp("fuzzing"))


@pytest.mark.parametrize("door", DOORS)
def test_nothing_wrong_comes_in(world: World, door: str) -> None:
    """Refused with a message, or the kroner are the oracle's; no traceback, never 10 seconds."""
    outcomes, wrong = fuzz(world, door, SEED, CASES)
    assert wrong == []
    assert any(outcome.startswith("refused") for outcome in outcomes)
    assert outcomes["accepted"] or door in VERIFIED
