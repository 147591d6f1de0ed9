"""Manifests: whole or not there, and never quietly different from what was written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from washplant import manifest as manifests
from washplant.errors import StoreError
from washplant.manifest import Counts, DataFile, Manifest, run_path
from washplant.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty store."""
    return Store(str(tmp_path))


def manifest(number: int = 1, stage: str = "raw", name: str = "tickets") -> Manifest:
    return Manifest(
        stage=stage,
        name=name,
        number=number,
        attempt="attempt-1",
        config_hash="c",
        code_version="0.1.0",
        inputs=("raw/a/000001",),
        files={"rows": (DataFile(path="rows/水.parquet", bytes=12, sha256="ab", rows=3),), "none": ()},
        counts=Counts(rows_in=6, kept=3, dropped={"unchanged": 2}, failed=1),
        facts={"until": {"column": "updated_at", "value": "2025-03-01", "nested": [1, None, {"x": 0.1}]}},
    )


def test_what_is_written_is_read(store: Store) -> None:
    written = manifest()
    manifests.write(store, written)
    assert manifests.read(store, "raw/tickets/000001") == written
    assert written.counts.balanced


def test_the_same_run_has_the_same_bytes(store: Store) -> None:
    manifests.write(store, manifest())
    first = store.read("raw/tickets/000001/manifest.json")
    manifests.write(store, Manifest.model_validate(json.loads(manifest().model_dump_json())))
    assert store.read("raw/tickets/000001/manifest.json") == first
    assert "水.parquet" in first.decode(), "people read it"


def test_a_torn_file_was_never_committed(store: Store) -> None:
    manifests.write(store, manifest())
    whole = store.read("raw/tickets/000001/manifest.json")
    for length in (0, 1, len(whole) // 2, len(whole) - 2):
        store.put("raw/tickets/000001/manifest.json", whole[:length])
        assert manifests.read(store, "raw/tickets/000001") is None
    middle = whole.index("水".encode()) + 1
    store.put("raw/tickets/000001/manifest.json", whole[:middle])
    assert manifests.read(store, "raw/tickets/000001") is None, "torn inside a character"
    store.put("raw/tickets/000001/manifest.json", b"\0" * 100)
    assert manifests.read(store, "raw/tickets/000001") is None, "a journal without its data"
    store.put("raw/tickets/000001/manifest.json", whole[:-1])
    assert manifests.read(store, "raw/tickets/000001") == manifest(), "only the line end is missing"


def test_a_run_without_a_manifest_is_none(store: Store) -> None:
    store.put("raw/tickets/000001/attempt-1/rows/x", b"1")
    assert manifests.read(store, "raw/tickets/000001") is None
    assert manifests.read(store, "raw/nobody/000001") is None


def _altered(store: Store, **changed: object) -> None:
    file = "raw/tickets/000001/manifest.json"
    store.put(file, json.dumps(json.loads(store.read(file)) | changed).encode())


@pytest.mark.parametrize("changed", [{"config_hash": "other"}, {"digest": "0" * 64}, {"digest": None}, {"new": 1}])
def test_an_altered_manifest_is_an_error(store: Store, changed: dict[str, object]) -> None:
    manifests.write(store, manifest())
    _altered(store, **changed)
    with pytest.raises(StoreError, match="altered after it was written") as caught:
        manifests.read(store, "raw/tickets/000001")
    assert caught.value.where.endswith("raw/tickets/000001/manifest.json") and "backup" in caught.value.next_step


@pytest.mark.parametrize("body", [b"[]", b"3", b'"text"', b"null"])
def test_json_that_is_no_manifest_is_an_error(store: Store, body: bytes) -> None:
    store.put("raw/tickets/000001/manifest.json", body)
    with pytest.raises(StoreError):
        manifests.read(store, "raw/tickets/000001")


def test_a_newer_format_is_an_error(store: Store) -> None:
    manifests.write(store, manifest())
    _altered(store, format=manifests.FORMAT + 1, unknown_to_us=True)
    with pytest.raises(StoreError, match="format 2 is not 1") as caught:
        manifests.read(store, "raw/tickets/000001")
    assert "newer" in caught.value.next_step


def test_folders_of_runs_and_versions() -> None:
    assert run_path("raw", "tickets", 7) == manifest(7).run_id == "raw/tickets/000007"
    assert run_path("curate", "", 12) == "curate/000012"
    assert run_path("versions", "qa", 3) == manifest(3, "versions", "qa").run_id == "versions/qa@3"


def test_numbers_start_at_one_and_fields_are_fixed() -> None:
    with pytest.raises(ValidationError):
        manifest(0)
    with pytest.raises(ValidationError):
        manifest().number = 2  # type: ignore[misc]


def test_the_invariant_of_every_stage() -> None:
    assert Counts().balanced
    assert not Counts(rows_in=2, kept=1).balanced
    assert Counts(rows_in=5, kept=1, dropped={"a": 1, "b": 2}, failed=1).balanced
