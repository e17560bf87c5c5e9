"""Tables found sound are validated once, until they or the rules for them change."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import schemas.tables
from pipeline.reference.files import COSTS, read_content
from pipeline.reference.tables import REMEMBERED, load_reference
from schemas.rows import TABLES

Validated = Callable[[], int]


@pytest.fixture
def validated(monkeypatch: pytest.MonkeyPatch) -> Validated:
    """Returns how many tables were validated since it was last asked."""
    names: list[str] = []
    schema_of = schemas.tables.reference

    def watched(name: str, rows: schemas.tables.Tables) -> object:
        names.append(name)
        return schema_of(name, rows)

    def since() -> int:
        count = len(names)
        names.clear()
        return count

    monkeypatch.setattr(schemas.tables, "reference", watched)
    return since


@pytest.fixture
def mark(data_dir: Path) -> Path:
    """Where it stands that the tables were found sound; nothing stands there yet."""
    path = data_dir / "reference" / REMEMBERED
    path.unlink()
    return path


def test_sound_tables_are_validated_once(data_dir: Path, mark: Path, validated: Validated) -> None:
    """A table that changed, in its form alone too, has all of them validated again."""
    load_reference(data_dir)
    assert (validated(), mark.exists()) == (len(TABLES), True)
    load_reference(data_dir)
    assert validated() == 0
    costs = data_dir / "reference" / COSTS
    costs.write_bytes(costs.read_bytes().replace(b"\n", b"\r\n"))
    load_reference(data_dir)
    assert validated() == len(TABLES)


def test_who_looks_without_a_trace_validates_each_time(
    data_dir: Path, mark: Path, validated: Validated
) -> None:
    """`check` writes nothing, and takes nobody's word for it."""
    load_reference(data_dir, remember=False)
    assert (validated(), mark.exists()) == (len(TABLES), False)
    load_reference(data_dir)
    validated()
    load_reference(data_dir, remember=False)
    assert validated() == len(TABLES)


def test_what_is_only_tried_is_not_remembered(
    data_dir: Path, mark: Path, validated: Validated
) -> None:
    """Contents that are not in the folder say nothing of those that are."""
    tried = {COSTS: read_content(data_dir / "reference" / COSTS)}
    load_reference(data_dir, tried)
    assert (validated(), mark.exists()) == (len(TABLES), False)


def test_a_folder_that_cannot_be_written_to_is_validated_each_time(
    data_dir: Path, mark: Path, validated: Validated
) -> None:
    """To remember is for speed alone."""
    mark.mkdir()
    for _ in range(2):
        load_reference(data_dir)
        assert validated() == len(TABLES)
