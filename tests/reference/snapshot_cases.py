"""Bad snapshots: damaged ones, and answers that were recorded rightly and are wrong."""

from __future__ import annotations

from collections.abc import Callable

from tests.reference.broken import (
    Case,
    Change,
    Edit,
    answer_gone,
    in_turn,
    recorded,
    recorded_bytes,
    replaced,
    sidecar,
    sidecar_value,
    touched,
    without_row,
)

FOLK1A = "snapshots/FOLK1A/2022K1/"
KKBEF1 = "snapshots/KKBEF1/2022K1/"
AREAS_SHA256 = "ed50db07da6c59a9ec52c24c4e3ed7f930b1fd99e82c0e57c6ffe872eeaa7c9c"
RØDOVRE = "175;TOT;IALT;TOT;2022K1;41382\r\n"


def damaged(name: str, edit: Edit, *fragments: str) -> Case:
    """Return a case of a snapshot that is not what was recorded."""
    return Case(edit, 50, (*fragments, "Restore the file"), id=name)


def wrong_figure(name: str, figure: str) -> Case:
    """Return a case of an answer with this figure for Rødovre, which stands in row 19."""
    change = replaced(RØDOVRE, RØDOVRE.replace("41382", figure))
    rule = "must be a whole number of people ('..' is missing)"
    line = f"row 19, column INDHOLD: {rule}, found {figure!r}"
    return Case(recorded("FOLK1A", change), 20, (FOLK1A, "has 1 wrong figure", line), id=name)


def drifted(name: str, change: Change, *fragments: str) -> Case:
    """Return a case of an answer of FOLK1A in another shape."""
    return Case(recorded("FOLK1A", change), 21, (FOLK1A, *fragments), id=name)


def drifted_bytes(name: str, change: Callable[[bytes], bytes], *fragments: str) -> Case:
    """Return a case of an answer of FOLK1A in other bytes."""
    return Case(recorded_bytes("FOLK1A", change), 21, (FOLK1A, *fragments), id=name)


DAMAGED = [
    damaged("edited", touched("FOLK1A", "41382", "41383"), FOLK1A, "differs from its sidecar:",
            f"expected 3311 bytes, sha256 {AREAS_SHA256}", "found    3311 bytes, sha256 "),
    damaged("cut short", touched("KKBEF1", "1099;TOT;TOT;TOT;2022K1;3840\r\n", ""), KKBEF1,
            "expected 415 bytes", "found    385 bytes"),
    damaged("line ends changed", touched("KKBEF1", "644425\r\n", "644425\n"), KKBEF1,
            "expected 415 bytes", "found    414 bytes"),
    damaged("gone", answer_gone("FOLK1A"), FOLK1A, "is gone; its sidecar is still there"),
    damaged("sidecar is no JSON", sidecar("FOLK1A", lambda text: text[:100]), FOLK1A,
            "is not the sidecar of a snapshot"),
    damaged("sidecar is a list", sidecar("FOLK1A", lambda _: "[]"), FOLK1A,
            "is not the sidecar of a snapshot"),
    damaged("sidecar lacks a key", sidecar("FOLK1A", replaced(' "licence": "CC BY 4.0",\n', "")),
            FOLK1A, "is not the sidecar of a snapshot: its keys are not accepted_jumps, bank, "
            "bytes, derived, licence, origin, quarter, query, request_id, response, "),
    damaged("sidecar of another quarter", sidecar_value("FOLK1A", "quarter", "2021K1"), FOLK1A,
            "expected FOLK1A 2022K1 ed50db07da6c, found FOLK1A 2021K1 ed50db07da6c"),
    damaged("sidecar of another table", sidecar_value("FOLK1A", "table", "KKBEF1"), FOLK1A,
            "found KKBEF1 2022K1 ed50db07da6c"),
    damaged("sidecar of another answer", sidecar_value("FOLK1A", "sha256", "0" * 64), FOLK1A,
            "found FOLK1A 2022K1 000000000000"),
    damaged("sidecar with another size", sidecar_value("FOLK1A", "bytes", 3310), FOLK1A,
            "expected 3310 bytes", "found    3311 bytes"),
    damaged("sidecar's origin", sidecar_value("FOLK1A", "origin", "guessed"), FOLK1A, "origin",
            "guessed"),
    damaged("sidecar's time", sidecar_value("FOLK1A", "retrieved_at", "yesterday"), FOLK1A,
            "retrieved_at", "yesterday"),
    damaged("sidecar's query",
            sidecar_value("FOLK1A", "query", {"table": "FOLK1A", "variables": []}), FOLK1A,
            "its query is"),
    damaged("sidecar's list", sidecar_value("FOLK1A", "accepted_jumps", None), FOLK1A,
            "accepted_jumps"),
]  # fmt: skip

FIGURES = [
    wrong_figure("missing figure", ".."),
    wrong_figure("blank figure", ""),
    wrong_figure("negative figure", "-41382"),
    wrong_figure("decimal figure", "41382.0"),
    wrong_figure("grouped figure", "41.382"),
    wrong_figure("figure in words", "mange"),
    wrong_figure("figure beyond 64 bits", "9223372036854775808"),
    Case(recorded("FOLK1A", replaced(RØDOVRE, RØDOVRE * 2)), 20,
                 (FOLK1A, "row 20, column INDHOLD: must be the only figure of its area", "41382"),
                 id="row twice"),
    Case(recorded("FOLK1A", replaced(RØDOVRE, RØDOVRE.replace("41382", "41383"))), 20,
                 (FOLK1A, "does not add up: the municipalities and Christiansø have 5873421",
                  "the regions 5873420, the country 5873420"), id="municipalities do not add up"),
    Case(recorded("FOLK1A", replaced("000;TOT;IALT;TOT;2022K1;5873420",
                                             "000;TOT;IALT;TOT;2022K1;5873421")), 20,
                 (FOLK1A, "does not add up", "the country 5873421"), id="country is off"),
    Case(recorded("FOLK1A", in_turn(replaced("2022K1;1867948", "2022K1;1867949"))), 20,
                 (FOLK1A, "does not add up", "the regions 5873421"), id="regions do not add up"),
    Case(recorded("KKBEF1", replaced("2022K1;3840", "2022K1;3841")), 20,
                 (KKBEF1, "the districts and 1099 have 644426 inhabitants, the city (1000) 644425"),
                 id="districts do not add up"),
]  # fmt: skip

SHAPES = [
    drifted("row missing", replaced(RØDOVRE, ""), "lacks figures that were asked for",
            "2022K1: 175"),
    drifted("only the header", lambda text: text.splitlines(keepends=True)[0],
            "lacks figures that were asked for", "2022K1: 101, 147"),
    drifted("empty answer", lambda _: "", "is headed ''"),
    drifted("another header", replaced("OMRÅDE;KØN", "OMRÅDE;SEX"), "is headed 'OMRÅDE;SEX;",
            "instead of 'OMRÅDE;KØN;ALDER;CIVILSTAND;TID;INDHOLD'"),
    drifted("columns in another order", replaced("OMRÅDE;KØN", "KØN;OMRÅDE"),
            "is headed 'KØN;OMRÅDE;"),
    drifted("a page instead", lambda _: "<html>Service unavailable</html>", "is headed '<html>"),
    drifted("commas", lambda text: text.replace(";", ","), "is headed 'OMRÅDE,KØN"),
    drifted("unknown area", replaced(RØDOVRE, RØDOVRE.replace("175", "999")),
            "row 19, column OMRÅDE: must be a code that was asked for, found '999'"),
    drifted("only men", replaced(RØDOVRE, RØDOVRE.replace("TOT;IALT", "M;IALT")),
            "row 19, column KØN: must be the total TOT, found 'M'"),
    drifted("another quarter", replaced(RØDOVRE, RØDOVRE.replace("2022K1", "2022K2")),
            "row 19, column TID: must be a quarter that was asked for, found '2022K2'"),
    drifted("row too long", replaced(RØDOVRE, RØDOVRE.replace("41382", "41382;0")),
            "row of another length"),
    drifted("row too short", replaced(RØDOVRE, "175;TOT\r\n"), "row 19"),
    drifted_bytes("latin-1 answer", lambda content: content.decode("utf-8-sig").encode("latin-1"),
                  "is headed 'OMR\\\\xc5DE;"),
    drifted_bytes("broken byte", lambda content: content.replace(b"175;", b"\xff75;"),
                  "is not UTF-8"),
    Case(recorded("KKBEF1", without_row(3)), 21,
                 (KKBEF1, "lacks figures", "2022K1: 1001"), id="district missing"),
]  # fmt: skip

SNAPSHOTS = [*DAMAGED, *FIGURES, *SHAPES]
