"""What the doors open on: a data folder, two revisions, and what the StatBank answers."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import Any
from unittest import mock

import schemas.tables
from pipeline.calculation.calculate import Calculation, Parameters, calculate
from pipeline.reference import tables as reference_tables
from pipeline.reference.files import rows_of
from pipeline.reference.tables import load_reference
from pipeline.reporting.rows import figure_files
from pipeline.revisions.store import write
from pipeline.run import gather
from pipeline.settings import Settings
from pipeline.snapshots.acquisition import Acquisition
from pipeline.statbank.answers import Asked, read_answer
from pipeline.statbank.client import StatBank
from pipeline.statbank.transport import Reply
from schemas.quarter import Quarter
from schemas.records import Reference
from schemas.report_name import ReportName
from schemas.source_tables import FOLK1A, SOURCE_TABLES, SourceTable
from tests.conftest import REPOSITORY, PretendClock
from tests.fuzzing import oracle
from tests.statbank_emulator import StatBankEmulator

QUARTER = Quarter(2023, 1)
NEXT = Quarter(2023, 2)
REPORT = ReportName(QUARTER)
FIRST = ReportName(QUARTER, revision=1)
HEADERS = {"FOLK1A": oracle.AREA_HEADER, "KKBEF1": oracle.CITY_HEADER}
KEY = "boern,Børn,Children,0-17,year_before,1/4,member,8000,2022K1,,memo-syd-2022\n"
"""A key that no cost names, or figures by age would be asked for."""

READS = {
    "districts": {"areas": "code kind"},
    "clusters": {"structures": "structure", "memberships": "cluster_id municipality_code"},
    "memberships": {
        "areas": "code kind", "districts": "code", "sources": "source_id",
        "clusters": "cluster_id first_quarter last_quarter",
    },
    "keys": {"sources": "source_id"},
    "costs": {
        "structures": "structure", "clusters": "cluster_id", "keys": "key_id",
        "sources": "source_id",
    },
    "assumptions": {"clusters": "cluster_id", "costs": "cost_id"},
    "alternatives": {
        "areas": "code kind", "clusters": "cluster_id",
        "memberships": "cluster_id municipality_code districts",
    },
    "accounts": {"areas": "code kind"},
}  # fmt: skip
"""What the schema of a table is made from: columns of others."""


class Wrong(AssertionError):
    """A door let something in that it must not, or answered badly."""


@dataclass
class World:
    """Folders of our own, and answers.

    Args:
        folder: Where the folders are made.
    """

    folder: Path

    def __post_init__(self) -> None:
        self.settings = Settings(self.folder / "data", self.folder / "reports")
        for part in ("reference", "snapshots"):
            shutil.copytree(REPOSITORY / "data" / part, self.data_dir / part)
        with (self.data_dir / "reference" / "keys.csv").open("a", encoding="utf-8") as keys:
            keys.write(KEY)
        write(self.calculation(history=True), self.settings.reports_dir)
        costs = self.contents["costs"].replace(b",370000,", b",370001,")
        reference = load_reference(self.data_dir, {"costs.csv": costs})
        write(self.calculation(reference, history=True), self.settings.reports_dir)

    @property
    def data_dir(self) -> Path:
        """Reference tables and snapshots."""
        return self.settings.data_dir

    @property
    def revision(self) -> Path:
        """The first of the two revisions."""
        return self.settings.reports_dir / str(QUARTER) / "r1"

    @cached_property
    def contents(self) -> dict[str, bytes]:
        """The reference tables as they are, by name."""
        folder = self.data_dir / "reference"
        return {name: (folder / f"{name}.csv").read_bytes() for name in oracle.COLUMNS}

    @cached_property
    def reference(self) -> Reference:
        """The reference tables as they are."""
        return load_reference(self.data_dir)

    @cached_property
    def answers(self) -> dict[tuple[str, str], bytes]:
        """What an honest StatBank answers for the next quarter, by table and function."""
        asked = {}
        with StatBankEmulator(since="2021K4", until=str(NEXT)) as bank:
            settings = Settings(self.data_dir, self.settings.reports_dir, statbank_url=bank.url)
            client = StatBank(settings, PretendClock().as_clock())
            for source in SOURCE_TABLES:
                codes = self.codes(source)
                asked[source.table, "data"] = client.data(source, codes, [NEXT]).content
                question = {"table": source.table, "lang": "en"}
                url = "/".join(part for part in (bank.url, source.bank, "tableinfo") if part)
                asked[source.table, "tableinfo"] = client.transport.post(url, question).content
        return asked

    def codes(self, source: SourceTable) -> list[str]:
        """Return the codes of a table."""
        rows = self.reference.areas if source is FOLK1A else self.reference.districts
        return list(rows)

    def acquisition(self, reference: Reference | None = None) -> Acquisition:
        """Return what is stored, with the reference tables given or as they are."""
        acquisition = Acquisition.offline(self.settings)
        acquisition.__dict__["reference"] = reference or self.reference
        return acquisition

    def calculation(self, reference: Reference | None = None, history: bool = False) -> Calculation:
        """Return the report of the quarter, with the one before if earlier quarters are wanted."""
        return calculate(gather(Parameters(REPORT), self.acquisition(reference), history))

    def people(self) -> dict[str, dict[str, int]]:
        """Return the stored figures of the quarter by table, as the oracle reads them."""
        found = {}
        for source in SOURCE_TABLES:
            (answer,) = (self.data_dir / "snapshots" / source.table / str(QUARTER)).glob("*.csv")
            header, codes = HEADERS[source.table], self.codes(source)
            content = answer.read_bytes()
            found[source.table] = oracle.read_answer(content, header, str(QUARTER), codes)
        return found


def check_kroner(
    calculation: Calculation, contents: Mapping[str, bytes], people: Mapping[str, dict[str, int]]
) -> None:
    """Compare the kroner of a report with those that the oracle works out of the same bytes.

    Raises:
        Wrong: They differ, or the oracle refuses what was accepted.
    """
    tables = {name: oracle.read_table(name, content) for name, content in contents.items()}
    compare(calculation, tables, people)


def compare(
    calculation: Calculation, tables: oracle.Tables, people: Mapping[str, Mapping[str, int]]
) -> None:
    """Compare the kroner of a report with those of tables and figures.

    Raises:
        Wrong: They differ.
    """
    expected = oracle.kroner(tables, people["FOLK1A"], people["KKBEF1"], str(QUARTER))
    found = oracle.kroner_of(figure_files(calculation), calculation.report.label)
    if found != expected:
        odd = sorted(found.items() ^ expected.items())
        raise Wrong(f"kroner differ from the oracle's: {odd[:4]}")


@contextmanager
def answering(answers: Mapping[tuple[str, str], bytes]) -> Iterator[None]:
    """Let the StatBank answer with these bytes, by table and function."""

    def post(_: Any, url: str, query: Mapping[str, Any]) -> Reply:
        return Reply(200, {}, answers[query["table"], url.rpartition("/")[2]])

    with mock.patch("pipeline.statbank.transport.Transport.post", post):
        yield


@contextmanager
def quick() -> Iterator[None]:
    """Flush no disk; read and validate no table again that is as it was, nor any that it rests on.

    Nor any answer. A schema is made where it is needed.
    """
    seen: dict[str, BaseException | None] = {}
    validate: Callable[..., None] = reference_tables.check_rows

    def once(path: Path, schema: Any, rows: Sequence[Mapping[str, str]]) -> None:
        read = READS.get(path.stem, {}) if within else {}
        others = [
            [row[column] for column in columns.split()]
            for name, columns in read.items()
            for row in within[name]
        ]
        key = f"{path.name} {json.dumps([rows, others])}"
        if len(seen) > 500:
            seen.clear()
        if key not in seen:
            seen[key] = None
            try:
                validate(path, schema() if isinstance(schema, partial) else schema, rows)
            except Exception as error:
                seen[key] = error
        if refused := seen[key]:
            raise refused

    within: dict[str, Any] = {}
    reference = schemas.tables.reference

    def remembering(name: str, rows: Mapping[str, Any]) -> Any:
        within.clear()
        within.update(rows)
        return partial(reference, name, rows)

    answers: dict[tuple[str, bytes], Any] = {}

    def read_once(asked: Asked, content: bytes) -> Any:
        key = (repr(asked), content)
        if len(answers) > 50:
            answers.clear()
        if key not in answers:
            answers[key] = read_answer(asked, content)
        return answers[key]

    with (
        mock.patch("os.fsync"),
        mock.patch("pipeline.snapshots.intake.read_answer", read_once),
        mock.patch.object(reference_tables, "rows_of", lru_cache(100)(rows_of)),
        mock.patch.object(reference_tables, "check_rows", once),
        mock.patch.object(schemas.tables, "reference", remembering),
    ):
        yield
