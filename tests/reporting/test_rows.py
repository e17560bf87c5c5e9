"""Rows of figures check themselves before anything is written from them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.calculation.calculate import calculate
from pipeline.calculation.quarter import QuarterResult
from pipeline.errors import AllocationError
from pipeline.reporting.rows import allocation_rows, figure_files, figure_tables
from schemas.sharing import EVERYBODY
from tests.report_of import calculation_of


def off_by(kroner: int) -> QuarterResult:
    """Return the result of 2022K1 in which Rødovre pays so much more than it was allocated."""
    result = calculation_of().result
    syd = next(row for row in result.clusters if row.cluster.cluster_id == "amager-hvidovre")
    (allocation,) = syd.allocations
    part = allocation.parts["175"]
    parts = {**allocation.parts, "175": replace(part, amount=part.amount + kroner)}
    wrong = replace(syd, allocations=(replace(allocation, parts=parts),))
    return replace(result, sections=tuple(wrong if row is syd else row for row in result.sections))


@pytest.mark.parametrize("kroner", [-1, 1])
def test_kroner_that_do_not_add_up_are_never_written(kroner: int) -> None:
    """A calculation that is a krone off stops before a file is made of it, whoever broke it."""
    message = "The kroner of halvt-aarsvaerk in amager-hvidovre do not add up to 370000"
    with pytest.raises(AllocationError, match=message):
        allocation_rows(off_by(kroner))
    assert allocation_rows(off_by(0))


def test_a_cluster_of_one_is_invoiced_too() -> None:
    """Bornholm alone owes the whole amount: one row below the headings."""
    inputs = calculation_of().inputs
    cost = next(row for row in inputs.reference.costs if row.cost_id == "halvt-aarsvaerk")
    costs = (replace(cost, scope="bornholm"),)
    alone = replace(inputs, reference=replace(inputs.reference, costs=costs))
    invoices = figure_files(calculate(alone))["opkraevning-2022K1-excel.csv"].decode("utf-8-sig")
    _, row = invoices.splitlines()
    assert ";400;Bornholm;" in row
    assert ";370000" in row


def test_keys_have_a_column_where_any_quarter_has_one() -> None:
    """Of a table of many quarters, in each row, so that the quarters can be told apart."""
    plain = calculation_of().result
    keyed = replace(plain, rules=replace(plain.rules, keys=(EVERYBODY,)))
    (_, columns, _), (_, more_columns, _) = (
        next(figure_tables(results)) for results in ([plain], [plain, keyed])
    )
    assert more_columns == (*columns, "key_id")
