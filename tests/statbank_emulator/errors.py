"""The refusals of the API: HTTP status and a JSON body with a type code and a message.

Recorded: all type codes, all Danish texts, and the English ones of a bad format, an unknown value,
too many cells and the bilingual three. Inferred: the other English texts.
"""

from typing import Literal

JSON_TYPE = "text/json; charset=utf-8"
CELL_LIMIT = 1_000_000  # cells of an answer in CSV, documented since 27 May 2021

Language = Literal["da", "en"]


class StatBankError(Exception):
    """A request the StatBank refuses; the caller adds the language."""

    def __init__(self, type_code: str, da: str, en: str | None = None, status: int = 400) -> None:
        super().__init__(f"{type_code}: {da}")
        self.type_code = type_code
        self.texts = {"da": da, "en": da if en is None else en}
        self.status = status

    def document(self, lang: Language) -> dict[str, str]:
        """Give the body of the answer."""
        return {"errorTypeCode": self.type_code, "message": self.texts[lang]}


def unknown_path() -> StatBankError:
    """No such function or page."""
    return StatBankError("REQUEST-NOTFOUND", "Siden kan ikke findes. / Page not found.", status=404)


def no_json() -> StatBankError:
    """The posted body is not a JSON object."""
    return StatBankError(
        "REQUEST-EMPTY",
        "Medsend gyldigt JSON-objekt når der postes. / Supply valid JSON-object when posting.",
    )


def bad_language() -> StatBankError:
    """The language is neither `da` nor `en`."""
    return StatBankError(
        "REQUEST-LANGUAGE",
        "Det angivne sprog er ugyldigt. / The specified language is not valid.",
    )


def bad_format() -> StatBankError:
    """The format is missing or not one that is served."""
    return StatBankError(
        "REQUEST-MISSING",
        "Format ikke angivet, eller ikke gyldigt.",
        "Format not found or not valid.",
    )


def missing_table() -> StatBankError:
    """No table was named."""
    return StatBankError(
        "REQUEST-MISSING", "Der er ikke angivet nogen tabel-id.", "No table id was specified."
    )


def unknown_table(table: str) -> StatBankError:
    """The bank has no such table."""
    return StatBankError(
        "EXTRACT-NOTFOUND", f"Tabel findes ikke: {table}", f"Table does not exist: {table}"
    )


def unknown_variable(code: str) -> StatBankError:
    """The table has no such variable."""
    return StatBankError(
        "EXTRACT-NOTFOUND", f"Kan ikke finde variablen: {code}", f"Can't find variable: {code}"
    )


def unknown_value(value: str, variable: str) -> StatBankError:
    """The variable has no such value."""
    where = f"{value} ({variable})"
    return StatBankError(
        "EXTRACT-NOTFOUND", f"Kan ikke finde værdien: {where}", f"Can't find value: {where}"
    )


def too_many_cells(cells: int) -> StatBankError:
    """The answer would pass the cell limit."""
    asked, limit = f"{cells:,}", f"{CELL_LIMIT:,}"
    return StatBankError(
        "REQUEST-LIMIT",
        f"Forespørgslen på op mod {asked} celler er over begrænsningen på {limit} celler for "
        "denne filtype. Anvend BULK eller andet streaming format i stedet.".replace(",", "."),
        f"The request of up to {asked} cells is over the limit of max. {limit} cells for this "
        "file format. Use BULK or other streaming format instead.",
    )
