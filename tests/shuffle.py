"""Tests in random order: `pytest --shuffle SEED`.

Files and the tests in them are shuffled; a file stays together, as fixtures of a module expect.
"""

from __future__ import annotations

import random

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the seed."""
    parser.addoption("--shuffle", type=int, metavar="SEED", help="run tests in random order")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Shuffle, the same on every worker."""
    seed = config.getoption("--shuffle")
    if seed is None:
        return
    chance = random.Random(seed)
    place = {path: chance.random() for path in dict.fromkeys(item.path for item in items)}
    within = {item: chance.random() for item in items}
    items.sort(key=lambda item: (place[item.path], within[item]))
