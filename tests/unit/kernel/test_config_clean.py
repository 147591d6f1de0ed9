"""Word lists of the YAML: read when the file is read, part of the rules' digest, errors that name the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.project import kinds
from washplant.config import load
from washplant.errors import ConfigError

PROJECT = """\
name: p
sources: {r: {kind: files, path: r.csv, key: id}}
map: {m: {from: r, instruction: "{q}", output: "{a}"}}
clean:
"""


def loaded(folder: Path, clean: str):  # type: ignore[no-untyped-def]
    file = folder / "washplant.yaml"
    file.write_text(PROJECT + clean, encoding="utf-8")
    return load(file, kinds())


def test_lists_are_read_beside_the_yaml(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("\ufeff感谢来电  # 12 rows\n\n# a comment\n感谢来电\n再见\n", encoding="utf-8")
    clean = "  boilerplate: {lists: [mine.txt, {words: [你好]}]}\n  sensitive: {lists: {game: mine.txt}, action: mask}\n"
    first = loaded(tmp_path, clean)
    assert [one.words for one in first.config.clean.boilerplate.lists] == [("感谢来电", "再见"), ("你好",)]
    assert first.config.clean.sensitive.lists["game"].words == ("感谢来电", "再见")
    before = first.hash("clean")
    (tmp_path / "mine.txt").write_text("感谢来电\n", encoding="utf-8")
    assert loaded(tmp_path, clean).hash("clean") != before


def test_a_missing_list_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no readable word list") as raised:
        loaded(tmp_path, "  boilerplate: {lists: [none.txt]}\n")
    assert raised.value.where.endswith("none.txt")


@pytest.mark.parametrize(
    "clean", ["  boilerplate: {lists: [{}]}\n", "  quality: {drop: {echoes: 1}}\n", "  text: {width: half}\n"]
)
def test_wrong_options(tmp_path: Path, clean: str) -> None:
    with pytest.raises(ConfigError):
        loaded(tmp_path, clean)


def test_a_threshold_replaces_its_own_default_alone(tmp_path: Path) -> None:
    drop = loaded(tmp_path, "  quality: {drop: {echo: 1, gibberish: null}}\n").config.clean.quality.drop
    assert (drop.echo, drop.gibberish, drop.refusal, drop.repetition) == (1, None, 1, 0.6)
