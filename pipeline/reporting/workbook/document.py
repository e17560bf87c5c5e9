"""XlsxWriter's workbook with the document language, which it has no option for."""

from __future__ import annotations

from typing import Any

import xlsxwriter
from xlsxwriter.core import Core
from xlsxwriter.packager import Packager


class Document(xlsxwriter.Workbook):  # type: ignore[misc]
    """A workbook whose properties name its language, such as `da-DK`, for screen readers.

    Rests on names that XlsxWriter keeps to itself (and without types); its version is fixed.
    """

    def __init__(self, target: Any, options: dict[str, Any], language: str) -> None:
        super().__init__(target, options)
        self.language = language

    def _get_packager(self) -> Packager:
        return _Packager(self.language)


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
