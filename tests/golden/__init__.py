"""The whole of 2022K1 as it was last approved: the text of its CSV files, the rest by sha256.

The English report stands beside it, by sha256 alone.

A workbook is a package of compressed parts, and another zlib compresses to other bytes. So a
workbook stands for its unpacked parts, cells, styles and texts among them, and the manifest for all
it says but the size and sha256 of the workbooks. That the same machine gives the same bytes is a
test of its own.

A test compares the report with these files. When a report changes on purpose, look at what
changes, and then approve it:

    python -m tests.golden             what differs, and nothing is written
    python -m tests.golden --update    approve: write what the report is now

No test ever updates them.
"""
