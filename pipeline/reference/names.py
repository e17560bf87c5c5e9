"""Find a municipality or cluster by what people write.

Method: codes and ids are taken as they stand. A name is compared after folding: case, accents and
all but letters and digits go, `å` and `aa` become `a`, `æ` and `ae` become `a`, `ø` and `oe` become
`o`, and words that only say what the thing is (Kommune, Sundhedsklynge) are left out. If no whole
name fits, a word or the beginning of a name may, as long as it fits one thing only. A misspelt name
is never guessed: the nearest ones are offered instead.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from itertools import permutations
from typing import Final

from pipeline.errors import Remedy, UsageError
from schemas.records import Area, AreaKind, Cluster

_SAME_SOUND: Final = (("aa", "a"), ("å", "a"), ("æ", "a"), ("ae", "a"), ("ä", "a"),
                      ("ø", "o"), ("oe", "o"), ("ö", "o"))  # fmt: skip
_GENERIC: Final = frozenset(
    [
        *("kommune", "kommunes", "regionskommune", "municipality", "of", "the", "og", "i"),
        *("klynge", "klyngen", "klyngens", "sundhedsklynge", "sundhedsklyngen", "omkring"),
        *("sundhedsrad", "sundhedsradet", "planomrade", "planomradet"),
    ]
)
_ALIASES: Final[Mapping[str, tuple[str, ...]]] = {
    "101": ("Copenhagen", "Kbh"),
    "217": ("Elsinore",),
    "773": ("Mors",),
}
_SHORTEST_BEGINNING: Final = 3
_OFFERED: Final = 3
_NEAR: Final = 0.6
"""Ratio of matching letters from which a name is offered; `hvidore` and `hvidovre` have 0.93."""


@dataclass(frozen=True)
class Named:
    """A thing that can be named: its code or id, its name, and what else it is called."""

    code: str
    name: str
    aliases: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"

    @cached_property
    def forms(self) -> list[tuple[str, ...]]:
        """Its names in the form in which names are compared."""
        return [fold(name) for name in (self.name, *self.aliases)]


def municipalities(areas: Iterable[Area]) -> list[Named]:
    """Return the municipalities, as they can be named."""
    return [
        Named(area.code, area.name, _ALIASES.get(area.code, ()))
        for area in areas
        if area.kind is AreaKind.MUNICIPALITY
    ]


def clusters(rows: Iterable[Cluster]) -> list[Named]:
    """Return the clusters, as they can be named: a name holds its town in brackets at times."""
    named = []
    for row in rows:
        outside, _, inside = row.name.partition("(")
        aliases = (row.cluster_id, outside, inside, row.hospital)
        named.append(Named(row.cluster_id, row.name, tuple(filter(None, aliases))))
    return named


def cluster_ids(written: Iterable[str], rows: Iterable[Cluster]) -> list[str]:
    """Return the ids of the clusters that texts name.

    Raises:
        UsageError: One of them fits none, or several.
    """
    named = clusters(rows)
    return [find("cluster", text, named).code for text in written]


def find(kind: str, text: str, things: Sequence[Named]) -> Named:
    """Return the one thing of a kind, such as `cluster`, that is meant by a code, id or name.

    Raises:
        UsageError: It fits none, or several; the message offers the nearest ones.
    """
    fitting = ([thing for thing in things if fits(thing)] for fits in _ways_to_fit(text))
    found = next(filter(None, fitting), [])
    if len({thing.code for thing in found}) == 1:  # of two quarters one thing comes twice
        return found[0]
    if found:
        raise UsageError(
            f"{text!r} fits {len(found)} of the {kind} names: {', '.join(map(str, found))}.",
            "Write the code, or more of the name.",
        )
    near = _nearest(" ".join(fold(text)), things)
    raise UsageError(
        f"No {kind} is called {text!r}.",
        f"Did you mean {', '.join(map(str, near))}?" if near else "",
        None if near else Remedy.LIST_CLUSTERS,
    )


def _nearest(wanted: str, things: Sequence[Named]) -> list[Named]:
    """Return at most three things whose names look like what is wanted, the nearest first."""

    def likeness(thing: Named) -> float:
        texts = [text for form in thing.forms for text in (" ".join(form), *form)]
        return max(SequenceMatcher(None, wanted, text).ratio() for text in texts)

    near = sorted(things, key=likeness, reverse=True)[:_OFFERED]
    return [thing for thing in near if likeness(thing) >= _NEAR]


def fold(text: str) -> tuple[str, ...]:
    """Return the words of a name in the form in which names are compared.

    Words that only say what the thing is are left out, unless there is nothing else.
    """
    words = _words(text)
    return tuple(word for word in words if word not in _GENERIC) or words


def _words(text: str) -> tuple[str, ...]:
    plain = unicodedata.normalize("NFC", text).casefold()
    for written, folded in _SAME_SOUND:
        plain = plain.replace(written, folded)
    decomposed = unicodedata.normalize("NFD", plain)
    letters = "".join(sign for sign in decomposed if not unicodedata.combining(sign))
    return tuple(re.findall(r"[a-z0-9]+", letters))


def _ways_to_fit(text: str) -> Iterator[Callable[[Named], bool]]:
    """Yield how a thing may fit, the surest way first: by its code, by a name, by parts of one."""
    written, wanted = text.strip(), fold(text)
    joined = "".join(wanted)
    # The code of a municipality is at times written with four digits, `0169`.
    yield lambda thing: written.casefold() in (thing.code, f"0{thing.code}")
    yield lambda thing: _words(text) in map(_words, (thing.name, *thing.aliases))
    yield lambda thing: _is_name(joined, thing)
    yield lambda thing: bool(wanted) and any(set(wanted) <= set(form) for form in thing.forms)
    if len(joined) >= _SHORTEST_BEGINNING:
        yield lambda thing: any(
            start.startswith(joined) for form in thing.forms for start in ("".join(form), *form)
        )


def _is_name(letters: str, thing: Named) -> bool:
    """Whether the letters are those of a name, a genitive s at the end aside, in any word order."""
    return any(
        letters.removesuffix("s") == "".join(order).removesuffix("s")
        for form in thing.forms
        for order in ([form] if len(form) > 3 else permutations(form))
    )
