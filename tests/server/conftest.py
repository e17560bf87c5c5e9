"""The site with a worker and the deployments of `prefect.yaml`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.prefect_site import Site, kill


@pytest.fixture(scope="session")
def deployed(site: Site) -> Site:
    """The site with our deployments, put there by the command line."""
    ended = site.klynge("server", "deploy")
    assert ended.returncode == 0, ended.stderr
    return site


@pytest.fixture(scope="session")
def working(deployed: Site) -> Iterator[Site]:
    """The site with a worker."""
    worker = deployed.start_worker()
    yield deployed
    kill(worker)
