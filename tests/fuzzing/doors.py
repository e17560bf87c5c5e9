"""One generator a door: it mutates, knocks, and looks at what came in."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import shlex
import shutil
import sys
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, cast
from unittest import mock

from flows.cli import main
from pipeline.analysis.explain import trail
from pipeline.analysis.scenario import Scenario, apply, read_toml
from pipeline.delivery.deliver import plan
from pipeline.delivery.mail import read_issue
from pipeline.files import json_bytes
from pipeline.machine import Clock
from pipeline.reference.files import (
    COSTS,
    MEMBERSHIPS,
    SHARING_KEYS,
    SOURCES,
    read_rows,
    write_rows,
)
from pipeline.reference.tables import load_recipients, load_reference
from pipeline.revisions.store import sealed
from pipeline.run import calculation_of
from pipeline.settings import Settings, variable
from pipeline.snapshots.acquisition import Access, Acquisition
from pipeline.statbank.client import StatBank
from tests import processes
from tests.conftest import PretendClock
from tests.fuzzing import oracle
from tests.fuzzing.mutations import mutated_json, mutated_table, mutated_text
from tests.fuzzing.world import (
    FIRST,
    HEADERS,
    NEXT,
    QUARTER,
    REPORT,
    World,
    Wrong,
    answering,
    check_kroner,
    compare,
)

Door = Callable[[World, Random], str]
"""Knock once; return what came of it, or raise the error that it was refused with."""

ACCEPTED, UNCHANGED = "accepted", "as it was"


def reference_table(name: str, world: World, dice: Random) -> str:
    """A reference table, calculated with where it is accepted."""
    content = mutated_table(dice, world.contents[name])
    contents = {**world.contents, name: content}
    reference = load_reference(world.data_dir, {f"{name}.csv": content})
    check_kroner(world.calculation(reference), contents, world.people())
    return ACCEPTED


def recipients(world: World, dice: Random) -> str:
    """Who gets the revisions."""
    path = world.data_dir / "reference" / "recipients.csv"
    text = "cluster_id,email,name,language\n*,oekonomi@example.dk,Økonomi,da\n"
    text += "amager-hvidovre,syd@example.dk,Syd,\nviborg,midt@example.dk,Midt,en\n"
    with _changed(path, mutated_table(dice, text.encode())):
        found = load_recipients(world.data_dir, world.reference)
    for row in found:
        if "@" not in row.email or oracle.clean(row.email + row.name) != row.email + row.name:
            raise Wrong(f"a recipient is {row}")
    return ACCEPTED


def sidecar(world: World, dice: Random) -> str:
    """The record of a stored answer."""
    path = dice.choice(sorted((world.data_dir / "snapshots").glob(f"*/{QUARTER}/*.json")))
    with _changed(path, mutated_json(dice, path.read_bytes())):
        calculation = world.calculation()
        trail(calculation, "amager-hvidovre", "175").steps()
        check_kroner(calculation, world.contents, world.people())
    return ACCEPTED


def snapshot(world: World, dice: Random) -> str:
    """A stored answer; every second time with a sidecar that fits it."""
    path = dice.choice(sorted((world.data_dir / "snapshots").glob(f"*/{QUARTER}/*.csv")))
    content = mutated_table(dice, path.read_bytes(), ";")
    if content == path.read_bytes():
        return UNCHANGED
    record = path.with_suffix(".json")
    if dice.randrange(2):
        with _changed(path, content):
            world.calculation()
        raise Wrong("a snapshot differs from its sidecar")
    digest = hashlib.sha256(content).hexdigest()
    sidecar = json.loads(record.read_bytes()) | {"sha256": digest, "bytes": len(content)}
    renamed = [path.with_name(f"{digest[:12]}{suffix}") for suffix in (".csv", ".json")]
    with (
        _changed(path, None),
        _changed(record, None),
        _changed(renamed[0], content),
        _changed(renamed[1], json_bytes(sidecar)),
    ):
        calculation = world.calculation()
        people = world.people()
        check_kroner(calculation, world.contents, people)
        _check_figures(world, people)
    return ACCEPTED


def answer(table: str, function: str, world: World, dice: Random) -> str:
    """An answer of the StatBank for a quarter that is not stored."""
    honest = world.answers[table, function]
    is_data = function == "data"
    content = mutated_table(dice, honest, ";") if is_data else mutated_json(dice, honest)
    snapshots, quarantine = world.data_dir / "snapshots", world.data_dir / "quarantine"
    access = Access(refresh=True)
    acquisition = Acquisition(world.settings, access, PretendClock().as_clock())
    acquisition.__dict__["reference"] = world.reference
    try:
        with answering({**world.answers, (table, function): content}):
            list(acquisition.fetch_all([NEXT]))
        people = _stored_people(world)
        if people["FOLK1A"] != _honest(world, "FOLK1A") and not is_data:
            raise Wrong("another table was stored than was answered")
        _check_figures(world, people)
    finally:
        for folder in (*snapshots.glob(f"*/{NEXT}"), quarantine):
            shutil.rmtree(folder, ignore_errors=True)
    return ACCEPTED


def _honest(world: World, table: str) -> dict[str, int]:
    content = world.answers[table, "data"]
    codes = oracle.read_table("areas", world.contents["areas"])
    listed = [row["code"] for row in codes]
    return oracle.read_answer(content, HEADERS[table], str(NEXT), listed, _sums(codes))


def _sums(rows: Sequence[Mapping[str, str]]) -> list[str]:
    """Return the codes that no krone hangs on, whose figure may be missing."""
    return [row["code"] for row in rows if row.get("kind") in ("country", "region")]


def _stored_people(world: World) -> dict[str, dict[str, int]]:
    """Return what was stored of the next quarter, as the oracle reads it."""
    found = {}
    for table, name in (("FOLK1A", "areas"), ("KKBEF1", "districts")):
        rows = oracle.read_table(name, world.contents[name])
        codes, sums = [row["code"] for row in rows], _sums(rows)
        for path in (world.data_dir / "snapshots" / table / str(NEXT)).glob("*.csv"):
            content = path.read_bytes()
            found[table] = oracle.read_answer(content, HEADERS[table], str(NEXT), codes, sums)
    return found


def _check_figures(world: World, people: Mapping[str, Mapping[str, int]]) -> None:
    """Hold the identities of the answer itself, by the oracle's arithmetic."""
    oracle.check_sums(people["FOLK1A"], oracle.read_table("areas", world.contents["areas"]))
    oracle.check_city(people["KKBEF1"])


def manifest(world: World, dice: Random) -> str:
    """The manifest of a revision, read, calculated again and handed on."""
    path = world.revision / "manifest.json"
    before = path.read_bytes()
    content = mutated_json(dice, before)
    with _changed(path, content):
        issue = read_issue(FIRST, world.settings.reports_dir)
        if not all((world.revision / name).resolve().parent.is_relative_to(world.revision.resolve())
                   for name in issue.files):  # fmt: skip
            raise Wrong("a file outside of the revision is read")
        calculation = calculation_of(FIRST, world.acquisition())
        check_kroner(calculation, world.contents, world.people())
    return UNCHANGED if content == before else ACCEPTED


def inputs(world: World, dice: Random) -> str:
    """What a revision recorded of its inputs, with manifests that fit it."""
    path, listed = world.revision / "inputs.json", world.revision / "manifest.json"
    content = mutated_json(dice, path.read_bytes())
    recorded = json.loads(listed.read_bytes())
    for output in recorded["outputs"]:
        if output["file"] == "inputs.json":
            output |= {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    second = world.revision.with_name("r2") / "manifest.json"
    with _changed(path, content), _changed(listed, json_bytes(sealed(recorded))):
        after = json.loads(second.read_bytes())
        after["previous"] = hashlib.sha256(listed.read_bytes()).hexdigest()
        with _changed(second, json_bytes(sealed(after))):
            calculation = calculation_of(FIRST, world.acquisition())
            compare(calculation, _tables(json.loads(content)), world.people())
    return ACCEPTED


KEYS = {"clusters": "cluster_id", "memberships": "cluster_id municipality_code",
        "costs": "cost_id scope"}  # fmt: skip


def _tables(recorded: Mapping[str, Any]) -> dict[str, list[oracle.Row]]:
    """Return recorded rows as rows of tables."""
    return {
        name: [
            {**dict(zip(key.split(), row_key.split(), strict=True)), **row}
            for row_key, row in recorded[name].items()
        ]
        for name, key in KEYS.items()
    }


def deliveries(world: World, dice: Random) -> str:
    """What was delivered where and when."""
    issue = read_issue(REPORT, world.settings.reports_dir)
    text = {"folder /mnt/oekonomi": "2026-11-24T08:00:00+00:00", "mail a@b.dk (*)": "2026-11-24"}
    issue.record().parent.mkdir(exist_ok=True)
    with _changed(issue.record(), mutated_json(dice, json_bytes(text))):
        planned = plan(issue, ())
    if not all(isinstance(text, str) for text in (*planned.delivered, *planned.delivered.values())):
        raise Wrong(f"what was delivered is {planned.delivered}")
    return ACCEPTED


SCENARIO = """"greve@koege" = "none"

[halvt-aarsvaerk]
amount_dkk = 400000

["roedovre@amager-hvidovre"]
fraction = "1/3"

["koebenhavn@amager-hvidovre"]
districts = ["1004", "1005"]
"""


def scenario_file(world: World, dice: Random) -> str:
    """A scenario in TOML."""
    content = mutated_table(dice, SCENARIO.encode(), "=").decode("utf-8", "replace")
    if dice.randrange(3) == 0:
        content = mutated_text(dice, SCENARIO)
    scenario = Scenario("proeve", tuple(read_toml(content.encode(), "scenario.toml")))
    folder = world.data_dir / "reference"
    names = (MEMBERSHIPS, COSTS, SHARING_KEYS, SOURCES)
    tables = {name: read_rows(folder, name) for name in names}
    changed = apply(scenario, tables, world.reference, QUARTER)
    bytes_of = {name: write_rows(name, rows) for name, rows in changed.items()}
    calculation = world.calculation(load_reference(world.data_dir, bytes_of))
    new = {name.removesuffix(".csv"): content for name, content in bytes_of.items()}
    check_kroner(calculation, {**world.contents, **new}, world.people())
    return ACCEPTED


SETTINGS = {
    "statbank_url": "https://api.statbank.dk/v1", "contact": "Økonomi – analyse@kommune.dk",
    "connect_timeout_seconds": "10", "budget_seconds": "180", "server_port": "4200",
    "retry_delays_seconds": "600 1800", "task_runner": "threads", "threads": "2",
    "smtp_sender": "fordeling@example.dk", "smtp_security": "starttls", "smtp_port": "587",
    "reports_url": "https://example.dk/reports", "data_dir": "data", "smtp_host": "smtp.example.dk",
}  # fmt: skip


def settings(world: World, dice: Random) -> str:
    """The settings, and what asks by them."""
    name = dice.choice(sorted(SETTINGS))
    text = mutated_text(dice, SETTINGS[name])
    given = {**SETTINGS, name: text}
    read = Settings.from_environment({variable(key): value for key, value in given.items()})
    agent = StatBank(read, Clock()).transport.user_agent
    agent.encode("ascii")
    lines = (agent, read.statbank_url, read.smtp_sender, read.contact, read.reports_url)
    if not all("\n" not in line and "\r" not in line for line in lines):
        raise Wrong(f"{name} goes over more than a line")
    return ACCEPTED


ARGUMENTS = (
    "clusters --quarter {2022K1}", "explain {2022K1} {amager-hvidovre} {175}",
    "explain {2022K1:r1} {Syd} {Rødovre}", "compare {2022K1:r1} {2022K1}",
    "compare {2022K1:r1} {2022K1:r2} --cluster {viborg}", "deliver {2022K1} --dry-run",
    "run {2022K1} --rules {2019K1} --offline --cluster {viborg}", "fetch {2022K1}",
    "fetch --from {2022K1} --to {2022K1}", "check {2022K5}", "run {2022K9} --accept-jump {147}",
    "scenario {hoejere} {2022K1} --set {a.amount_dkk=1}", "backfill --from {2022K2} --to {2022K1}",
    "add-cost {post} {viborg} {-1} --name-da a --name-en b --from {2022K1} --source {memo}",
)  # fmt: skip


def moves_the_cursor(line: str) -> bool:
    """Whether a line holds a sign that is no text: a control, half a character, a turned order."""
    turned = any(unicodedata.bidirectional(sign) in _TURNED for sign in line)
    return turned or any(unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") for sign in line)


_TURNED = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")


def arguments(world: World, dice: Random) -> str:
    """A command line; none of these writes a report."""
    words = []
    for word in shlex.split(dice.choice(ARGUMENTS)):
        given = word.startswith("{")
        text = word.strip("{}") if given else word
        mutate = dice.randrange(2) if given else not dice.randrange(20)
        words.append(mutated_text(dice, text) if mutate else text)
    out, err = io.StringIO(), io.StringIO()
    reports_dir = world.settings.reports_dir
    environment = {**processes.environment(world.data_dir, reports_dir), "COLUMNS": "100"}
    code: int | str | None = 0
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        mock.patch.object(sys, "argv", ["klynge", *words]),
        mock.patch.dict("os.environ", environment),
        mock.patch("pipeline.reporting.workbook.books.workbooks", return_value={}),
    ):
        try:
            main(PretendClock().as_clock())
        except SystemExit as ended:
            code = ended.code
    said = out.getvalue() + err.getvalue()
    odd = [line for line in said.split("\n") if moves_the_cursor(line)]
    if "Traceback" in said or odd:
        raise Wrong(f"{shlex.join(words)}: {odd[:1] or said[-300:]}")
    shutil.rmtree(reports_dir / "scenarios", ignore_errors=True)
    (world.data_dir / "reference" / "costs.csv").write_bytes(world.contents["costs"])
    return f"refused {code}" if code else ACCEPTED


@contextlib.contextmanager
def _changed(path: Path, content: bytes | None) -> Iterator[None]:
    """Put other bytes in a file, or take it away, and put back what was there."""
    before = path.read_bytes() if path.exists() else None
    try:
        if content is None:
            path.unlink()
        else:
            path.write_bytes(content)
        yield
    finally:
        if before is None:
            path.unlink(missing_ok=True)
        else:
            path.write_bytes(before)


DOORS: dict[str, Door] = {
    **{name: cast(Door, partial(reference_table, name)) for name in oracle.COLUMNS},
    "recipients": recipients,
    "sidecar": sidecar,
    "snapshot": snapshot,
    "FOLK1A data": partial(answer, "FOLK1A", "data"),
    "KKBEF1 data": partial(answer, "KKBEF1", "data"),
    "FOLK1A tableinfo": partial(answer, "FOLK1A", "tableinfo"),
    "KKBEF1 tableinfo": partial(answer, "KKBEF1", "tableinfo"),
    "manifest": manifest,
    "inputs": inputs,
    "deliveries": deliveries,
    "scenario file": scenario_file,
    "settings": settings,
    "arguments": arguments,
}
