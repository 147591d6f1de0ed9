"""Write docs/reference/ anew from the code: `python -m scripts.make_reference`; `--check` only says what is out of date.

`cli.md` comes from the Typer application, `config.md` and `washplant.schema.json` from the models of the YAML. Their words
are the help texts and `Field(description=…)` of the code: mend a sentence there, never in the pages.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple

import typer.main
from typer.core import TyperArgument, TyperOption

REFERENCE = Path(__file__).resolve().parents[1] / "docs" / "reference"

CLI_HEAD = """\
# Commands

<!-- written by `python -m scripts.make_reference`; mend the words in pipelines/cli/ -->

Results go to stdout, the log and the progress to stderr. `--json` prints one JSON object for machines. The exit codes are
in [troubleshooting](../how-to/troubleshooting.md).
"""

CONFIG_HEAD = """\
# The project file

<!-- written by `python -m scripts.make_reference`; mend the words where the models are, in `Field(description=…)` -->

One YAML file says where rows come from and what becomes of them. Every key that a block takes is below; any other key is an
error that names the allowed ones. `NAME` stands for a name of your own. `${env:NAME}` takes a value from the environment, and
a secret can be written in no other way. Relative paths start at the folder of the file. The same as JSON Schema, for editors:
`washplant.schema.json` in this folder, or `washplant schema`.

In `key`, `columns`, `path`, `on`, `group_by`, `order_by`, `meta` and an export's `from`, a list of one may be written without
its brackets. `join: {customers: customer_id}` is short for `join: {customers: {on: [customer_id]}}`. A template is text with
`{column}` in it, or `{source.column}` for a joined source; `{{` and `}}` are literal braces.
"""


def main(arguments: list[str] | None = None) -> int:
    """Write the pages; with `--check` change nothing and end with 1 when one is out of date."""
    parser = argparse.ArgumentParser(prog="python -m scripts.make_reference", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a page is out of date")
    options = parser.parse_args(arguments)
    old = outdated()
    if options.check:
        for name in old:
            print(f"{REFERENCE.name}/{name} is out of date: run `python -m scripts.make_reference`", file=sys.stderr)
        return 1 if old else 0
    REFERENCE.mkdir(parents=True, exist_ok=True)
    for name in old:
        (REFERENCE / name).write_text(pages()[name], encoding="utf-8")
        print(f"docs/{REFERENCE.name}/{name}")
    return 0


def outdated() -> list[str]:
    """Names of the pages that are not what the code says."""
    return [name for name, text in pages().items() if _read(REFERENCE / name) != text]


def pages() -> dict[str, str]:
    """Every page by its file name."""
    from pipelines.project import kinds
    from washplant.config import json_schema

    schema = json_schema(kinds())
    return {
        "cli.md": cli_page(),
        "config.md": config_page(schema),
        "washplant.schema.json": json.dumps(schema, ensure_ascii=False, indent=1) + "\n",
    }


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


# ------------------------------------------------------------------------------------------------ commands


def cli_page() -> str:
    """`cli.md`: every command with its help, arguments and options."""
    from pipelines.cli import app

    root = typer.main.get_command(app)
    sections = [CLI_HEAD, _options(root)]
    sections += [_command(path, command) for path, command in _commands("washplant", root)]
    return "\n".join(section for section in sections if section)


def _commands(path: str, group: Any) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(f"{path} {name}", command)
        else:
            yield f"{path} {name}", command


def _command(path: str, command: Any) -> str:
    told, _, example = str(command.help or "").partition("Example:")
    arguments = [p for p in command.params if isinstance(p, TyperArgument)]
    places = "".join(f" {_place(p)}" for p in arguments)
    parts = [f"## {path}{places}\n\n{' '.join(told.split())}\n"]
    if example:
        parts.append(f"```console\n$ {example.strip()}\n```\n")
    return "\n".join([*parts, _options(command)])


def _place(argument: Any) -> str:
    name = str(argument.name).upper()
    return name if argument.required else f"[{name}]"


def _options(command: Any) -> str:
    rows = [_argument_row(p) for p in command.params if isinstance(p, TyperArgument)]
    rows += [_option_row(p) for p in command.params if isinstance(p, TyperOption) and not p.hidden]
    return _table(("option", "default", "meaning"), rows) if rows else ""


def _argument_row(argument: Any) -> tuple[str, str, str]:
    return f"`{_place(argument)}`", _shown(argument.default), _sentence(argument.help)


def _option_row(option: Any) -> tuple[str, str, str]:
    names = ", ".join(f"`{name}`" for name in sorted(option.opts, key=len, reverse=True))
    meaning = _sentence(option.help)
    if option.envvar:
        meaning += f"; also from `{option.envvar}`"
    return names, "" if option.is_flag else _shown(option.default), meaning


# ------------------------------------------------------------------------------------------- project file


class Block(NamedTuple):
    """One block of the YAML: where it stands, which kind of it this is, and its JSON Schema."""

    path: str
    kind: str
    schema: Mapping[str, Any]


def config_page(schema: Mapping[str, Any]) -> str:
    """`config.md`: every block of the YAML with its keys, types, defaults and descriptions."""
    sections = [CONFIG_HEAD]
    for block in _blocks(schema):
        heading = f"`{block.path}`" if block.path else "The file"
        kind = f", `{block.kind}`" if block.kind else ""
        told = " ".join(str(block.schema.get("description", "")).split())
        sections.append(f"## {heading}{kind}\n\n{told}\n")
        sections.append(_table(("key", "type", "default", "meaning"), list(_keys(block.schema, schema["$defs"]))))
    return "\n".join(sections)


def _blocks(schema: Mapping[str, Any]) -> Iterator[Block]:
    """All blocks, a block before those inside it; each place of the YAML once."""
    definitions: Mapping[str, Any] = schema["$defs"]
    waiting = [Block("", "", schema)]
    seen: set[tuple[str, str]] = set()
    while waiting:
        block = waiting.pop(0)
        if (block.path, block.kind) in seen:
            continue
        seen.add((block.path, block.kind))
        yield block
        inner = []
        for name, declared in block.schema.get("properties", {}).items():
            path = f"{block.path}.{name}" if block.path else name
            inner += list(_inside(path, declared, definitions))
        waiting = [*inner, *waiting]


def _inside(path: str, declared: Mapping[str, Any], definitions: Mapping[str, Any]) -> Iterator[Block]:
    """The blocks that a key holds: itself, one of several kinds, or any number of them by name."""
    if "$ref" in declared:
        found = _resolved(declared, definitions)
        if "properties" in found:
            yield Block(path, _kind_of(found), found)
    for choice in (*declared.get("oneOf", ()), *declared.get("anyOf", ())):
        yield from _inside(path, choice, definitions)
    named = declared.get("additionalProperties")
    if isinstance(named, Mapping):
        yield from _inside(f"{path}.NAME", named, definitions)
    for named in declared.get("patternProperties", {}).values():
        yield from _inside(f"{path}.NAME", named, definitions)


def _kind_of(found: Mapping[str, Any]) -> str:
    properties = found.get("properties", {})
    for name in ("kind", "format"):
        value = properties.get(name, {}).get("const")
        if value is not None:
            return f"{name}: {value}"
    return ""


def _keys(block: Mapping[str, Any], definitions: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    required = set(block.get("required", ()))
    for name, declared in block.get("properties", {}).items():
        whole = {**_resolved(declared, definitions), **declared}
        default = "required" if name in required else _default(declared)
        told = str(declared.get("description") or _block_told(whole))
        yield f"`{name}`", _type(declared, definitions), default, _sentence(told)


def _block_told(whole: Mapping[str, Any]) -> str:
    return str(whole.get("description", "")) if "properties" in whole else ""


def _default(declared: Mapping[str, Any]) -> str:
    value = declared.get("default")
    if value is None or isinstance(value, Mapping) or value == []:
        return ""
    return _shown(value)


def _type(declared: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    """A type in a word or two; what may be null may be left out, so null is not told."""
    choices = [*declared.get("anyOf", ()), *declared.get("oneOf", ())]
    if choices:
        told = dict.fromkeys(_type(choice, definitions) for choice in choices if choice.get("type") != "null")
        return " or ".join(told)
    found = _resolved(declared, definitions)
    if "const" in found:
        return f"`{found['const']}`"
    if "enum" in found:
        return ", ".join(f"`{value}`" for value in found["enum"])
    kind = str(found.get("type", "anything"))
    if kind == "object":
        return "block" if "properties" in found else _named(found, definitions)
    if kind == "array":
        inner = _type(found.get("items", {}), definitions)
        return f"list of {inner}"
    if found.get("format") == "password":
        return "secret"
    return {"string": "text", "integer": "whole number", "boolean": "true or false"}.get(kind, kind) + _bounds(found)


def _named(found: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    patterns: Mapping[str, Any] = found.get("patternProperties", {})
    inner = found.get("additionalProperties") or next(iter(patterns.values()), None)
    told = _type(inner, definitions) if isinstance(inner, Mapping) else "anything"
    return f"{'blocks' if told.startswith('block') else told} by name"


def _bounds(found: Mapping[str, Any]) -> str:
    signs = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    told = [f"{sign} {found[name]:g}" for name, sign in signs.items() if name in found]
    return f" {', '.join(told)}" if told else ""


def _resolved(declared: Mapping[str, Any], definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = declared.get("$ref")
    return definitions[str(reference).rpartition("/")[2]] if reference else declared


# ------------------------------------------------------------------------------------------------- words


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in lines) + "\n"


def _shown(value: object) -> str:
    """A default as it would be written."""
    if value is None or value == () or (isinstance(value, Path) and value == Path()):
        return "the current folder" if isinstance(value, Path) else ""
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, bool | list | tuple | dict):
        return f"`{json.dumps(value, ensure_ascii=False)}`"
    return f"`{value}`"


def _sentence(text: object) -> str:
    return " ".join(str(text or "").split())


if __name__ == "__main__":
    sys.exit(main())
