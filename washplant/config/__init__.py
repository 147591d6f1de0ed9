"""The YAML: one file answers `sources, map, clean, dedup, label, split, export, train`."""

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
from washplant.config.train import EvaluateOptions, LoraOptions, TrainJob, TrainOptions

__all__ = [
    "BackendOptions",
    "CleanOptions",
    "Config",
    "DedupOptions",
    "DeletedOptions",
    "EvaluateOptions",
    "ExportOptions",
    "JoinOptions",
    "Kinds",
    "LabelOptions",
    "LengthOptions",
    "Loaded",
    "LoraOptions",
    "MappingOptions",
    "Options",
    "PiiOptions",
    "PiiRuleOptions",
    "SourceOptions",
    "SparkOptions",
    "SplitOptions",
    "TrainJob",
    "TrainOptions",
    "WatermarkOptions",
    "json_schema",
    "load",
    "options_from_text",
]
