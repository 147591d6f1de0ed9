"""What `train:` says: which base model learns which dataset, by which method; and the job of a training process."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from washplant.config.source import OneOrMany, Options

Objective = Literal["sft", "dpo", "pretrain"]
Method = Literal["lora", "qlora", "dora", "rslora", "full"]
_DATASET = re.compile(r"(?P<name>[A-Za-z][A-Za-z0-9_-]{0,62})(@(?P<number>[1-9][0-9]*))?")


class LoraOptions(Options):
    """The adapter's shape."""

    rank: int = Field(default=16, ge=1, description="rank of the two matrices that a weight's change is the product of")
    alpha: int = Field(default=32, ge=1, description="the change is scaled by alpha / rank (rslora: alpha / √rank)")
    dropout: float = Field(default=0.0, ge=0, lt=1, description="share of the adapter's inputs that is zeroed in training")
    targets: OneOrMany = Field(
        default=(), description="names of the layers that get an adapter; by the model's architecture when not given"
    )


class EvaluateOptions(Options):
    """How the test split is measured before and after."""

    rows: int = Field(default=200, ge=0, description="test rows whose answers are generated; the loss is of all rows")
    max_new_tokens: int = Field(default=256, ge=1, description="longest generated answer, in tokens")
    batch: int = Field(default=8, ge=1, description="rows at a time")
    tolerance: float = Field(
        default=0.0, ge=0, description="how much higher the test loss may be than the base's before the run fails"
    )
    regression: str | None = Field(
        default=None,
        description="a JSONL file of {prompt, answer} whose answers must not be lost: one that the base gives and the"
        " trained model does not fails the run",
    )


class TrainOptions(Options):
    """One model: a base, a dataset, and how the one learns the other."""

    dataset: str = Field(description="an export: its newest version, or `qa@3`")
    base: str = Field(
        description="the base model: a folder, a Hugging Face id (HF_ENDPOINT names a mirror, HF_TOKEN a login), or"
        " `modelscope:ID`"
    )
    objective: Objective = Field(
        default="sft",
        description="sft: answers; dpo: the better of two answers; pretrain: plain text",
    )
    method: Method = Field(default="lora", description="lora and its kinds train an adapter; full trains every weight")
    lora: LoraOptions = Field(default=LoraOptions(), description="the adapter's shape")
    template: str | None = Field(default=None, description="a chat template (Jinja file) in place of the tokenizer's own")
    loss_on: Literal["answers", "everything"] = Field(default="answers", description="which tokens the loss counts (sft)")
    packing: bool = Field(
        default=False, description="several rows in one sequence, which do not see each other; fastest with FlashAttention"
    )
    max_length: int = Field(default=2048, ge=16, description="longest sequence in tokens; longer rows are cut")
    epochs: float = Field(default=3.0, gt=0, description="how often every row is seen")
    max_steps: int | None = Field(default=None, ge=1, description="stop after so many steps, whatever `epochs` says")
    batch: int = Field(default=16, ge=1, description="rows a step: batches are accumulated to it")
    device_batch: int = Field(default=4, ge=1, description="rows at a time on the device; halve it when memory runs out")
    learning_rate: float | None = Field(
        default=None, gt=0, description="peak; 2e-4 for adapters, 1e-5 for full, 5e-6 for preferences when not given"
    )
    warmup_share: float = Field(default=0.03, ge=0, lt=1, description="share of the steps in which the rate rises")
    seed: int | None = Field(default=None, description="seed of order, adapter and dropout; the project's when not given")
    early_stopping: int | None = Field(
        default=None, ge=1, description="end when the validation loss has not fallen in so many evaluations; the best is kept"
    )
    checkpoint_steps: int | None = Field(
        default=None, ge=1, description="steps between checkpoints and evaluations; one an epoch when not given"
    )
    keep_checkpoints: int = Field(default=2, ge=1, description="checkpoints that are kept")
    precision: Literal["auto", "bf16", "fp16", "fp32"] = Field(default="auto", description="auto: bf16 where the GPU has it")
    attention: Literal["auto", "sdpa", "flash_attention_2", "eager"] = Field(
        default="auto", description="auto: FlashAttention 2 where it is installed, else PyTorch's own (sdpa)"
    )
    gradient_checkpointing: bool | None = Field(
        default=None, description="compute activations twice to save memory; on a GPU yes when not given"
    )
    beta: float = Field(default=0.1, gt=0, description="dpo: how strongly the model is held to the base")
    output: str = Field(default="models", description="folder of the results; relative to this file")
    when: Annotated[str, Field(pattern=r"^new_labels >= \d+$")] | None = Field(
        default=None, description="train only when so many answers came since the version trained last: `new_labels >= 200`"
    )
    evaluate: EvaluateOptions = Field(default=EvaluateOptions(), description="how the test split is measured")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if not _DATASET.fullmatch(self.dataset):
            raise ValueError(f"dataset {self.dataset!r} is neither NAME nor NAME@NUMBER")
        if self.batch % self.device_batch_fitting:
            raise ValueError(f"batch {self.batch} is no multiple of device_batch {self.device_batch}")
        return self

    @property
    def device_batch_fitting(self) -> int:
        """`device_batch`, or less when the whole batch is smaller."""
        return min(self.device_batch, self.batch)

    @property
    def dataset_name(self) -> str:
        """The dataset without its version."""
        return self.dataset.partition("@")[0]

    @property
    def version(self) -> int | None:
        """The version asked for; None: the newest."""
        number = self.dataset.partition("@")[2]
        return int(number) if number else None

    @property
    def adapter(self) -> bool:
        """Whether the result is an adapter and not a whole model."""
        return self.method != "full"

    @property
    def new_labels(self) -> int:
        """The least number of new answers that is worth a run."""
        return int(self.when.rpartition(" ")[2]) if self.when else 0

    @property
    def rate(self) -> float:
        """The peak learning rate."""
        if self.learning_rate is not None:
            return self.learning_rate
        if self.objective == "dpo":
            return 5e-6
        return 2e-4 if self.adapter else 1e-5

    def relative_to(self, folder: Path) -> Self:
        """The same with absolute paths: the training process starts elsewhere."""
        update: dict[str, object] = {"output": str((folder / self.output).absolute())}
        if self.template is not None:
            update["template"] = str((folder / self.template).absolute())
        if (folder / self.base).is_dir():
            update["base"] = str((folder / self.base).absolute())
        if self.evaluate.regression is not None:
            path = str((folder / self.evaluate.regression).absolute())
            update["evaluate"] = self.evaluate.model_copy(update={"regression": path})
        return self.model_copy(update=update)


class TrainJob(Options):
    """All that a training process needs to know; `job.json` in the run's folder. No secret is in it."""

    name: str = Field(description="name of the model in the YAML")
    store: str = Field(description="folder or URI of the store")
    version: str = Field(description="the dataset version, as `qa@3`")
    folder: str = Field(description="the run's folder")
    seed: int = Field(description="seed of everything random")
    options: TrainOptions = Field(description="the model's options, paths absolute")
