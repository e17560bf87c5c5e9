"""What comes from outside stays text, in every file and in both languages."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest

from pipeline.plain_text import csv_field, fenced, markdown, plain, terminal_text
from pipeline.reporting.page import page
from pipeline.reporting.rows import figure_files
from pipeline.reporting.workbook.books import workbooks
from schemas.records import Language
from tests.report_of import content_of
from tests.reporting.workbook.cells import opened, parts
from tests.reporting.workbook.conftest import NASTY


@pytest.mark.parametrize("text", NASTY)
def test_a_field_of_csv_never_starts_as_a_formula(text: str) -> None:
    """What a spreadsheet would calculate gets an apostrophe; everything else stays as it is."""
    field = csv_field(text)
    assert not re.match(r"\s*[=+\-@＝]", field)
    assert not re.search(r"[\x00-\x1f\x7f]", field)
    assert csv_field("Høje-Taastrup") == "Høje-Taastrup"


@pytest.mark.parametrize("language", list(Language))
def test_text_from_outside_stays_text_everywhere(nasty_dir: Path, language: Language) -> None:
    """Workbooks, CSV files and the page show nasty texts, and calculate or run none of them."""
    report = content_of(language=language, data_dir=nasty_dir)
    for book in workbooks(report).values():
        plain_formulas = 0
        for sheet in opened(book):
            for cell in (cell for row in sheet.iter_rows() for cell in row):
                if cell.data_type == "f":
                    plain_formulas += 1
                    assert "HYPERLINK" not in re.sub("'[^']*'!", "", str(cell.value))  # sheets
                    assert not re.fullmatch(r"=1\+1\.?", str(cell.value))
        assert plain_formulas > 20
        for name, content in parts(book):
            assert not re.search(rb"<c:f>[^<]*HYPERLINK", content), name
            assert b'Target="http' not in content
    html = page(report).decode()
    assert "<b>" not in html
    assert "&lt;b&gt;&amp;amp;&lt;/b&gt;" in html
    assert not re.search(r"[\x00-\x08\x0b-\x1f]", html)


@pytest.mark.parametrize("language", list(Language))
def test_csv_fields_from_outside_stay_text(nasty_dir: Path, language: Language) -> None:
    """Every field of each CSV file is one field of text that no spreadsheet calculates."""
    report = content_of(language=language, data_dir=nasty_dir)
    for name, file in figure_files(report.calculation).items():
        separator = ";" if "excel" in name and language is Language.DANISH else ","
        rows = list(
            csv.reader(io.StringIO(file.decode("utf-8-sig"), newline=""), delimiter=separator)
        )
        assert {len(row) for row in rows} == {len(rows[0])}
        assert not [cell for row in rows for cell in row if re.match(r"\s*[=+\-@＝\t\r]", cell)]


def test_a_terminal_keeps_lines_and_nothing_that_moves_the_cursor() -> None:
    """Also what turns the direction of writing around, by which a line can be forged."""
    assert terminal_text("a\x1b[2J\n  b\x9bc\u202ed\r") == "a [2J\n  b c d "


def test_markdown_shows_every_sign_as_itself() -> None:
    """No tag, link, table or fence comes of a text from outside."""
    text = "<b> [x](http://y) | `a` *b* _c_ ~d~ \\ &amp;\n# e"
    assert markdown(text) == (
        r"&lt;b&gt; \[x\](http://y) \| \`a\` \*b\* \_c\_ \~d\~ \\ &amp;amp; # e"
    )
    block = fenced("a\n````\n# b")
    assert block == "`````text\na\n````\n# b\n`````\n"
    assert fenced("a") == "```text\na\n```\n"


def test_plain_text_is_one_line() -> None:
    """Control characters and line ends become one blank; everything else stays."""
    assert plain("a\r\n\tb\x00c") == "a b c"
    assert plain("🏥 «Ærø»") == "🏥 «Ærø»"
