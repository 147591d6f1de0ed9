"""Reading the YAML: every error names the file, the line, what is allowed and what was probably meant."""

from __future__ import annotations

import functools
import hashlib
import json
import operator
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args, get_origin

import yaml
from pydantic import BaseModel, Field, ValidationError, create_model

from washplant.config.model import BackendOptions, Config, ExportOptions, LabelOptions, Name
from washplant.config.source import Options, SourceOptions
from washplant.errors import ConfigError
from washplant.names import close_names
from washplant.secret import EnvValue

Where = tuple[str | int, ...]
OptionsT = TypeVar("OptionsT", bound=Options)
_ENV = re.compile(r"\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}")
_DEEPEST = 50  # levels; no option is nested deeper than six


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
        content = self.config.model_dump(mode="json", include=set(parts) or None, exclude={"spark", "schedule"})
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
    config = config.model_copy(update={part: getattr(config, part).relative_to(path.parent) for part in ("clean", "dedup")})
    return Loaded(config, path, lines)


def options_from_text(model: type[OptionsT], given: Mapping[str, str], where: str) -> OptionsT:
    """One block of options whose values are text, as Spark's are: nested ones in YAML's `{…}` or `[…]`, `${env:NAME}`
    resolved. Raises ConfigError at `where` with every problem found."""
    data: dict[str, Any] = {}
    for name, text in given.items():
        nested = text.lstrip().startswith(("{", "["))
        try:
            # A JSON string is a YAML string too.
            node = yaml.compose(text if nested else json.dumps(text, ensure_ascii=False), Loader=yaml.SafeLoader)
        except yaml.YAMLError as error:
            raise ConfigError(f"{name} is not YAML: {text!r}", where=where, next_step="write {key: value}") from error
        assert node is not None
        data[name] = _plain(node, (name,), {}, Path(where))
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise ConfigError("\n".join(_told(item, model) for item in error.errors(include_url=False)), where=where) from error


def _told(item: Any, model: type[BaseModel]) -> str:
    name = ".".join(map(str, item["loc"]))
    if item["type"] == "extra_forbidden" and len(item["loc"]) == 1:
        return f"{name}: unknown option; {_suggest(name, list(model.model_fields))}"
    return f"{name}: {'is required and missing' if item['type'] == 'missing' else item['msg'].removeprefix('Value error, ')}"


def json_schema(kinds: Kinds) -> dict[str, Any]:
    """JSON Schema of the project file, for editors."""
    return config_model(kinds).model_json_schema(by_alias=True)


def config_model(kinds: Kinds) -> type[Config]:
    """`Config` with the registered kinds as discriminated unions."""
    sources: Any = dict[Name, _union(kinds.sources, "kind")]  # type: ignore[misc]
    exports: Any = dict[Name, _union(kinds.exports, "format")]  # type: ignore[misc]
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
    if len(where) > _DEEPEST:
        raise ConfigError("an alias (*) holds itself", where=f"{path}:{lines[where]}", next_step="write the block out")
    if isinstance(node, yaml.MappingNode):
        result: dict[str, Any] = {}
        for key, (key_node, value_node) in _entries(node, path).items():
            result[key] = _plain(value_node, (*where, key), lines, path)
            lines[(*where, key)] = key_node.start_mark.line + 1
        return result
    if isinstance(node, yaml.SequenceNode):
        return [_plain(child, (*where, index), lines, path) for index, child in enumerate(node.value)]
    if node.tag == "tag:yaml.org,2002:str":
        return _resolved(str(node.value), where, lines, path)
    loader = yaml.SafeLoader("")
    try:
        return loader.construct_object(node, deep=True)
    except (yaml.YAMLError, ValueError) as error:  # ValueError: 2025-02-30
        raise ConfigError(
            f"not a value: {error}", where=f"{path}:{lines[where]}", next_step="put it in quotes if it is text"
        ) from error
    finally:
        loader.dispose()


def _entries(node: yaml.MappingNode, path: Path, depth: int = 0) -> dict[str, tuple[yaml.Node, yaml.Node]]:
    """A mapping's keys; what `<<` merges into it counts where it does not say it itself."""
    own: dict[str, tuple[yaml.Node, yaml.Node]] = {}
    merged: dict[str, tuple[yaml.Node, yaml.Node]] = {}
    for key_node, value_node in node.value:
        where = f"{path}:{key_node.start_mark.line + 1}"
        if not isinstance(key_node, yaml.ScalarNode):
            raise ConfigError("a key must be text", where=where, next_step="put a text with { or [ in quotes")
        if key_node.tag == "tag:yaml.org,2002:merge":
            blocks = value_node.value if isinstance(value_node, yaml.SequenceNode) else [value_node]
            for block in blocks:
                if not isinstance(block, yaml.MappingNode) or depth > _DEEPEST:
                    raise ConfigError("`<<` takes another block", where=where, next_step="write `<<: *anchor`")
                merged = _entries(block, path, depth + 1) | merged
        elif key_node.value in own:
            raise ConfigError(f"{key_node.value!r} is given twice", where=where, next_step="remove one of them")
        else:
            own[str(key_node.value)] = (key_node, value_node)
    return merged | own


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
        known = _in_file(item["loc"], item["type"], lines, kinds)
        text = str(item["msg"]).removeprefix("Value error, ")
        context = item.get("ctx", {})
        if item["type"] == "extra_forbidden":
            text = f"unknown key; {_suggest(str(known[-1]), _allowed(model, item['loc'][:-1]))}"
        elif item["type"] == "missing":
            text = "is required and missing"
        elif item["type"] == "string_type" and isinstance(item["input"], dict):
            text = "is text; put it in quotes, because { begins a block"
        elif item["type"] == "union_tag_invalid":
            known = (*known, context["discriminator"].strip("'"))
            text = f"unknown {known[-1]} '{context['tag']}'; known: {context['expected_tags']}"
        elif item["type"] == "union_tag_not_found":
            known = (*known, context["discriminator"].strip("'"))
            text = f"is required and missing; known: {', '.join(_tags(known, kinds))}"
        elif known[-1:] == ("[key]",):
            known = known[:-1]
            text = "not a name: write letters, digits, - and _, a letter first"
        elif not known and ": " in text:
            # A check of the whole file says itself which part it is about.
            place, _, text = text.partition(": ")
            known = tuple(place.split("."))
        place = ".".join(map(str, known))
        result.append(f"{path}:{_line(lines, known)}: {place + ': ' if place else ''}{text}")
    return result


def _tags(where: Where, kinds: Kinds) -> list[str]:
    return list({"sources": kinds.sources, "export": kinds.exports}.get(str(where[0]), kinds.backends))


def _in_file(where: Where, problem: str, lines: Mapping[Where, int], kinds: Kinds) -> Where:
    """Pydantic puts the kind of a discriminated block into the location; the YAML has no such level."""
    tags = {*kinds.sources, *kinds.backends, *kinds.exports}
    known: Where = ()
    for index, part in enumerate(where):
        absent = problem == "missing" and index == len(where) - 1
        if part not in tags or (*known, part) in lines or absent:
            known = (*known, part)
    return known


def _line(lines: Mapping[Where, int], where: Where) -> int:
    for end in range(len(where), -1, -1):
        if where[:end] in lines:
            return lines[where[:end]]
    return 1


def _allowed(model: type[BaseModel], where: Where) -> list[str]:
    """The keys that a block takes, found by walking the model along the error's location."""
    current: Any = model
    for part in where:
        current = _inner(current, part)
    models = _models_in(current)
    return [field.alias or name for name, field in models[0].model_fields.items()] if len(models) == 1 else []


def _inner(annotation: Any, part: str | int) -> Any:
    """What an annotation holds under one part of a location: an entry by name, a field, or one of several kinds."""
    if get_origin(annotation) in (dict, Mapping):
        return get_args(annotation)[1]
    models = _models_in(annotation)
    if len(models) == 1:
        fields = models[0].model_fields.items()
        return next((field.annotation for name, field in fields if part in (name, field.alias)), None)
    return next((model for model in models if part in _kind(model)), None)


def _kind(model: type[BaseModel]) -> tuple[Any, ...]:
    field = model.model_fields.get("kind") or model.model_fields.get("format")
    return get_args(field.annotation) if field else ()


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in get_args(annotation) for model in _models_in(argument)]


def _suggest(word: str, allowed: list[str]) -> str:
    close = close_names(word, allowed)
    meant = f"did you mean {close[0]!r}? " if close else ""
    return f"{meant}allowed: {', '.join(sorted(allowed))}" if allowed else "remove it"
