"""What can go wrong, split by who can do something about it.

    KlyngeError
    ├── UsageError            2   a wrong option or argument
    ├── InvalidData          20   reference data or figures are not what was agreed
    ├── SchemaDrift          21   the source changed shape: columns, codes, periods
    ├── StatBankUnavailable  30   network, timeout, 429, 5xx, a body cut short, after the retries
    ├── StatBankRejected     31   the API refused the query
    ├── NotPublishedYet      32   the quarter is not in the table yet
    ├── RuleError            40   memberships or costs are incomplete or contradict each other
    ├── AllocationError      41   nothing to allocate by
    ├── ProvenanceError      50   a file differs from its recorded sha256
    ├── StorageError         51   a file or folder cannot be read or written
    └── DeliveryError        60   a written revision did not reach all who get it

Every error says what happened and where, and `hint` says what to try next.
"""

from __future__ import annotations

from typing import ClassVar


class KlyngeError(Exception):
    """An error that a user can act on: one message, no traceback, its own exit code."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class UsageError(KlyngeError):
    """A wrong option or argument."""

    exit_code = 2


class InvalidData(KlyngeError):
    """Reference data or figures are not what was agreed."""

    exit_code = 20


class SchemaDrift(KlyngeError):
    """The source changed shape: columns, codes or periods."""

    exit_code = 21


class StatBankUnavailable(KlyngeError):
    """The StatBank did not answer properly, after the retries."""

    exit_code = 30


class StatBankRejected(KlyngeError):
    """The StatBank refused the query."""

    exit_code = 31


class NotPublishedYet(KlyngeError):
    """The quarter is not in the table yet.

    `awaited` says in a line whose figures are expected when; empty if they never come.
    """

    exit_code = 32

    def __init__(self, message: str, hint: str = "", awaited: str = "") -> None:
        super().__init__(message, hint)
        self.awaited = awaited


class RuleError(KlyngeError):
    """Memberships or costs are incomplete or contradict each other."""

    exit_code = 40


class AllocationError(KlyngeError):
    """There is nothing to allocate by."""

    exit_code = 41


class ProvenanceError(KlyngeError):
    """A snapshot, revision or reference file differs from its recorded sha256."""

    exit_code = 50


class StorageError(KlyngeError):
    """A file or folder cannot be read or written."""

    exit_code = 51

    @classmethod
    def of(cls, error: OSError) -> StorageError:
        """Return the error for what the operating system said."""
        what = error.strerror or str(error)
        return cls(
            f"{error.filename}: {what}." if error.filename else f"{what}.",
            "Look at the folder's permissions and the free space; nothing half-written is kept.",
        )


class DeliveryError(KlyngeError):
    """A revision is written, but did not reach everyone who gets it.

    `temporary` says whether the same delivery may succeed later.
    """

    exit_code = 60

    def __init__(self, message: str, hint: str = "", temporary: bool = False) -> None:
        super().__init__(message, hint)
        self.temporary = temporary
