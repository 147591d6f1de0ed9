"""The JSON Schema that editors use: valid, complete, and as generous as the loader."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from annotation import BACKENDS
from connectors import CONNECTORS
from pipelines.exporters import EXPORTERS
from pipelines.project import kinds
from washplant.config import Config, LabelOptions, Options, json_schema
from washplant.config.load import config_model

SCHEMA = json_schema(kinds())
EXAMPLE = Path(__file__).parents[3] / "examples" / "water-utility" / "washplant.yaml"

_TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}
_TOLD = {"title", "description", "default", "discriminator", "format", "writeOnly", "$defs"}
_CHECKED = {
    *("$ref", "type", "const", "enum", "anyOf", "oneOf", "pattern", "minLength", "maxLength", "items", "minItems"),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    *("properties", "required", "additionalProperties", "patternProperties", "minProperties", "propertyNames"),
}


def nodes(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every schema inside a schema, and itself."""
    yield schema
    for name in ("$defs", "properties", "patternProperties"):
        for inner in schema.get(name, {}).values():
            yield from nodes(inner)
    for inner in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), schema.get("items"), schema.get("additionalProperties")):
        if isinstance(inner, Mapping):
            yield from nodes(inner)


def resolved(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a reference points to."""
    return SCHEMA["$defs"][schema["$ref"].removeprefix("#/$defs/")] if "$ref" in schema else schema


def accepts(schema: Mapping[str, Any], value: Any) -> bool:
    """Whether a value fits a schema: the part of JSON Schema 2020-12 that ours uses."""
    schema = resolved(schema)
    kind = schema.get("type")
    if kind and (not isinstance(value, _TYPES[kind]) or (isinstance(value, bool) and kind in ("integer", "number"))):
        return False
    if "const" in schema and value != schema["const"]:
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    if "anyOf" in schema and not any(accepts(choice, value) for choice in schema["anyOf"]):
        return False
    if "oneOf" in schema and sum(accepts(choice, value) for choice in schema["oneOf"]) != 1:
        return False
    if isinstance(value, str):
        return _accepts_text(schema, value)
    if isinstance(value, list):
        return len(value) >= schema.get("minItems", 0) and all(accepts(schema.get("items", {}), item) for item in value)
    return _accepts_object(schema, value) if isinstance(value, dict) else _accepts_number(schema, value)


def _accepts_text(schema: Mapping[str, Any], value: str) -> bool:
    longest = schema.get("maxLength", len(value))
    return schema.get("minLength", 0) <= len(value) <= longest and bool(re.search(schema.get("pattern", ""), value))


def _accepts_number(schema: Mapping[str, Any], value: Any) -> bool:
    if value is None or isinstance(value, bool):
        return True
    low, high = schema.get("minimum", value), schema.get("maximum", value)
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    return bool(low <= value <= high and (above is None or value > above) and (below is None or value < below))


def _accepts_object(schema: Mapping[str, Any], value: dict[str, Any]) -> bool:
    own, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    if not set(schema.get("required", ())) <= set(value) or len(value) < schema.get("minProperties", 0):
        return False
    if not all(accepts(schema.get("propertyNames", {}), name) for name in value):
        return False
    for name, inner in value.items():
        matching = [own[name]] if name in own else [known for pattern, known in patterns.items() if re.search(pattern, name)]
        rest = schema.get("additionalProperties", True)
        if not matching and not (accepts(rest, inner) if isinstance(rest, Mapping) else rest):
            return False
        if not all(accepts(choice, inner) for choice in matching):
            return False
    return True


def example() -> dict[str, Any]:
    """The example project, as an editor sees it."""
    found: dict[str, Any] = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    return found


def test_the_schema_is_made_of_known_words_and_whole_references() -> None:
    for node in nodes(SCHEMA):
        assert set(node) <= _TOLD | _CHECKED, "teach `accepts` the new word"
        assert node.get("type", "object") in _TYPES
        resolved(node)


def test_the_example_fits_as_it_is_written() -> None:
    assert accepts(SCHEMA, example())


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("sources", "tickets", "key"), ["a", "b"]),
        (("sources", "tickets", "columns"), "a"),
        (("sources", "faq", "path"), ["a.csv", "b.csv"]),
        (("map", "ticket_qa", "join"), {"customers": ["a", "b"]}),
        (("map", "ticket_qa", "join"), {"customers": {"on": "a"}}),
        (("map", "ticket_qa", "meta"), "a"),
        (("map", "chat", "group_by"), ["a", "b"]),
        (("export", "qa", "from"), "ticket_qa"),
        (("spark", "conf"), {"spark.x": True, "spark.y": 2, "spark.z": "3"}),
        (("label", "backend"), None),
    ],
)
def test_long_and_short_forms_fit(place: tuple[str, ...], value: Any) -> None:
    assert accepts(SCHEMA, _with(place, value))


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("sources", "tickets", "kye"), "a"),
        (("sources", "tickets", "kind"), "oracle"),
        (("sources", "faq", "path"), []),
        (("sources", "faq", "key"), 5),
        (("map", "ticket_qa", "join"), {"customers": {"no": "a"}}),
        (("map", "chat", "roles"), {"客户": "customer"}),
        (("split", "train"), 2),
        (("dedup", "threshold"), 1),
        (("export", "qa", "format"), "csv"),
        (("nmae",), "x"),
    ],
)
def test_what_the_loader_refuses_is_marked_in_the_editor(place: tuple[str, ...], value: Any) -> None:
    assert not accepts(SCHEMA, _with(place, value))


def _with(place: tuple[str, ...], value: Any) -> dict[str, Any]:
    data = example()
    block = data
    for name in place[:-1]:
        block = block[name]
    block[place[-1]] = value
    return data


def models(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """A model and every one below it."""
    yield model
    for inner in model.__subclasses__():
        yield from models(inner)


EVERY = {
    config_model(kinds()),
    Config,
    *(model for model in models(Options) if model.__module__.split(".")[0] in ("washplant", "connectors", "annotation")),
    *(options for registered in (CONNECTORS, BACKENDS, EXPORTERS) for options, _ in registered.values()),
}


@pytest.mark.parametrize("model", sorted(EVERY, key=lambda model: model.__name__), ids=lambda model: model.__name__)
def test_every_option_is_described_where_it_is_declared(model: type[BaseModel]) -> None:
    assert not [name for name, field in model.model_fields.items() if not field.description]
    assert model.__doc__, "the block says what it is for"


def test_blocks_that_are_made_of_kinds_keep_their_own_words() -> None:
    label = resolved(SCHEMA["properties"]["label"])
    assert label["description"] == LabelOptions.__doc__
    assert label["properties"]["backend"]["description"] == LabelOptions.model_fields["backend"].description
    assert SCHEMA["description"] == Config.__doc__
