"""A small model made here, and two published versions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.training.versions import pairs, publish, questions
from training.tiny import tiny_language_model
from washplant.config import TrainJob, TrainOptions


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("store")
    publish(root, "qa", questions())
    publish(root, "better", pairs(), format="dpo")
    return root


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    tiny_language_model(folder, [text for row in questions() for text in row.values()], vocabulary=512)
    return folder


@pytest.fixture
def job(store: Path, base: Path, tmp_path: Path) -> Callable[..., TrainJob]:
    """`job(dataset="qa", epochs=2)`: a run in a folder of its own."""

    def make(folder: str = "000001", **options: Any) -> TrainJob:
        given = {"dataset": "qa", "base": str(base), "batch": 8, "device_batch": 8, "max_length": 128, **options}
        given.setdefault("evaluate", {"max_new_tokens": 48})
        chosen = TrainOptions(**given)
        version = f"{chosen.dataset_name}@1"
        return TrainJob(name="m", store=str(store), version=version, folder=str(tmp_path / folder), seed=7, options=chosen)

    return make
