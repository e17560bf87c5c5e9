"""The cover: what the file is, sources, control, links to the sheets; and the sheet of notes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pipeline.reporting import notes
from pipeline.reporting.content import Content
from pipeline.reporting.notes import Note
from pipeline.reporting.workbook.book import Book, Cell, Column, Formula, Link, Sheet

Line = tuple[str, Cell]
Contents = list[tuple[str, str]]
"""Name of each sheet, and what it holds."""


def write_cover(
    sheet: Sheet, contents: Contents, all_allocated: Formula, said: Iterable[Note]
) -> None:
    """Write the cover as a table of subject and text, with the findings among the notes."""
    book, text = sheet.book, sheet.book.text
    lines = [*_about(book.content, all_allocated, said), *_links(book, contents)]
    columns = [
        Column(text("cover.subject"), "label", 27),
        Column(text("cover.information"), "text", 108),
    ]
    sheet.table("Forside", columns, lines)
    for row, (_, cell) in enumerate(lines, start=sheet.next_row + 1):
        if isinstance(cell, Link):
            sheet.write(row, 1, cell, "link")
    sheet.worksheet.fit_to_pages(1, 1)
    sheet.worksheet.activate()


def _about(content: Content, all_allocated: Formula, said: Iterable[Note]) -> Iterator[Line]:
    text, calculation = content.text, content.calculation
    quarter = calculation.report.quarter
    yield text("cover.quarter"), content.quarter_text
    yield text("cover.reference_day"), notes.day_text(quarter.reference_day, text.language)
    if content.mark:
        yield text("column.scenario"), content.changes_text
    else:
        yield text("cover.revision"), text("cover.edition", revision=content.revision)
        yield text("cover.reason"), content.changes_text
    for snapshot in calculation.inputs.snapshots:
        yield text("cover.source"), notes.citation(snapshot, text)
    yield text("cover.money"), text("cover.money_text")
    yield text("cover.all_allocated"), all_allocated
    if content.result.population.districts_estimated:
        yield text("column.estimated"), text("cover.estimated")
    for note in said:
        if note.subject == text("notes.finding"):
            yield note.subject, note.text
    yield text("cover.contact"), calculation.inputs.parameters.contact or text("cover.no_contact")
    for role in ("calculated_by", "checked_by", "approved_by"):
        yield text(f"cover.{role}"), text("cover.sign")
    yield text("cover.usage"), text("cover.usage_text")


def _links(book: Book, contents: Contents) -> Iterator[Line]:
    for name, what in contents:
        label = book.text("cover.sheet")
        yield label, Link(name, what if what == name else f"{name}: {what}")


def notes_sheet(book: Book, notes: Iterable[Note]) -> None:
    """Write a row a note."""
    text = book.text
    sheet = Sheet(book, text("sheet.notes"), text("notes.title"), [text("notes.line")])
    names = {row.cluster_id: row.name for row in book.content.calculation.inputs.reference.clusters}
    in_force = {row.cluster_id for row in book.content.result.rules.clusters}
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
            "; ".join(names[key] for key in note.clusters if key in in_force)
            or text("notes.all_clusters"),
            note.text,
        ]
        for note in notes
    ]
    sheet.table("Noter", columns, rows)
