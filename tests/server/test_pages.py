"""What people see: Prefect's pages of a run, its artifacts and its form, in headless Chromium.

Set KLYNGE_PICTURES to a folder to keep the screenshots and look at them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from tests.office import chromium, needs_chromium
from tests.prefect_site import Site

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = needs_chromium

QUARTER = "2022K1"
PATIENCE_MILLISECONDS = 60_000


@pytest.fixture(scope="module")
def browser_page(site: Site) -> Iterator[Page]:
    """A page of the system's Chromium, after the password was given once."""
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        page.set_default_timeout(PATIENCE_MILLISECONDS)
        page.goto(ui(site))
        page.get_by_role("textbox").fill(site.environment["PREFECT_API_AUTH_STRING"])
        page.get_by_role("button").first.click()
        page.get_by_text("Deployments").first.wait_for()
        yield page


def picture(page: Page, tmp_path: Path, name: str) -> None:
    """Keep a screenshot."""
    folder = Path(os.environ.get("KLYNGE_PICTURES", tmp_path))
    path = folder / f"{name}.png"
    page.screenshot(path=path)
    assert path.stat().st_size > 10_000


def ui(site: Site) -> str:
    return site.api_url.removesuffix("/api")


def test_run_page(browser_page: Page, site: Site, first_run: UUID, tmp_path: Path) -> None:
    """The page of a run shows its name, its state and its tasks."""
    browser_page.goto(f"{ui(site)}/runs/flow-run/{first_run}")
    browser_page.get_by_text(f"fordeling-{QUARTER}").first.wait_for()
    browser_page.get_by_text("Completed").first.wait_for()
    browser_page.get_by_text("publish").first.wait_for()
    picture(browser_page, tmp_path, "run")


def test_summary_artifact(browser_page: Page, site: Site, first_run: UUID, tmp_path: Path) -> None:
    """The summary of a run shows the memo's table."""
    shown = site.artifacts(first_run)["fordeling"]
    browser_page.goto(f"{ui(site)}/artifacts/artifact/{shown.id}")
    browser_page.get_by_role("heading", name="Sundhedsklynge Syd").wait_for()
    browser_page.get_by_role("cell", name="177.678").first.wait_for()
    picture(browser_page, tmp_path, "summary")


def test_run_form(browser_page: Page, site: Site, tmp_path: Path) -> None:
    """The run form shows each parameter with its help."""
    with site.client() as client:
        deployment = client.read_deployment_by_name("quarterly/on-demand")
    browser_page.goto(f"{ui(site)}/deployments/deployment/{deployment.id}/run")
    browser_page.get_by_text("Population quarter, such as 2022K1").first.wait_for()
    browser_page.get_by_text("of the summary shown here").first.wait_for()
    picture(browser_page, tmp_path, "form")
