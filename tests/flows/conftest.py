"""Flows in this process, against the one server of the session."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from tests.delivery.conftest import authority, recipients, start_mail_server, trusted
from tests.prefect_site import QUICK, Site
from tests.statbank_emulator import StatBankEmulator

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State

__all__ = ["authority", "recipients", "start_mail_server", "trusted"]
"""Fixtures of the delivery, which flows need too."""


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
        PREFECT_API_AUTH_STRING,
        PREFECT_API_URL,
        PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
        PREFECT_LOGGING_TO_API_ENABLED,
        temporary_settings,
    )

    logging.getLogger("EventsWorker").setLevel(logging.ERROR)
    settings = {
        PREFECT_API_URL: site.api_url,
        PREFECT_API_AUTH_STRING: site.environment["PREFECT_API_AUTH_STRING"],
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
    """The quarterly flow, tagged as those of the deployments; returns the state in which it ends.

    With `at` it is a run that was planned for that moment.
    """
    from prefect.flow_engine import run_flow
    from prefect.states import Scheduled

    from flows.quarterly import quarterly as flow

    def run(at: datetime | None = None, **parameters: Any) -> EndedRun:
        planned: State[Any] = Scheduled(scheduled_time=at)
        with environment.client() as client:
            created = client.create_flow_run(
                flow, parameters=parameters, state=planned, tags=["klynge"]
            )
        return ended(
            run_flow(flow, flow_run=created, parameters=parameters, return_type="state")  # type: ignore[arg-type]
        )

    return run


@pytest.fixture
def backfill(environment: Site) -> Run:
    """The back-fill flow; returns the state in which it ends."""
    from flows.backfill import backfill as flow

    return lambda **parameters: ended(flow(**parameters, return_state=True))
