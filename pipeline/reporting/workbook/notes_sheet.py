"""The notes: numbered, with the clusters that each concerns."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.reporting.notes import Note
from pipeline.reporting.workbook.book import Book, Column, Sheet


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
