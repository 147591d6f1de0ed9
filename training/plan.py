"""What a run will take, before the money: tokens, rows that are cut, steps, memory, hours, warnings. Loads no weights."""

from __future__ import annotations

from typing import Any

from training.arguments import steps
from training.checks import empty_answers, leaked
from training.encode import IGNORED
from training.fit import learner_of
from training.gpus import UTILISATION, hours
from training.models import located, tokenizer_of
from training.sft import Sft
from training.version import open_version
from washplant.config import TrainJob, TrainOptions
from washplant.errors import TrainError

_BYTES = {"qlora": 0.6, "full": 16.0}  # a parameter: 4-bit with its scales; bf16, gradient, fp32 copy and Adam's two moments
_ADAPTER_BYTES = 16.0


def plan(job: TrainJob) -> dict[str, Any]:
    """Figures of the training split, and what would go wrong. Raises TrainError where the objective has no plan."""
    version = open_version(job)
    learner = learner_of(job, version)
    if not isinstance(learner, Sft):
        raise TrainError("a plan counts the tokens of sft and pretrain", where=f"train.{job.name}", next_step="train it")
    learner.processor = tokenizer_of(job.options)
    longest = job.options.max_length
    rows = tokens = learnt = cut = emptied = 0
    for row in learner.whole("train"):
        rows += 1
        tokens += min(longest, len(row["input_ids"]))
        learnt += sum(label != IGNORED for label in row["labels"][:longest])
        cut += len(row["input_ids"]) > longest
        emptied += all(label == IGNORED for label in row["labels"][:longest])
    shape = model_shape(job.options)
    memory = memory_gib(job.options, shape)
    whole_run = steps(job, rows - emptied)
    seen = tokens * whole_run * job.options.batch / max(1, rows)  # tokens of all epochs
    warnings = []
    if count := leaked(version):
        warnings.append(f"{count} test prompts are training prompts, too")
    if count := empty_answers(version.lines("train")):
        warnings.append(f"{count} rows have an empty answer and are left out")
    if emptied:
        warnings.append(f"{emptied} rows lose their whole answer at max_length {longest} and are left out")
    if not version.count("test"):
        warnings.append("the test split is empty: a worse model will not be noticed")
    return {
        "version": job.version,
        "rows": rows,
        "tokens": tokens,
        "answer_tokens": learnt,
        "truncated_share": cut / max(1, rows),
        "steps": whole_run,
        "parameters": shape["parameters"],
        "memory_gib": round(memory, 1),
        "hours": {name: round(value, 3) for name, value in hours(job.options, shape["parameters"], seen, memory).items()},
        "warnings": warnings,
    }


def model_shape(options: TrainOptions) -> dict[str, int]:
    """Parameters, layers, width and vocabulary of the base, counted on an empty copy of it."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    config = AutoConfig.from_pretrained(located(options.base))
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config)
    text = config.get_text_config()
    parameters = sum(weight.numel() for weight in model.parameters())
    widths = {"layers": text.num_hidden_layers, "hidden": text.hidden_size, "vocabulary": text.vocab_size}
    return {"parameters": parameters, **widths}


def memory_gib(options: TrainOptions, shape: dict[str, int]) -> float:
    """Estimate of a GPU's peak: weights, optimizer, activations at layer borders (checkpointed), logits in float32 twice."""
    weights = shape["parameters"] * _BYTES.get(options.method, 2.0)
    adapter = 0.0
    if options.adapter:  # seven layers of about hidden × 2 inputs and outputs in each block
        adapter = shape["layers"] * 7 * options.lora.rank * 3 * shape["hidden"] * _ADAPTER_BYTES
    tokens = options.device_batch_fitting * options.max_length
    borders = 1 if options.gradient_checkpointing is not False else 16
    activations = tokens * shape["hidden"] * (shape["layers"] * borders + 34) * 2.0
    logits = tokens * shape["vocabulary"] * 4.0 * 2
    return float((weights + adapter + activations + logits) / 2**30)


def describe(found: dict[str, Any]) -> str:
    """The plan for a person."""
    fitting = ", ".join(f"{name} {value:.2g}" for name, value in found["hours"].items())
    lines = [
        f"{found['version']}: {found['rows']:,} rows, {found['tokens']:,} tokens, {found['answer_tokens']:,} in answers",
        f"cut at max_length: {found['truncated_share']:.1%}",
        f"steps: {found['steps']:,}",
        f"parameters: {found['parameters']:,}; memory of a GPU: about {found['memory_gib']} GiB (an estimate)",
        f"hours at {UTILISATION:.0%} of the peak (an estimate): {fitting or 'it fits no GPU that is known here'}",
        *(f"warning: {text}" for text in found["warnings"]),
    ]
    return "\n".join(lines)
