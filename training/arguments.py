"""Our options as the arguments that transformers and trl take."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import torch

from training.models import dtype_of
from washplant.config import TrainJob


def accumulation(job: TrainJob) -> int:
    """Batches the device computes before a step."""
    options = job.options
    return max(1, options.batch // options.device_batch_fitting)


def steps(job: TrainJob, rows: int) -> int:
    """Optimizer steps of the whole run over so many rows."""
    an_epoch = max(1, math.ceil(rows / job.options.batch))
    return min(job.options.max_steps or 10**12, math.ceil(an_epoch * job.options.epochs))


def arguments(job: TrainJob, rows: int, *, evaluated: bool) -> dict[str, Any]:
    """Arguments that every trainer takes; `evaluated`: there is a validation split to measure on the way."""
    options = job.options
    dtype = dtype_of(options)
    gpu = torch.cuda.is_available()
    every = options.checkpoint_steps
    when = {"save_strategy": "steps", "save_steps": every} if every else {"save_strategy": "epoch"}
    if evaluated:
        when |= {"eval_strategy": "steps", "eval_steps": every} if every else {"eval_strategy": "epoch"}
    if options.early_stopping is not None and evaluated:
        when |= {"load_best_model_at_end": True, "metric_for_best_model": "eval_loss", "greater_is_better": False}
    checkpointing = gpu if options.gradient_checkpointing is None else options.gradient_checkpointing
    return {
        "output_dir": str(Path(job.folder) / "checkpoints"),
        "per_device_train_batch_size": options.device_batch_fitting,
        "per_device_eval_batch_size": options.device_batch_fitting,
        "gradient_accumulation_steps": accumulation(job),
        "num_train_epochs": options.epochs,
        "max_steps": options.max_steps or -1,
        "learning_rate": options.rate,
        "lr_scheduler_type": "cosine",
        "warmup_steps": round(options.warmup_share * steps(job, rows)),
        "seed": job.seed,
        "data_seed": job.seed,
        "bf16": dtype is torch.bfloat16 and gpu,
        "fp16": dtype is torch.float16 and gpu,
        "use_cpu": not gpu,
        "gradient_checkpointing": checkpointing,
        "save_total_limit": options.keep_checkpoints,
        "restore_callback_states_from_checkpoint": options.early_stopping is not None,
        "logging_steps": max(1, steps(job, rows) // 50),
        "logging_first_step": True,
        "report_to": ["tensorboard"],  # `tensorboard --logdir FOLDER` shows the curves
        "dataloader_pin_memory": gpu,
        "disable_tqdm": True,
        **when,
    }
