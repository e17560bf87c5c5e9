"""Flows in this process, against the one server of the session."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from tests.prefect_site import QUICK, Site
from tests.statbank_emulator import StatBankEmulator

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State


@dataclass(frozen=True)
class EndedRun:
    """How a run ended: name and message of its state, and its id."""

    name: str
    message: str
    id: UUID


Run = Callable[..., EndedRun]


def ended(state: State[Any]) -> EndedRun:
    """Return how a run ended from its last state."""
    run = state.state_details.flow_run_id
    assert run
    return EndedRun(str(state.name), state.message or "", run)


@pytest.fixture(scope="session")
def prefect_here(site: Site) -> Iterator[Site]:
    """Let this process talk to the server of the session."""
    from prefect.events.worker import EventsWorker
    from prefect.settings import (
        PREFECT_API_URL,
        PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
        PREFECT_LOGGING_TO_API_ENABLED,
        temporary_settings,
    )

    logging.getLogger("EventsWorker").setLevel(logging.ERROR)
    settings = {
        PREFECT_API_URL: site.api_url,
        PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None,
        PREFECT_LOGGING_TO_API_ENABLED: False,
    }
    with temporary_settings(settings):
        yield site
        EventsWorker.drain_all()  # else it looks for the stopped server for a minute


@pytest.fixture
def environment(
    prefect_here: Site,
    data_dir: Path,
    reports_dir: Path,
    statbank: StatBankEmulator,
    monkeypatch: pytest.MonkeyPatch,
) -> Site:
    """The settings of a worker: copied data, an empty reports folder, the emulator, short waits."""
    variables = {
        **{name: value for name, value in QUICK.items() if name.startswith("KLYNGE_")},
        "KLYNGE_DATA_DIR": str(data_dir),
        "KLYNGE_REPORTS_DIR": str(reports_dir),
        "KLYNGE_STATBANK_URL": statbank.url,
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return prefect_here


@pytest.fixture
def quarterly(environment: Site) -> Run:
    """The quarterly flow; returns the state in which it ends."""
    from flows.quarterly import quarterly as flow

    return lambda **parameters: ended(flow(**parameters, return_state=True))


@pytest.fixture
def backfill(environment: Site) -> Run:
    """The back-fill flow; returns the state in which it ends."""
    from flows.backfill import backfill as flow

    return lambda **parameters: ended(flow(**parameters, return_state=True))
