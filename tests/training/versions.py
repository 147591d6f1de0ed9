"""A published version, written as export writes one, and questions that a small model can learn."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from washplant import manifest as manifests
from washplant.manifest import DataFile, Manifest
from washplant.store import Store

SUBJECTS = ("水压低", "水发黄", "水表不走", "管道漏水", "缴费失败", "发票遗失", "停水通知", "户名变更", "阀门锈死", "水表冻裂")
PLACES = ("厨房", "阳台", "一楼", "六楼", "办公室")


def questions() -> list[dict[str, str]]:
    """Fifty short questions and their answers."""
    return [
        {
            "instruction": f"{place}{subject}怎么办？",
            "input": "",
            "output": f"您好，{subject}请先检查{place}的总阀，仍未解决请拨打客服热线。",
        }
        for subject in SUBJECTS
        for place in PLACES
    ]


def pairs() -> list[dict[str, str]]:
    """The same questions with a polite and a rude answer."""
    return [
        {"instruction": row["instruction"], "input": "", "chosen": row["output"], "rejected": "不知道，你自己想办法。"}
        for row in questions()
    ]


def publish(root: Path, name: str, rows: Sequence[Mapping[str, Any]], format: str = "alpaca", number: int = 1) -> None:
    """Write `name@number`: every tenth row for validation, every tenth for the test."""
    splits = ["validation" if i % 10 == 3 else "test" if i % 10 == 7 else "train" for i in range(len(rows))]
    store = Store(str(root))
    files: dict[str, tuple[DataFile, ...]] = {}
    for split in ("train", "validation", "test"):
        files[split] = _put(store, f"{name}@{number}/{split}", [r for r, s in zip(rows, splits, strict=True) if s == split])
    origins = [
        {"id": f"{i:032x}", "version": "v", "source": "faq", "mapping": "qa", "split": split, "annotators": ["7"]}
        for i, split in enumerate(splits)
    ]
    files["lineage"] = _put(store, f"{name}@{number}/lineage", origins)
    manifests.write(store, Manifest(stage="versions", name=name, number=number, files=files, facts={"format": format}))


def _put(store: Store, path: str, rows: Sequence[Mapping[str, Any]]) -> tuple[DataFile, ...]:
    data = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    store.put(f"versions/{path}.jsonl", data)
    name = f"{path.rpartition('/')[2]}.jsonl"
    return (DataFile(path=name, bytes=len(data), rows=len(rows), sha256=hashlib.sha256(data).hexdigest()),)
