"""The columns of a live table as data: width, style, and the formulas that allocate.

Method, the same as `pipeline.calculation.allocation`, in ordinary functions on whole numbers:

1. Each row's weight is people × numerator × (scale ÷ denominator), where the scale is the least
   common multiple of all denominators: a whole number.
2. Amount × weight ÷ sum of weights is divided as on paper, in two steps, first the hundred
   thousands of the amount, then the rest of it: no intermediate result comes near the 15 digits
   that spreadsheets count exactly (LibreOffice rounds a quotient to 15 digits before it cuts the
   decimals off).
3. The kroner that are missing go, one each, to the largest remainders, and equal remainders in the
   order of the keys.

The control beside an amount says whether the parts add up to it, and whether every intermediate
result stays below `EXACT_TO`. Where weights add up to 1.2 million (a cluster that counts halves),
that holds for amounts to 8 300 billion kr.; where they add up to 500 million (the whole country,
scaled by 84), to 20 billion. Beyond, the values written are right, and the control says that the
sheet cannot be relied on when it is changed.
"""

from dataclasses import dataclass
from functools import partial
from typing import Final

STEP: Final = 100_000
"""The amount is divided in two steps: its hundred thousands, then the kroner below."""

EXACT_TO: Final = 10**14
"""Largest intermediate result allowed; 15 digits are exact in Excel and in LibreOffice."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How a column looks, and the formulas of its cells and of the cell above; empty if given."""

    width: float
    style: str
    formula: str = ""
    total: str = ""
    total_style: str = "total_whole"


_BELOW = "{step}*{STEP}+{total_floor}*{weight}"
_BOUND = "MAX({total_step}*MAX({all_weight}),{total_place}*{STEPS})"
_PARTED = f"AND({{total_kroner}}={{total_exact}},{_BOUND}<={{EXACT_TO}})"
_LARGER = 'COUNTIF({all_rest},">"&{rest})'
_EQUAL_BEFORE = 'COUNTIFS({all_rest},{rest},{all_place},"<="&{place})'

KINDS: Final = {
    "people": Kind(13, "input", "", "SUM({all_people})"),
    "numerator": Kind(9, "input"),
    "denominator": Kind(9, "input", "", "LCM({all_denominator})"),
    "counted": Kind(13, "counted", "{part}/{denominator}", "{total_weight}/{total_denominator}"),
    "share": Kind(17, "percent", "{weight}/{total_place}", "SUM({all_share})", "total_percent"),
    "exact": Kind(17, "exact", "{total_exact}*{weight}/{total_place}", "", "input"),
    "kroner": Kind(14, "money", "{floor}+IF({rank}<={total_rest},1,0)", "SUM({all_kroner})"),
    "rest": Kind(
        13, "helper", f"MOD({_BELOW},{{total_place}})",
        "IF({total_weight}=0,0,{total_exact}-SUM({all_floor}))",
    ),
    "rank": Kind(
        10, "helper", f"{_LARGER}+{_EQUAL_BEFORE}",
        f'IFERROR(IF({_PARTED},"{{yes}}","{{no}}"),"{{no}}")',
        "total_outcome",
    ),
    "weight": Kind(
        13, "helper", "{part}*({total_denominator}/{denominator})", "SUM({all_weight})"
    ),
    "place": Kind(13, "helper", "", "MAX(1,{total_weight})"),
    "step": Kind(
        15, "helper", "MOD({total_step}*{weight},{total_place})", "QUOTIENT({total_exact},{STEP})"
    ),
    "floor": Kind(
        15, "helper",
        f"QUOTIENT({{total_step}}*{{weight}},{{total_place}})*{{STEP}}"
        f"+QUOTIENT({_BELOW},{{total_place}})",
        "{total_exact}-{total_step}*{STEP}",
    ),
}  # fmt: skip
_REACHED = "MIN({part}*({total_denominator}/{denominator}),{total_capped}*{total_denominator})"
_BY_PEOPLE = "({total_by_people}-{total_equal})*{reach}"
_MEMBER = "{numerator}*({total_denominator}/{denominator})"

_keyed = partial(Kind, 15)

KEYED: Final = {
    **KINDS,
    "counted": _keyed("counted", "{part}/{denominator}", "SUM({all_counted})"),
    "capped": _keyed("counted", "{reach}/{total_denominator}", "", "input"),
    "equal": _keyed(
        "percent", "{total_equal}*{members}/{total_members}/{total_by_people}", "", "input"
    ),
    "by_people": _keyed(
        "percent", f"{_BY_PEOPLE}/MAX(1,{{total_reach}})/{{total_by_people}}", "", "input"
    ),
    "weight": _keyed(
        "helper", f"{_BY_PEOPLE}*{{total_members}}+{{total_equal}}*{{members}}*{{total_reach}}",
        "SUM({all_weight})",
    ),
    "reach": _keyed("helper", _REACHED, "SUM({all_reach})"),
    "members": _keyed("helper", "", "SUM({all_members})"),
}  # fmt: skip
"""By a key: k people (by the common denominator, at most the cap) and m parts in what is equal,
of K and M in all, weigh (q - p) x k x M + p x m x K where p/q is equal; in all q x K x M."""

BY_FRACTION: Final = {**KEYED, "members": _keyed("helper", _MEMBER, "SUM({all_members})")}
"""The same where a municipality that counts by a fraction has that fraction of an equal part."""

INPUTS: Final = ("capped", "equal", "by_people")
"""Above these columns stand the cap, and numerator and denominator of the equal part."""

NO_CAP: Final = 10**7
"""Stands for no cap: nobody has as many people."""

KEYED_STEP: Final = 10_000
"""Weights by a key are larger, so the amount is divided in smaller steps."""

WEIGHT: Final = ("people", "numerator", "denominator", "counted", *INPUTS, "share")
COST: Final = ("exact", "kroner", "rest", "rank")
STEPS: Final = ("step", "floor")
OF_A_COST: Final = (*COST, *STEPS)
SCALED: Final = ("weight", "place", "reach", "members")
HELPERS: Final = (*SCALED, *STEPS)
"""Intermediate results, to the right of what is printed."""
