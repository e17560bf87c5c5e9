"""What can go wrong, split by who can do something about it.

Every error says what happened and where, and `hint` says what to try next. What is done by a
command is a `Remedy` with the facts that the command needs: `flows` knows how it is typed.
"""

from enum import StrEnum
from typing import Any, ClassVar, Self

Remedy = StrEnum(
    "Remedy",
    "ACCEPT_JUMPS ADD_SOURCE APPLY_RULES_OF ASK_AGAIN CHANGE_COST DELIVER END_COST END_MEMBERSHIP "
    "EXPLAIN_AS_WRITTEN FETCH FIX_FORMAT GO_ONLINE LIST_CLUSTERS NAME_AMOUNT NAME_DATA_FOLDER "
    "NAME_SCOPE REPLACE_SCENARIO RUN UPDATE_DATA USE_STORED",
)
"""What can be done about an error."""


class KlyngeError(Exception):
    """An error that a user can act on: one message, no traceback, its own exit code.

    What to try next is a hint in words, or a remedy with the facts that its command needs.
    """

    exit_code: ClassVar[int] = 1

    def __init_subclass__(cls, exit_code: int = 1) -> None:
        cls.exit_code = exit_code

    def __init__(
        self, message: str, hint: str = "", remedy: Remedy | None = None, **facts: Any
    ) -> None:
        super().__init__(message, hint, remedy)
        self.message = message
        self.hint = hint
        self.remedy = remedy
        self.facts = facts

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message

    def reworded(self, message: str = "", hint: str = "", **facts: Any) -> Self:
        """Return the same error in other words, with facts that it did not carry."""
        told = message or self.message, hint or self.hint, self.remedy
        return type(self)(*told, **{**facts, **self.facts})


class UsageError(KlyngeError, exit_code=2):
    """A wrong option or argument."""


class InvalidData(KlyngeError, exit_code=20):
    """Reference data or figures are not what was agreed."""


class SchemaDrift(KlyngeError, exit_code=21):
    """The source changed shape: columns, codes or periods."""


class StatBankUnavailable(KlyngeError, exit_code=30):
    """The StatBank did not answer properly, after the retries."""


class StatBankRejected(KlyngeError, exit_code=31):
    """The StatBank refused the query."""


class NotPublishedYet(KlyngeError, exit_code=32):
    """The quarter is not in the table yet.

    The fact `awaited` says in a line whose figures are expected when, without it they never come;
    and `overdue_from` is the day from which somebody should ask where they are.
    """


class AccessRefused(KlyngeError, exit_code=33):
    """A certificate, a proxy or a login bars the way; only people can mend it."""


class RuleError(KlyngeError, exit_code=40):
    """Memberships or costs are incomplete or contradict each other."""


class AllocationError(KlyngeError, exit_code=41):
    """There is nothing to allocate by."""


class ProvenanceError(KlyngeError, exit_code=50):
    """A snapshot, revision or reference file differs from its recorded sha256."""


class StorageError(KlyngeError, exit_code=51):
    """A file or folder cannot be read or written."""

    @classmethod
    def of(cls, error: KlyngeError | OSError) -> KlyngeError:
        """Return the error for what the operating system said; one of ours as it is."""
        if isinstance(error, KlyngeError):
            return error
        what, where = error.strerror or str(error), error.filename2 or error.filename
        hint = "Look at the folder's permissions and the free space; nothing half-written is kept."
        if isinstance(error, FileNotFoundError | NotADirectoryError | IsADirectoryError):
            hint = "Look at how its name is written; nothing half-written is kept."
        return cls(f"{where}: {what}." if where else f"{what}.", hint)


class DeliveryError(KlyngeError, exit_code=60):
    """A revision is written, but did not reach everyone who gets it.

    Facts: `temporary`, the same delivery may succeed later; `away`, no mail server was reached;
    `known`, everyone who was not reached was refused before, so that it is no news.
    """
