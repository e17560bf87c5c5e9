"""A manifest tells of every change to it, and each revision of the one before."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from pipeline.files import json_bytes
from pipeline.revisions.store import sealed
from tests.conftest import Klynge
from tests.processes import contents
from tests.revisions.changing import set_amount

READING = [
    "explain 2022K1:r1 amager-hvidovre rødovre",
    "compare 2022K1:r1 2022K1",
    "deliver 2022K1:r1 --dry-run",
]


def _edited(path: Path, **more: Any) -> None:
    """Change a manifest, and seal it again."""
    path.write_bytes(json_bytes(sealed({**json.loads(path.read_bytes()), **more})))


@pytest.fixture
def manifest(written: Klynge, data_dir: Path, reports_dir: Path) -> Path:
    """The manifest of a first revision that a second one stands beside."""
    set_amount(data_dir, 380_000)
    assert written("run", "2022K1", "--quiet").exit_code == 0
    return reports_dir / "2022K1" / "r1" / "manifest.json"


@pytest.mark.parametrize("command", READING)
def test_a_manifest_changed_in_any_byte_is_refused(
    klynge: Klynge, manifest: Path, command: str
) -> None:
    """Also where what it says stays as it was."""
    assert klynge(*command.split()).exit_code == 0
    manifest.write_bytes(manifest.read_bytes().replace(b" ", b"  ", 1))
    ended = klynge(*command.split())
    assert (ended.exit_code, "it was changed since it was written" in ended.err) == (50, True)


def test_the_next_revision_names_the_one_before(klynge: Klynge, manifest: Path) -> None:
    """A manifest that was sealed again is not the one that the next revision was written after."""
    _edited(manifest, reason="Because.")
    for command in (*READING, "run 2022K1"):
        ended = klynge(*command.split())
        assert (ended.exit_code, "r2 was not written after this r1" in ended.err) == (50, True)


def test_a_name_that_leads_out_of_the_revision_is_refused(
    klynge: Klynge, reports_dir: Path, manifest: Path, tmp_path: Path, monkeypatch: Any
) -> None:
    """Nothing is read outside of it, and nothing written outside of the delivery folder."""
    shutil.rmtree(reports_dir / "2022K1" / "r2")
    (tmp_path / "delivered").mkdir()
    monkeypatch.setenv("KLYNGE_DELIVERY_FOLDER", str(tmp_path / "delivered"))
    (reports_dir.parent / "x").write_bytes(b"")
    outputs = json.loads(manifest.read_bytes())["outputs"]
    for name in ("../../../x", "/x", "a/../b.csv", "c:x", "klynger\\x.csv", ".lock", "a/b/c.csv"):
        _edited(manifest, outputs=[*outputs, {"file": name, "bytes": 0, "sha256": "0" * 64}])
        ended = klynge("deliver", "2022K1")
        assert (ended.exit_code, repr(name) in ended.err) == (50, True), ended.err
    assert contents(tmp_path / "delivered") == {}


@pytest.mark.parametrize("text", ["[" * 100_000, "[]", '{"a": 1}', '{"folder": {}}', "\xff"])
def test_a_damaged_record_of_deliveries_is_told(
    klynge: Klynge, manifest: Path, reports_dir: Path, text: str
) -> None:
    """It is a file like any other: no traceback, and nothing is delivered twice unasked."""
    path = reports_dir / "2022K1" / "deliveries" / "r1.json"
    path.parent.mkdir()
    path.write_text(text, "latin-1")
    ended = klynge("deliver", "2022K1:r1")
    assert (ended.exit_code, str(path) in ended.err) == (50, True)
