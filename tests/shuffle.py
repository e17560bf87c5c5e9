"""Tests in random order: `pytest -p tests.shuffle --shuffle-seed N`.

Files and the tests in them are shuffled; a file stays together, as fixtures of a module expect.
"""

from __future__ import annotations

import random

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the seed."""
    parser.addoption("--shuffle-seed", type=int, default=0, help="another seed, another order")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Shuffle, the same on every worker."""
    chance = random.Random(config.getoption("--shuffle-seed"))
    place = {path: chance.random() for path in dict.fromkeys(item.path for item in items)}
    within = {item: chance.random() for item in items}
    items.sort(key=lambda item: (place[item.path], within[item]))
