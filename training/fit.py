"""A run from job to card: measure the base, train, measure again, judge. The same command continues a killed run."""

from __future__ import annotations

import json
import logging
import shutil
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from training import card as cards
from training.card import Card
from training.checks import leaked, overfit
from training.learner import Learner, Measured
from training.models import MODELSCOPE
from training.oom import memory_advice
from training.page import write_page
from training.regression import answered, lost
from training.version import Version, open_version
from washplant.config import TrainJob
from washplant.errors import TrainError

log = logging.getLogger("washplant")

MODEL, CHECKPOINTS, BEFORE = "model", "checkpoints", "before.json"


def learner_of(job: TrainJob, version: Version) -> Learner:
    """The objective of a job; each is imported when it is asked for."""
    kind: type[Learner]
    match job.options.objective:
        case "sft":
            from training.sft import Sft as kind
        case "pretrain":
            from training.sft import Pretrain as kind
        case "dpo":
            from training.preference import Dpo as kind
    return kind(job, version)


def fit(job: TrainJob) -> Card:
    """Train, and leave the model with its card in the run's folder. Raises TrainError when the model is worse than its base."""
    folder = Path(job.folder)
    card = cards.read(folder)
    if card is None:
        folder.mkdir(parents=True, exist_ok=True)
        with memory_advice(job.options, f"train.{job.name}"):
            card = _fit(job, folder, open_version(job))
    return card


def check_verdict(card: Card, where: str) -> None:
    """Raise TrainError when the card says that the model must not be used."""
    if card.verdict:
        raise TrainError(
            card.verdict,
            where=where,
            next_step="look at page.html; try another learning_rate, fewer epochs, or more and better rows",
        )


def _fit(job: TrainJob, folder: Path, version: Version) -> Card:
    learner = learner_of(job, version)
    learner.load()
    before = _before(learner, folder)
    trainer = learner.trainer()
    _stop_early(job, trainer)
    started = time.monotonic()
    result = trainer.train(resume_from_checkpoint=last_checkpoint(folder / CHECKPOINTS))
    seconds = time.monotonic() - started
    learner.model = trainer.model
    trainer.save_model(str(folder / MODEL))
    _describe(learner, folder)
    after = _measured(learner)
    history = trainer.state.log_history
    card = Card(
        name=job.name,
        number=int(folder.name) if folder.name.isdigit() else 0,
        dataset=job.version,
        dataset_sha256=version.sha256,
        rows={split: version.count(split) for split in ("train", "validation", "test")},
        base=job.options.base,
        options=job.options.model_dump(mode="json"),
        seed=job.seed,
        environment=cards.environment(),
        before=before.metrics,
        after=after.metrics,
        groups=after.groups,
        training=_training(result, history),
        cost=_cost(seconds),
        notes=_notes(version, history),
        verdict=learner.worse(before.metrics, after.metrics) or lost(before.answered, after.answered) or "",
    )
    write_page(folder / "page.html", card, before, after)
    cards.write(folder / MODEL, card)
    shutil.rmtree(folder / "data", ignore_errors=True)
    cards.write(folder, card)
    return card


def last_checkpoint(folder: Path) -> str | None:
    """The newest whole checkpoint; one that a kill tore is deleted. The state is what transformers writes last."""
    found = sorted(folder.glob("checkpoint-*"), key=lambda path: int(path.name.rpartition("-")[2]), reverse=True)
    for path in found:
        try:
            json.loads((path / "trainer_state.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            log.warning("%s was not written to its end: deleted", path.name)
            shutil.rmtree(path)
            continue
        log.info("continuing from %s", path.name)
        return str(path)
    return None


def _before(learner: Learner, folder: Path) -> Measured:
    """The base on the test split; a continued run has measured it already."""
    path = folder / BEFORE
    if path.is_file():
        return Measured(**json.loads(path.read_text(encoding="utf-8")))
    found = _measured(learner)
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(vars(found), ensure_ascii=False), encoding="utf-8")
    temporary.replace(path)
    return found


def _measured(learner: Learner) -> Measured:
    return replace(learner.measure(), answered=answered(learner))


def _stop_early(job: TrainJob, trainer: Any) -> None:
    if job.options.early_stopping is None:
        return
    if trainer.eval_dataset is None:
        raise TrainError(
            "early_stopping watches the validation loss, and the version has no validation rows",
            where=f"train.{job.name}",
            next_step="leave early_stopping out, or give validation a share in `split:`",
        )
    from transformers import EarlyStoppingCallback

    trainer.add_callback(EarlyStoppingCallback(early_stopping_patience=job.options.early_stopping))


def _describe(learner: Learner, folder: Path) -> None:
    """Make the model's folder say by itself where it belongs: peft stores the base as it was given, perhaps relative."""
    learner.processor.save_pretrained(folder / MODEL)
    path = folder / MODEL / "adapter_config.json"
    if path.is_file():
        config = json.loads(path.read_text(encoding="utf-8"))
        config["base_model_name_or_path"] = learner.options.base.removeprefix(MODELSCOPE)
        path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _training(result: Any, history: Sequence[dict[str, Any]]) -> dict[str, float]:
    logged = [entry for entry in history if "loss" in entry]
    found = {"steps": float(result.global_step), "train_loss": float(result.training_loss)}
    if logged:
        found |= {"first_loss": float(logged[0]["loss"]), "last_loss": float(logged[-1]["loss"])}
    return found


def _cost(seconds: float) -> dict[str, float]:
    import torch

    found = {"seconds": round(seconds, 1), "device_hours": round(seconds / 3600, 4)}
    if torch.cuda.is_available():
        found["peak_gib"] = round(torch.cuda.max_memory_allocated() / 2**30, 2)
    return found


def _notes(version: Version, history: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    notes: list[str] = [note] if (note := overfit(history)) else []
    if count := leaked(version):
        notes.append(f"contamination: {count} test prompts are training prompts, too; their answers prove nothing")
    return tuple(notes)
