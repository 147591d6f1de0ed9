"""`washplant init`: a project to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from washplant.errors import ConfigError

TEMPLATE = """\
# yaml-language-server: $schema=./washplant.schema.json
# A washplant project. `washplant check` tries it, `washplant plan` shows what would be read, `washplant run` does it.
name: {name}
store: store                      # folder or URI that holds everything

sources:
  tickets:
    kind: files                   # files, hbase, hive or mysql
    path: data/*.csv
    key: id

map:
  qa:
    from: tickets
    instruction: "{{question}}"     # a column, or text around columns
    output: "{{answer}}"

dedup: {{threshold: 0.8}}
split: {{train: 0.9, validation: 0.05, test: 0.05}}

export:
  qa: {{format: alpaca, include: unlabelled}}   # drop `include` to export human-approved rows only
"""


def init(
    folder: Annotated[Path, typer.Argument(help="folder to make the project in")] = Path(),
    name: Annotated[str | None, typer.Option("--name", help="name of the project; the folder's when not given")] = None,
) -> None:
    """Write a project file and its JSON Schema for editors.

    Example: washplant init my-project
    """
    import json

    from pipelines.project import kinds
    from washplant.config import json_schema

    folder.mkdir(parents=True, exist_ok=True)
    target = folder / "washplant.yaml"
    if target.exists():
        raise ConfigError("there is a project already", where=str(target), next_step="give another folder")
    title = name or folder.absolute().name
    safe = "".join(char if char.isascii() and (char.isalnum() or char in "-_") else "-" for char in title).strip("-")
    safe = safe if safe[:1].isalpha() else f"project-{safe}".rstrip("-")
    target.write_text(TEMPLATE.format(name=safe), encoding="utf-8")
    schema = json.dumps(json_schema(kinds()), ensure_ascii=False, indent=1)
    (folder / "washplant.schema.json").write_text(schema + "\n", encoding="utf-8")
    print(f"{target}: edit `sources` and `map`, then run `washplant check -c {target}`")
