"""The YAML: what is wrong is said with its line, what is allowed, and what was probably meant."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines.project import kinds
from washplant.config import Loaded, load
from washplant.errors import ConfigError

GOOD = """\
name: demo
sources:
  r:
    kind: files
    path: r.csv
    key: id
map:
  qa:
    from: r
    instruction: "{q}"
    output: "{a}"
"""

Problem = Callable[[str], str]


@pytest.fixture
def loaded(tmp_path: Path) -> Callable[[str], Loaded]:
    """Load a text as a project file."""

    def read(text: str) -> Loaded:
        path = tmp_path / "p.yaml"
        path.write_text(text, encoding="utf-8")
        return load(path, kinds())

    return read


@pytest.fixture
def problem(loaded: Callable[[str], Loaded], tmp_path: Path) -> Problem:
    """The whole message of a text that must be refused, its path shortened to `p`."""

    def read(text: str) -> str:
        with pytest.raises(ConfigError) as caught:
            loaded(text)
        return str(caught.value).replace(str(tmp_path / "p.yaml"), "p")

    return read


def test_a_good_file_knows_its_lines(loaded: Callable[[str], Loaded], tmp_path: Path) -> None:
    found = loaded(GOOD)
    assert found.config.sources["r"].key == ("id",)
    assert found.folder == tmp_path
    assert [found.at(*where).rpartition(":")[2] for where in (("sources", "r", "path"), ("map", "qa"), ("map", "no"), ())] == [
        "5",
        "8",
        "7",
        "1",
    ]


# One line of the good file replaced by others: what is said of it.
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("name: demo", "nane: demo", "p:1: nane: unknown key; did you mean 'name'? allowed: clean, dedup, export, label"),
        ("name: demo\n", "", "p:1: name: is required and missing"),
        ("name: demo", "name: 9 lives", "p:1: name: String should match pattern"),
        ("path: r.csv", "paht: r.csv", "p:5: sources.r.paht: unknown key; did you mean 'path'? allowed: columns, deleted"),
        ("path: r.csv", "path: []", "p:5: sources.r.path: Tuple should have at least 1 item"),
        ("kind: files", "kind: file", "p:4: sources.r.kind: unknown kind 'file'; known: 'files', 'hbase', 'hive', 'mysql'"),
        ("kind: files", "key: x", "p:6: 'key' is given twice"),
        ("    kind: files\n", "", "p:3: sources.r.kind: is required and missing; known: files, hbase, hive, mysql"),
        ("  r:\n", "  ../r:\n", "p:3: sources.../r: not a name: write letters, digits, - and _, a letter first"),
        (
            "    key: id",
            "    watermark: {colunm: at}",
            "p:6: sources.r.watermark.colunm: unknown key; did you mean 'column'? allowed: also, column, lag_s",
        ),
        ("    key: id", "    watermark:\n      lag_s: 5", "p:6: sources.r.watermark.column: is required and missing"),
        ("    key: id", "    watermark:\n      column: at\n      lag_s: -1", "p:8: sources.r.watermark.lag_s: Input should be"),
        ("    key: id", "    watermark: {column: at, lag_s: 5}", "p:3: sources.r: `lag_s` has no meaning for files"),
        ("from: r", "from: tickets", "p:9: map.qa.from: no source 'tickets'; known: r"),
        ("from: r", "from: r\n    join: {c: id}", "p:10: map.qa.join.c: no source 'c'; known: r"),
        ("from: r", "from: r\n    join:\n      r: [a, b]", "p:11: map.qa.join.r: `on` names 2 columns, the key of r has 1"),
        ("from: r", "form: r", "p:9: map.qa.form: unknown key; did you mean 'from'? allowed: chosen, content, from"),
        ('"{a}"', "{a}", "p:11: map.qa.output: is text; put it in quotes, because { begins a block"),
        ('"{a}"', '"{a!r}"', "p:11: map.qa.output: {a} takes no format: write the column's name alone"),
        ('"{a}"', '"{}"', "p:11: map.qa.output: {} names no column; write {{ and }} for literal braces"),
        ('"{a}"', '"{a"', "p:11: map.qa.output: expected '}' before end of string"),
        ("from: r", "from: r\n    task: chat", "p:10: map.qa.task: Input should be 'dialogue', 'preference', 'text_clas"),
        ('    output: "{a}"\n', "", "p:8: map.qa: a dialogue mapping needs output"),
    ],
)
def test_a_problem_names_its_line_and_what_is_allowed(problem: Problem, old: str, new: str, said: str) -> None:
    assert said in problem(GOOD.replace(old, new, 1))


@pytest.mark.parametrize(
    ("added", "said"),
    [
        ("split: {train: 0.9, test: 0.2}", "p:12: split: train, validation and test must add up to 1"),
        ("split: {train: 2, validation: 0, test: 0}", "p:12: split.train: Input should be less than or equal to 1"),
        ("dedup:\n  threshold: 1.5", "p:13: dedup.threshold: Input should be less than 1"),
        ("clean: {mask: [e-mail]}", "p:12: clean.mask.0: Input should be 'url_credentials', 'email', 'resident_id'"),
        ("clean: {length: {min: 1}}", "p:12: clean.length.min: unknown key; allowed: answer_min, question_min, total_max"),
        ("label: {backend: {kind: file, tasks: t}}", "p:12: label.backend.answers: is required and missing"),
        ("label: {backend: {kind: file, task: t, answers: a}}", "label.backend.task: unknown key; did you mean 'tasks'?"),
        ("label: {badget: 5}", "p:12: label.badget: unknown key; did you mean 'budget'? allowed: backend, budget"),
        ("export:\n  x: {format: alpaca, from: nobody}", "p:13: export.x.from: no mapping 'nobody'; known: qa"),
        ("export:\n  x: {format: alpacca}", "p:13: export.x.format: unknown format 'alpacca'; known: 'alpaca', 'image'"),
        ("export: {x: {format: alpaca, root: d}}", "export.x.root: unknown key; allowed: format, from, history, include"),
        ("spark: {conf: {a: [1]}}", "p:12: spark.conf.a: Input should be a valid string"),
    ],
)
def test_a_problem_in_the_other_blocks(problem: Problem, added: str, said: str) -> None:
    assert said in problem(GOOD + added + "\n")


def test_every_problem_is_told_at_once(problem: Problem) -> None:
    said = problem(GOOD.replace("path:", "paht:").replace("from: r", "form: r") + "dedup: {num_perm: 1}\n")
    assert sorted(int(line.split(":")[1]) for line in said.splitlines()) == [3, 5, 8, 9, 12]


# --------------------------------------------------------------------------- parts named like a kind


@pytest.mark.parametrize("name", ["files", "mysql", "image", "alpaca", "file"])
def test_a_source_named_like_a_kind_gets_the_right_line(problem: Problem, name: str) -> None:
    text = GOOD.replace("  r:", f"  {name}:").replace("from: r", f"from: {name}")
    assert problem(text.replace("path:", "paht:")) == (
        f"p:3: sources.{name}.path: is required and missing\n"
        f"p:5: sources.{name}.paht: unknown key; did you mean 'path'? "
        "allowed: columns, deleted, delimiter, encoding, format, key, kind, path, sheet, watermark"
    )
    nested = problem(text.replace("key: id", "watermark: {colunm: at, column: b}"))
    assert nested == f"p:6: sources.{name}.watermark.colunm: unknown key; did you mean 'column'? allowed: also, column, lag_s"
    assert problem(text.replace("key: id", "watermark: {column: b, lag_s: 1}")).startswith(f"p:3: sources.{name}: `lag_s`")


@pytest.mark.parametrize("name", ["files", "image"])
def test_a_mapping_or_dataset_named_like_a_kind_gets_the_right_line(problem: Problem, name: str) -> None:
    said = problem(GOOD.replace("  qa:", f"  {name}:").replace("output:", "outptu:"))
    assert f"p:11: map.{name}.outptu: unknown key; did you mean 'output'? allowed: chosen" in said
    said = problem(GOOD + f"export:\n  {name}:\n    format: image\n    roots: x\n")
    assert said == (f"p:15: export.{name}.roots: unknown key; did you mean 'root'? allowed: format, from, include, root")


# ------------------------------------------------------------------------------------- grouped mappings

GROUPED = GOOD[: GOOD.index("    instruction")] + (
    "    group_by: session\n    order_by: at\n    role: '{who}'\n    roles: {客户: user, 客服: assistant}\n"
    "    content: '{text}'\n"
)


def test_a_grouped_mapping_takes_short_forms_and_chinese_speakers(loaded: Callable[[str], Loaded]) -> None:
    mapping = loaded(GROUPED).config.map["qa"]
    assert (mapping.group_by, mapping.order_by, mapping.roles["客户"]) == (("session",), ("at",), "user")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("    content: '{text}'\n", "", "a dialogue mapping needs content"),
        ("    roles: {客户: user, 客服: assistant}\n", "    roles: {}\n", "a dialogue mapping needs roles"),
        ("    order_by: at\n", "", "a dialogue mapping needs order_by"),
        ("    order_by", "    output: '{x}'\n    order_by", "leave instruction and output out"),
        ("    order_by", "    task: preference\n    order_by", "a preference mapping needs instruction, chosen, rejected"),
        ("    order_by", "    join: {r: id}\n    order_by", "a grouped mapping cannot join other sources"),
        ("    group_by: session\n", "    instruction: x\n    output: y\n", "role, roles, content and order_by need group_by"),
        ("assistant}", "agent}", "map.qa.roles.客服: Input should be 'user', 'assistant' or 'skip'"),
    ],
)
def test_a_grouped_mapping_is_whole_or_refused(problem: Problem, old: str, new: str, said: str) -> None:
    assert old in GROUPED
    found = problem(GROUPED.replace(old, new))
    assert said in found and "p:" in found


# ------------------------------------------------------------------------------------------- environment


def test_a_variable_that_is_not_set_is_named_with_its_line(problem: Problem, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOT_SET", raising=False)
    assert problem(GOOD.replace("r.csv", "${env:NOT_SET}/r.csv")) == (
        "p:5: sources.r.path needs the environment variable NOT_SET, which is not set\n→ export NOT_SET=… and run again"
    )


def test_variables_are_filled_in_and_only_they_make_secrets(
    loaded: Callable[[str], Loaded], problem: Problem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIR", "数据")
    monkeypatch.setenv("PW", "s3cret-pw")
    assert loaded(GOOD.replace("r.csv", "${env:DIR}/r.csv")).config.sources["r"].path == ("数据/r.csv",)  # type: ignore[attr-defined]
    login = "kind: mysql\n    host: h\n    port: '3307'\n    user: u\n    password: PASSWORD\n    database: d\n    table: t"
    text = GOOD.replace("kind: files\n    path: r.csv", login)
    found = loaded(text.replace("PASSWORD", "${env:PW}"))
    assert found.config.sources["r"].password.get_secret_value() == "s3cret-pw"  # type: ignore[attr-defined]
    assert "s3cret" not in repr(found)
    said = problem(text.replace("PASSWORD", "typed-pw"))
    assert said == "p:8: sources.r.password: a secret is written as ${env:NAME}, never as text in the file"


def test_the_hash_leaves_secrets_and_spark_out(loaded: Callable[[str], Loaded], monkeypatch: pytest.MonkeyPatch) -> None:
    first = loaded(GOOD).hash()
    assert loaded(GOOD + "spark: {master: 'local[1]', conf: {spark.x: true, spark.y: 2}}\n").hash() == first
    assert loaded(GOOD + "seed: 1\n").hash() != first
    assert loaded(GOOD + "seed: 1\n").hash("map") == loaded(GOOD).hash("map")


def test_spark_settings_may_be_written_as_they_are(loaded: Callable[[str], Loaded]) -> None:
    conf = loaded(GOOD + "spark: {conf: {a: true, b: 2, c: 0.5, d: text}}\n").config.spark.conf
    assert conf == {"a": "true", "b": "2", "c": "0.5", "d": "text"}


# -------------------------------------------------------------------------------------------------- YAML


def test_a_byte_order_mark_does_no_harm(loaded: Callable[[str], Loaded]) -> None:
    assert loaded("\ufeff" + GOOD).config.name == "demo"


def test_chinese_keys_and_columns(loaded: Callable[[str], Loaded], problem: Problem) -> None:
    text = GOOD.replace("key: id", "key: 编号").replace("{q}", "{问题}").replace("{a}", "{答案}")
    assert loaded(text).config.sources["r"].key == ("编号",)
    assert "p:12: 标注: unknown key; allowed:" in problem(GOOD + "标注: x\n")


def test_anchors_and_aliases(loaded: Callable[[str], Loaded], problem: Problem) -> None:
    text = GOOD.replace("  r:\n", "  r: &r\n").replace("map:", "  s: *r\nmap:")
    assert loaded(text).config.sources["s"] == loaded(text).config.sources["r"]
    assert "p:5: sources.r.paht: unknown key" in problem(text.replace("path:", "paht:"))
    assert "undefined alias 'nobody'" in problem(text.replace("*r", "*nobody"))


def test_merge_keys_give_what_the_block_does_not_say(loaded: Callable[[str], Loaded], problem: Problem) -> None:
    text = GOOD.replace("  r:\n", "  r: &r\n").replace("map:", "  s:\n    <<: *r\n    path: s.csv\nmap:")
    source: Any = loaded(text).config.sources["s"]
    assert (source.key, source.path) == (("id",), ("s.csv",))
    both = GOOD.replace("  r:\n", "  r: &r\n").replace("map:", "  s: {<<: [*r, {key: no, columns: c}]}\nmap:")
    source = loaded(both).config.sources["s"]
    assert (source.key, source.columns) == (("id",), ("c",)), "of several blocks the first counts"
    assert "p:8: `<<` takes another block" in problem(text.replace("<<: *r", "<<: r"))


def test_an_alias_to_itself_is_refused(problem: Problem) -> None:
    assert "p:12: an alias (*) holds itself" in problem(GOOD + "label: &l {backend: *l}\n")
    assert "`<<` takes another block" in problem(GOOD + "label: &l {<<: *l}\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "p:1: name: is required and missing"),
        ("- a\n", "p:1: "),
        ("just words\n", "p:1: "),
        ("name: [a\nmap: {", "p:2: not YAML: "),
        ("name: a\n\tmap: b\n", "p:2: not YAML: found character '\\t' that cannot start any token"),
        ("name: a\n---\nname: b\n", "p:2: not YAML: "),
        ("name: a\nmap: {{q}: b}\n", "p:2: a key must be text"),
        ("name: a\nseed: !!int x\n", "p:2: not a value: "),
        ("name: a\nseed: 2025-02-30\n", "p:2: not a value: "),
        ("name: a\nseed: !x 1\n", "p:2: not a value: "),
    ],
)
def test_what_is_no_project_file_is_refused_with_a_line(problem: Problem, text: str, said: str) -> None:
    assert said in problem(text)


def test_a_file_that_is_not_there_or_not_utf8(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no such file\n→ `washplant init` writes"):
        load(tmp_path / "no.yaml", kinds())
    path = tmp_path / "gbk.yaml"
    path.write_bytes("name: 水务".encode("gb18030"))
    with pytest.raises(ConfigError, match="save it as UTF-8"):
        load(path, kinds())
