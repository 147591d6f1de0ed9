"""A project of 200 rows with duplicates, empty answers, phones and prepared answers, and ways to run and compare it.

All stores of a project lie in one folder and read the same files, so what they publish can be compared byte for byte.
"""

from __future__ import annotations

import csv
import json
import os
import random
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.project import Project, open_project
from tests.spark import answers
from washplant import ids

CHECKOUT = Path(__file__).resolve().parents[2]
TICKETS, SESSIONS, TURNS = 140, 20, 3

# On a few rows compiling the generated code takes longer than running the plan as it is.
YAML = """\
name: crash
store: stores/NAME/store
seed: 7
spark:
  master: local[2]
  conf:
    spark.sql.shuffle.partitions: 2
    spark.sql.codegen.wholeStage: false
    spark.sql.codegen.factoryMode: NO_CODEGEN
sources:
  tickets: {kind: files, path: TICKETS, key: ticket_id}
  chats: {kind: files, path: CHATS, key: msg_id}
map:
  qa: {from: tickets, when: status = 'closed', instruction: "{q}", output: "{a}", meta: [channel]}
  chat:
    from: chats
    group_by: session_id
    order_by: [seq]
    role: "{speaker}"
    roles: {客户: user, 客服: assistant}
    content: "{text}"
dedup: {threshold: 0.8}
label: {backend: {kind: file, tasks: stores/NAME/tasks, answers: answers.json}, budget: 400}
split: {train: 0.6, validation: 0.2, test: 0.2}
export:
  qa: {format: alpaca, from: qa}
  chat: {format: alpaca, from: chat, history: true, include: unlabelled}
"""

_PHRASES = """
水表 过户 停水 来水 缴费 欠费 滞纳金 阶梯水价 漏水 爆管 水质 发黄 水压 不足 报装 销户 抄表 换表 检定 发票
户名 营业厅 热线 网上 预约 上门 维修 阀门 管道 小区 物业 二次供水 水箱 清洗 减免 低保 商业 居民 合同 押金
银行 代扣 微信 账单 短信 通知 投诉 建议 工单 回访 夜间 施工 恢复 冻裂 保温 井盖 倾斜 噪音 远传 电池 故障
"""
PHRASES = _PHRASES.split()


@dataclass(frozen=True)
class Rows:
    """The rows of both sources."""

    tickets: list[dict[str, str]]
    chats: list[dict[str, str]]


def make_rows() -> Rows:
    """The same rows every time."""
    rng = random.Random(20250301)

    def text(words: int) -> str:
        return "，".join("".join(rng.sample(PHRASES, 3)) for _ in range(words)) + "。"

    tickets: list[dict[str, str]] = []
    for number in range(TICKETS):
        earlier = tickets[rng.randrange(len(tickets))] if tickets else None
        q, a = f"请问{text(2)}", f"您好，{text(8)}"
        if earlier and number % 7 == 0:
            q, a = earlier["q"], earlier["a"]
        elif earlier and number % 11 == 0:
            q, a = earlier["q"], earlier["a"] + "谢谢您的来电"
        elif number % 13 == 0:
            a = ""
        elif number % 9 == 0:
            a += f"请致电1380013{number:04d}联系。"
        status = "open" if number % 17 == 0 else "closed"
        tickets.append({"ticket_id": str(number), "q": q, "a": a, "status": status, "channel": rng.choice(["app", "电话"])})
    speakers = ("客户", "客服", "客服")
    chats = [
        {"msg_id": f"{s}-{n}", "session_id": str(s // 2 * 2), "seq": f"{s % 2 * TURNS + n:02d}", "speaker": speakers[n]}
        | {"text": f"请问{text(2)}" if n == 0 else f"您好，{text(4)}"}
        for s in range(SESSIONS)
        for n in range(TURNS)
    ]
    return Rows(tickets, chats)


def write_csv(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def write_jsonl(path: Path, rows: list[dict[str, str]]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def answered(rows: Rows) -> list[dict[str, Any]]:
    """An export in which two of three tickets are answered, one of five of these with another text."""
    made = []
    for number, row in enumerate(rows.tickets):
        if number % 3 == 0:
            continue
        turns = [("user", row["q"]), ("assistant", row["a"])]
        data = {
            "sample_id": ids.sample_id("tickets", "qa", json.dumps([row["ticket_id"]])),
            "version": ids.content_version("dialogue", None, None, turns, None, None, None, None),
            "task": "dialogue",
            "instruction": row["q"],
            "input": "",
            "output": row["a"],
        }
        made.append(answers.answer({"data": data}, number + 1, f"改：{row['a']}" if number % 5 == 0 else None))
    return made


@dataclass(frozen=True)
class Site:
    """The folder with the sources, the answers and all stores."""

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> Site:
        """Write sources and answers."""
        rows = make_rows()
        folder.mkdir(parents=True, exist_ok=True)
        write_csv(folder / "tickets.csv", rows.tickets)
        write_jsonl(folder / "chats.jsonl", rows.chats)
        answers.write(folder / "answers.json", *answered(rows))
        return cls(folder)

    def yaml(self, name: str, *, tickets: str = "tickets.csv", chats: str = "chats.jsonl") -> Path:
        """The project file of the store `name`."""
        path = self.folder / f"{name}.yaml"
        text = YAML.replace("NAME", name).replace("TICKETS", tickets).replace("CHATS", chats)
        path.write_text(text, encoding="utf-8")
        return path

    def store(self, name: str) -> Path:
        return self.folder / "stores" / name / "store"

    def published(self, name: str) -> dict[str, bytes]:
        """Every file of every version, manifests included."""
        versions = self.store(name) / "versions"
        return {str(p.relative_to(versions)): p.read_bytes() for p in sorted(versions.rglob("*")) if p.is_file()}

    def tasks(self, name: str) -> list[tuple[str, str]]:
        """(id, version) of every pushed task, in the order of the files; temporary files must not be there."""
        folder = self.folder / "stores" / name / "tasks"
        assert not list(folder.glob(".*")), "a torn task file was left"
        tasks = [task for file in sorted(folder.glob("*.json")) for task in json.loads(file.read_text(encoding="utf-8"))]
        return [(task["data"]["sample_id"], task["data"]["version"]) for task in tasks]


def opened(yaml: Path) -> Project:
    """The project, as a command opens it."""
    return open_project(yaml)


def command(*arguments: str | Path) -> list[str]:
    """The command line as a process."""
    return [sys.executable, "-m", "pipelines.cli", *map(str, arguments)]


def start(*arguments: str | Path, fault: str | None = None, log: Path, cwd: Path = CHECKOUT) -> subprocess.Popen[bytes]:
    """A process of its own group with its output in `log`."""
    env = {name: value for name, value in os.environ.items() if name != "WASHPLANT_FAULT"}
    env |= {"PYTHONSAFEPATH": "1"} | ({"WASHPLANT_FAULT": fault} if fault else {})
    with log.open("ab") as out:
        return subprocess.Popen(
            command(*arguments), cwd=cwd, env=env, stdout=out, stderr=out, stdin=subprocess.DEVNULL, start_new_session=True
        )
