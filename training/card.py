"""The run card: what a model was made of and how good it is. Written last: a run exists when its card does."""

from __future__ import annotations

import json
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from washplant import __version__

CARD = "card.json"
_PACKAGES = ("torch", "transformers", "peft", "trl", "accelerate", "datasets", "deepspeed", "llamafactory")


class Card(BaseModel):
    """One run. `verdict` is empty when the model may be used, else why it must not."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    number: int
    dataset: str = Field(description="the version, as `qa@3`")
    dataset_sha256: str = Field(description="digest over the digests of its files")
    rows: dict[str, int] = Field(description="rows of each split")
    base: str
    options: dict[str, Any]
    seed: int
    environment: dict[str, str]
    before: dict[str, float] = Field(description="the base on the test split")
    after: dict[str, float] = Field(description="the trained model on the test split")
    groups: dict[str, dict[str, float]] = Field(default_factory=dict, description="the trained model by source and script")
    training: dict[str, float] = Field(description="loss, steps, seconds of the training")
    cost: dict[str, float] = Field(description="device hours, peak memory")
    notes: tuple[str, ...] = Field(default=(), description="signs of overfitting or contamination")
    verdict: str = Field(default="", description="why the model must not be used; empty when it may be")


def environment() -> dict[str, str]:
    """The packages and the device that the result depends on."""
    import torch

    found = {"python": platform.python_version(), "washplant": __version__}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    found["device"] = torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"
    return found


def write(folder: Path, card: Card) -> None:
    """Commit a run: from here on it exists."""
    temporary = folder / f".{CARD}.tmp"
    temporary.write_text(json.dumps(card.model_dump(mode="json"), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    temporary.replace(folder / CARD)


def read(folder: Path) -> Card | None:
    """The card of a run; None when it never ended."""
    path = folder / CARD
    return Card.model_validate_json(path.read_text(encoding="utf-8")) if path.is_file() else None
