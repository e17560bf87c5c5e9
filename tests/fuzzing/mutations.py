"""What goes wrong with a file: on the way, in an editor, in a spreadsheet, and on purpose."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

NASTY_TEXTS = (
    "", " ", "0", "-1", "1", "1.0", "1e5", "3.7E+05", "1/2", "2/1", "01-feb", "37٠", "..", "null",
    "9007199254740993", "9" * 20, "9" * 400, "=1+1", "\x1b[2J", "a\nb", "a\r\nb", "\x00", "\ufeff",
    "ø" * 300, "2022K1", "2022K5", "9999K4", "0000K1", "101", "1004", "000", "084", "whole",
    "districts", "fraction", "sundhedsklynge:*", "../../../x", "/etc/passwd", "a" * 300, "<b>", "|",
    "```", "\u202e", "\ud7ff", "amager-hvidovre", "175", "None", "da", "*",
)  # fmt: skip
NASTY_BYTES = (
    b"\xff", b"\x00", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xc3", b"\r", b'"', b";", b"\t",
)  # fmt: skip
DEPTH = 100_000
"""Brackets in brackets: more than any reader that calls itself can follow."""

NASTY_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 10**30, 1.5, "", "x", [], {}, [[]], [None], {"x": None}, "a\nb",
    "\x1b[2J", "../../../x", "9999K4", [1], ["101"], "0" * 64,
)  # fmt: skip

Bytes = Callable[[Random, bytes], bytes]


def mutated_table(dice: Random, content: bytes, separator: str = ",") -> bytes:
    """Return a table with one to three faults."""
    for _ in range(dice.choice((1, 1, 1, 2, 3))):
        content = dice.choice(_TABLE)(dice, content, separator)
    return content


def _cell(dice: Random, content: bytes, separator: str) -> bytes:
    """Write something else in a cell."""
    lines = content.split(b"\n")
    row = dice.randrange(len(lines))
    cells = lines[row].split(separator.encode())
    cells[dice.randrange(len(cells))] = dice.choice(NASTY_TEXTS).encode("utf-8", "surrogatepass")
    lines[row] = separator.encode().join(cells)
    return b"\n".join(lines)


def _digit(dice: Random, content: bytes, _: str) -> bytes:
    """Type another digit."""
    places = [at for at, byte in enumerate(content) if 48 <= byte < 58]
    if not places:
        return content
    at = dice.choice(places)
    return content[:at] + str(dice.randrange(10)).encode() + content[at + 1 :]


def _exchanged(dice: Random, content: bytes, separator: str) -> bytes:
    """Exchange the last cells of two rows."""
    lines = content.split(b"\n")
    one, other = dice.randrange(len(lines)), dice.randrange(len(lines))
    parts = [lines[at].rpartition(separator.encode()) for at in (one, other)]
    lines[one], lines[other] = (
        b"".join((*parts[0][:2], parts[1][2])),
        b"".join((*parts[1][:2], parts[0][2])),
    )
    return b"\n".join(lines)


def _rows(dice: Random, content: bytes, _: str) -> bytes:
    """Lose, double or move a row."""
    lines = content.split(b"\n")
    row = lines.pop(dice.randrange(len(lines)))
    if lines:
        for _again in range(dice.randrange(3)):
            lines.insert(dice.randrange(len(lines) + 1), row)
    return b"\n".join(lines)


def _columns(dice: Random, content: bytes, separator: str) -> bytes:
    """Lose, double or move a column."""
    rows = [line.split(separator.encode()) for line in content.split(b"\n")]
    at, to = dice.randrange(len(rows[0])), dice.randrange(len(rows[0]) + 1)
    times = dice.randrange(3)
    for row in rows:
        if len(row) > at:
            cell = row.pop(at)
            row[to:to] = [cell] * times
    return b"\n".join(separator.encode().join(row) for row in rows)


def _bytes(dice: Random, content: bytes, _: str) -> bytes:
    """Lose or add bytes anywhere."""
    at = dice.randrange(len(content) + 1)
    return content[:at] + dice.choice(NASTY_BYTES) + content[at + dice.randrange(4) :]


def _cut(dice: Random, content: bytes, _: str) -> bytes:
    """End early, or again."""
    at = dice.randrange(len(content) + 1)
    return dice.choice((content[:at], content + content[at:], content[at:]))


def _saved(dice: Random, content: bytes, separator: str) -> bytes:
    """Be saved by another program."""
    text = content.decode("utf-8", "replace")
    return dice.choice(
        (
            content.replace(b"\n", b"\r\n"),
            b"\xef\xbb\xbf" + content,
            content.replace(separator.encode(), b";"),
            content.replace(separator.encode(), b"\t"),
            content.replace(b"\n", separator.encode() * 3 + b"\n"),
            text.encode("utf-16"),
            text.encode("latin-1", "replace"),
            content.upper(),
            content.replace(b"\n", b"\n\n"),
        )
    )


_TABLE = (_cell, _cell, _cell, _digit, _digit, _exchanged, _rows, _columns, _bytes, _cut, _saved)


def mutated_json(dice: Random, content: bytes) -> bytes:
    """Return JSON with one to three faults."""
    for _ in range(dice.choice((1, 1, 2, 3))):
        how = dice.randrange(10)
        if how == 0:
            content = _bytes(dice, content, "")
        elif how == 1:
            content = _cut(dice, content, "")
        elif how == 2:
            content = b"[" * DEPTH + b"]" * DEPTH
        elif how == 3:
            content = _digit(dice, content, "")
        else:
            content = _value(dice, content)
    return content


def _value(dice: Random, content: bytes) -> bytes:
    """Write another value somewhere, or lose or rename a key."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return content
    places = list(_places(value))
    if not places:
        return json.dumps(dice.choice(NASTY_VALUES)).encode()
    inside, key = dice.choice(places)
    how = dice.randrange(4)
    if how == 0:
        del inside[key]
    elif how == 1 and isinstance(inside, dict):
        inside[dice.choice(NASTY_TEXTS)] = inside.pop(key)
    elif how == 2 and isinstance(inside, list):
        inside.append(inside[key])
    else:
        inside[key] = dice.choice(NASTY_VALUES)
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Return every place in a value, those near the top as often as all below them."""
    if not isinstance(value, dict | list):
        return []
    here = [(value, key) for key in (value if isinstance(value, dict) else range(len(value)))]
    return here + [place for _, key in here for place in _places(value[key])]


def mutated_text(dice: Random, text: str) -> str:
    """Return a text with one to three faults."""
    for _ in range(dice.choice((1, 1, 2, 3))):
        at = dice.randrange(len(text) + 1)
        more = dice.choice((*NASTY_TEXTS, text, chr(dice.randrange(1, 0xD7FF))))
        text = dice.choice((more, text[:at] + more + text[at + dice.randrange(3) :], text[:at]))
    return text
