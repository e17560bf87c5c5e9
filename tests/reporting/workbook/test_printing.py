"""What a workbook is on paper: few pages, counted in LibreOffice's PDF."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.office import convert, needs_libreoffice, written

pytestmark = [needs_libreoffice, pytest.mark.slow]

MOST_NATIONAL, MOST_OF_A_CLUSTER = 20, 4


@pytest.fixture(scope="module")
def page_counts(
    books: dict[str, bytes], english: bytes, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, int]:
    """How many pages each workbook has, by its name; LibreOffice is started once."""
    folder = tmp_path_factory.mktemp("printed")
    files = {**books, "fordeling-2022K1-en.xlsx": english}
    paths = written({Path(name).stem: file for name, file in files.items()}, folder)
    printed = (path.read_bytes() for path in convert(paths, "pdf", folder))
    counts = (len(re.findall(rb"/Type\s*/Page\b", pdf)) for pdf in printed)
    return dict(zip(files, counts, strict=True))


def test_the_whole_workbook_is_printed_on_few_pages(page_counts: dict[str, int]) -> None:
    """In Danish and in English."""
    national = [count for name, count in page_counts.items() if name.startswith("fordeling")]
    assert len(national) == 2
    assert all(8 <= count <= MOST_NATIONAL for count in national)


def test_a_cluster_is_printed_on_four_pages(page_counts: dict[str, int]) -> None:
    """Each sheet is a page: cover and notes, the cluster, what is collected, the control."""
    assert page_counts["klynger/amager-hvidovre-2022K1.xlsx"] == MOST_OF_A_CLUSTER
