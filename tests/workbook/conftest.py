"""The reports that the tests of the workbook look at, made once."""

from __future__ import annotations

import pytest

from pipeline.reporting.content import Content
from pipeline.reporting.numbers import Language
from pipeline.reporting.workbook.books import cluster_workbook, national_workbook
from tests.report_of import content_of


@pytest.fixture(scope="session")
def content() -> Content:
    """The report of 2022K1 in Danish."""
    return content_of()


@pytest.fixture(scope="session")
def national(content: Content) -> bytes:
    """Its national workbook."""
    return national_workbook(content)


@pytest.fixture(scope="session")
def english() -> bytes:
    """The national workbook of 2022K1 in English."""
    return national_workbook(content_of(language=Language.ENGLISH))


@pytest.fixture(scope="session")
def syd(content: Content) -> bytes:
    """The workbook of Sundhedsklynge Syd."""
    results = content.result.clusters
    result = next(row for row in results if row.cluster.cluster_id == "amager-hvidovre")
    return cluster_workbook(content, result)
