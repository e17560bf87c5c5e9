"""A scenario: what would be allocated if a rule or an amount were another; how it is written.

    halvt-aarsvaerk.amount_dkk=400000            a cost, in all its scopes or in one (cost@cluster)
    halvt-aarsvaerk.key_id=boern                 by another key
    boern.equal_part=1/3                         another key
    roedovre@amager-hvidovre.fraction=1/3        how a municipality counts in a cluster
    greve@amager-hvidovre.basis=whole            it joins the cluster
    roedovre@herlev-gentofte=none                it leaves the cluster
    moderne.scope=viborg, moderne.amount_dkk=1   a new cost

On the command line each is a --set; in TOML each key is a table.

Method: the overrides are applied, in the order given, to the rows of the reference tables that are
in force in the quarter whose rules apply, before anything is validated: a scenario must hold by the
same rules as the real tables, and is refused with the same messages. What is changed gets the
scenario itself as its source, so that every trail leads to it.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pipeline.errors import UsageError
from pipeline.reference.files import COSTS, MEMBERSHIPS, SHARING_KEYS, SOURCES, Row
from pipeline.reference.rule_edits import key_of, rows_due, scope_of
from schemas.quarter import Quarter
from schemas.records import IDENTIFIER, Reference
from schemas.rows import PERIOD

Tables = dict[str, list[Row]]

TABLES: Final = (MEMBERSHIPS, SHARING_KEYS, COSTS, SOURCES)
"""The files whose rows an override changes, or adds."""

_NONE: Final = "none"
_HINT: Final = (
    "Write COST.amount_dkk=KRONER, MUNICIPALITY@CLUSTER.fraction=P/Q, .basis=whole, "
    ".districts='CODE CODE', or MUNICIPALITY@CLUSTER=none."
)
_MEMBERSHIP_COLUMNS: Final = ("basis", "fraction", "districts")
_COST_COLUMNS: Final = ("amount_dkk", "scope", "name_da", "name_en", "per", "settled_by", "key_id")
_KEY_COLUMNS: Final = ("ages", "population_of", "equal_part", "equal_by", "cap")
_OF_BASIS: Final = ("fraction", "districts")
_NEW_COST: Final = {"amount_dkk": "0", "per": "year"}


@dataclass(frozen=True)
class Override:
    """A value that replaces another; a membership is removed by no column and `none`."""

    key: str
    column: str
    value: str

    @property
    def text(self) -> str:
        """The override as it is written on the command line."""
        place = f"{self.key}.{self.column}" if self.column else self.key
        return f"{place}={self.value}"


@dataclass(frozen=True)
class Scenario:
    """Overrides in the order in which they are applied, by a name for a folder and a source.

    Raises:
        UsageError: The name is something else, nothing is overridden, or something is twice.
    """

    name: str
    overrides: tuple[Override, ...]

    def __post_init__(self) -> None:
        if not re.fullmatch(IDENTIFIER, self.name) or self.name.endswith("-en"):
            raise UsageError(
                f"{self.name!r} cannot name a scenario.",
                "Use lower-case letters a-z, digits and hyphens, such as hoejere-beloeb; a name "
                "that ends in -en is that of a report in English.",
            )
        if not self.overrides:
            raise UsageError(f"The scenario {self.name} overrides nothing.", _HINT)
        seen = [(row.key, row.column) for row in self.overrides]
        removed = {row.key for row in self.overrides if not row.column}
        for row in self.overrides:
            if seen.count((row.key, row.column)) > 1 or (row.column and row.key in removed):
                raise UsageError(f"The scenario {self.name} overrides {row.key} twice.")

    @property
    def text(self) -> str:
        """All overrides in one line."""
        return "; ".join(override.text for override in self.overrides)


def read_set(text: str) -> Override:
    """Read an override from the command line, such as `halvt-aarsvaerk.amount_dkk=400000`.

    Raises:
        UsageError: It is not KEY.COLUMN=VALUE.
    """
    left, equals, value = (part.strip() for part in text.partition("="))
    if equals and "@" in left and value == _NONE:
        return Override(left, "", value)
    key, point, column = left.rpartition(".")
    if not (equals and point and key):
        raise UsageError(f"{text!r} is not an override.", _HINT)
    return Override(key, column, value)


def read_toml(content: bytes, place: str) -> list[Override]:
    """Read overrides from TOML: such as `[halvt-aarsvaerk]` and below it `amount_dkk = 400000`.

    Raises:
        UsageError: It is not TOML, or a value is neither text, a whole number nor a list of codes.
    """
    try:
        tables = tomllib.loads(content.decode())
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{place} is not TOML: {error}.") from None
    overrides = []
    for key, table in tables.items():
        columns = table if isinstance(table, Mapping) else {"": table}
        for column, value in columns.items():
            name = f"{key}.{column}" if column else key
            found = Override(key, column, _toml_value(place, name, value))
            overrides.append(found if column else read_set(found.text))
    return overrides


def write_toml(scenario: Scenario) -> str:
    """Return the overrides as TOML that gives the same scenario when it is read."""
    import tomli_w

    document: dict[str, Any] = {row.key: row.value for row in scenario.overrides if not row.column}
    for row in scenario.overrides:
        if row.column:
            document.setdefault(row.key, {})[row.column] = row.value
    return tomli_w.dumps(document)


def _toml_value(place: str, name: str, value: Any) -> str:
    if isinstance(value, list):
        return " ".join(map(str, value))
    if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
        return str(value)
    raise UsageError(
        f"{place}: {name} must be text, a whole number or a list of codes, found {value!r}."
    )


def apply(scenario: Scenario, tables: Tables, reference: Reference, quarter: Quarter) -> Tables:
    """Return the tables, by file name, with the rules of a quarter overridden.

    Names are found by the real reference tables, and the tables given stay as they are.

    Raises:
        UsageError: An override names what is not there.
    """
    changed = {name: [dict(row) for row in rows] for name, rows in tables.items()}
    source = {"source_id": f"scenario-{scenario.name}"}
    editor = _Editor(source, changed, reference, quarter)
    for override in scenario.overrides:
        editor.apply(override)
    described = {
        **source,
        "title": f"Scenario {scenario.name}: {scenario.text}",
        "url": "",
        "confidence": "low",
        "remark": "A scenario: not in force",
    }
    return {**changed, SOURCES: [*changed[SOURCES], described]}


@dataclass(frozen=True)
class _Editor:
    """Applies overrides to the rows of a quarter."""

    source: Row
    tables: Tables
    reference: Reference
    quarter: Quarter

    def apply(self, override: Override) -> None:
        subject, at, place = (part.strip() for part in override.key.partition("@"))
        keys = self._in_force(SHARING_KEYS, key_id=subject)
        if keys and not at and override.column in _KEY_COLUMNS:
            for row in keys:
                row.update({override.column: override.value, **self.source})
        elif at and not self._in_force(COSTS, cost_id=subject):
            self._override_membership(override, subject, place)
        else:
            self._override_cost(override, subject, place)

    def _override_membership(self, override: Override, written: str, place: str) -> None:
        named = {"cluster_id": place, "municipality_code": written}
        key = key_of(named, self.reference, self.quarter)
        rows = self._in_force(MEMBERSHIPS, **key)
        if not override.column:
            if not rows:
                raise UsageError(f"{override.text}: there is no such membership in {self.quarter}.")
            for row in rows:
                self.tables[MEMBERSHIPS].remove(row)
            return
        _check_column(override, _MEMBERSHIP_COLUMNS)
        row = rows[0] if rows else self._add(MEMBERSHIPS, key)
        # a fraction means counting by it, whatever it was before
        basis = override.value if override.column == "basis" else override.column
        kept = {name: row.get(name, "") if name == basis else "" for name in _OF_BASIS}
        row.update({**kept, "basis": basis, override.column: override.value, **self.source})

    def _override_cost(self, override: Override, cost_id: str, place: str) -> None:
        _check_column(override, _COST_COLUMNS)
        within = {"scope": scope_of(place, self.reference, self.quarter)} if place else {}
        rows = self._in_force(COSTS, cost_id=cost_id, **within)
        by_scope = override.column == "scope"
        if not rows and not by_scope:
            known = ", ".join(sorted({row["cost_id"] for row in self._in_force(COSTS)}))
            raise UsageError(
                f"{override.text}: no cost {cost_id} is in force in {self.quarter}.",
                f"In force: {known or 'none'}. A new cost begins with {cost_id}.scope=CLUSTER.",
            )
        value = override.value
        if by_scope:
            value = scope_of(value, self.reference, self.quarter)
        new = {**dict.fromkeys(("cost_id", "name_da", "name_en"), cost_id), **_NEW_COST}
        for row in rows or [self._add(COSTS, new)]:
            row.update({override.column: value, **self.source})

    def _add(self, name: str, values: Row) -> Row:
        row = {**values, **dict.fromkeys(PERIOD, str(self.quarter))}
        self.tables[name].append(row)
        return row

    def _in_force(self, name: str, **key: str) -> list[Row]:
        return rows_due(self.tables[name], self.quarter, **key)


def _check_column(override: Override, known: Sequence[str]) -> None:
    if override.column not in known:
        raise UsageError(
            f"{override.text}: there is no {override.column or 'column'} to override.",
            f"Known here: {', '.join(known)}.",
        )
