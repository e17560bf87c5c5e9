"""The subjects of the national bank, down to the one branch that leads to FOLK1A.

Recorded: ids, order, shape and length of the English top level, and the ids of the branch.
Inferred: the English texts from the fifth on (their length agrees with the recording), the texts
below the top, the subject of the City of Copenhagen's bank, and that other subjects are empty.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .catalogue import Language, Text
from .errors import unknown_subject


@dataclass(frozen=True)
class Subject:
    """One subject; `tables` names those directly under it."""

    code: str
    text: Text
    parent: str | None = None
    has_subjects: bool = False
    tables: tuple[str, ...] = ()


_TOP = {
    "1": Text("Borgere", "People"),
    "2": Text("Arbejde og indkomst", "Labour and income"),
    "3": Text("Økonomi", "Economy"),
    "4": Text("Sociale forhold", "Social conditions"),
    "5": Text("Uddannelse og forskning", "Education and research"),
    "6": Text("Erhvervsliv", "Business"),
    "7": Text("Transport", "Transport"),
    "8": Text("Kultur og fritid", "Culture and leisure"),
    "9": Text("Miljø og energi", "Environment and energy"),
    "19": Text("Om Danmarks Statistik", "About Statistics Denmark"),
}
_BRANCH = (
    Subject("3401", Text("Befolkning", "Population"), parent="1", has_subjects=True),
    Subject("20021", Text("Befolkningstal", "Population figures"), "3401", tables=("FOLK1A",)),
)
SUBJECTS: dict[str, Sequence[Subject]] = {
    "": (*(Subject(code, text, has_subjects=True) for code, text in _TOP.items()), *_BRANCH),
    "s30": (Subject("1", Text("Befolkning", "Population"), tables=("KKBEF1",)),),
}


def chosen_subjects(bank: str, codes: Sequence[str]) -> list[Subject]:
    """Find the subjects a client names, or the top level.

    Raises:
        StatBankError: The bank has no such subject.
    """
    if not codes:
        return [subject for subject in SUBJECTS[bank] if subject.parent is None]
    by_code = {subject.code: subject for subject in SUBJECTS[bank]}
    for code in codes:
        if code not in by_code:
            raise unknown_subject(code)
    return [by_code[code] for code in codes]


def tables_under(bank: str, subject: Subject) -> set[str]:
    """Name the tables of a subject and of all below it."""
    below = (each for each in SUBJECTS[bank] if each.parent == subject.code)
    return set(subject.tables).union(*(tables_under(bank, each) for each in below))


def describe(
    bank: str,
    subject: Subject,
    lang: Language,
    listings: Mapping[str, Any] | None,
    recursive: bool,
) -> dict[str, Any]:
    """Describe a subject as the API does.

    Args:
        listings: The tables of the bank as listed, by code; none when not asked for.
        recursive: Whether the subjects below are described too.
    """
    below = [each for each in SUBJECTS[bank] if recursive and each.parent == subject.code]
    document = {
        "id": subject.code,
        "description": subject.text.in_language(lang),
        "active": True,
        "hasSubjects": subject.has_subjects,
        "subjects": [describe(bank, each, lang, listings, recursive) for each in below],
    }
    if listings is not None:
        document["tables"] = [listings[code] for code in subject.tables]
    return document
