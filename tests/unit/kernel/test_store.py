"""The store on a local disk, by path and by URI: readers see whole files or none."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from washplant import store as stores
from washplant.errors import StoreError
from washplant.store import Store


@pytest.fixture(params=["path", "uri"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """A store in a folder whose name needs care."""
    folder = tmp_path / "水 store"
    folder.mkdir()
    return Store(str(folder) if request.param == "path" else folder.as_uri())


def test_a_file_uri_is_a_local_folder(tmp_path: Path) -> None:
    """So puts are atomic there, folders private, and the ledger can lie beside it."""
    folder = tmp_path / "a 水"
    assert Store(folder.as_uri()).local == folder
    assert Store(f"file://{tmp_path}/b").local == tmp_path / "b"
    assert Store(folder.as_uri()).full("x") == Store(str(folder)).full("x") == str(folder / "x")


def test_what_is_put_is_read_back(store: Store) -> None:
    store.put("a/b/c.json", "水".encode())
    assert store.read("a/b/c.json") == "水".encode()
    assert (store.exists("a/b/c.json"), store.exists("a/b"), store.exists("a/x"), store.size("a/b/c.json")) == (
        True,
        True,
        False,
        3,
    )
    store.put("a/b/c.json", b"")
    assert store.read("a/b/c.json") == b""


class Killed(BaseException):
    """No handler of ours catches it, as none would run."""


@pytest.mark.parametrize("before", [None, b"old"])
def test_a_writer_killed_before_the_replace_leaves_what_was_there(
    store: Store, monkeypatch: pytest.MonkeyPatch, before: bytes | None
) -> None:
    if before:
        store.put("m/manifest.json", before)

    def killed(source: Path, target: Path) -> Path:
        raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(Path, "replace", killed)
        store.put("m/manifest.json", b"new")
    assert store.exists("m/manifest.json") == bool(before)
    assert before is None or store.read("m/manifest.json") == before
    assert store.files("m") == ([("manifest.json", 3)] if before else []), "the temporary file is nobody's data"
    store.put("m/manifest.json", b"newest")
    assert store.read("m/manifest.json") == b"newest"
    assert store.children("m") == ["manifest.json"], "the next put takes the temporary file along"


def test_a_full_disk_is_told_as_such(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.put("x", b"old")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match="no space left on the device") as caught:
        store.put("x", b"new")
    assert "run the same command again" in caught.value.next_step and caught.value.where.endswith("/x")
    assert store.read("x") == b"old"


def test_what_is_not_there_is_told_with_its_place(store: Store) -> None:
    for read in (store.read, store.sha256, lambda path: list(store.chunks(path))):
        with pytest.raises(StoreError) as caught:
            read("no/such")
        assert caught.value.where.endswith("no/such")
    assert store.children("no") == store.files("no") == []
    store.delete("no/such")


def test_files_below_a_folder(store: Store) -> None:
    for path in ("r/_SUCCESS", "r/.a.crc", "r/b.parquet", "r/_part=kept/c.parquet", "r/子/d", "s/e"):
        store.put(path, b"12")
    assert store.files("r") == [("_part=kept/c.parquet", 2), ("b.parquet", 2), ("子/d", 2)]
    assert store.children("r") == sorted([".a.crc", "_SUCCESS", "_part=kept", "b.parquet", "子"])
    assert store.children("") == ["r", "s"]
    assert ("r/b.parquet", 2) in store.files("")


def test_a_file_or_a_folder_is_deleted(store: Store) -> None:
    store.put("a/b/c", b"1")
    store.put("a/d", b"1")
    store.delete("a/d")
    assert store.children("a") == ["b"]
    store.delete("a")
    assert store.children("") == []


@pytest.mark.parametrize("chunk_bytes", [1, 2, 3, 5, 7, 1 << 20])
@pytest.mark.parametrize("text", ["", "\n", "水表\n\n过户😀费\nend", "水表过户\n", "no end", "a\r\nb\n"])
def test_lines_across_chunks(store: Store, monkeypatch: pytest.MonkeyPatch, chunk_bytes: int, text: str) -> None:
    monkeypatch.setattr(stores, "CHUNK_BYTES", chunk_bytes)
    store.put("x.jsonl", text.encode())
    whole = text.removesuffix("\n")
    assert list(store.lines("x.jsonl")) == (whole.split("\n") if text else [])


def test_a_large_file_is_written_in_pieces(store: Store) -> None:
    pieces = ["水".encode() * 1000, b"", b"end\n"]
    digest, size = store.write("deep/folder/x.jsonl", iter(pieces))
    data = b"".join(pieces)
    assert (digest, size) == (hashlib.sha256(data).hexdigest(), len(data))
    assert store.read("deep/folder/x.jsonl") == data and store.sha256("deep/folder/x.jsonl") == digest


def test_private_folders_are_their_owners(store: Store) -> None:
    store.make_folder("raw/t/1", private=True)
    assert store.local is not None
    assert stat.S_IMODE((store.local / "raw/t/1").stat().st_mode) == 0o700


def test_parquet_files_as_one_dataset(store: Store) -> None:
    assert store.local is not None
    for name in ("a", "b"):
        store.make_folder("p")
        pq.write_table(pa.table({"x": [name]}), store.local / "p" / f"{name}.parquet")
    found = store.dataset(["p/a.parquet", "p/b.parquet"]).to_table()
    assert found.column("x").to_pylist() == ["a", "b"]


def test_an_unknown_scheme_is_refused() -> None:
    with pytest.raises(StoreError, match="cannot open the store"):
        Store("nfs4://host/x")


def test_addresses_for_spark_are_not_escaped(tmp_path: Path) -> None:
    """Spark would write to a folder that is really called %E6%B0%B4, and the store would list nothing."""
    for store in (Store(str(tmp_path / "水 表")), Store((tmp_path / "水 表").as_uri())):
        assert store.uri("raw/x") == f"file://{tmp_path}/水 表/raw/x"


@pytest.mark.parametrize("name", ["a[1]", "{b}", "c*", "d?", "e\\"])
def test_a_folder_that_spark_would_read_as_a_pattern_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(StoreError, match="must not have"):
        Store(str(tmp_path / name))
