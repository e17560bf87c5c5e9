"""The page as a browser shows it: accessible, on a screen, on a telephone and on paper."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.reporting.page import page
from schemas.records import Language
from tests.office import chromium, needs_chromium
from tests.report_of import content_of

FONTS = {
    "installed": "* {}",
    "narrow": "* { letter-spacing: -.08em !important }",
    "wide": "* { font-family: monospace !important; letter-spacing: .15em !important }",
}
"""Letters as wide as in any font, whatever fonts this machine has."""

LABELS_CUT_OFF = """
[...document.querySelectorAll("figure text")].filter(label => {
  const [at, drawing] = [label, label.closest("svg")].map(each => each.getBoundingClientRect());
  return at.width && (at.left < drawing.left - 1 || at.right > drawing.right + 1);
}).map(label => label.textContent)
"""

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Headless Chromium."""
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module", params=list(Language))
def file(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page in a file, in each language."""
    path = tmp_path_factory.mktemp("page") / f"fordeling-{request.param}.html"
    path.write_bytes(page(content_of(language=request.param)))
    return path


def shown(browser: Any, file: Path, width: int, fonts: str) -> Any:
    """Return the page on a screen of so many pixels, its text in a set of fonts."""
    tab = browser.new_page(viewport={"width": width, "height": 844}, bypass_csp=True)
    tab.goto(file.as_uri())
    tab.add_style_tag(content=FONTS[fonts])
    return tab


@pytest.mark.parametrize(
    ("width", "fonts"), [(1280, "installed"), (390, "installed"), (320, "wide")]
)
def test_axe_finds_nothing(browser: Any, file: Path, width: int, fonts: str) -> None:
    """The accessibility check has no complaint, where tables fit and where they scroll."""
    from axe_playwright_python.sync_playwright import Axe

    tab = shown(browser, file, width, fonts)
    found = Axe().run(tab).response
    assert len(found["passes"]) > 20
    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found["violations"]] == []
    tab.close()


@pytest.mark.parametrize("fonts", FONTS)
def test_nothing_runs_over_the_edge(browser: Any, file: Path, fonts: str) -> None:
    """With any font the page is as wide as the screen, and no label of a figure is cut off."""
    tab = shown(browser, file, 1280, fonts)
    for width in (1280, 390, 320):
        tab.set_viewport_size({"width": width, "height": 844})
        assert tab.evaluate("document.documentElement.scrollWidth") == width
        assert tab.evaluate(LABELS_CUT_OFF) == []
    tab.close()


def test_nothing_is_asked_of_the_network(browser: Any, file: Path) -> None:
    """Opening the page loads the file and nothing else, and the console stays silent."""
    asked: list[str] = []
    said: list[str] = []
    tab = browser.new_page()
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("console", lambda message: said.append(message.text))
    tab.goto(file.as_uri())
    assert asked == [file.as_uri()]
    assert said == []
    tab.close()


def test_the_first_screen_says_what_a_municipality_pays(browser: Any, file: Path) -> None:
    """A link with a name, or a name typed, leaves its rows alone: what it pays, and to whom.

    Before that all are there, and leave room for what is shared.
    """
    tab = browser.new_page(viewport={"width": 390, "height": 844})
    tab.goto(file.as_uri())
    rows = tab.locator("#municipalities tbody tr:visible")
    assert (tab.input_value("#find"), rows.count()) == ("", 100)
    assert tab.locator(".headlines").bounding_box()["y"] < 844
    assert (
        tab.evaluate("(of => of.scrollWidth - of.clientWidth)(document.querySelector('.short'))")
        == 0
    )
    tab.goto(f"{file.as_uri()}#rødovre")
    assert rows.count() == 2
    assert all(part in rows.first.inner_text() for part in ("Rødovre", "Sundhedsklynge Syd", "12"))
    assert tab.evaluate("scrollY") == 0
    assert rows.first.bounding_box()["y"] < 844
    tab.fill("#find", "BRØND")
    assert [row.split()[0] for row in rows.all_inner_texts()] == ["Brøndby", "Brønderslev"]
    tab.close()


def test_axe_finds_nothing_in_the_dark(browser: Any, file: Path) -> None:
    """Dark colours have contrast enough."""
    from axe_playwright_python.sync_playwright import Axe

    tab = shown(browser, file, 1280, "installed")
    tab.emulate_media(color_scheme="dark")
    assert [rule["id"] for rule in Axe().run(tab).response["violations"]] == []
    tab.close()


def test_it_reads_without_script(browser: Any, file: Path) -> None:
    """With scripts switched off every municipality and cluster is there to see."""
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(file.as_uri())
    assert tab.locator("section table").count() == 24
    assert tab.locator("section table").first.is_visible()
    context.close()


def test_it_prints(browser: Any, file: Path) -> None:
    """On paper it is a document of at most eight pages."""
    tab = browser.new_page()
    tab.goto(file.as_uri())
    printed = tab.pdf(prefer_css_page_size=True)
    assert 3 <= printed.count(b"/Type /Page\n") + printed.count(b"/Type /Page ") <= 8
    tab.close()
