"""Files planned and read whole, for the tests of each format."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from connectors.files import Files, FilesOptions
from washplant.errors import SourceError

Write = Callable[[str, bytes | str], Path]


def files(path: Path | str, **options: Any) -> Files:
    return Files("tickets", FilesOptions(kind="files", path=(str(path),), **options))


def rows(path: Path | str, **options: Any) -> list[dict[str, Any]]:
    """Plan and read everything."""
    connector = files(path, **options)
    plan = connector.plan({})
    found: list[dict[str, Any]] = []
    for split in plan.splits:
        for batch in connector.read(split, plan.schema):
            assert batch.schema == plan.schema
            found += batch.to_pylist()
    return found


def failure(path: Path, **options: Any) -> SourceError:
    with pytest.raises(SourceError) as caught:
        rows(path, **options)
    assert caught.value.where
    assert caught.value.next_step
    return caught.value
