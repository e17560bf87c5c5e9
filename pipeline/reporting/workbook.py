"""The workbook: a cover, an overview, one sheet a cluster, the shared funds, and notes.

XlsxWriter gives the same bytes for the same input; the document's date is that of the newest
snapshot, never the clock.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from pipeline.calculation import Calculation
from pipeline.findings import Finding
from pipeline.quarter_result import Allocation, ClusterResult, Member
from pipeline.reporting import notes
from pipeline.reporting.numbers import Language
from pipeline.reporting.texts import Catalogue
from schemas.records import Cost

_FONT: Final = {"font_name": "Calibri", "font_size": 11, "valign": "top"}
_DARK: Final = "#1F3A5F"
_MARKED: Final = "#C00000"
_HEADER: Final = {"bold": True, "font_color": "#FFFFFF", "bg_color": _DARK, "text_wrap": True}
_TOTAL: Final = {"bold": True, "top": 1, "bg_color": "#E8EEF5"}
_FORMATS: Final[dict[str, dict[str, Any]]] = {
    "text": {"text_wrap": True},
    "title": {"font_size": 18, "bold": True, "font_color": _DARK},
    "label": {"bold": True},
    "header": _HEADER,
    "number_header": {**_HEADER, "align": "right"},
    "whole": {"num_format": "#,##0"},
    "counted": {"num_format": "#,##0.0"},
    "percent": {"num_format": "0.0%"},
    "total": _TOTAL,
    "total_whole": {**_TOTAL, "num_format": "#,##0"},
    "total_counted": {**_TOTAL, "num_format": "#,##0.0"},
    "total_percent": {**_TOTAL, "num_format": "0.0%"},
    "link": {"font_color": "#0B5394", "underline": 1},
}
_SHEET_NAME_LENGTH: Final = 31
"""Characters that Excel allows in the name of a sheet."""


def workbook(calculation: Calculation, revision: int, reasons: Sequence[Finding]) -> bytes:
    """Return the report of a quarter as a workbook (xlsx), in Danish."""
    target = io.BytesIO()
    with warnings.catch_warnings(action="error"):
        _Workbook(target, calculation, revision, reasons).write()
    return target.getvalue()


def sheet_name(cluster_id: str) -> str:
    """Return the name of a cluster's sheet."""
    return cluster_id.removeprefix("sundhedsraad-")[:_SHEET_NAME_LENGTH]


class _Workbook:
    """One workbook being written; each method writes one sheet."""

    def __init__(
        self,
        target: io.BytesIO,
        calculation: Calculation,
        revision: int,
        reasons: Sequence[Finding],
    ) -> None:
        self.calculation = calculation
        self.result = calculation.result
        self.revision = revision
        self.reasons = reasons
        self.text = Catalogue(Language.DANISH)
        self.book = xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False})
        retrieved = datetime.fromisoformat(calculation.retrieved_at).replace(tzinfo=None)
        self.book.set_properties({"title": self.text("cover.title"), "created": retrieved})
        self.formats: dict[str, Format] = {
            name: self.book.add_format({**_FONT, **look}) for name, look in _FORMATS.items()
        }

    def write(self) -> None:
        self._cover()
        self._overview()
        for cluster in self.result.clusters:
            self._cluster(cluster)
        if self.result.pools:
            self._pools()
        self._notes()
        self.book.close()

    def _sheet(self, name: str, widths: Sequence[int]) -> Worksheet:
        sheet = self.book.add_worksheet(name)
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        parameters = self.calculation.parameters
        issue = parameters.label if parameters.scenario else f"{parameters.label} r{self.revision}"
        sheet.set_footer(f"&L{issue}&R&P / &N")
        if parameters.scenario:
            sheet.set_header("&C&B" + self.text("cover.scenario", name=parameters.scenario))
            sheet.set_tab_color(_MARKED)
        return sheet

    def _table(self, sheet: Worksheet, headings: Sequence[tuple[str, str]]) -> None:
        for column, (heading, kind) in enumerate(headings):
            sheet.write_string(0, column, heading, self.formats[kind])
        sheet.freeze_panes(1, 0)
        sheet.repeat_rows(0)

    def _cover(self) -> None:
        sheet = self._sheet(self.text("sheet.cover"), [24, 100])
        sheet.write_string(0, 0, self.text("cover.title"), self.formats["title"])
        lines = notes.cover_lines(self.calculation, self.revision, self.reasons, self.text)
        for row, (label, value) in enumerate(lines, start=2):
            sheet.write_string(row, 0, label, self.formats["label"])
            sheet.write_string(row, 1, value, self.formats["text"])
        row = len(lines) + 3
        sheet.write_string(row, 0, self.text("cover.sheets"), self.formats["label"])
        for offset, (name, title) in enumerate(self._sheets()):
            sheet.write_url(
                row + offset, 1, f"internal:'{name}'!A1", self.formats["link"], string=title
            )

    def _sheets(self) -> list[tuple[str, str]]:
        clusters = [
            (sheet_name(result.cluster.cluster_id), result.cluster.name)
            for result in self.result.clusters
        ]
        pools = [self.text("sheet.pools")] if self.result.pools else []
        before, after = [self.text("sheet.overview")], [*pools, self.text("sheet.notes")]
        return [(name, name) for name in before] + clusters + [(name, name) for name in after]

    def _overview(self) -> None:
        sheet = self._sheet(self.text("sheet.overview"), [58, 16, 13, 18, 34, 16])
        self._table(
            sheet,
            [
                (self.text("overview.cluster"), "header"),
                (self.text("overview.region"), "header"),
                (self.text("overview.members"), "number_header"),
                (self.text("column.counted_population"), "number_header"),
                (self.text("overview.cost"), "header"),
                (self.text("column.amount_dkk"), "number_header"),
            ],
        )
        row = 1
        for result in self.result.clusters:
            for allocation in result.allocations or (None,):
                self._overview_row(sheet, row, result, allocation)
                row += 1

    def _overview_row(
        self, sheet: Worksheet, row: int, result: ClusterResult, allocation: Allocation | None
    ) -> None:
        name, counted = result.cluster.name, result.counted_population
        sheet.write_url(
            row, 0, f"internal:'{sheet_name(result.cluster.cluster_id)}'!A1",
            self.formats["link"], string=name,
        )  # fmt: skip
        sheet.write_string(row, 1, result.cluster.region, self.formats["text"])
        sheet.write_number(row, 2, len(result.members), self.formats["whole"])
        kind = "whole" if counted.denominator == 1 else "counted"
        sheet.write_number(row, 3, float(counted), self.formats[kind])
        if allocation is None:
            sheet.write_string(row, 4, self.text("overview.no_cost"), self.formats["text"])
        else:
            sheet.write_string(row, 4, allocation.cost.name_da, self.formats["text"])
            sheet.write_number(row, 5, allocation.cost.amount_dkk, self.formats["whole"])

    def _cluster(self, result: ClusterResult) -> None:
        costs = [allocation.cost for allocation in result.allocations]
        widths = [13, 24, 20, 13, 15, 15, *(20 for _ in costs)]
        sheet = self._sheet(sheet_name(result.cluster.cluster_id), widths)
        self._table(sheet, self._cluster_headings(costs))
        for row, member in enumerate(result.members, start=1):
            self._member(sheet, row, member, result.allocations)
        end = len(result.members) + 1
        self._cluster_total(sheet, end, result)
        for offset, note in enumerate(notes.cluster_notes(self.calculation, result, self.text)):
            sheet.write_string(
                end + 2 + offset, 0, note, self.formats["label"] if not offset else None
            )

    def _cluster_headings(self, costs: Sequence[Cost]) -> list[tuple[str, str]]:
        amounts = [self.text("cluster.amount", name=cost.name_da) for cost in costs]
        text = ["municipality_code", "municipality_name", "basis"]
        numbers = ["population", "counted_population", "share"]
        return [
            *((self.text(f"column.{column}"), "header") for column in text),
            *((self.text(f"column.{column}"), "number_header") for column in numbers),
            *((amount, "number_header") for amount in amounts),
        ]

    def _member(
        self, sheet: Worksheet, row: int, member: Member, allocations: Sequence[Allocation]
    ) -> None:
        code = member.membership.municipality_code
        sheet.write_string(row, 0, code, self.formats["text"])
        sheet.write_string(row, 1, member.name, self.formats["text"])
        sheet.write_string(row, 2, notes.basis_text(member, self.text), self.formats["text"])
        sheet.write_number(row, 3, member.population, self.formats["whole"])
        counted = member.counted_population
        kind = "whole" if counted.denominator == 1 else "counted"
        sheet.write_number(row, 4, float(counted), self.formats[kind])
        sheet.write_number(row, 5, float(member.share), self.formats["percent"])
        for column, allocation in enumerate(allocations, start=6):
            sheet.write_number(row, column, allocation.parts[code].amount, self.formats["whole"])

    def _cluster_total(self, sheet: Worksheet, row: int, result: ClusterResult) -> None:
        counted = result.counted_population
        kind = "total_whole" if counted.denominator == 1 else "total_counted"
        for column, text in enumerate(("", self.text("cluster.total"), "", "")):
            sheet.write_string(row, column, text, self.formats["total"])
        sheet.write_number(row, 4, float(counted), self.formats[kind])
        shares = float(sum(member.share for member in result.members))
        sheet.write_number(row, 5, shares, self.formats["total_percent"])
        for column, allocation in enumerate(result.allocations, start=6):
            total = sum(part.amount for part in allocation.parts.values())
            sheet.write_number(row, column, total, self.formats["total_whole"])

    def _pools(self) -> None:
        sheet = self._sheet(self.text("sheet.pools"), [44, 58, 18, 16, 16])
        self._table(
            sheet,
            [
                (self.text("overview.cost"), "header"),
                (self.text("overview.cluster"), "header"),
                (self.text("column.counted_population"), "number_header"),
                (self.text("column.share"), "number_header"),
                (self.text("column.amount_dkk"), "number_header"),
            ],
        )
        clusters = {result.cluster.cluster_id: result for result in self.result.clusters}
        row = 1
        for pool in self.result.pools:
            members = [clusters[cluster_id] for cluster_id in pool.parts]
            total = sum(result.counted_population for result in members)
            for result in members:
                self._pool_row(sheet, row, pool, result, float(result.counted_population / total))
                row += 1

    def _pool_row(
        self, sheet: Worksheet, row: int, pool: Allocation, result: ClusterResult, share: float
    ) -> None:
        counted = result.counted_population
        kind = "whole" if counted.denominator == 1 else "counted"
        amount = pool.parts[result.cluster.cluster_id].amount
        sheet.write_string(row, 0, pool.cost.name_da, self.formats["text"])
        sheet.write_string(row, 1, result.cluster.name, self.formats["text"])
        sheet.write_number(row, 2, float(counted), self.formats[kind])
        sheet.write_number(row, 3, share, self.formats["percent"])
        sheet.write_number(row, 4, amount, self.formats["whole"])

    def _notes(self) -> None:
        sheet = self._sheet(self.text("sheet.notes"), [24, 120])
        self._table(
            sheet, [(self.text("notes.topic"), "header"), (self.text("notes.text"), "header")]
        )
        for row, (topic, text) in enumerate(notes.note_lines(self.calculation, self.text), start=1):
            sheet.write_string(row, 0, topic, self.formats["label"])
            sheet.write_string(row, 1, text, self.formats["text"])
