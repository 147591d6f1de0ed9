"""Every error a user can meet. Each says what happened, where, and what to do next.

WashplantError                 exit code
├── ConfigError                2   the YAML, a secret, an option
├── SetupError                 3   Java, an extra, an environment is missing
├── SourceError                4   a source system
│   ├── SourceUnreachable      5   host, port, login: worth a retry
│   ├── SourceSchemaError      4   table or column missing or changed
│   └── SourceDataError        4   a row or file that cannot be read
├── StoreError                 6   reading or writing the store, disk full
├── LedgerError                7   the ledger's database
│   ├── LockHeld               8   another run works on the same store: worth a retry
│   └── LockLost               8   our lease was taken over
├── LabelError                 9   tasks, answers, Label Studio
│   └── LabelUnreachable       9   Label Studio could not be reached: worth a retry
├── TrainError                11   training, or a trained model that is worse than its base
└── InvariantError            10   a promise of ours was broken: nothing was committed
"""

from __future__ import annotations

from typing import ClassVar

from washplant.secret import redact


class WashplantError(Exception):
    """Base of all errors: `what` happened, `where` it did, and the `next` step; secrets are masked in the text."""

    exit_code: ClassVar[int] = 1
    retryable: ClassVar[bool] = False

    def __init__(self, what: str, *, where: str = "", next_step: str = "") -> None:
        self.what = redact(what)
        self.where = redact(where)
        self.next_step = redact(next_step)
        super().__init__(self.what)

    def __str__(self) -> str:
        parts = [f"{self.where}: {self.what}" if self.where else self.what]
        if self.next_step:
            parts.append(f"→ {self.next_step}")
        return "\n".join(parts)

    def __reduce__(self) -> tuple[object, ...]:
        # Spark sends worker errors to the driver by pickle; keyword arguments need help.
        return (_rebuild, (type(self), self.what, self.where, self.next_step))

    def as_dict(self) -> dict[str, object]:
        """The error as plain data for `--json`."""
        return {
            "error": type(self).__name__,
            "what": self.what,
            "where": self.where,
            "next": self.next_step,
            "exit_code": self.exit_code,
            "retryable": self.retryable,
        }


def _rebuild(kind: type[WashplantError], what: str, where: str, next_step: str) -> WashplantError:
    return kind(what, where=where, next_step=next_step)


class ConfigError(WashplantError):
    """The configuration is wrong: an unknown key, a wrong type, a missing secret."""

    exit_code = 2


class SetupError(WashplantError):
    """Something this machine needs is missing: Java, an extra of the package, an environment."""

    exit_code = 3


class SourceError(WashplantError):
    """A source system failed."""

    exit_code = 4


class SourceUnreachable(SourceError):
    """The source could not be reached or refused the login."""

    exit_code = 5
    retryable = True


class SourceSchemaError(SourceError):
    """A table or column is missing, or its type changed."""


class SourceDataError(SourceError):
    """A row, cell or file cannot be read as declared."""


class StoreError(WashplantError):
    """The store could not be read or written."""

    exit_code = 6


class LedgerError(WashplantError):
    """The ledger's database failed or is of another version."""

    exit_code = 7


class LockHeld(LedgerError):
    """Another run holds the lock."""

    exit_code = 8
    retryable = True


class LockLost(LedgerError):
    """Our lease ran out and another run took the lock; nothing more may be committed."""

    exit_code = 8
    retryable = True


class LabelError(WashplantError):
    """Tasks or answers are not as agreed, or Label Studio failed."""

    exit_code = 9


class LabelUnreachable(LabelError):
    """Label Studio could not be reached, or did not say whether it did what it was asked."""

    retryable = True


class TrainError(WashplantError):
    """Training failed, or the trained model is worse than its base."""

    exit_code = 11


class InvariantError(WashplantError):
    """A promise did not hold (for example in = kept + dropped + failed), so the run was not committed."""

    exit_code = 10
