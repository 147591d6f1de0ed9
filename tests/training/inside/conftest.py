"""A small model made here, and two published versions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.training.versions import pairs, publish, questions
from training.fit import fit
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
    """`job("000001", dataset="qa", epochs=2)`: a run in a folder of its own."""

    def make(folder: str = "000001", **options: Any) -> TrainJob:
        return job_in(tmp_path / folder, store, **{"base": str(base), **options})

    return make


@pytest.fixture(scope="session")
def learnt(store: Path, base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run whose model knows every training row by heart."""
    folder = tmp_path_factory.mktemp("learnt") / "000001"
    options = {
        "method": "full",
        "epochs": 150,
        "learning_rate": 3e-3,
        "batch": 20,
        "device_batch": 20,
        "checkpoint_steps": 1000,
    }
    fit(job_in(folder, store, base=str(base), **options))
    return folder


def job_in(folder: Path, store: Path, **options: Any) -> TrainJob:
    given = {"dataset": "qa", "batch": 8, "device_batch": 8, "max_length": 128, "evaluate": {"max_new_tokens": 48}, **options}
    chosen = TrainOptions(**given)
    version = f"{chosen.dataset_name}@1"
    return TrainJob(name="m", store=str(store), version=version, folder=str(folder), seed=7, options=chosen)
