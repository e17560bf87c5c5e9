"""The members of a cluster with their amounts: one table for terminal and Prefect."""

from dataclasses import dataclass
from fractions import Fraction

from pipeline.calculation.quarter import ClusterResult
from pipeline.reporting.notes import basis_text
from pipeline.reporting.texts import Catalogue, exact, localized, percent, whole


@dataclass(frozen=True)
class MemberRow:
    """A municipality in a cluster, or all of them together, without a code and a basis then.

    How it counts is in words, people and share are exact, and there are whole kroner a cost.
    """

    code: str
    name: str
    basis: str
    counted_population: Fraction
    share: Fraction
    amounts_dkk: tuple[int, ...]

    def figures(self, text: Catalogue, unit: str = "") -> list[str]:
        """Return people, share and kroner as text, the kroner with a unit such as ` kr.`."""
        return [
            localized(exact(self.counted_population), text.language),
            percent(self.share, text.language),
            *(f"{whole(amount, text.language)}{unit}" for amount in self.amounts_dkk),
        ]


def member_rows(result: ClusterResult, text: Catalogue) -> list[MemberRow]:
    """Return a row a municipality, in the order of the rules."""
    return [
        MemberRow(
            member.code,
            member.name,
            basis_text(member, text),
            member.counted_population,
            member.share,
            tuple(allocation.parts[member.code].amount for allocation in result.allocations),
        )
        for member in result.members
    ]


def total_row(rows: list[MemberRow], text: Catalogue) -> MemberRow:
    """Return the sums of rows; the kroner are added up, not taken from the costs."""
    return MemberRow(
        "",
        text("cluster.total"),
        "",
        sum((row.counted_population for row in rows), Fraction(0)),
        sum((row.share for row in rows), Fraction(0)),
        tuple(map(sum, zip(*(row.amounts_dkk for row in rows), strict=True))),
    )
