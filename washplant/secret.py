"""Secrets come only from the environment and never leave in a message.

`${env:NAME}` in the YAML becomes an `EnvValue`; a field of type `Secret` accepts nothing else, so a password typed into
the YAML is refused. Every value used as a secret is remembered and masked in errors, logs and reports.
"""

from __future__ import annotations

import logging
from typing import Annotated, Any

from pydantic import BeforeValidator, SecretStr

_known: set[str] = set()
_TRACEBACKS = logging.Formatter()
_MIN_REDACTED_LENGTH = 3  # masking every "a" of a one-letter password would destroy the message and reveal the letter


class EnvValue(str):
    """A string that came from `${env:NAME}`."""

    __slots__ = ()


def _from_environment(value: Any) -> Any:
    if isinstance(value, SecretStr):
        return value
    if not isinstance(value, EnvValue):
        raise ValueError("a secret is written as ${env:NAME}, never as text in the file")
    remember(value)
    return str(value)


Secret = Annotated[SecretStr, BeforeValidator(_from_environment)]


def remember(value: str) -> None:
    """Mask `value` from now on wherever `redact` is applied."""
    if len(value) >= _MIN_REDACTED_LENGTH:
        _known.add(value)


def redact(text: str) -> str:
    """`text` with every known secret replaced by `***`, longest first."""
    for secret in sorted(_known, key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


class RedactingFilter(logging.Filter):
    """Masks known secrets in log records, their tracebacks too."""

    def filter(self, record: logging.LogRecord) -> bool:
        if _known:
            record.msg = redact(record.getMessage())
            record.args = ()
            if record.exc_info and not record.exc_text:
                record.exc_text = _TRACEBACKS.formatException(record.exc_info)
            if record.exc_text:
                record.exc_text = redact(record.exc_text)
        return True
