"""Base models and tokenizers: a folder, a Hugging Face id, a ModelScope id."""

from __future__ import annotations

import importlib.util
import logging
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import AutoModelForCausalLM, AutoTokenizer

from training.targets import target_modules
from washplant.config import TrainOptions
from washplant.errors import TrainError

log = logging.getLogger("washplant")

MODELSCOPE = "modelscope:"


def located(base: str) -> str:
    """Where transformers finds the base: a folder or an id. A ModelScope model is downloaded into its cache first."""
    if not base.startswith(MODELSCOPE):
        return base
    from modelscope import snapshot_download

    return str(snapshot_download(base.removeprefix(MODELSCOPE)))


def dtype_of(options: TrainOptions) -> torch.dtype:
    """The type of the frozen weights and of computing."""
    if options.precision == "auto":
        bf16 = torch.cuda.is_available() and torch.cuda.is_bf16_supported()
        return torch.bfloat16 if bf16 else torch.float32
    return {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32}[options.precision]


def attention_of(options: TrainOptions) -> str:
    """The attention implementation; transformers keeps packed rows apart by their positions with each of them."""
    if options.attention != "auto":
        return options.attention
    flash = importlib.util.find_spec("flash_attn") is not None and torch.cuda.is_available()
    return "flash_attention_2" if flash else "sdpa"


def tokenizer_of(options: TrainOptions) -> Any:
    """The base's tokenizer, with a chat template and a padding token. Raises TrainError without a template."""
    try:
        tokenizer = AutoTokenizer.from_pretrained(located(options.base))
    except (OSError, ValueError) as error:
        raise _not_found(options.base, error) from error
    if options.template is not None:
        tokenizer.chat_template = Path(options.template).read_text(encoding="utf-8")
    if tokenizer.chat_template is None and options.objective != "pretrain":
        raise TrainError(
            "the tokenizer has no chat template: this is a base model that was not tuned to chat",
            where=options.base,
            next_step="take the -Instruct or -Chat model, or give a Jinja file as `template:`",
        )
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def causal_model(options: TrainOptions, base: str | None = None) -> Any:
    """The base as a causal language model."""
    return load(AutoModelForCausalLM, options, base)


def load(kind: Any, options: TrainOptions, base: str | None = None, **more: Any) -> Any:
    """A model of one of transformers' Auto classes, quantized for qlora. Raises TrainError when it cannot be loaded."""
    # Weights that are trained stay in float32 (autocast computes in less): bf16 would round small steps away.
    arguments: dict[str, Any] = {"dtype": dtype_of(options) if options.adapter else torch.float32, **more}
    arguments["attn_implementation"] = attention_of(options)
    if options.method == "qlora":
        arguments["quantization_config"] = transformers.BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=arguments["dtype"],
        )
    try:
        return kind.from_pretrained(located(base or options.base), **arguments)
    except (OSError, ValueError, ImportError) as error:
        raise _not_found(base or options.base, error) from error


def adapter_config(options: TrainOptions, model: Any, task: str | None = "CAUSAL_LM", **more: Any) -> Any:
    """peft's configuration of the adapter; None for full fine-tuning."""
    if not options.adapter:
        return None
    from peft import LoraConfig

    return LoraConfig(
        r=options.lora.rank,
        lora_alpha=options.lora.alpha,
        lora_dropout=options.lora.dropout,
        target_modules=list(options.lora.targets) or target_modules(model),
        use_dora=options.method == "dora",
        use_rslora=options.method == "rslora",
        task_type=task,
        **more,
    )


def _not_found(base: str, error: Exception) -> TrainError:
    return TrainError(
        f"the base model cannot be loaded: {str(error).splitlines()[0]}",
        where=base,
        next_step="give a folder or an id; behind a firewall set HF_ENDPOINT to a mirror or write `modelscope:ID`; a gated"
        " model needs HF_TOKEN",
    )
