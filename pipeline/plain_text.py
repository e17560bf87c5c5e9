"""Text from outside: made plain, so that it can never become a formula or move a cursor.

A spreadsheet reads a field that starts with `=`, `+`, `-`, `@`, a tab or a carriage return as a
formula when it opens a CSV file (OWASP, "CSV Injection"); an apostrophe before it keeps it text.
In a workbook every text is written as a string, which no program calculates. Control characters
have no place in either.
"""

import html
import re
from typing import Final

_CONTROL: Final = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]+"
)
_MARKDOWN: Final = re.compile(r"[\\`*_\[\]|~]")
_FORMULA_START: Final = re.compile(r"\s*[=+\-@＝＋－＠]")


def plain(text: str) -> str:
    """Return text on one line, every run of control characters as one blank."""
    return text if text.isprintable() else _CONTROL.sub(" ", text)


def terminal_text(text: str) -> str:
    """Return text for a terminal: its lines stay lines, and nothing in them moves the cursor."""
    return "\n".join(map(plain, text.split("\n")))


def markdown(text: str) -> str:
    """Return text for Markdown on one line, in which no sign means anything but itself."""
    return _MARKDOWN.sub(r"\\\g<0>", html.escape(plain(text), quote=False))


def fenced(text: str) -> str:
    """Return text as a block of Markdown that shows it as it is, whatever fences stand in it."""
    fence = "`" * (1 + max(2, *map(len, re.findall("`*", text))))
    return f"{fence}text\n{terminal_text(text)}\n{fence}\n"


def csv_field(text: str) -> str:
    """Return text as a CSV field that no spreadsheet calculates."""
    one_line = plain(text)
    return f"'{one_line}" if _FORMULA_START.match(one_line) else one_line
