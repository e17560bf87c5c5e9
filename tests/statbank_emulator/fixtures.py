"""Fixtures for tests that need a StatBank: one server per session, as new for each test."""

from collections.abc import Iterator

import pytest

from .server import StatBankEmulator

SINCE, UNTIL = "2016K1", "2023K1"


@pytest.fixture(scope="session")
def statbank_server() -> Iterator[StatBankEmulator]:
    """Serve the bundled years for the whole session; use `statbank` instead in tests."""
    with StatBankEmulator(since=SINCE, until=UNTIL) as bank:
        yield bank


@pytest.fixture
def statbank(statbank_server: StatBankEmulator) -> Iterator[StatBankEmulator]:
    """Give a StatBank with the figures, releases, faults and log of the start."""
    statbank_server.reset()
    yield statbank_server
    statbank_server.reset()
