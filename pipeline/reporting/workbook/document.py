"""XlsxWriter's workbook with the document language, and with formulas taken as they are.

Rests on names that XlsxWriter keeps to itself (and without types); its version is fixed.
"""

from __future__ import annotations

from typing import Any

import xlsxwriter
from xlsxwriter.core import Core
from xlsxwriter.packager import Packager
from xlsxwriter.worksheet import Worksheet


class Document(xlsxwriter.Workbook):  # type: ignore[misc]
    """A workbook whose properties name its language, such as `da-DK`, for screen readers."""

    def __init__(self, target: Any, options: dict[str, Any], language: str) -> None:
        super().__init__(target, options)
        self.worksheet_class = _Worksheet
        self.language = language

    def _get_packager(self) -> Packager:
        return _Packager(self.language)


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
        escaped: str = super()._escape_attributes(attribute)
        return escaped


class _Packager(Packager):  # type: ignore[misc]
    def __init__(self, language: str) -> None:
        super().__init__()
        self.language = language

    def _write_core_file(self) -> None:
        core = _Core(self.language)
        core._set_properties(self.workbook.doc_properties)
        core._set_xml_writer(self._filename("docProps/core.xml"))
        core._assemble_xml_file()


class _Core(Core):  # type: ignore[misc]
    def __init__(self, language: str) -> None:
        super().__init__()
        self.language = language

    def _write_dc_creator(self) -> None:
        super()._write_dc_creator()
        self._xml_data_element("dc:language", self.language)
