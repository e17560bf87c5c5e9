"""Content faults of metadata: tableinfo describes the table wrongly, and data goes on as before."""

import json
from collections.abc import Callable
from typing import Any

from .edits import alter_if_ok
from .faults import Fault


def edit_tableinfo(
    edit: Callable[[dict[str, Any]], dict[str, Any]], name: str = "edited tableinfo"
) -> Fault:
    """Change the document that describes a table."""

    def edited(body: bytes) -> bytes:
        document = edit(json.loads(body))
        return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8")

    return Fault(name, alter_if_ok(edited), function="tableinfo")


def inactive() -> Fault:
    """Say that the table is no longer updated."""
    return edit_tableinfo(lambda document: document | {"active": False}, "inactive")


def missing_variable(variable: str) -> Fault:
    """Leave a variable out of the metadata."""

    def edit(document: dict[str, Any]) -> dict[str, Any]:
        kept = [each for each in document["variables"] if each["id"] != variable]
        return document | {"variables": kept}

    return edit_tableinfo(edit, "missing variable")


def _edit_values(
    variable: str, edit: Callable[[list[dict[str, str]]], list[dict[str, str]]], name: str
) -> Fault:
    def edited(document: dict[str, Any]) -> dict[str, Any]:
        variables = [
            each | {"values": edit(each["values"])} if each["id"] == variable else each
            for each in document["variables"]
        ]
        return document | {"variables": variables}

    return edit_tableinfo(edited, name)


def _without(variable: str, code: str, name: str) -> Fault:
    return _edit_values(
        variable, lambda values: [each for each in values if each["id"] != code], name
    )


def missing_total_code(variable: str = "KØN", code: str = "TOT") -> Fault:
    """Leave the total of a variable out of the metadata."""
    return _without(variable, code, "missing total code")


def missing_quarter(quarter: str) -> Fault:
    """Leave a quarter out of the metadata, though the figures are there."""
    return _without("Tid", quarter, "missing quarter")


def area_gone(code: str, variable: str = "OMRÅDE") -> Fault:
    """Leave an area out of the metadata."""
    return _without(variable, code, "area gone")


def new_area_code(code: str = "999", text: str = "Nyby", variable: str = "OMRÅDE") -> Fault:
    """Add an area to the metadata."""
    return _edit_values(
        variable, lambda values: [*values, {"id": code, "text": text}], "new area code"
    )
