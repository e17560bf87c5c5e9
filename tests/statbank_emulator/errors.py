"""The refusals of the API: HTTP status and a JSON body with a type code and a message.

Recorded: all type codes, all Danish texts, and the English ones of a bad format, an unknown value,
too many cells and the bilingual four. Inferred: the other English texts, and what an unknown
subject is answered with beyond its status 400.
"""

from .catalogue import Language, Text

JSON_TYPE = "text/json; charset=utf-8"
CELL_LIMIT = 1_000_000  # cells of a non-streaming answer, documented since 27 May 2021


class StatBankError(Exception):
    """A request the StatBank refuses; the caller adds the language."""

    def __init__(self, type_code: str, da: str, en: str | None = None, status: int = 400) -> None:
        super().__init__(f"{type_code}: {da}")
        self.type_code = type_code
        self.text = Text(da, da if en is None else en)
        self.status = status

    def document(self, lang: Language) -> dict[str, str]:
        """Give the body of the answer."""
        return {"errorTypeCode": self.type_code, "message": self.text.in_language(lang)}


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
    """The format is missing or not one of the function's."""
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
    """The variable has no such value, or nothing that the rule selects."""
    return StatBankError(
        "EXTRACT-NOTFOUND",
        f"Kan ikke finde værdien: {value} ({variable})",
        f"Can't find value: {value} ({variable})",
    )


def missing_variable(code: str) -> StatBankError:
    """A variable that can't be left out was left out."""
    return StatBankError(
        "EXTRACT-NOTALLOWED",
        f"Der skal vælges værdier for variabel: {code}",
        f"Values must be selected for variable: {code}",
    )


def time_order_when_streaming() -> StatBankError:
    """A streaming format was asked to sort periods."""
    return StatBankError(
        "EXTRACT-STREAMINGTIMESORT",
        "Der kan ikke vælges sortering af tid for streamede formater.",
        "Sorting of time can't be selected for streamed formats.",
    )


def too_many_cells(cells: int) -> StatBankError:
    """A non-streaming answer would pass the cell limit."""
    asked, limit = f"{cells:,}", f"{CELL_LIMIT:,}"
    return StatBankError(
        "REQUEST-LIMIT",
        f"Forespørgslen på op mod {asked} celler er over begrænsningen på {limit} celler for "
        "denne filtype. Anvend BULK eller andet streaming format i stedet.".replace(",", "."),
        f"The request of up to {asked} cells is over the limit of max. {limit} cells for this "
        "file format. Use BULK or other streaming format instead.",
    )


def unknown_subject(subject: str) -> StatBankError:
    """The bank has no such subject."""
    return StatBankError(
        "EXTRACT-NOTFOUND", f"Emne findes ikke: {subject}", f"Subject does not exist: {subject}"
    )
