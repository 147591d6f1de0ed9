"""`washplant train`: which run is due, its job, and the training environment's Python started on it. No torch here."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import washplant
from pipelines.environments import environments
from pipelines.project import Project
from washplant.config import TrainJob, TrainOptions
from washplant.errors import ConfigError, SetupError
from washplant.manifest import VERSIONS, Manifest

PYTHON = "WASHPLANT_TRAIN_PYTHON"
JOB, CARD, CARDS = "job.json", "card.json", "models"


@dataclass(frozen=True)
class Due:
    """A run to start, or why there is none."""

    name: str
    job: TrainJob | None
    reason: str = ""


def due(project: Project, only: list[str] | None = None) -> list[Due]:
    """The models of the YAML (or those named), each with its job. Raises ConfigError for an unknown name."""
    models = project.loaded.config.train
    for name in only or []:
        if name not in models:
            raise ConfigError(
                f"no model {name!r}; known: {', '.join(models) or 'none'}",
                where=project.loaded.at("train"),
                next_step="name one, or add it",
            )
    if not models:
        raise ConfigError(
            "no model to train", where=str(project.loaded.path), next_step="add `train: {qa: {dataset: qa, base: …}}`"
        )
    return [_due(project, name, models[name].relative_to(project.loaded.folder)) for name in only or list(models)]


def _due(project: Project, name: str, options: TrainOptions) -> Due:
    version = _version(project, name, options)
    if version is None:
        return Due(name, None, f"no version of {options.dataset_name} was published yet")
    label = f"{version.name}@{version.number}"
    seed = project.loaded.config.seed if options.seed is None else options.seed
    folder = Path(options.output) / name
    numbers = sorted(int(path.parent.name) for path in folder.glob(f"[0-9]*/{JOB}"))
    job = TrainJob(
        name=name,
        store=str(project.store.local or project.store.root),
        version=label,
        folder=str(folder / f"{(numbers or [1])[-1]:06d}"),
        seed=seed,
        options=options,
    )
    if not numbers:
        return Due(name, job)
    last = TrainJob.model_validate_json((Path(job.folder) / JOB).read_text(encoding="utf-8"))
    if last == job:  # a run that was killed goes on; one that ended says again how
        return Due(name, job)
    if options.new_labels and (Path(job.folder) / CARD).is_file():
        new = _new_labels(project, version, last.version)
        if new < options.new_labels:
            return Due(name, None, f"{new} new labels since {last.version}, {options.new_labels} are wanted")
    return Due(name, job.model_copy(update={"folder": str(folder / f"{numbers[-1] + 1:06d}")}))


def _version(project: Project, name: str, options: TrainOptions) -> Manifest | None:
    found = {version.number: version for version in project.manifests(VERSIONS, options.dataset_name)}
    if options.version is None:
        return found[max(found)] if found else None
    if options.version not in found:
        raise ConfigError(
            f"no version {options.dataset}; published: {', '.join(map(str, found)) or 'none'}",
            where=project.loaded.at("train", name, "dataset"),
            next_step="leave @NUMBER out for the newest one",
        )
    return found[options.version]


def _new_labels(project: Project, version: Manifest, last: str) -> int:
    """Answers by people in a version that the one trained last did not have."""
    dataset, _, number = last.partition("@")
    old = next((v for v in project.manifests(VERSIONS, dataset) if v.number == int(number)), None)
    known = set(_labelled(project, old)) if old else set()
    return sum(answer not in known for answer in _labelled(project, version))


def _labelled(project: Project, version: Manifest) -> Iterator[tuple[str, str]]:
    for file in version.files.get("lineage", ()):
        for text in project.store.lines(f"{version.run_id}/{file.path}"):
            line = json.loads(text)
            if line["annotators"]:
                yield line["id"], line["version"]


def environment_python() -> Path:
    """The training environment's Python. Raises SetupError when it was not made."""
    given = os.environ.get(PYTHON)
    python = Path(given) if given else Path(environments().get("train") or ".venvs/train") / "bin" / "python"
    if not python.is_file():
        raise SetupError(
            "the training environment was not made",
            where=str(python),
            next_step=f"`washplant env add train` makes it here; {PYTHON} names another one's Python",
        )
    return python.absolute()


def fit(job: TrainJob, *more: str) -> int:
    """Train; the exit code. From here on the run's folder and its `job.json` are there, so that a killed run goes on."""
    environment_python()
    path = Path(job.folder) / JOB
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(job.model_dump_json(indent=1) + "\n", encoding="utf-8")
    return call("fit", str(path), *more)


def plan(job: TrainJob, *more: str) -> int:
    """Estimate what a run would need; the exit code. Leaves nothing behind."""
    with tempfile.TemporaryDirectory(prefix="washplant-plan-") as folder:
        path = Path(folder) / JOB
        path.write_text(job.model_dump_json(), encoding="utf-8")
        return call("plan", str(path), *more)


def call(*arguments: str) -> int:
    """Run `python -m training …` in the training environment, its output streamed; the exit code. Nothing secret is in the
    command: HF_TOKEN and the like go through the environment."""
    python = environment_python()
    with tempfile.TemporaryDirectory(prefix="washplant-train-") as packages:
        # Only these two: this environment's other packages (Spark's, and another numpy) must not be seen there.
        root = Path(washplant.__file__).resolve().parents[1]
        for name in ("washplant", "training"):
            (Path(packages) / name).symlink_to(root / name)
        environment = {**os.environ, "PYTHONPATH": packages, "PYTHONSAFEPATH": "1", "TOKENIZERS_PARALLELISM": "false"}
        environment.pop("VIRTUAL_ENV", None)
        return subprocess.run([str(python), "-m", "training", *arguments], env=environment, check=False).returncode


def newest(project: Project, name: str | None) -> Path:
    """The folder of a model's newest finished run; the name may be left out where there is one model.
    Raises ConfigError for an unknown model, or one without a run."""
    models = project.loaded.config.train
    chosen = name or (next(iter(models)) if len(models) == 1 else "")
    if chosen not in models:
        raise ConfigError(
            f"no model {chosen!r}; known: {', '.join(models) or 'none'}",
            where=project.loaded.at("train"),
            next_step="name one with --model",
        )
    folder = Path(models[chosen].relative_to(project.loaded.folder).output) / chosen
    found = sorted(path.parent for path in folder.glob(f"[0-9]*/{CARD}"))
    if not found:
        raise ConfigError(f"no finished run of {chosen}", where=str(folder), next_step="`washplant train run` makes one")
    return found[-1]


def remember(project: Project, job: TrainJob) -> None:
    """Put the run's card into the store, so that a sample's history lists the models trained on it."""
    path = Path(job.folder) / CARD
    if path.is_file():
        project.store.put(f"{CARDS}/{job.name}/{Path(job.folder).name}.json", path.read_bytes())


def models_of(project: Project, versions: set[str]) -> list[dict[str, Any]]:
    """Trained models by the dataset versions that they were trained on."""
    found = []
    for name in project.store.children(CARDS):
        for file in project.store.children(f"{CARDS}/{name}"):
            card = json.loads(project.store.read(f"{CARDS}/{name}/{file}"))
            if card["dataset"] in versions:
                kept = {key: card[key] for key in ("name", "number", "dataset", "base", "verdict")}
                found.append(kept)
    return found
