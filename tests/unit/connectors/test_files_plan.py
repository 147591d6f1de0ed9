"""Which files a plan reads: globs, folders, positions, limits, columns; and what check and discover say."""

from __future__ import annotations

import json
import os
import pickle
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from connectors.base import Position, ReadPlan
from connectors.files import Files, FilesOptions
from connectors.files.find import find
from washplant.errors import ConfigError, SourceDataError, SourceError, SourceSchemaError


def files(*path: Path | str, **options: Any) -> Files:
    return Files("tickets", FilesOptions(kind="files", path=tuple(map(str, path)), **options))


def rows(connector: Files, plan: ReadPlan) -> list[dict[str, Any]]:
    return [row for split in plan.splits for batch in connector.read(split, plan.schema) for row in batch.to_pylist()]


def lay(folder: Path, **content: str) -> None:
    """Files by name; `__` stands for a slash, `_DOT_` for a dot."""
    for name, text in content.items():
        path = folder / name.replace("__", "/").replace("_DOT_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def names(pattern: Path | str) -> list[str]:
    return [Path(file.path).name for file in find(str(pattern), "source tickets")]


def test_globs_folders_and_depth(tmp_path: Path) -> None:
    lay(tmp_path, b_DOT_csv="a\n", a_DOT_csv="a\n", x__c_DOT_csv="a\n", x__y__d_DOT_csv="a\n", x__e_DOT_jsonl="")
    assert names(tmp_path / "*.csv") == ["a.csv", "b.csv"]
    assert names(tmp_path / "**/*.csv") == ["a.csv", "b.csv", "c.csv", "d.csv"]
    assert names(tmp_path / "x") == ["c.csv", "e.jsonl", "d.csv"]
    assert names(tmp_path / "[xz]/?.csv") == ["c.csv"]
    assert names(tmp_path / "*/y") == ["d.csv"]
    assert names(f"file://{tmp_path}/x/*.csv") == ["c.csv"]


def test_a_name_with_brackets_is_a_name_first(tmp_path: Path) -> None:
    (tmp_path / "a[1].csv").write_text("a\n")
    assert names(tmp_path / "a[1].csv") == ["a[1].csv"]


def test_spark_output_folder(tmp_path: Path) -> None:
    lay(
        tmp_path,
        out__part_DOT_json='{"a":1}\n',
        out___SUCCESS="",
        out___temporary__0__part_DOT_json="oops",
        out___DOT_part_DOT_json_DOT_crc="x",
    )
    (tmp_path / "out" / ".part.json.crc").write_bytes(b"\0")
    connector = files(tmp_path / "out")
    assert rows(connector, connector.plan({})) == [{"a": "1"}]


def test_hive_style_folders_are_columns(tmp_path: Path) -> None:
    for day, value in (("2024-01-01", "1"), ("__HIVE_DEFAULT_PARTITION__", "2"), ("a%2Fb", "3")):
        folder = tmp_path / "t" / f"dt={day}"
        folder.mkdir(parents=True)
        (folder / "000.csv").write_text(f"id\n{value}\n")
    connector = files(tmp_path / "t")
    found = {row["id"]: row["dt"] for row in rows(connector, connector.plan({}))}
    assert found == {"1": "2024-01-01", "2": None, "3": "a/b"}
    assert connector.plan({}, columns=("id",)).schema.names == ["id"]


def test_no_match_says_what_is_there(tmp_path: Path) -> None:
    lay(tmp_path, **{f"f{i}_DOT_txt": "" for i in range(7)})
    with pytest.raises(SourceSchemaError, match="no file matches") as caught:
        files(tmp_path / "data" / "*.csv").plan({})
    assert f"{tmp_path} exists and holds f0.txt, f1.txt, f2.txt, f3.txt, f4.txt and 2 more" in caught.value.next_step


def test_unknown_extension_lists_the_known_formats(tmp_path: Path) -> None:
    lay(tmp_path, a_DOT_txt="id\n1\n")
    with pytest.raises(SourceSchemaError, match="'txt'") as caught:
        files(tmp_path / "a.txt").plan({})
    assert "csv, tsv, jsonl, json, parquet, xlsx" in caught.value.next_step
    connector = files(tmp_path / "a.txt", format="csv")
    assert rows(connector, connector.plan({})) == [{"id": "1"}]


def test_columns_of_many_files_in_first_seen_order(tmp_path: Path) -> None:
    lay(tmp_path, a_DOT_csv="id,b\n1,x\n", b_DOT_jsonl='{"c": 3, "id": 2}\n', c_DOT_csv="b,id\ny,3\n")
    connector = files(tmp_path)
    plan = connector.plan({})
    assert plan.schema == pa.schema([(name, pa.string()) for name in ("id", "b", "c")])
    assert [tuple(row.values()) for row in rows(connector, plan)] == [
        ("1", "x", None),
        ("2", None, "3"),
        ("3", "y", None),
    ]
    assert plan.rows_estimate == 3


def test_only_new_and_changed_files_are_read(tmp_path: Path) -> None:
    lay(tmp_path, a_DOT_csv="id\n1\n", b_DOT_csv="id\n2\n")
    connector = files(tmp_path / "*.csv")
    first = connector.plan({})
    position: Position = json.loads(json.dumps(first.until))
    assert set(position["files"]) == {str(tmp_path / "a.csv"), str(tmp_path / "b.csv")}
    stat = (tmp_path / "a.csv").stat()
    assert position["files"][str(tmp_path / "a.csv")] == [stat.st_size, stat.st_mtime_ns]
    again = connector.plan(position)
    assert again.splits == () and again.until == position and again.schema.names == ["id"]
    lay(tmp_path, b_DOT_csv="id\n2\n20\n", c_DOT_csv="id\n3\n")
    (tmp_path / "a.csv").unlink()
    third = connector.plan(position)
    assert [row["id"] for row in rows(connector, third)] == ["2", "20", "3"]
    assert third.statements[0].startswith("-- 2 of 2 files")


def test_a_touched_file_is_read_again(tmp_path: Path) -> None:
    lay(tmp_path, a_DOT_csv="id\n1\n")
    connector = files(tmp_path / "a.csv")
    until = connector.plan({}).until
    os.utime(tmp_path / "a.csv", ns=(1, 1))
    assert len(connector.plan(until).splits) == 1


def test_columns_seen_before_stay_in_the_schema(tmp_path: Path) -> None:
    """Or the hash of every row that is read again would change."""
    lay(tmp_path, a_DOT_csv="id,b\n1,x\n", b_DOT_csv="id,c\n2,y\n")
    connector = files(tmp_path / "*.csv")
    until = connector.plan({}).until
    lay(tmp_path, a_DOT_csv="id,b\n1,x\n3,z\n")
    plan = connector.plan(until)
    assert plan.schema.names == ["id", "b", "c"]
    assert rows(connector, plan)[1] == {"id": "3", "b": "z", "c": None}


def test_limit_bounds_the_rows_and_moves_nothing(tmp_path: Path) -> None:
    lay(tmp_path, a_DOT_csv="id\n1\n2\n", b_DOT_csv="id\n3\n4\n")
    connector = files(tmp_path / "*.csv")
    plan = connector.plan({}, limit=3)
    assert [row["id"] for row in rows(connector, plan)] == ["1", "2", "3"]
    assert plan.until == plan.since == {}
    assert len(rows(connector, connector.plan({}, limit=0))) == 0


def test_declared_columns_and_keys_must_exist(tmp_path: Path) -> None:
    lay(tmp_path, a_DOT_csv="ticket_id,b\n1,x\n")
    for options in ({"columns": ["ticketid"]}, {"key": "ticketid"}, {"watermark": {"column": "Ticket_ID"}}):
        with pytest.raises(SourceSchemaError) as caught:
            files(tmp_path / "a.csv", **options).plan({})
        assert "did you mean ticket_id?" in caught.value.next_step


def test_columns_that_differ_in_case_only(tmp_path: Path) -> None:
    lay(tmp_path, a_DOT_csv="ID\n1\n", b_DOT_csv="id\n1\n")
    with pytest.raises(SourceSchemaError, match=r"'ID' .*a\.csv.* 'id' .*b\.csv"):
        files(tmp_path / "*.csv").plan({})


def test_options_that_nothing_heeds_are_refused(tmp_path: Path) -> None:
    lay(tmp_path, a_DOT_jsonl='{"id":1}\n')
    with pytest.raises(ConfigError, match="`delimiter` has no meaning"):
        files(tmp_path / "a.jsonl", delimiter=";").plan({})
    for options in (
        {"encoding": "klingon"},
        {"delimiter": "é"},
        {"watermark": {"column": "t", "lag_s": 5}},
        {"colour": 1},
    ):
        with pytest.raises(ValidationError):
            files("a.csv", **options)


def test_paths_are_relative_to_the_yaml() -> None:
    options = FilesOptions.model_validate({"kind": "files", "path": ["a.csv", "/b.csv", "s3://c/d.csv"]})
    assert options.relative_to(Path("/etc/w")).path == ("/etc/w/a.csv", "/b.csv", "s3://c/d.csv")
    assert FilesOptions.model_validate({"kind": "files", "path": "a.csv"}).path == ("a.csv",)


def test_connector_and_splits_travel_to_workers(tmp_path: Path) -> None:
    lay(tmp_path, a_DOT_csv="id\n1\n")
    connector = files(tmp_path / "a.csv")
    plan = connector.plan({})
    json.dumps(plan.splits[0].spec)
    connector, plan = pickle.loads(pickle.dumps((connector, plan)))
    assert rows(connector, plan) == [{"id": "1"}]


@pytest.mark.parametrize("change", ["grow", "vanish", "touch"])
def test_a_file_that_changes_between_plan_and_read(tmp_path: Path, change: str) -> None:
    lay(tmp_path, a_DOT_csv="id\n1\n")
    connector = files(tmp_path / "a.csv")
    plan = connector.plan({})
    path = tmp_path / "a.csv"
    if change == "vanish":
        path.unlink()
    elif change == "grow":
        path.write_text("id\n1\n2")
    else:
        os.utime(path, ns=(1, 1))
    with pytest.raises(SourceDataError) as caught:
        rows(connector, plan)
    assert "run the same command again" in caught.value.next_step


def test_a_file_that_changes_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.files.formats.json_lines.BLOCK_BYTES", 8)
    lay(tmp_path, a_DOT_jsonl='{"id":1}\n' * 9)
    connector = files(tmp_path / "a.jsonl")
    plan = connector.plan({})
    batches = connector.read(plan.splits[0], plan.schema)
    next(batches)
    with (tmp_path / "a.jsonl").open("a") as file:
        file.write('{"id"')
    with pytest.raises(SourceDataError, match="changed while it was read"):
        list(batches)


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay(tmp_path, a_DOT_csv="id\n1\n")

    def refuse(_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("connectors.files.find.DataFile.open_stream", refuse)
    with pytest.raises(SourceDataError, match="may not read"):
        files(tmp_path / "a.csv").plan({})


def test_check_reports_files_columns_and_key(tmp_path: Path) -> None:
    lay(tmp_path, a_DOT_csv="id,b\n1,x\n1,y\n")
    good = files(tmp_path / "a.csv", key=["id", "b"]).check()
    assert all(finding.ok for finding in good)
    assert "unique in the first 2 rows" in good[-1].what
    repeated = files(tmp_path / "a.csv", key="id").check()[-1]
    assert not repeated.ok and "1 of the first 2 rows repeat" in repeated.what
    for connector in (files(tmp_path / "z.csv"), files(tmp_path / "a.csv", key="idd")):
        bad = [finding for finding in connector.check() if not finding.ok]
        assert len(bad) == 1 and bad[0].next_step


def test_check_never_raises_for_a_bad_row(tmp_path: Path) -> None:
    lay(tmp_path, a_DOT_csv="id\n1\n2,3\n")
    assert not files(tmp_path / "a.csv", key="id").check()[-1].ok


def test_discover_tells_columns_and_rows(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": [1, 2]}), tmp_path / "a.parquet")
    lay(tmp_path, b_DOT_csv="x,y\n" + "1,2\n" * 100)
    tables = files(tmp_path / "*.parquet", tmp_path / "b.csv").discover()
    assert [(column.name, column.arrow) for column in tables[0].columns] == [("id", "int64")]
    assert [table.rows_estimate for table in tables] == [2, 100]


def test_estimate_of_a_large_file(tmp_path: Path) -> None:
    lay(tmp_path, a_DOT_csv="id,text\n" + "".join(f"{i:08d},some text here\n" for i in range(100_000)))
    estimate = files(tmp_path / "a.csv").plan({}).rows_estimate
    assert estimate is not None and abs(estimate - 100_000) < 1000


def test_remote_that_is_not_known(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="oss://") as caught:
        files("oss://bucket/a.csv").plan({})
    assert "endpoint_override" in caught.value.next_step


def test_file_uri_shows_as_a_path(tmp_path: Path) -> None:
    lay(tmp_path / "空 格", a_DOT_csv="id\n1\n")
    connector = files(f"file://{tmp_path}/空 格/*.csv")
    plan = connector.plan({})
    assert list(plan.until["files"]) == [str(tmp_path / "空 格" / "a.csv")]
    assert rows(connector, plan) == [{"id": "1"}]


def test_errors_travel_by_pickle(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        files(tmp_path / "*.csv").plan({})
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
