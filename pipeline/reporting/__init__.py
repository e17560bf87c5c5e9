"""What finance receives: the tables, the workbook, the manifest, and the revisions."""
