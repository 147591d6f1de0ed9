"""Reading the YAML: every error names the file, the line, what is allowed and what was probably meant."""

from __future__ import annotations

import difflib
import functools
import hashlib
import json
import operator
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, get_args

import yaml
from pydantic import BaseModel, Field, ValidationError, create_model

from washplant.config.model import BackendOptions, Config, ExportOptions, LabelOptions
from washplant.config.source import SourceOptions
from washplant.errors import ConfigError
from washplant.secret import EnvValue

Where = tuple[str | int, ...]
_ENV = re.compile(r"\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True)
class Kinds:
    """The option models that the packages above the kernel register, by their `kind` (exports: by `format`)."""

    sources: Mapping[str, type[SourceOptions]]
    backends: Mapping[str, type[BackendOptions]]
    exports: Mapping[str, type[ExportOptions]]


@dataclass(frozen=True)
class Loaded:
    """A valid configuration, the file it came from, and the line of each of its parts."""

    config: Config
    path: Path
    lines: Mapping[Where, int]

    @property
    def folder(self) -> Path:
        """Relative paths of the configuration start here."""
        return self.path.parent

    def at(self, *where: str | int) -> str:
        """`file:line` of a part, for errors."""
        return f"{self.path}:{_line(self.lines, where)}"

    def hash(self, *parts: str) -> str:
        """Digest of the given top-level parts (all of them when none is given), secrets left out."""
        content = self.config.model_dump(mode="json", include=set(parts) or None, exclude={"spark"})
        return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:16]


def load(path: Path, kinds: Kinds) -> Loaded:
    """Read and validate a project file. Raises ConfigError with every problem found, each at its line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise ConfigError(
            "no such file",
            where=str(path),
            next_step="`washplant init` writes a project to start from, or give --config",
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot be read: {error}", where=str(path), next_step="save it as UTF-8") from error
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise ConfigError(
            f"not YAML: {getattr(error, 'problem', None) or error}", where=f"{path}:{line}", next_step="mend this line"
        ) from error
    lines: dict[Where, int] = {}
    data = _plain(node, (), lines, path) if node is not None else {}
    try:
        config = config_model(kinds).model_validate(data)
    except ValidationError as error:
        raise ConfigError("\n".join(_messages(error, lines, path, kinds))) from error
    return Loaded(config, path, lines)


def json_schema(kinds: Kinds) -> dict[str, Any]:
    """JSON Schema of the project file, for editors."""
    return config_model(kinds).model_json_schema(by_alias=True)


def config_model(kinds: Kinds) -> type[Config]:
    """`Config` with the registered kinds as discriminated unions."""
    sources: Any = dict[str, _union(kinds.sources, "kind")]  # type: ignore[misc]
    exports: Any = dict[str, _union(kinds.exports, "format")]  # type: ignore[misc]
    backend: Any = _union(kinds.backends, "kind") | None
    answered = LabelOptions.model_fields["backend"].description
    label = create_model(
        "Label",
        __base__=LabelOptions,
        __doc__=LabelOptions.__doc__,
        backend=(backend, Field(default=None, description=answered)),
    )
    return create_model(
        "Project",
        __base__=Config,
        __doc__=Config.__doc__,
        sources=(sources, Field(min_length=1, description="where rows come from")),
        label=(label, Field(default=label(), description=Config.model_fields["label"].description)),
        export=(exports, Field(default={}, description="datasets that are made")),
    )


def _union(models: Mapping[str, type[BaseModel]], discriminator: str) -> Any:
    if len(models) == 1:
        return next(iter(models.values()))
    union: Any = functools.reduce(operator.or_, models.values())
    return Annotated[union, Field(discriminator=discriminator)]


def _plain(node: yaml.Node, where: Where, lines: dict[Where, int], path: Path) -> Any:
    """A YAML node as plain data, with the line of everything remembered and `${env:NAME}` resolved."""
    lines[where] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            line = key_node.start_mark.line + 1
            if key in result:
                raise ConfigError(f"{key!r} is given twice", where=f"{path}:{line}", next_step="remove one of them")
            result[key] = _plain(value_node, (*where, key), lines, path)
            lines[(*where, key)] = line
        return result
    if isinstance(node, yaml.SequenceNode):
        return [_plain(child, (*where, index), lines, path) for index, child in enumerate(node.value)]
    if node.tag == "tag:yaml.org,2002:str":
        return _resolved(str(node.value), where, lines, path)
    loader = yaml.SafeLoader("")
    try:
        return loader.construct_object(node, deep=True)
    except yaml.YAMLError as error:
        raise ConfigError(f"not a value: {error}", where=f"{path}:{lines[where]}") from error
    finally:
        loader.dispose()


def _resolved(text: str, where: Where, lines: Mapping[Where, int], path: Path) -> str:
    names = _ENV.findall(text)
    if not names:
        return text
    missing = [name for name in names if name not in os.environ]
    if missing:
        raise ConfigError(
            f"{'.'.join(map(str, where))} needs the environment variable {', '.join(missing)}, which is not set",
            where=f"{path}:{lines[where]}",
            next_step=f"export {missing[0]}=… and run again",
        )
    return EnvValue(_ENV.sub(lambda match: os.environ[match.group(1)], text))


def _messages(error: ValidationError, lines: Mapping[Where, int], path: Path, kinds: Kinds) -> list[str]:
    model = config_model(kinds)
    result = []
    for item in error.errors(include_url=False):
        known = _in_file(item["loc"], lines, kinds)
        line = _line(lines, known)
        place = ".".join(map(str, known))
        text = str(item["msg"]).removeprefix("Value error, ")
        if item["type"] == "extra_forbidden":
            text = f"unknown key; {_suggest(str(known[-1]), _allowed(model, item['loc'][:-1], kinds))}"
        elif item["type"] == "missing":
            text = "is required and missing"
        elif item["type"] == "union_tag_invalid":
            context = item["ctx"]
            text = f"unknown {context['discriminator']} '{context['tag']}'; known: {context['expected_tags']}"
        result.append(f"{path}:{line}: {place + ': ' if place else ''}{text}")
    return result


def _in_file(where: Where, lines: Mapping[Where, int], kinds: Kinds) -> Where:
    """Pydantic puts the kind of a discriminated block into the location; the YAML has no such level."""
    tags = {*kinds.sources, *kinds.backends, *kinds.exports}
    known: Where = ()
    for index, part in enumerate(where):
        last = index == len(where) - 1
        if part not in tags or (*known, part) in lines or last:
            known = (*known, part)
    return known


def _line(lines: Mapping[Where, int], where: Where) -> int:
    for end in range(len(where), -1, -1):
        if where[:end] in lines:
            return lines[where[:end]]
    return 1


def _allowed(model: type[BaseModel], where: tuple[str | int, ...], kinds: Kinds) -> list[str]:
    """The keys that a block takes, found by walking the model along the error's location."""
    current: Any = model
    for part in where:
        registered = {**kinds.sources, **kinds.backends, **kinds.exports}
        if part in registered:
            current = registered[str(part)]
        elif isinstance(current, type) and issubclass(current, BaseModel):
            field = current.model_fields.get(str(part))
            current = field.annotation if field else None
        found = list(_models_in(current))
        current = found[0] if len(found) == 1 else current
    if not (isinstance(current, type) and issubclass(current, BaseModel)):
        return []
    return [field.alias or name for name, field in current.model_fields.items()]


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in get_args(annotation) for model in _models_in(argument)]


def _suggest(word: str, allowed: list[str]) -> str:
    close = difflib.get_close_matches(word, allowed, n=1)
    meant = f"did you mean {close[0]!r}? " if close else ""
    return f"{meant}allowed: {', '.join(sorted(allowed))}" if allowed else "remove it"
