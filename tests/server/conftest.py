"""A run of the site that many tests look at."""

from __future__ import annotations

import re
from uuid import UUID

import pytest

from tests.prefect_site import Site


@pytest.fixture(scope="session")
def first_run(site: Site) -> UUID:
    """The first run of 2022K1, asked for by `prefect deployment run`, after its end."""
    ended = site.prefect("deployment", "run", "quarterly/on-demand", "-p", "quarter=2022K1")
    assert ended.returncode == 0, ended.stderr
    found = re.search(r"[0-9a-f]{8}-[0-9a-f-]{27}", ended.stdout)
    assert found
    run = UUID(found[0])
    site.ended(run)
    return run
