"""XlsxWriter's workbook with a language and formulas taken as they are, and the cells' styles.

Rests on names that XlsxWriter keeps to itself (and without types); its version is fixed.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final

import xlsxwriter
from xlsxwriter.core import Core
from xlsxwriter.packager import Packager
from xlsxwriter.worksheet import Worksheet


class _Worksheet(Worksheet):  # type: ignore[misc]
    """Takes no time for what our cells never have, which halves the time of writing them.

    No formula has a function newer than Excel 2016, and no attribute of a cell needs escaping that
    is a number or made of letters and digits only.
    """

    def _prepare_formula(self, formula: str, expand_future_functions: bool = False) -> str:
        return formula.removeprefix("=")

    def _escape_attributes(self, attribute: str | int) -> str | int:
        if type(attribute) is int or str(attribute).isalnum():
            return attribute
        return str(super()._escape_attributes(attribute))


class _Core(Core):  # type: ignore[misc]
    def _write_dc_creator(self) -> None:
        super()._write_dc_creator()
        self._xml_data_element("dc:language", self.properties["language"])


class _Packager(Packager):  # type: ignore[misc]
    def _write_core_file(self) -> None:
        core = _Core()
        core._set_properties(self.workbook.doc_properties)
        core._set_xml_writer(self._filename("docProps/core.xml"))
        core._assemble_xml_file()


class Document(xlsxwriter.Workbook):  # type: ignore[misc]
    """A workbook whose properties name its language, such as `da-DK`, for screen readers."""

    worksheet_class = _Worksheet

    def add_chart(self, options: dict[str, Any]) -> Any:
        """Return a chart whose texts are in the language too; XlsxWriter calls all American."""
        chart = super().add_chart(options)
        for name in ("_xml_start_tag", "_xml_empty_tag"):
            setattr(chart, name, partial(self._write_tag, getattr(chart, name)))
        return chart

    def _write_tag(
        self, write: Callable[..., None], tag: str, attributes: Iterable[tuple[str, Any]] = ()
    ) -> None:
        language = self.doc_properties["language"]
        write(tag, [(key, language if at == "en-US" else at) for key, at in attributes])

    def _get_packager(self) -> Packager:
        return _Packager()


FONT_POINTS: Final = 11
"""Size of ordinary text; the UK guidance on statistics in spreadsheets asks for 10 at least."""

DARK: Final = "#1F3A5F"
MARKED: Final = "#C00000"
"""Tab of a scenario's sheets, which also say so in words."""

_LINE: Final = "#C9D3DF"
_WHOLE: Final = '#,##0;"−"#,##0'
_CHANGE: Final = '+#,##0;"−"#,##0;0'
_EXACT: Final = '#,##0.0000;"−"#,##0.0000'
PERCENT: Final = "0.0%"
_POINTS: Final = '+0.00" pp.";"−"0.00" pp.";0.00" pp."'


_BASE: Final = {"font_name": "Calibri", "font_size": FONT_POINTS, "valign": "top"}
_RIGHT: Final = {"align": "right", "indent": 1}
"""Keeps a number apart from the text in the column to its right."""

_BODY: Final = {"bottom": 4, "bottom_color": _LINE}
_INPUT: Final = {
    "bg_color": "#FFF4CC", "border": 1, "border_color": "#9A7B0A", "locked": False,
    "num_format": _WHOLE, **_RIGHT,
}  # fmt: skip
_NUMBER: Final = {**_BODY, **_RIGHT}
_HELPER: Final = {**_NUMBER, "font_color": "#595959", "num_format": _WHOLE}
_HEADER: Final = {
    "bold": True, "font_color": "#FFFFFF", "bg_color": DARK, "text_wrap": True, "valign": "vcenter",
}  # fmt: skip
_TOTAL: Final = {"bold": True, "bg_color": "#E8EEF5"}
_TOTAL_LABEL: Final = {
    **_TOTAL, "font_size": 10, "bold": False, "text_wrap": True, "valign": "bottom",
}  # fmt: skip

STYLES: Final[dict[str, dict[str, Any]]] = {
    name: {**_BASE, **look}
    for name, look in {
        "title": {"font_size": 16, "bold": True, "font_color": DARK},
        "line": {},
        "header": _HEADER,
        "number_header": {**_HEADER, **_RIGHT},
        "helper_header": {**_HEADER, **_RIGHT, "bg_color": "#5B6470"},
        "text": {**_BODY, "text_wrap": True},
        "label": {**_BODY, "bold": True, "text_wrap": True},
        "link": {**_BODY, "font_color": "#0B5394", "underline": 1, "text_wrap": True},
        "whole": {**_NUMBER, "num_format": _WHOLE},
        "counted": {**_NUMBER, "num_format": _WHOLE},
        "percent": {**_NUMBER, "num_format": PERCENT},
        "share": {**_NUMBER, "num_format": "0.0"},
        "points": {**_NUMBER, "num_format": _POINTS},
        "exact": {**_NUMBER, "num_format": _EXACT},
        "money": {**_NUMBER, "num_format": _WHOLE, "bold": True},
        "change": {**_NUMBER, "num_format": _CHANGE},
        "helper": _HELPER,
        "outcome": {**_BODY, "bold": True},
        "input": _INPUT,
        "total": _TOTAL,
        "total_label": _TOTAL_LABEL,
        "total_number_label": {**_TOTAL_LABEL, **_RIGHT},
        "total_whole": {**_TOTAL, **_RIGHT, "num_format": _WHOLE},
        "total_change": {**_TOTAL, **_RIGHT, "num_format": _CHANGE},
        "total_percent": {**_TOTAL, **_RIGHT, "num_format": PERCENT},
        "total_outcome": {**_TOTAL, **_RIGHT},
    }.items()
} | {"halves": {"num_format": '#,##0.0;"−"#,##0.0'}}  # laid over another style
