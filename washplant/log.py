"""Logging as every command sets it up: stderr, one line a record, the run id on each, secrets masked."""

from __future__ import annotations

import logging
import sys
from contextvars import ContextVar

from washplant.secret import RedactingFilter

run_id: ContextVar[str] = ContextVar("washplant_run_id", default="-")


class _RunIdFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.run_id = run_id.get()
        return True


def configure(*, verbose: bool = False) -> None:
    """Send the log to stderr; results alone go to stdout."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_RunIdFilter())
    handler.addFilter(RedactingFilter())
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s [%(run_id)s] %(message)s", "%H:%M:%S"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("washplant").setLevel(logging.DEBUG if verbose else logging.INFO)
    # py4j logs every broken gateway call at INFO and repeats what the exception already says.
    logging.getLogger("py4j").setLevel(logging.ERROR)
