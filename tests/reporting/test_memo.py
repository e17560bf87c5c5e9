"""The memo of a cluster is the published table, as a document for Word and LibreOffice."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from docx import Document
from docx.oxml.ns import qn
from docx.shared import Pt, Twips

from pipeline.reporting.memo import memos
from schemas.records import Language
from tests.calculation.test_published_table import PRINTED
from tests.conftest import Klynge
from tests.office import convert, needs_libreoffice
from tests.report_of import content_of
from tests.reporting.workbook.test_house_rules import WIDTHS

NAME = "bilag-2022K1-amager-hvidovre.docx"
MARGINS = Twips(80)
LABELS = ["", "Indbyggertal 1. kvartal 2022", "Befolkningsandel", "½ årsværk (370.000 kr.)"]


@pytest.fixture(scope="module")
def documents() -> dict[str, bytes]:
    """The documents of the first quarter of 2022."""
    return memos(content_of())


def test_rows_and_columns_are_those_of_the_published_table(documents: dict[str, bytes]) -> None:
    """Municipalities are columns; people, shares and kroner are rows, with the printed digits."""
    document = Document(io.BytesIO(documents[NAME]))
    columns = [[cell.text for cell in column.cells] for column in document.tables[0].columns]
    assert columns.pop(0) == LABELS
    assert {name.rstrip("*"): tuple(cells) for name, *cells in columns} == PRINTED
    assert {name for name, *_ in columns if "*" in name} == {"København*", "Rødovre**"}
    notes = [paragraph.text for paragraph in document.paragraphs]
    assert "Kilde: Danmarks Statistik" in notes
    assert any(note.startswith("* København") and "Valby" in note for note in notes)
    assert any("(Københavns Kommune, KKBEF1)" in note for note in notes), "its licence wants that"
    assert any(note.startswith("** Rødovre") and "41.382" in note for note in notes)


def test_a_document_is_for_a_cluster_with_a_cost(documents: dict[str, bytes]) -> None:
    """A key without an amount is nothing for an agenda."""
    assert list(documents) == [NAME]


def test_the_same_input_gives_the_same_bytes(documents: dict[str, bytes]) -> None:
    """No clock is in the document, so a rerun is no new revision."""
    assert memos(content_of()) == documents


@pytest.mark.parametrize(("language", "code"), [("da", "da-DK"), ("en", "en-GB")])
def test_a_screen_reader_is_told(language: str, code: str) -> None:
    """The header row, what the table is, the language, title and author are marked as such."""
    document = Document(io.BytesIO(memos(content_of(language=Language(language))).popitem()[1]))
    table = document.tables[0]._tbl
    assert table.tr_lst[0].xpath("w:trPr/w:tblHeader")
    described = [table.tblPr.find(qn(f"w:{tag}")) for tag in ("tblCaption", "tblDescription")]
    assert all(mark.get(qn("w:val")) for mark in described)
    languages = {mark.get(qn("w:val")) for mark in document.styles.element.iter(qn("w:lang"))}
    assert languages == {document.core_properties.language} == {code}
    assert document.core_properties.title == document.paragraphs[0].text
    assert document.core_properties.author == "klyngefordeling"


def test_many_municipalities_stand_below_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table is never wider than the page: what does not fit goes on in a further one."""
    monkeypatch.setattr("pipeline.reporting.memo.MEMBERS_A_TABLE", 4)
    document = Document(io.BytesIO(memos(content_of())[NAME]))
    assert [len(table.columns) for table in document.tables] == [5, 5, 4]
    assert [[row.cells[0].text for row in table.rows] for table in document.tables] == [LABELS] * 3


@pytest.mark.slow
@needs_libreoffice
def test_it_is_one_page(documents: dict[str, bytes], tmp_path: Path) -> None:
    """LibreOffice opens it, and it fits on one sheet of paper."""
    path = tmp_path / NAME
    path.write_bytes(documents[NAME])
    (pdf,) = convert([path], "pdf", tmp_path)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf.read_bytes())) == 1


def test_no_name_breaks_inside_a_word(klynge: Klynge, data_dir: Path) -> None:
    """A cluster of few has wider columns: each word of its names fits in Word, in Calibri."""
    name = ("--name-da", "Møder", "--name-en", "Meetings", "--source", "rm-klynger")
    for cluster in ("hobro", "odense", "nordsjaelland"):
        klynge("add-cost", "moeder", cluster, "1000", "--from", "2022K1", *name)
    for content in memos(content_of(data_dir=data_dir)).values():
        for cell in Document(io.BytesIO(content)).tables[0].rows[0].cells[1:]:
            assert cell.width
            for word in re.split(r"(?<=-)|\s", cell.text):
                points = sum(WIDTHS[sign] for sign in word) * Pt(8.5)
                assert points + MARGINS <= cell.width, word
