"""What the two banks hold: tables with their variables and values.

Recorded: every id, order, elimination flag and English text, and the Danish texts of FOLK1A.
Inferred: the Danish texts of KKBEF1. The contact is the emulator's own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from . import districts, municipalities
from .geography import COPENHAGEN, DENMARK, Geography
from .quarters import between, ordinal

Language = Literal["da", "en"]
DEFAULT_LANGUAGE: Language = "da"

_CONTACT = {"name": "Emulator", "phone": "+4500000000", "mail": "emulator@example.invalid"}


class Text(NamedTuple):
    """The same text in the two languages of the API."""

    da: str
    en: str

    def in_language(self, lang: Language) -> str:
        """Give the text in `lang`."""
        return self.da if lang == "da" else self.en


class Value(NamedTuple):
    """One value of a variable."""

    code: str
    text: Text


@dataclass(frozen=True)
class Variable:
    """One variable of a table; `total` is the value that elimination picks."""

    code: str
    text: Text
    values: tuple[Value, ...]
    total: str | None
    map: Text | None = None

    @property
    def is_time(self) -> bool:
        """Whether this is the time variable, the only one that can't be eliminated here."""
        return self.total is None

    def document(self, lang: Language) -> dict[str, Any]:
        """Describe the variable as tableinfo does."""
        geographic = {} if self.map is None else {"map": self.map.in_language(lang)}
        return {
            "id": self.code,
            "text": self.text.in_language(lang),
            "elimination": not self.is_time,
            "time": self.is_time,
            **geographic,
            "values": [
                {"id": value.code, "text": value.text.in_language(lang)} for value in self.values
            ],
        }


@dataclass(frozen=True)
class Table:
    """One table of a bank.

    Args:
        bank: `""` for the national StatBank, `"s30"` for the City of Copenhagen.
        dimensions: Area, sex, age and civil status, in this order.
        yearly_from: Quarter of the first figure; only first quarters until `quarterly_from`.
    """

    code: str
    bank: str
    text: Text
    source: Text
    dimensions: tuple[Variable, Variable, Variable, Variable]
    geography: Geography
    yearly_from: str
    quarterly_from: str
    documentation: str | None = None
    footnote: Text | None = None

    unit = Text("Antal", "Number")

    def periods(self, since: str, until: str) -> list[str]:
        """List the quarters the table has from `since` to `until`."""
        first = max(since, self.yearly_from, key=ordinal)
        return [
            quarter
            for quarter in between(first, until)
            if ordinal(quarter) >= ordinal(self.quarterly_from) or quarter.endswith("K1")
        ]

    def variables(self, periods: Sequence[str]) -> tuple[Variable, ...]:
        """List all variables, with the published `periods` as the values of time."""
        values = tuple(Value(period, Text(period, period.replace("K", "Q"))) for period in periods)
        return (*self.dimensions, Variable("Tid", Text("tid", "time"), values, total=None))

    def title(self, names: Sequence[str], lang: Language) -> str:
        """Say `text by a, b and c` of the names of variables."""
        by, joining = (" efter ", " og ") if lang == "da" else (" by ", " and ")
        listed = joining.join(filter(None, [", ".join(names[:-1]), names[-1]]))
        return self.text.in_language(lang) + by + listed

    def document(self, periods: Sequence[str], updated: str, lang: Language) -> dict[str, Any]:
        """Describe the table as tableinfo does, in the recorded order of keys."""
        variables = self.variables(periods)
        note = self.footnote and {"text": self.footnote.in_language(lang), "mandatory": False}
        return {
            "id": self.code,
            "text": self.text.in_language(lang),
            "description": self.title([each.text.in_language(lang) for each in variables], lang),
            "unit": self.unit.in_language(lang),
            "suppressedDataValue": "0",
            "updated": updated,
            "active": True,
            "contacts": [_CONTACT],
            "documentation": self.documentation
            and {"id": self.documentation, "url": self.documentation_url(lang)},
            "footnote": note,
            "variables": [variable.document(lang) for variable in variables],
        }

    def listing(self, periods: Sequence[str], updated: str, lang: Language) -> dict[str, Any]:
        """Describe the table as the list of tables does: period texts, not ids."""
        variables = self.variables(periods)
        texts = [value.text.in_language(lang) for value in variables[-1].values] or [""]
        return {
            "id": self.code,
            "text": self.text.in_language(lang),
            "unit": self.unit.in_language(lang),
            "updated": updated,
            "firstPeriod": texts[0],
            "latestPeriod": texts[-1],
            "active": True,
            "variables": [variable.text.in_language(lang) for variable in variables],
        }

    def documentation_url(self, lang: Language) -> str | None:
        """Give the address of the documentation of the statistics, if the table has one."""
        if self.documentation is None:
            return None
        page = "statistikdokumentation" if lang == "da" else "documentationofstatistics"
        return f"https://www.dst.dk/{page}/{self.documentation}"


def _values(listing: dict[str, tuple[str, str]]) -> tuple[Value, ...]:
    return tuple(Value(code, Text(*texts)) for code, texts in listing.items())


def _denmark_areas() -> tuple[Value, ...]:
    danish = {municipalities.COUNTRY: "Hele landet"}
    for (region, name), members in municipalities.REGIONS.items():
        danish |= {region: name} | members
    english = danish | municipalities.ENGLISH_TEXTS
    return tuple(Value(code, Text(text, english[code])) for code, text in danish.items())


def _copenhagen_areas() -> tuple[Value, ...]:
    listing = {districts.CITY: ("København i alt", "Copenhagen total")}
    for code, name in districts.DISTRICTS.items():
        listing[code] = (f"Bydel - {name}", f"District - {name}")
    for code, name in districts.LOCAL_COMMITTEES.items():
        listing[code] = (f"Lokaludvalg - {name}", f"Local committee district - {name}")
    listing |= {code: (name, name) for code, name in districts.NEIGHBOURHOODS.items()}
    return _values(listing)


def _ages(total: Value, last: int, width: int, year: str, years: str) -> tuple[Value, ...]:
    def text(age: int) -> Text:
        return Text(f"{age} år", f"{age} {year if age == 1 else years}")

    return (total, *(Value(f"{age:0{width}}", text(age)) for age in range(last + 1)))


_FOLK1A_STATUS = {
    "TOT": ("I alt", "Total"),
    "U": ("Ugift", "Never married"),
    "G": ("Gift/separeret", "Married/separated"),
    "E": ("Enke/enkemand", "Widowed"),
    "F": ("Fraskilt", "Divorced"),
}
_KKBEF1_STATUS = _FOLK1A_STATUS | {
    "TOT": ("Civilstand i alt", "Marital status total"),
    "G": ("Gift/separeret", "Married / seperated "),
}
_KKBEF1_AGES = (
    *_ages(Value("TOT", Text("Alder i alt", "Age total")), 98, 2, "year", "year"),
    Value("99", Text("99+ år", "99+ year")),
)
_AGE, _SEX, _STATUS = Text("alder", "age"), Text("køn", "sex"), Text("civilstand", "marital status")

FOLK1A = Table(
    code="FOLK1A",
    bank="",
    text=Text("Befolkningen den 1. i kvartalet", "Population at the first day of the quarter"),
    source=Text("Danmarks Statistik", "Statistics Denmark"),
    dimensions=(
        Variable(
            "OMRÅDE",
            Text("område", "region"),
            _denmark_areas(),
            "000",
            Text("Denmark_municipality_07", "denmark_municipality_07"),
        ),
        Variable(
            "KØN",
            _SEX,
            _values({"TOT": ("I alt", "Total"), "1": ("Mænd", "Men"), "2": ("Kvinder", "Women")}),
            "TOT",
        ),
        Variable(
            "ALDER",
            _AGE,
            _ages(Value("IALT", Text("Alder i alt", "Age, total")), 125, 1, "year", "years"),
            "IALT",
        ),
        Variable("CIVILSTAND", _STATUS, _values(_FOLK1A_STATUS), "TOT"),
    ),
    geography=DENMARK,
    yearly_from="2008K1",
    quarterly_from="2008K1",
    documentation="4a12721d-a8b0-4bde-82d7-1d1c6f319de3",
)

KKBEF1 = Table(
    code="KKBEF1",
    bank="s30",
    text=Text("Befolkningen", "Population"),
    source=Text("Københavns Kommune", "City of Copenhagen"),
    dimensions=(
        Variable(
            "OMRKK",
            Text("distrikt", "district"),
            _copenhagen_areas(),
            "1000",
            Text("kk_lokaludvalg_21", "kk_lokaludvalg_21"),
        ),
        Variable(
            "KON",
            _SEX,
            _values(
                {
                    "TOT": ("Køn i alt", "Sex total"),
                    "01": ("Mænd", "Men"),
                    "02": ("Kvinder", "Women"),
                }
            ),
            "TOT",
        ),
        Variable("ALDER", _AGE, _KKBEF1_AGES, "TOT"),
        Variable("CIVILSTAND", _STATUS, _values(_KKBEF1_STATUS), "TOT"),
    ),
    geography=COPENHAGEN,
    yearly_from="1974K1",
    quarterly_from="2002K1",
    footnote=Text(
        "Kilde: Københavns Kommunes beregninger på grundlag af CPR.",
        "Source: Calculations made by the City of Copenhagen based on data from the Civil "
        "Registration System (CPR).",
    ),
)

TABLES = (FOLK1A, KKBEF1)
