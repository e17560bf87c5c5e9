"""The page: one file that says what the workbook says, without network."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

import pytest

from pipeline.reporting.content import Content
from pipeline.reporting.page import page
from schemas.records import Language
from tests.report_of import content_of

VOID = {"meta", "polyline", "circle", "input"}


class Reader(HTMLParser):
    """Collects attributes and text, and checks that every element is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        values = dict(attrs)
        self.links += [values[name] or "" for name in ("href", "src", "action") if name in values]
        self.ids += [values["id"] or ""] if "id" in values else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def report() -> Content:
    """The report of 2022K1."""
    return content_of()


@pytest.fixture(scope="module")
def read(report: Content) -> Reader:
    """Its page, read."""
    reader = Reader()
    reader.feed(page(report).decode())
    return reader


def test_it_is_well_formed_and_asks_nobody(read: Reader) -> None:
    """Every element is closed; no link leaves the page; there is nothing to load."""
    assert read.open == []
    assert all(link.startswith("#") for link in read.links)
    assert not {"link", "img", "iframe", "object", "form"} & set(read.tags)


def test_its_one_script_is_allowed_by_its_hash_alone(report: Content) -> None:
    """No other script runs in it, nor one that somebody changed; and it is small to mail."""
    html = page(report).decode()
    (script,) = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    digest = b64encode(sha256(script.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'" in html
    assert len(html.encode()) < 200_000


def test_every_link_has_its_target(read: Reader) -> None:
    """The jump list reaches all clusters, and each id stands once."""
    assert len(set(read.ids)) == len(read.ids)
    assert {link.removeprefix("#") for link in read.links} <= set(read.ids)
    assert (
        sum(name.startswith("klynge-") and not name.endswith("-title") for name in read.ids) == 22
    )


@pytest.mark.parametrize("language", list(Language))
def test_it_shows_every_figure_of_the_calculation(language: Language) -> None:
    """Shares and kroner of each member, in the number format of the language."""
    report = content_of(language=language)
    html = page(report).decode()
    for result in report.result.clusters:
        section = html.split(f'id="klynge-{result.cluster.cluster_id}"')[1].split("</section>")[0]
        for member in result.members:
            code = member.membership.municipality_code
            assert report.text.percent(member.share) in section
            for allocation in result.allocations:
                assert report.text.number(allocation.parts[code].amount) in section


def test_it_shows_the_notes_and_the_headline(report: Content, read: Reader) -> None:
    """All notes with their numbers, the amounts, the sources, and how to make it again."""
    text = re.sub(r"\s+", " ", read.text)
    assert all(f"{note.mark} {note.subject}" in text for note in report.notes)
    told = "370.000 kr. pr. år (½ årsværk) fordeles mellem 11 kommuner i Sundhedsklynge Syd."
    assert told in text
    assert "klynge run 2022K1" in text
    assert text.count("2022K1: medregnet folketal, andel og beløb") == 1, "no other has an amount"
    assert text.count("2022K1: medregnet folketal og andel") == 21


def test_same_input_gives_the_same_page(report: Content) -> None:
    """A page made again is the same file."""
    assert page(content_of()) == page(report)
