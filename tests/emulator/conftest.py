"""The servers these tests ask."""

from collections.abc import Iterator

import pytest

from tests.statbank_emulator import StatBankEmulator


@pytest.fixture(scope="session")
def recorded_span() -> Iterator[StatBankEmulator]:
    """Serve the 71 quarters that the recorded counts were made on."""
    with StatBankEmulator(since="2008K1", until="2025K3") as bank:
        yield bank
