"""The YAML: one file answers `sources, map, clean, dedup, label, split, export`."""

from washplant.config.load import Kinds, Loaded, json_schema, load, options_from_text
from washplant.config.model import (
    BackendOptions,
    CleanOptions,
    Config,
    DedupOptions,
    ExportOptions,
    JoinOptions,
    LabelOptions,
    LengthOptions,
    MappingOptions,
    SparkOptions,
    SplitOptions,
)
from washplant.config.pii import PiiOptions, PiiRuleOptions
from washplant.config.source import DeletedOptions, Options, SourceOptions, WatermarkOptions

__all__ = [
    "BackendOptions",
    "CleanOptions",
    "Config",
    "DedupOptions",
    "DeletedOptions",
    "ExportOptions",
    "JoinOptions",
    "Kinds",
    "LabelOptions",
    "LengthOptions",
    "Loaded",
    "MappingOptions",
    "Options",
    "PiiOptions",
    "PiiRuleOptions",
    "SourceOptions",
    "SparkOptions",
    "SplitOptions",
    "WatermarkOptions",
    "json_schema",
    "load",
    "options_from_text",
]
