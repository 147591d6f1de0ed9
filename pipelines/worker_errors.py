"""Our errors across the border between worker and driver.

Spark turns whatever a Python worker raises into text. A WashplantError is therefore sent as JSON inside that text and made
whole again on the driver, so that a broken line in a file ends a run with the same sentence and exit code everywhere.
"""

from __future__ import annotations

import base64
import contextlib
import json
import re
from collections.abc import Callable, Iterator

import pyarrow as pa

from washplant import errors
from washplant.errors import WashplantError

BatchFunction = Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]
_MARK = re.compile(r"washplant-error:([A-Za-z0-9+/=]+):")


class WorkerError(Exception):
    """Carries one of our errors as text."""


def guarded(function: BatchFunction) -> BatchFunction:
    """The function with our errors made ready for the journey."""

    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        try:
            yield from function(batches)
        except WashplantError as error:
            packed = base64.b64encode(json.dumps(error.as_dict()).encode()).decode()
            raise WorkerError(f"washplant-error:{packed}: {error}") from error

    return run


@contextlib.contextmanager
def unpacked() -> Iterator[None]:
    """Raise the worker's own error instead of Spark's report of it."""
    try:
        yield
    except Exception as error:
        found = _MARK.search(str(error))
        if found is None:
            raise
        data = json.loads(base64.b64decode(found.group(1)))
        kind = getattr(errors, str(data["error"]), WashplantError)
        raise kind(data["what"], where=data["where"], next_step=data["next"]) from error
