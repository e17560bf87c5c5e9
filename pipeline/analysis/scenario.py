"""A scenario: what would be allocated if a rule or an amount were another; how it is written.

    halvt-aarsvaerk.amount_dkk=400000            a cost, in all its scopes or in one (cost@cluster)
    roedovre@amager-hvidovre.fraction=1/3        how a municipality counts in a cluster
    greve@amager-hvidovre.basis=whole            it joins the cluster
    roedovre@herlev-gentofte=none                it leaves the cluster
    moderne.scope=viborg, moderne.amount_dkk=1   a new cost

On the command line each is a --set; in TOML each key is a table.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pipeline.errors import UsageError
from schemas.codes import IDENTIFIER

_NONE: Final = "none"
_HINT: Final = (
    "Write COST.amount_dkk=KRONER, MUNICIPALITY@CLUSTER.fraction=P/Q, .basis=whole, "
    ".districts='CODE CODE', or MUNICIPALITY@CLUSTER=none."
)


@dataclass(frozen=True)
class Override:
    """A value that replaces another; a membership is removed by no column and `none`."""

    key: str
    column: str
    value: str

    @property
    def text(self) -> str:
        """The override as it is written on the command line."""
        return (
            f"{self.key}.{self.column}={self.value}" if self.column else f"{self.key}={self.value}"
        )


@dataclass(frozen=True)
class Scenario:
    """A named set of overrides.

    Args:
        name: Lower-case letters, digits and hyphens: it names a folder and a source.
        overrides: In the order in which they are applied.

    Raises:
        UsageError: The name is something else, nothing is overridden, or something is twice.
    """

    name: str
    overrides: tuple[Override, ...]

    def __post_init__(self) -> None:
        if not re.fullmatch(IDENTIFIER, self.name):
            raise UsageError(
                f"{self.name!r} cannot name a scenario.",
                "Use lower-case letters a-z, digits and hyphens, such as hoejere-beloeb.",
            )
        if not self.overrides:
            raise UsageError(f"The scenario {self.name} overrides nothing.", _HINT)
        seen = [(row.key, row.column) for row in self.overrides]
        removed = {row.key for row in self.overrides if not row.column}
        for row in self.overrides:
            if seen.count((row.key, row.column)) > 1 or (row.column and row.key in removed):
                raise UsageError(f"The scenario {self.name} overrides {row.key} twice.")

    @property
    def source_id(self) -> str:
        """The source of everything that it changes."""
        return f"scenario-{self.name}"

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


def read_toml(text: str, place: str) -> list[Override]:
    """Read overrides from TOML: a table a key, with a value a column.

    Args:
        text: Such as `[halvt-aarsvaerk]` and below it `amount_dkk = 400000`.
        place: Where the text stands, for messages.

    Raises:
        UsageError: It is not TOML, or a value is neither text, a whole number nor a list of codes.
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{place} is not TOML: {error}.") from None
    overrides = []
    for key, table in tables.items():
        if isinstance(table, Mapping):
            overrides += [
                Override(key, column, _toml_value(place, f"{key}.{column}", value))
                for column, value in table.items()
            ]
        else:
            overrides.append(read_set(f"{key}={_toml_value(place, key, table)}"))
    return overrides


def write_toml(scenario: Scenario) -> str:
    """Return the overrides as TOML that gives the same scenario when it is read."""
    removed = [row for row in scenario.overrides if not row.column]
    lines = [f"{_quoted(row.key)} = {_quoted(row.value)}" for row in removed]
    for key in dict.fromkeys(row.key for row in scenario.overrides if row.column):
        values = {row.column: row.value for row in scenario.overrides if row.key == key}
        lines += ["", f"[{_quoted(key)}]"]
        lines += [f"{column} = {_quoted(value)}" for column, value in values.items() if column]
    return "\n".join(lines).lstrip("\n") + "\n"


def _toml_value(place: str, name: str, value: Any) -> str:
    if isinstance(value, list):
        return " ".join(map(str, value))
    if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
        return str(value)
    raise UsageError(
        f"{place}: {name} must be text, a whole number or a list of codes, found {value!r}."
    )


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
