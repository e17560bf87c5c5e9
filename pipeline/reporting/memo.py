"""The memo of a cluster: its table as it goes on an agenda, a document (.docx) of one page."""

import io
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from pipeline.calculation.quarter import ClusterResult
from pipeline.reporting.content import Content
from pipeline.reporting.notes import key_text

MEMBERS_A_TABLE = 11
"""More do not fit side by side on a page; the table goes on below."""

_LABEL_MM, _CELLS_MM, _WIDEST_MM = 42, 224.4, 30
_MARGINS = '<w:left w:w="40" w:type="dxa"/><w:right w:w="40" w:type="dxa"/>'


@dataclass(frozen=True)
class MemoRow:
    """A row of the memo's table: its label, and a number a municipality as text.

    The column of a live table that holds the same is of a kind, `counted`, `share` or `kroner`, and
    of a cost, counted from 0.
    """

    label: str
    kind: str
    cost: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Memo:
    """The memo's table and what stands around it, as text in the language of the report.

    Stars after the names of members lead to the notes; a row is a label and a cell a municipality.
    """

    title: str
    issue: str
    codes: tuple[str, ...]
    members: tuple[str, ...]
    rows: tuple[MemoRow, ...]
    notes: tuple[str, ...]


def memo_of(content: Content, result: ClusterResult) -> Memo:
    """Return the memo of a cluster."""
    text, quarter = content.text, content.result.quarter
    codes = tuple(member.code for member in result.members)
    by_key = result.key.key_id
    population = "column.counted_population" if by_key else "memo.population"
    labels = [
        (text(population, number=quarter.number, year=str(quarter.year)), "counted", 0),
        (text("memo.share_by_key" if by_key else "column.share"), "share", 0),
    ]
    for number, cost in enumerate(row.cost for row in result.allocations):
        label = text("memo.cost", name=text.cost_name(cost), amount=cost.amount_dkk)
        labels.append((label, "kroner", number))
    columns = (
        text.figures(row.counted_population, row.share, result.amounts_of(row.code))
        for row in result.members
    )
    rules = {code: note.text for code in codes if (note := content.rule_note(result, code))}
    stars = {code: "*" * number for number, code in enumerate(rules, start=1)}
    key = [key_text(result.key, quarter, text)] if by_key else []
    return Memo(
        text("memo.title", cluster=content.cluster_name(result)),
        content.mark or text("memo.issue", issue=content.issue, quarter=content.quarter_text),
        codes,
        tuple(f"{row.name}{stars.get(row.code, '')}" for row in result.members),
        tuple(
            MemoRow(*label, cells)
            for label, cells in zip(labels, zip(*columns, strict=True), strict=True)
        ),
        (text("memo.source"), *key, *(f"{stars[code]} {rule}" for code, rule in rules.items())),
    )


def memos(content: Content) -> dict[str, bytes]:
    """Return a document for each cluster that has a cost of its own, by file name."""
    return {
        f"bilag-{content.label}-{result.section_id}.docx": _document(content, result)
        for result in content.result.sections
        if result.allocations
    }


def _document(content: Content, result: ClusterResult) -> bytes:
    from docx import Document  # 0.2 s, and only a cluster with a cost has one

    document, memo = Document(), memo_of(content, result)
    _set_page(document)
    _set_properties(document, content, memo)
    document.add_heading(memo.title, level=1)
    document.add_paragraph(memo.issue)
    for first in range(0, len(memo.members), MEMBERS_A_TABLE):
        _add_table(document, memo, slice(first, first + MEMBERS_A_TABLE))
        document.add_paragraph()
    for note in memo.notes:
        document.add_paragraph(note)
    target = io.BytesIO()
    document.save(target)
    return _without_clock(target.getvalue())


def _set_page(document: Any) -> None:
    from docx.enum.section import WD_ORIENT
    from docx.shared import Mm, Pt

    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Mm(297), Mm(210)
    for edge in ("left", "right", "top", "bottom"):
        setattr(section, f"{edge}_margin", Mm(15))
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = "Calibri", Pt(8.5)
    normal.paragraph_format.space_after = Pt(4)


def _set_properties(document: Any, content: Content, memo: Memo) -> None:
    """Say what it is, and in which language: a screen reader and a spelling check use it."""
    from docx.oxml.ns import qn

    properties = document.core_properties
    properties.language = content.text("memo.language")
    for mark in document.styles.element.iter(qn("w:lang")):
        mark.set(qn("w:val"), properties.language)
    properties.title, properties.subject = memo.title, memo.issue
    properties.author = properties.last_modified_by = "klyngefordeling"
    properties.comments = ""
    properties.created = properties.modified = datetime.fromisoformat(
        content.calculation.inputs.retrieved_at
    )


def _add_table(document: Any, memo: Memo, part: slice) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Mm

    rows = [("", memo.members[part]), *((row.label, row.cells[part]) for row in memo.rows)]
    table = document.add_table(rows=0, cols=1 + len(memo.members[part]), style="Table Grid")
    table.autofit = False
    cell_mm = min(_WIDEST_MM, _CELLS_MM / min(len(memo.members), MEMBERS_A_TABLE))
    widths = [Mm(cell_mm if number else _LABEL_MM) for number in range(len(table.columns))]
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    for label, cells in rows:
        for number, cell in enumerate(table.add_row().cells):
            cell.width = widths[number]
            paragraph = cell.paragraphs[0]
            paragraph.paragraph_format.space_after = 0
            paragraph.add_run((label, *cells)[number]).bold = not (label and number)
            if number:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    _describe(table, memo)


def _describe(table: Any, memo: Memo) -> None:
    """Mark the header row, and say to a screen reader what the table is."""
    from docx.oxml.ns import nsdecls, qn
    from docx.oxml.parser import parse_xml

    table.rows[0]._tr.get_or_add_trPr().append(parse_xml(f"<w:tblHeader {nsdecls('w')}/>"))
    narrow = f"<w:tblCellMar {nsdecls('w')}>{_MARGINS}</w:tblCellMar>"
    table._tbl.tblPr.find(qn("w:tblLook")).addprevious(parse_xml(narrow))
    for tag, text in (("tblCaption", memo.title), ("tblDescription", memo.issue)):
        element = parse_xml(f"<w:{tag} {nsdecls('w')}/>")
        element.set(qn("w:val"), text)
        table._tbl.tblPr.append(element)


def _without_clock(package: bytes) -> bytes:
    """Return a package with its files as of 1980: the same input gives the same bytes."""
    target = io.BytesIO()
    with ZipFile(io.BytesIO(package)) as source, ZipFile(target, "w", ZIP_DEFLATED) as copy:
        for name in source.namelist():
            copy.writestr(ZipInfo(name), source.read(name), ZIP_DEFLATED)
    return target.getvalue()
