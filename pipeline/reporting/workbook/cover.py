"""The cover: what the file is, sources, control, links to the sheets; and the sheet of notes."""

from collections.abc import Iterable, Iterator

from pipeline.calculation.quarter import ClusterResult
from pipeline.reporting import notes
from pipeline.reporting.content import Content
from pipeline.reporting.notes import Note
from pipeline.reporting.workbook.book import Book, Cell, Column, Formula, Sheet

Line = tuple[str, Cell]


def write_cover(sheet: Sheet, all_allocated: Formula, result: ClusterResult | None = None) -> None:
    """Write the cover as a table of subject and text, after all other sheets.

    That of a cluster's workbook holds its funds and the notes too.
    """
    book, text = sheet.book, sheet.book.text
    said = book.content.notes_on(result) if result else book.content.notes
    lines = [*_about(book.content, all_allocated, said)]
    lines += [(text("cover.sheet"), link) for link in book.contents if link is not book.contents[0]]
    lines += _of_cluster(book.content, result) if result else []
    columns = [
        Column(text("cover.subject"), "label", 27),
        Column(text("cover.information"), "text", 150 if result else 108),
    ]
    sheet.table("Forside", columns, lines)
    sheet.worksheet.fit_to_pages(1, 1)
    sheet.worksheet.activate()


def _about(content: Content, all_allocated: Formula, said: Iterable[Note]) -> Iterator[Line]:
    text, quarter, inputs = content.text, content.result.quarter, content.calculation.inputs
    yield text("cover.quarter"), content.quarter_text
    yield text("cover.reference_day"), text.day(quarter.reference_day)
    if content.mark:
        yield text("column.scenario"), content.changes_text
    else:
        yield text("cover.revision"), text("cover.edition", revision=content.revision)
        yield text("cover.reason"), content.changes_text
    for snapshot in inputs.snapshots:
        yield text("cover.source"), notes.citation(snapshot, quarter, text)
    yield text("cover.money"), content.money_text
    yield text("cover.all_allocated"), all_allocated
    if content.result.population.districts_from:
        yield text("column.estimated"), text("cover.estimated")
    for note in said:
        if note.subject == text("notes.finding"):
            yield f"{note.subject} {note.mark}", note.text
    yield text("cover.contact"), inputs.parameters.contact or text("cover.no_contact")
    for role in ("calculated_by", "checked_by", "approved_by"):
        yield text(f"cover.{role}"), text("cover.sign")
    yield text("cover.usage"), text("cover.usage_text")


def _of_cluster(content: Content, result: ClusterResult) -> Iterator[Line]:
    text = content.text
    for fund in content.result.shared_funds:
        if part := fund.parts.get(result.cluster.cluster_id):
            name, whole = text.cost_heading(fund.cost), fund.cost.amount_dkk
            yield text("sheet.funds"), text("cover.fund", name=name, part=part.amount, whole=whole)
    for note in content.notes_on(result):
        if note.subject != text("notes.finding"):  # which stand further up
            yield f"{note.subject} {note.mark}", note.text


def notes_sheet(book: Book, notes: Iterable[Note]) -> None:
    """Write a row a note."""
    text = book.text
    sheet = Sheet(book, text("sheet.notes"), text("notes.title"), [text("notes.line")])
    names = {row.cluster_id: row.name for row in book.content.result.rules.clusters}
    columns = [
        Column(text("notes.number"), "label", 12),
        Column(text("notes.subject"), "text", 20),
        Column(text("notes.clusters"), "text", 30),
        Column(text("notes.text"), "text", 95),
    ]
    rows = [
        [
            note.mark,
            note.subject,
            text("notes.all_clusters")
            if not note.clusters or names.keys() <= set(note.clusters)
            else "; ".join(names[key] for key in note.clusters if key in names),
            note.text,
        ]
        for note in notes
    ]
    sheet.table("Noter", columns, rows)
