"""What a request asks for, the same from a GET and a POST.

Documented: both methods, the names of the settings, `CODE(Head)` and the comma as list separator
in addresses. Recorded: names are case-insensitive, unknown JSON properties are ignored and numbers
are tolerated as values.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .catalogue import Language
from .errors import bad_language, no_json

_SETTINGS = {"lang", "format", "valuepresentation", "timeorder", "delimiter", "table", "id"}
_PLACED = re.compile(r"(.+)\((head|stub)\)", re.IGNORECASE)


@dataclass(frozen=True)
class AskedVariable:
    """One variable of a request with its selection rules, as written by the client."""

    code: str
    rules: tuple[str, ...]
    head: bool = False


@dataclass(frozen=True)
class Query:
    """The settings of a request by lower-cased name, and the variables in request order."""

    settings: Mapping[str, Any]
    variables: tuple[AskedVariable, ...] = ()

    def setting(self, name: str, default: str = "") -> str:
        """Give a setting as text; null and absent are the same."""
        value = self.settings.get(name)
        return default if value is None else str(value)

    def flag(self, name: str) -> bool:
        """Give a setting that is true or false, as JSON or as text."""
        return self.setting(name).casefold() == "true"

    def items(self, name: str) -> list[str]:
        """Give a setting that is a list, or text separated by commas."""
        value = self.settings.get(name)
        listed = value if isinstance(value, list) else self.setting(name).split(",")
        return [str(item) for item in listed if item != ""]

    @property
    def language(self) -> Language:
        """The language asked for, Danish unless told.

        Raises:
            StatBankError: The language is not one of the two.
        """
        match self.setting("lang", "da").casefold():
            case "da" | "":
                return "da"
            case "en":
                return "en"
        raise bad_language()


def from_address(arguments: Iterable[tuple[str, str]], path: Mapping[str, str]) -> Query:
    """Read the query of a GET: settings, and every other key a variable code.

    Args:
        arguments: The decoded pairs behind the question mark.
        path: What the path itself names, `table` and `format`; the path wins.
    """
    pairs = list(arguments)
    settings = {name.casefold(): value for name, value in pairs}
    if "id" in settings:
        settings["table"] = settings["id"]
    variables = [_from_pair(name, value) for name, value in pairs if _is_variable(name)]
    return Query(settings | dict(path), tuple(variables))


def _is_variable(name: str) -> bool:
    return name.casefold() not in _SETTINGS


def _from_pair(name: str, value: str) -> AskedVariable:
    placed = _PLACED.fullmatch(name)
    rules = tuple(value.split(",")) if value else ()
    if placed is None:
        return AskedVariable(name, rules)
    return AskedVariable(placed[1], rules, head=placed[2].casefold() == "head")


def from_body(body: bytes, path: Mapping[str, str]) -> Query:
    """Read the query of a POST.

    Args:
        body: The JSON object as posted.
        path: What the path names; inferred from one probe, the body wins.

    Raises:
        StatBankError: The body is not a JSON object, or a variable in it is not one.
    """
    document = _json_object(body)
    settings = {name.casefold(): value for name, value in document.items()}
    variables = settings.pop("variables", None) or []
    if not isinstance(variables, list):
        raise no_json()
    return Query(dict(path) | settings, tuple(_from_json(each) for each in variables))


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body.decode("utf-8"))
    except ValueError:
        raise no_json() from None
    if not isinstance(document, dict):
        raise no_json()
    return document


def _from_json(variable: object) -> AskedVariable:
    if not isinstance(variable, dict):
        raise no_json()
    settings = {str(name).casefold(): value for name, value in variable.items()}
    rules = settings.get("values") or []
    if not isinstance(rules, list):
        raise no_json()
    return AskedVariable(
        str(settings.get("code", "")),
        tuple(str(rule) for rule in rules),
        head=str(settings.get("placement", "")).casefold() == "head",
    )
