"""Files in, kept and removed rows out: against brute force, in any order, night by night, and with bad input."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from washplant.config import DedupOptions
from washplant.duplicates import Sketching
from washplant.duplicates.files import FileJob, Summary, run
from washplant.duplicates.views import Views
from washplant.errors import ConfigError, SourceError, StoreError

THRESHOLD = 0.7
LETTERS = "".join(chr(0x4E00 + n) for n in range(800))
Row = tuple[str, str | None]


def corpus(count: int, seed: int) -> list[Row]:
    """Texts of 60 to 120 characters, half of them an edited copy of an earlier one."""
    pick = random.Random(seed)
    texts: list[str] = []
    for _ in range(count):
        if texts and pick.random() < 0.5:
            letters = list(pick.choice(texts))
            for _ in range(pick.choice([0, 1, 2, 4])):
                letters[pick.randrange(len(letters))] = pick.choice(LETTERS)
            texts.append("".join(letters))
        else:
            texts.append("".join(pick.choices(LETTERS, k=pick.randint(60, 120))))
    return [(f"r{seed}-{number:04}", text) for number, text in enumerate(texts)]


def job(
    folder: Path, rows: list[Row], out: str = "out", *, index: str | None = None, threads: int = 2, **options: float
) -> Path:
    """Run over the rows; where the output is."""
    table = pa.table({"id": [row[0] for row in rows], "text": pa.array([row[1] for row in rows], pa.string())})
    source = folder / f"{out}.parquet"
    pq.write_table(table, source, row_group_size=97)
    execute(folder, source, out, index=index, threads=threads, **options)
    return folder / out


def execute(
    folder: Path, source: Path, out: str, *, index: str | None = None, threads: int = 2, threshold: float = THRESHOLD
) -> Summary:
    sketching = Sketching.of(DedupOptions(threshold=threshold), seed=1)
    where = folder / index if index else None
    return run(FileJob([source], folder / out, "text", sketching, "id", None, True, where, threads))


def kept(out: Path) -> dict[str, str | None]:
    rows = [row for path in sorted((out / "kept").iterdir()) for row in pq.read_table(path).to_pylist()]
    return {row["id"]: row["text"] for row in rows}


def similarity(a: str, b: str) -> float:
    left, right = ({text[n : n + 5] for n in range(len(text) - 4)} for text in (a, b))
    return len(left & right) / len(left | right)


def test_every_removal_is_verified_against_a_kept_row(tmp_path: Path) -> None:
    rows = corpus(600, 1)
    out, texts = job(tmp_path, rows), dict(rows)
    stay = kept(out)
    removed = pq.read_table(out / "removed.parquet").to_pylist()
    assert len(removed) > 100
    assert {row["id"] for row in removed} | set(stay) == set(texts)
    for row in removed:
        assert row["kept_id"] in stay
        true = similarity(texts[row["id"]] or "", texts[row["kept_id"]] or "")
        assert row["similarity"] == pytest.approx(true)
        assert true >= THRESHOLD


def test_no_two_kept_rows_are_near_duplicates(tmp_path: Path) -> None:
    """Exhaustively: with 25 bands one pair in a thousand may be missed."""
    texts = [text or "" for text in kept(job(tmp_path, corpus(600, 2))).values()]
    near = [(a, b) for n, a in enumerate(texts) for b in texts[:n] if similarity(a, b) >= THRESHOLD]
    assert len(near) <= 1


def test_order_and_threads_change_nothing(tmp_path: Path) -> None:
    rows = corpus(400, 3)
    shuffled = rows[:]
    random.Random(4).shuffle(shuffled)
    one, other = job(tmp_path, rows), job(tmp_path, shuffled, "other", threads=1)
    assert kept(one) == kept(other)
    for name in ("removed", "clusters"):
        first, second = (pq.read_table(out / f"{name}.parquet").sort_by("id") for out in (one, other))
        assert first.equals(second)


def test_a_night_compares_new_rows_with_the_index(tmp_path: Path) -> None:
    old, new = corpus(300, 5), corpus(60, 6)
    job(tmp_path, old, "first", index="index")
    stay = kept(tmp_path / "first")
    again = [(f"again-{id_}", text) for id_, text in old[:50]]
    edited = [("edited", next(iter(stay.values())) + "改")]  # type: ignore[operator]
    out = job(tmp_path, [*new, *again, *edited], "second", index="index")
    removed = {row["id"]: row for row in pq.read_table(out / "removed.parquet").to_pylist()}
    assert {id_ for id_, _ in [*again, *edited]} <= set(removed)
    assert all(row["kept_id"] in stay or row["kept_id"] in kept(out) for row in removed.values())
    assert removed["edited"]["kept_id"] == next(iter(stay))


def test_replaying_the_nights_gives_the_same_index(tmp_path: Path) -> None:
    for place in ("a", "b"):
        (tmp_path / place).mkdir()
        job(tmp_path / place, corpus(200, 7), "first", index="index")
        job(tmp_path / place, corpus(100, 8), "second", index="index", threads=1)
    files = [path.relative_to(tmp_path / "a") for path in (tmp_path / "a" / "index").rglob("*") if path.is_file()]
    assert len(files) > 10
    assert all((tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes() for name in files)


def test_an_index_of_another_version_or_threshold_is_refused(tmp_path: Path) -> None:
    job(tmp_path, corpus(20, 9), index="index")
    with pytest.raises(StoreError, match="the index was made by"):
        job(tmp_path, corpus(20, 9), "other", index="index", threshold=0.9)
    manifest = tmp_path / "index" / "index.json"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace('"version": 2', '"version": 0'), encoding="utf-8")
    with pytest.raises(StoreError, match="version 0") as caught:
        job(tmp_path, corpus(20, 9), "another", index="index")
    assert "build it anew" in caught.value.next_step


CRASH = (
    "from pathlib import Path; from tests.unit.dedup.test_files import execute; "
    "execute(Path('.'), Path('night.parquet'), 'night', index='index')"
)


@pytest.mark.parametrize("point", ["index.views_written", "index.part_written"])
def test_a_crash_leaves_the_index_as_it_was(tmp_path: Path, point: str, monkeypatch: pytest.MonkeyPatch) -> None:
    job(tmp_path, corpus(60, 10), index="index")
    before = (tmp_path / "index" / "index.json").read_bytes()
    rows = corpus(60, 11)
    pq.write_table(pa.table({"id": [row[0] for row in rows], "text": [row[1] for row in rows]}), tmp_path / "night.parquet")
    monkeypatch.setenv("WASHPLANT_FAULT", point)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))
    done = subprocess.run([sys.executable, "-c", CRASH], cwd=tmp_path, check=False, timeout=300)
    assert done.returncode == -9
    assert (tmp_path / "index" / "index.json").read_bytes() == before
    monkeypatch.delenv("WASHPLANT_FAULT")
    shutil.rmtree(tmp_path / "night")
    execute(tmp_path, tmp_path / "night.parquet", "night", index="index")
    assert len(Views(tmp_path / "index" / "part-00002" / "views.arrow")) == len(kept(tmp_path / "night"))


@pytest.mark.parametrize("point", ["index.part_written", "index.after_manifest", "files.index_added"])
def test_the_same_command_after_a_crash_gives_what_it_gives_without(
    tmp_path: Path, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the index and the summary, too: a night is no duplicate of itself."""
    for place in ("died", "lived"):
        (tmp_path / place).mkdir()
        job(tmp_path / place, corpus(60, 10), "first", index="index")
        rows = corpus(60, 11)
        table = pa.table({"id": [one for one, _ in rows], "text": [two for _, two in rows]})
        pq.write_table(table, tmp_path / place / "night.parquet")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))
    with monkeypatch.context() as dying:
        dying.setenv("WASHPLANT_FAULT", point)
        assert subprocess.run([sys.executable, "-c", CRASH], cwd=tmp_path / "died", check=False, timeout=300).returncode == -9
    for place in ("died", "lived"):
        execute(tmp_path / place, tmp_path / place / "night.parquet", "night", index="index")
    files = [path.relative_to(tmp_path / "lived") for path in (tmp_path / "lived").rglob("*") if path.is_file()]
    assert len(kept(tmp_path / "lived" / "night")) > 20
    assert {path.relative_to(tmp_path / "died") for path in (tmp_path / "died").rglob("*") if path.is_file()} == set(files)
    assert all((tmp_path / "died" / name).read_bytes() == (tmp_path / "lived" / name).read_bytes() for name in files)


def test_the_same_night_in_another_order_is_one_night_to_the_index(tmp_path: Path) -> None:
    rows = corpus(80, 14)
    one = job(tmp_path, rows, "one", index="index")
    again = job(tmp_path, rows[::-1], "again", index="index")
    assert kept(again) == kept(one)
    assert len(kept(one)) > 20
    assert not (tmp_path / "index" / "part-00002").exists()


def test_what_says_something_else_is_held_apart_and_shown(tmp_path: Path) -> None:
    stem = "您好，请问我家的燃气费这个月为什么这么多，我在手机上看到的账单说一共要交{}元，麻烦您帮我核对一下，谢谢您了"
    rows: list[Row] = [("a", stem.format("120")), ("b", stem.format("350")), ("c", stem.format("120") + "。")]
    source = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"id": [one for one, _ in rows], "text": [two for _, two in rows]}), source)
    sketching = Sketching.of(DedupOptions(threshold=THRESHOLD), seed=1)
    for exact in (False, True):
        found = run(FileJob([source], tmp_path / f"guarded-{exact}", "text", sketching, "id", exact_text=exact))
        assert (found.kept, set(found.held_apart)) == (2, {"numbers"})
        assert found.held_apart_examples[0]["marks"] in (["120元", "350元"], ["350元", "120元"])
        alone = run(FileJob([source], tmp_path / f"alone-{exact}", "text", sketching, "id", exact_text=exact, guard=None))
        assert (alone.kept, alone.held_apart) == (1, {})


def test_equal_empty_null_and_tiny_texts(tmp_path: Path) -> None:
    rows: list[Row] = [
        ("a", ""),
        ("b", ""),
        ("c", None),
        ("d", None),
        ("e", "好"),
        ("f", "坏"),
        ("g", "好"),
        ("h", "啊" * 3000),
    ]
    rows += [("i", "啊" * 2000), *((f"j{n}", "同样的一句话，说了很多遍。") for n in range(5000))]
    out = job(tmp_path, rows)
    assert set(kept(out)) == {"a", "c", "d", "e", "f", "h", "j0"}
    assert {row["kept_id"] for row in pq.read_table(out / "removed.parquet").to_pylist()} == {"a", "e", "h", "j0"}


def test_thousands_that_share_a_template_stay_linear(tmp_path: Path) -> None:
    """Each meets a bounded number of others, however many share its keys."""
    pick = random.Random(12)
    stem = "".join(pick.choices(LETTERS, k=200))
    rows: list[Row] = [(f"t{n:04}", stem + "".join(pick.choices(LETTERS, k=90))) for n in range(2000)]
    (tmp_path / "t").mkdir()
    source = tmp_path / "t.parquet"
    pq.write_table(pa.table({"id": [row[0] for row in rows], "text": [row[1] for row in rows]}), source)
    done = execute(tmp_path, source, "out")
    assert done.candidates <= 25 * 51 * len(rows)


@pytest.mark.parametrize("threshold", [0.0, 1.0])
def test_a_threshold_of_0_or_1_is_refused(tmp_path: Path, threshold: float) -> None:
    with pytest.raises((ConfigError, ValueError), match="threshold"):
        job(tmp_path, corpus(3, 13), threshold=threshold)


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.parquet").write_bytes(b"no parquet")
    with pytest.raises(SourceError, match="cannot read it"):
        execute(tmp_path, tmp_path / "x.parquet", "out")
    pq.write_table(pa.table({"id": ["a"]}), tmp_path / "y.parquet")
    with pytest.raises(ConfigError, match="no column 'text'"):
        execute(tmp_path, tmp_path / "y.parquet", "out2")
